"""The one prompt assembler: every request of every agent is built here, ordered from most to least shared.

System blocks: platform, skill (cached), product context (cached), campaign (cached). The task is the user turn and
stays small, because it is the part that is never read from a cache. The blocks depend on nothing but their own
subject, so all calls of one skill share one byte-identical prefix.

What comes from outside stands in marked blocks. JSON blocks write `<` as `\\u003c` (still the same JSON); text blocks
turn `<` into `&lt;` wherever it begins one of our own tags, also in disguise (full-width, or with invisible characters
inside). No content can close its block or open another, and what shares a block line by line cannot forge a line.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from pydantic import BaseModel, TypeAdapter

from marketeer_dagster.agents.assignment import Assignment, LivePage
from marketeer_dagster.agents.digest import digest, is_transformed
from marketeer_dagster.agents.protocols import Prompt, PromptBlock, PromptTurn
from marketeer_dagster.agents.web import SiteCrawl
from marketeer_dagster.catalog.models import Rubric, Skill
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent
from marketeer_dagster.model.campaign import Brief, Campaign
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.model.learning import Learning
from marketeer_dagster.model.review import Finding, Review

DIRECTOR = "director"
MAX_LIVE_PAGE = 8000
"""Characters of a live page that an author reads; the cut is said in the block."""
MAX_CRAWL = 8000
"""Characters of a site's crawl that an auditor reads."""
MAX_METRICS = 8000
"""Characters of metric tables in one task."""
MAX_TOKENS = 32000
"""Room for the answer and the model's thinking, which some models cannot turn off."""

_TAGS = (
    "platform|skill|reference|product_context|campaign|task|brief|learnings|metrics|upstream|live_page|site_crawl|draft|findings|"
    "artefact|rubric|lens|reviews|goal|limits|catalog|pipeline|signal|evidence|problems"
)
_UNSEEN = r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]*"
"""Characters that take no room: a tag with one inside reads like the tag."""
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])


def prefix(skill: Skill, context: ContextVersion, campaign: Campaign) -> tuple[PromptBlock, ...]:
    """The shared part of every call of one skill: authors and reviewers of its artefact send these same bytes."""
    return _prefix(skill.name, _skill_text(skill), context, campaign)


def draft_prompt(assignment: Assignment) -> Prompt:
    """Ask for a first version of the artefact."""
    parts = [
        _json_block("brief", assignment.brief),
        _learnings(assignment.learnings),
        _metrics(assignment),
        *(_upstream(artefact, assignment) for artefact in assignment.upstream),
        _live_page(assignment.live_page),
        _crawl(assignment.crawl),
    ]
    return _prompt(assignment, 'role="draft"', parts)


def revise_prompt(assignment: Assignment, content: ArtefactContent, findings: Sequence[Finding]) -> Prompt:
    """Ask for a version without the flaws named. The draft already holds what was used of the other material."""
    parts = [
        _json_block("brief", assignment.brief),
        _learnings(assignment.learnings),
        _json_block("draft", content),
        _json_block("findings", _FINDINGS.dump_json(tuple(findings)).decode()),
    ]
    return _prompt(assignment, 'role="revise"', parts)


def review_prompt(
    assignment: Assignment,
    content: ArtefactContent,
    *,
    reviewer: str,
    lens: str,
    rubric: Rubric,
    round: int,
    reviews: Sequence[Review] = (),
) -> Prompt:
    """Ask for marks and findings on one version, seen through the reviewer's lens."""
    questions = {name: dimension.question for name, dimension in rubric.dimensions.items()}
    parts = [
        f"<lens>\n{_defanged(lens)}\n</lens>",
        _json_block("brief", assignment.brief),
        _metrics(assignment),
        *(_upstream(artefact, assignment) for artefact in assignment.upstream if is_transformed(artefact, assignment)),
        _json_block("artefact", content, f' kind="{content.kind}"'),
        _reviews(reviews),
        _json_block("rubric", questions),
    ]
    return _prompt(assignment, f'role="review" reviewer="{escape(reviewer)}" round="{round}"', parts)


def plan_prompt(context: ContextVersion, campaign: Campaign, parts: Sequence[str]) -> Prompt:
    """Ask the Director for a plan; `parts` are blocks made by `text_block` and `json_block`."""
    system = _prefix(DIRECTOR, _text("director"), context, campaign)
    return Prompt(system=system, turns=(_task('role="plan"', parts),), max_tokens=MAX_TOKENS)


def look_back_prompt(context: ContextVersion, campaign: Campaign, parts: Sequence[str]) -> Prompt:
    """Ask the Director to look back on a period; `campaign` only names it. `parts` as for `plan_prompt`."""
    system = _prefix(DIRECTOR, _text("direction"), context, campaign)
    return Prompt(system=system, turns=(_task('role="look_back"', parts),), max_tokens=MAX_TOKENS)


def repair_prompt(prompt: Prompt, answer: str, problems: Sequence[str]) -> Prompt:
    """The same request, continued with the answer that came and what is wrong with it."""
    lines = "\n".join(f"- {_defanged(problem)}" for problem in problems[:40])
    ask = f"<problems>\n{lines}\n</problems>\nAnswer again with the whole JSON value: mend these, change nothing else."
    turns = (*prompt.turns, PromptTurn(role="assistant", text=answer), PromptTurn(role="user", text=ask))
    return prompt.model_copy(update={"turns": turns})


def prompt_hash(prompt: Prompt) -> str:
    """Fingerprint of everything a prompt says: 16 hex digits."""
    return content_hash(prompt.model_dump_json())


