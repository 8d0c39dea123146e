"""Artefacts as the offline author writes them, for many contexts, pages and concerns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from marketeer_dagster.agents.prompt import draft_prompt
from marketeer_dagster.campaigns.sources import sources_of
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, artefact_kinds, dump_content
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.campaign import Brief
from marketeer_dagster.model.context import ContextVersion, ProductContext
from marketeer_dagster.model.ids import ArtefactId, derived
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.quality.claims import Sources
from marketeer_dagster.sandbox.author.compose import WRITERS, structured
from marketeer_dagster.sandbox.author.request import Task, read_task
from marketeer_dagster.sandbox.author.work import Work
from tests.support import marketing

ROOT = Path(__file__).parents[2]
SKILLS = (
    "page-cro",
    "content-strategy",
    "copywriting",
    "copy-editing",
    "email-sequence",
    "paid-ads",
    "ab-test-setup",
    "analytics-tracking",
    "seo-audit",
)
CONCERNS = {
    "threlby": ("How long does setup take?", "Is it safe enough for payslips?", "What does it cost per month?"),
    "saas": ("How long until we are live?", "Is our data safe?", "Does it work with DATEV?"),
    "devtool": ("Will it slow down CI?", "What leaves our network?", "What does it cost?"),
    "nonprofit": ("Where does my money go?", "How much time does it take?", "Is it safe to swim?"),
    "clinic_zh": ("看牙会不会很疼", "会不会乱收费", "周末开门吗"),
}
PAGES = ("/", "/pricing", "/product")


@dataclass(frozen=True)
class Written:
    """One artefact, who asked for it and what its author had before it."""

    context: str
    skill: str
    content: ArtefactContent
    sources: Sources
    tenant: Tenant
    brief: Brief


@cache
def contexts() -> dict[str, ProductContext]:
    """The sample tenant's context and the test contexts, by name.

    The author was tuned on `contexts`; `unseen`, `fresh` and `heldout` were written before it was tried on them.
    """
    folders = ("contexts", "unseen", "fresh", "heldout")
    listed = [sorted((ROOT / "tests/sandbox" / folder).glob("*.md")) for folder in folders]
    files = [ROOT / "examples/threlby/context.md", *(file for files in listed for file in files)]
    names = ["threlby" if file.name == "context.md" else file.stem for file in files]
    return {name: ProductContext.parse(file.read_text()) for name, file in zip(names, files, strict=True)}


def campaigns(names: tuple[str, ...] = tuple(CONCERNS)) -> Iterator[list[Written]]:
    """A campaign for each context and page, each asking for another concern."""
    for name in names:
        for page, concern in zip(PAGES, CONCERNS[name], strict=True):
            yield campaign(name, page, concern)


def campaign(name: str, page: str, concern: str) -> list[Written]:
    """All kinds for one page, each reading what was made before it: as drafted and as its author can do best."""
    catalog, made = _catalog(), list[Artefact]()
    found: list[Written] = []
    for skill in SKILLS:
        brief = marketing.brief(
            skill,
            audience="",
            key_message=concern,
            offer="",
            cta="",
            target=page,
            keywords=(),
            must_address=(concern,),
        )
        work = replace(
            marketing.assignment(catalog, skill, brief=brief),
            context=_version(name),
        )
        work = replace(work, upstream=tuple(a for a in made if a.skill in work.skill.reads))
        drafted, best = _written(draft_prompt(work), work.skill.artefact)
        made.append(_stored(skill, best))
        asked = (sources_of(work), work.tenant, brief)
        found += [Written(name, skill, drafted, *asked), Written(name, skill, best, *asked)]
    return found


def copy_for(name: str, brief: Brief, metrics: str = "") -> PageCopy:
    """The page that its author can do best for a brief, with these figures before it."""
    work = replace(
        marketing.assignment(_catalog(), "copywriting", brief=brief), context=_version(name), metrics=metrics
    )
    best = _written(draft_prompt(work), work.skill.artefact)[1]
    assert isinstance(best, PageCopy)
    return best


def _version(name: str) -> ContextVersion:
    return ContextVersion(tenant=marketing.TENANT, version=1, context=contexts()[name], created_at=marketing.NOW)


def _written(prompt: object, kind: str) -> tuple[ArtefactContent, ArtefactContent]:
    model = artefact_kinds()[kind]
    task = _task(prompt)
    drafted = model.model_validate(structured(task, model.model_json_schema()))
    best = model.model_validate(structured(replace(task, role="best"), model.model_json_schema()))
    return drafted, best


def _task(prompt) -> Task:  # type: ignore[no-untyped-def]
    system = "\n\n".join(block.text for block in prompt.system)
    return read_task(system, [(turn.role, turn.whole) for turn in prompt.turns])


def _stored(skill: str, content: ArtefactContent) -> Artefact:
    text, fingerprint = dump_content(content)
    return marketing.artefact(skill, content).model_copy(
        update={"id": ArtefactId(derived("art", skill, fingerprint)), "content": text}
    )


@cache
def _catalog() -> Catalog:
    return Catalog.load(ROOT)


__all__ = ["CONCERNS", "PAGES", "SKILLS", "WRITERS", "Work", "Written", "campaign", "campaigns", "contexts"]
