"""Pages ready to be written: what every content system needs to know of one, made from approved copy."""

from collections.abc import Sequence
from typing import Final

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.publishing.html import render_page
from marketeer_dagster.publishing.protocols import Draft, Trial
from marketeer_dagster.publishing.trials import Block, render_test

PAGE: Final = "page"
PAGE_VARIANT: Final = "page_variant"
"""A page holding the arms of a running experiment."""
PAGE_ARTEFACTS: Final = frozenset({PageCopy.kind, EditedCopy.kind})


class PagePayload(Value):
    """One page. `html` is its body without the look-up key, which is added when written."""

    path: str
    title: str
    """Title tag, at most 60 characters."""
    description: str
    """Meta description."""
    html: str


def page_draft(artefact: Artefact, trial: Trial | None) -> Draft:
    """The page for `artefact`: alone, or with the other arms of a running trial.

    Raises BadInput when an artefact holds no page copy or links where a page must not.
    """
    path = trial.experiment.subject if trial else _copy_of(artefact).path
    if trial is None or not trial.running:
        return _draft(PAGE, path, _copy_of(artefact), render_page(_copy_of(artefact)))
    # Search engines see the control: its title and description stay until a winner is known.
    control = _copy_of(trial.arms[0])
    return _draft(PAGE_VARIANT, path, control, render_test(trial.experiment.id, _blocks(trial), trial.experiment.slot))


def _draft(kind: str, path: str, copy: PageCopy, html: str) -> Draft:
    payload = PagePayload(path=path, title=copy.title_tag, description=copy.meta_description, html=html)
    return Draft(kind=kind, target=path, payload=payload.model_dump_json())


def _blocks(trial: Trial) -> Sequence[Block]:
    return [
        Block(variant=variant.name, share=variant.share, html=render_page(_copy_of(arm)))
        for variant, arm in zip(trial.experiment.variants, trial.arms, strict=True)
    ]


def _copy_of(artefact: Artefact) -> PageCopy:
    content = artefact.parsed()
    if isinstance(content, EditedCopy):
        return content.page
    if isinstance(content, PageCopy):
        return content
    raise BadInput(
        f"{artefact.kind} is no page",
        where=artefact.id,
        expected=f"an artefact of kind {' or '.join(sorted(PAGE_ARTEFACTS))}",
    )