def text_block(tag: str, text: str, attributes: str = "") -> str:
    """A marked block of text from outside; empty text makes no block."""
    return f"<{tag}{attributes}>\n{_defanged(text.strip())}\n</{tag}>" if text.strip() else ""


def json_block(tag: str, value: object, attributes: str = "") -> str:
    """A marked block of JSON: of a model, of JSON text, or of plain data."""
    return _json_block(tag, value, attributes)


def _prefix(name: str, skill_text: str, context: ContextVersion, campaign: Campaign) -> tuple[PromptBlock, ...]:
    document = context.context
    return (
        PromptBlock(text=f"<platform>\n{_text('platform')}\n</platform>"),
        PromptBlock(text=f'<skill name="{name}">\n{skill_text}\n</skill>', cache=True),
        PromptBlock(
            text=text_block(
                "product_context",
                document.render(),
                f' name="{escape(document.name)}" version="{context.version}"',
            ),
            cache=True,
        ),
        PromptBlock(
            text=f'<campaign key="{escape(campaign.key)}">\n{_campaign_text(campaign)}\n</campaign>', cache=True
        ),
    )


def _prompt(assignment: Assignment, attributes: str, parts: Sequence[str]) -> Prompt:
    system = prefix(assignment.skill, assignment.context, assignment.campaign)
    return Prompt(system=system, turns=(_task(attributes, parts),), max_tokens=MAX_TOKENS)


def _task(attributes: str, parts: Sequence[str]) -> PromptTurn:
    body = "\n".join(part for part in parts if part)
    return PromptTurn(role="user", text=f"<task {attributes}>\n{body}\n</task>")


@cache
def _text(name: str) -> str:
    return files("marketeer_dagster.agents").joinpath("texts", f"{name}.md").read_text(encoding="utf-8").strip()


def _skill_text(skill: Skill) -> str:
    references = [
        f'<reference name="{escape(name)}">\n{_defanged(text.strip())}\n</reference>' for name, text in skill.references
    ]
    return "\n\n".join([_defanged(skill.body.strip()), *references])


def _campaign_text(campaign: Campaign) -> str:
    """What all work of one campaign shares. Nothing here changes once the plan is saved, or the cache would be lost."""
    lines = [f"title: {_one_line(campaign.title)}"]
    plan = campaign.plan
    if plan is not None:
        kpi = plan.kpi
        lines += [
            f"summary: {_one_line(plan.summary)}",
            f"kpi: {kpi.metric.value} from {kpi.baseline:g} to {kpi.target:g} {_one_line(kpi.unit)}, "
            f"over {kpi.window_days} days",
            f"deadline: {plan.deadline.isoformat()}",
            "briefs:",
        ]
        lines += [f"- {brief.skill}: {_brief_line(brief)}" for brief in plan.briefs]
    return _defanged("\n".join(lines))


def _brief_line(brief: Brief) -> str:
    """A brief on one line: the Director wrote it after reading text from outside."""
    fields = {"message": brief.key_message, "offer": brief.offer, "cta": brief.cta, "target": brief.target}
    named = (f"{name}: {_one_line(value).replace('|', '/') or 'none'}" for name, value in fields.items())
    return " | ".join((_one_line(brief.objective).replace("|", "/"), *named))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _metrics(assignment: Assignment) -> str:
    if not assignment.skill.metrics:
        return ""
    return text_block("metrics", _cut(assignment.metrics.strip(), MAX_METRICS))


def _learnings(learnings: Sequence[Learning]) -> str:
    return text_block("learnings", learning_lines(learnings))


def learning_lines(learnings: Sequence[Learning]) -> str:
    """Learnings as authors and the Director read them, one a line, by id."""
    ordered = sorted(learnings, key=lambda learning: learning.id)
    return "\n".join(f"- [{learning.id}] {_one_line(learning.statement)}" for learning in ordered)


def _upstream(artefact: Artefact, assignment: Assignment) -> str:
    content = artefact.content if is_transformed(artefact, assignment) else digest(artefact.content)
    return _json_block("upstream", content, f' skill="{escape(artefact.skill)}"')


def _live_page(page: LivePage | None) -> str:
    if page is None:
        return ""
    return text_block("live_page", _cut(page.text.strip(), MAX_LIVE_PAGE), f' path="{escape(page.path)}"')


def _crawl(crawl: SiteCrawl | None) -> str:
    if crawl is None:
        return ""
    return text_block("site_crawl", _cut(crawl.render(), MAX_CRAWL), f' root="{escape(crawl.root)}"')


def _reviews(reviews: Sequence[Review]) -> str:
    if not reviews:
        return ""
    rows: list[Mapping[str, object]] = [
        {"reviewer": r.reviewer, "round": r.round, "verdict": r.verdict.value, "score": r.score, "summary": r.summary}
        for r in reviews
    ]
    return _json_block("reviews", rows)


def _json_block(tag: str, value: object, attributes: str = "") -> str:
    if isinstance(value, BaseModel):
        text = value.model_dump_json()
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    safe = text.replace("<", "\\u003c")
    return f"<{tag}{attributes}>\n{safe}\n</{tag}>"


def _defanged(text: str) -> str:
    return _our_tag().sub("&lt;", text)


@cache
def _our_tag() -> re.Pattern[str]:
    """Where one of our own tags begins, also in disguise. Takes long to compile: not while loading."""
    names = "|".join(_UNSEEN.join(tag) for tag in _TAGS.split("|"))
    space = rf"(?:\s|{_UNSEEN[:-1]})*"
    return re.compile(
        rf"[<\uff1c\ufe64](?={space}[/\uff0f\u2044\u2215]?{space}(?:{names}){_UNSEEN}(?![a-z0-9]))", re.IGNORECASE
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()}\n[cut after {limit} characters]"
