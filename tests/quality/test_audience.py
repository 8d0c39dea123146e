"""Who reads a field is said where it is declared; what says nothing is held to the rules of public text."""

from typing import Annotated, ClassVar

import pytest
from pydantic import Field

from marketeer_dagster.model.artefacts import ArtefactContent, artefact_kinds
from marketeer_dagster.model.artefacts.base import Line, Part, Text
from marketeer_dagster.model.artefacts.readers import ADDRESS, COLLEAGUES
from marketeer_dagster.model.review import Severity
from marketeer_dagster.quality import claims, consistency, rules
from marketeer_dagster.quality.audience import is_paper, public_texts
from marketeer_dagster.quality.claims import Sources
from tests.support import marketing

CLAIM = "Lumen saves 83 % of planning time and is the best in the world."


class Slide(Part):
    title: Line
    words: dict[str, Line] = Field(default_factory=dict)
    speaker_notes: Annotated[Line, COLLEAGUES] = "none"


class Talk(ArtefactContent):
    """A kind that no list knows: it says of one field who reads it, of the others nothing."""

    title_of_kind: ClassVar[str] = "Talk"

    slides: tuple[Slide, ...]
    script: Text = "Rotas that staff can swap."
    link: Line = "https://lumen.example/talk"
    sign_up: Annotated[Line, ADDRESS] = "https://lumen.example/trial"
    rehearsal: Annotated[Slide, COLLEAGUES] = Slide(title="none")


class Minutes(Talk):
    """The same, wholly for colleagues."""

    paper: ClassVar[bool] = True


def serious(content: ArtefactContent) -> set[str]:
    found = claims.check(content, Sources(context=marketing.context().context))
    return {finding.where for finding in found if finding.severity is Severity.BLOCKER}


@pytest.mark.parametrize(
    ("talk", "where"),
    [
        (Talk(slides=(Slide(title=CLAIM),)), "slides[0].title"),
        (Talk(slides=(Slide(title="Swaps", words={"more": CLAIM}),)), "slides[0].words[more]"),
        (Talk(slides=(), script=CLAIM), "script"),
        (Talk(slides=(), link=CLAIM), "link"),
        (Talk(slides=(), sign_up=CLAIM), "sign_up"),
    ],
)
def test_a_field_that_says_nothing_is_public_and_its_claims_block(talk: Talk, where: str) -> None:
    assert where in public_texts(talk)
    assert serious(talk) == {where}
    assert not is_paper(talk)


def test_what_is_said_to_be_for_colleagues_is_so_with_all_below_it() -> None:
    talk = Talk(
        slides=(Slide(title="Swaps", speaker_notes=CLAIM),), rehearsal=Slide(title=CLAIM, words={"more": CLAIM})
    )
    assert serious(talk) == set()
    found = claims.check(talk, Sources(context=marketing.context().context))
    assert {finding.where for finding in found} >= {"slides[0].speaker_notes", "rehearsal.title"}
    assert "sign_up" not in public_texts(talk)


def test_a_paper_is_for_colleagues_throughout() -> None:
    minutes = Minutes(slides=(Slide(title=CLAIM),), script=CLAIM)
    assert (serious(minutes), public_texts(minutes), is_paper(minutes)) == (set(), {}, True)


def test_an_unknown_kind_is_held_to_voice_and_to_the_channels_rules() -> None:
    talk = Talk(slides=(Slide(title="A seamless change"),), script="Dear {name}, look at [your company].")
    said = consistency.check({"talks": talk}, marketing.context().context)
    assert [finding.where for finding in said] == ["talks.slides[0].title"]
    found = rules.check(talk, marketing.tenant(), marketing.brief("copywriting"))
    assert {f.where for f in found if f.severity is Severity.BLOCKER} == {"script"}


def test_every_kind_of_ours_is_either_a_paper_or_has_public_words() -> None:
    papers = {name for name, kind in artefact_kinds().items() if kind.paper}
    assert set(artefact_kinds()) - papers == {"page_copy", "edited_copy", "email_sequence", "ad_campaign"}
