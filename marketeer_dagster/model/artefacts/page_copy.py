"""Page copy: what a landing page says. Title and description limits are those search results show."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, PagePath, Part, Remark, Text, bullets
from marketeer_dagster.model.artefacts.readers import ADDRESS, COLLEAGUES
from marketeer_dagster.model.marks import Alternatives, ForColleagues

TITLE_TAG_LIMIT = 60
"""Characters of a title tag that search results show at common widths."""
META_DESCRIPTION_LIMIT = 155


class SectionRole(StrEnum):
    """What a section does for the reader."""

    PROBLEM = "problem"
    SOLUTION = "solution"
    BENEFITS = "benefits"
    HOW_IT_WORKS = "how_it_works"
    PROOF = "proof"
    OBJECTIONS = "objections"
    OFFER = "offer"


class CallToAction(Part):
    """The action the page asks for."""

    label: Annotated[str, StringConstraints(min_length=2, max_length=40)]
    url: Annotated[Line, ADDRESS]
    note: Annotated[str, StringConstraints(max_length=120)] = Field(
        default="", description="Risk reversal under the button; only if the context states it."
    )


class Alternative(Part):
    """Another wording worth testing, with the reason."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=90)]
    reason: Remark


class CopySection(Part):
    """One block of the page below the hero."""

    role: SectionRole
    heading: Annotated[str, StringConstraints(min_length=2, max_length=110)]
    body: Text
    bullets: tuple[Line, ...] = Field(default=(), max_length=8)


class Quotation(Part):
    """A customer's words exactly as the context has them."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=500)]
    attribution: Line


class Question(Part):
    """A question a hesitant visitor asks, and the answer."""

    question: Line
    answer: Text


class PageCopy(ArtefactContent):
    """All words of one landing page."""

    kind: ClassVar[str] = "page_copy"
    title_of_kind: ClassVar[str] = "Landing page copy"

    path: PagePath = Field(description="The page's path on the site.")
    title_tag: Annotated[str, StringConstraints(min_length=10, max_length=TITLE_TAG_LIMIT)]
    meta_description: Annotated[str, StringConstraints(min_length=30, max_length=META_DESCRIPTION_LIMIT)]
    headline: Annotated[str, StringConstraints(min_length=5, max_length=90)]
    subheadline: Annotated[str, StringConstraints(min_length=5, max_length=240)]
    cta: CallToAction
    sections: tuple[CopySection, ...] = Field(min_length=3, max_length=9)
    quotations: tuple[Quotation, ...] = Field(default=(), max_length=4)
    faq: tuple[Question, ...] = Field(default=(), max_length=8)
    form_fields: tuple[Line, ...] = Field(
        default=(), max_length=8, description="Fields of the signup form, fewest that do."
    )
    headline_alternatives: Annotated[tuple[Alternative, ...], Alternatives] = Field(min_length=2, max_length=5)
    cta_alternatives: Annotated[tuple[Alternative, ...], Alternatives] = Field(min_length=1, max_length=4)
    notes: Annotated[str, StringConstraints(max_length=2000), ForColleagues, COLLEAGUES] = Field(
        default="", description="For colleagues: choices made and why."
    )

    def primary_cta(self) -> str:
        return self.cta.label

    def target_page(self) -> str:
        return self.path

    def body_markdown(self) -> str:
        """What visitors read, without the notes for colleagues."""
        parts = [
            f"# {self.headline}",
            self.subheadline,
            f"**[{self.cta.label}]({self.cta.url})** {self.cta.note}".strip(),
        ]
        for section in self.sections:
            parts.append(f"## {section.heading}\n\n{section.body}")
            if section.bullets:
                parts.append(bullets(section.bullets))
        parts += [f"> {q.text}\n>\n> {q.attribution}" for q in self.quotations]
        if self.faq:
            parts.append("## Questions")
            parts += [f"**{q.question}**\n\n{q.answer}" for q in self.faq]
        return "\n\n".join(parts)

    def render(self) -> str:
        head = f"`{self.path}` · title tag: {self.title_tag} · meta description: {self.meta_description}"
        tests = [f"Headline: {a.text} ({a.reason})" for a in self.headline_alternatives]
        tests += [f"CTA: {a.text} ({a.reason})" for a in self.cta_alternatives]
        parts = [head, self.body_markdown(), "## Alternatives worth testing", bullets(tests)]
        return "\n\n".join([*parts, self.notes] if self.notes else parts)
