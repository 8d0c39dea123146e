"""Flaws of page copy: what a visitor, or someone who optimises pages for a living, would object to."""

import re
from collections.abc import Iterator, Mapping

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.facts import PROBLEMS
from marketeer_dagster.sandbox.author.flaws import Flaw, flaw, grounded, public
from marketeer_dagster.sandbox.author.flaws_lines import field_flaws, line_flaws, repetition_flaws, stray_flaws
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_VAGUE = re.compile(
    r"^(?:welcome to|meet|introducing|get started with|discover|a (?:better|simpler|smarter|new) way)\b|"
    r"^(?:欢迎|认识|了解|走进|更好的|willkommen bei|bienvenue chez|bienvenid[oa]s? a)|"
    r"\b(?:solutions? for your|take .{0,30} to the next level|made for you)\b",
    re.IGNORECASE,
)
_DEFLECTING = re.compile(
    r"(?:happy|glad) to (?:talk|discuss|answer)|(?:contact|get in touch with) (?:us|our team)|it depends|"
    r"欢迎咨询|视情况而定|请联系",
    re.I,
)
MOST_FIELDS = 3


def page_flaws(page: Mapping[str, object], work: Work) -> list[Flaw]:
    """All flaws of one page's copy, apart from wording."""
    record = Record(page)
    checks = (
        _headline,
        line_flaws,
        _action,
        _proof,
        _quotations,
        _objections,
        _concerns,
        _form,
        _substance,
        repetition_flaws,
        _stray,
    )
    return [flaw for check in checks for flaw in check(record, work)]


def _stray(page: Record, work: Work) -> Iterator[Flaw]:
    return stray_flaws(public(page.values), work)


def _headline(page: Record, work: Work) -> Iterator[Flaw]:
    text = page.text("headline")
    name = terms(work.name)
    own = terms(text) - name
    promise = " ".join(work.brief.text(k) for k in ("key_message", "objective")) + " ".join(
        work.brief.texts("keywords")
    )
    concrete = (
        bool(numbers(text))
        or len(own & terms(promise)) >= 2
        or len(own & work.facts.all_terms) >= min(3, max(2, len(own)))
    )
    if _VAGUE.search(text) or not concrete:
        yield flaw("vague_headline", "headline", text)


def _action(page: Record, work: Work) -> Iterator[Flaw]:
    label = page.record("cta").text("label")
    wanted = work.brief.text("cta") or work.action.label
    matches = terms(label) & terms(wanted) or label.lower() == wanted.lower() or not terms(wanted)
    if is_weak(label) or (wanted and not matches):
        yield flaw("weak_cta", "cta.label", label, wanted=wanted)


def _proof(page: Record, work: Work) -> Iterator[Flaw]:
    said = " ".join(text for _, text in public(page.values))
    available = [s for s in work.facts.proof if s.has_number]
    shown = any(
        set(numbers(s.text)) & set(numbers(said)) and len(s.terms & terms(said)) >= len(s.terms) * 0.6
        for s in available
    )
    quoted = any(quote.text in said for quote in work.facts.quotes)
    named = any(quote.who for quote in work.facts.quotes)
    if (available and not shown and not quoted) or (named and not quoted):
        yield flaw("missing_proof", "quotations" if named and not quoted else "sections", proof=_best_proof(work))


def _best_proof(work: Work) -> str:
    named = next((q for q in work.facts.quotes if q.who), None)
    return f"“{named.text}” ({named.who})" if named else work.facts.proof[0].text


def _quotations(page: Record, work: Work) -> Iterator[Flaw]:
    for index, quotation in enumerate(page.records("quotations")):
        text = quotation.text("text")
        if text not in work.facts.document:
            yield flaw("invented_quotation", f"quotations[{index}].text", text)


def _objections(page: Record, work: Work) -> Iterator[Flaw]:
    answers = page.records("faq")
    deflected = False
    for index, answer in enumerate(answers):
        text = answer.text("answer")
        if _DEFLECTING.search(text) and text not in work.facts.document:
            deflected = True
            yield flaw("deflected_objection", f"faq[{index}].answer", text)
    said = terms(" ".join(text for _, text in public(page.values)))
    missed = [o for o, a in work.facts.objections if len(terms(a) & said) < 0.5 * len(terms(a))]
    if work.facts.objections and not deflected and len(missed) > len(work.facts.objections) / 2:
        yield flaw("missing_objections", "faq", objections="; ".join(missed[:3]))


def _concerns(page: Record, work: Work) -> Iterator[Flaw]:
    body = " ".join(text for _, text in public(page.values))
    # A problem of the context is no answer: where it has nothing else to say, nobody can demand one.
    answerable = [c for c in work.concerns if c.asked and any(s.section != PROBLEMS for s in c.statements)]
    for concern in answerable:
        answered = any(s.text in body or len(s.terms & terms(body)) >= 0.75 * len(s.terms) for s in concern.statements)
        if not answered:
            yield flaw("unaddressed", "sections", asked=concern.text, answer=concern.statements[0].sentence)


def _form(page: Record, work: Work) -> Iterator[Flaw]:
    fields = page.texts("form_fields")
    yield from field_flaws(fields, work)
    if len(fields) > MOST_FIELDS:
        yield flaw("long_form", "form_fields", fields[-1], fields=", ".join(work.action.fields))


def _substance(page: Record, work: Work) -> Iterator[Flaw]:
    """Generic text: sections that could stand on anybody's page."""
    generic = 0
    sections = page.records("sections")
    for index, section in enumerate(sections):
        body = section.text("body")
        parts = [body, *section.texts("bullets")]
        told = " ".join(parts)
        short = words(told) < 5 and not all(part.rstrip(".。") in work.facts.document for part in parts)
        if short or grounded(told, work.facts) < 0.55:
            generic += 1
            yield flaw("generic_section", f"sections[{index}].body", sentences(body)[0][:300] if body else "")
