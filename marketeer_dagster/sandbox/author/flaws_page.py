"""Flaws of page copy: what a visitor, or someone who optimises pages for a living, would object to."""

import re
from collections.abc import Iterator, Mapping

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.facts import PROBLEMS
from marketeer_dagster.sandbox.author.flaws import Flaw, costs, grounded, public
from marketeer_dagster.sandbox.author.flaws_lines import field_flaws, line_flaws, repetition_flaws
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_VAGUE = re.compile(
    r"^(?:welcome to|meet|introducing|get started with|discover|a (?:better|simpler|smarter|new) way)\b|"
    r"^(?:欢迎|认识|了解|走进|更好的)|\b(?:solutions? for your|take .{0,30} to the next level|made for you)\b",
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
        _headline, line_flaws, _action, _proof, _quotations, _objections, _concerns, _form, _substance,
        repetition_flaws,
    )  # fmt: skip
    return [flaw for check in checks for flaw in check(record, work)]


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
        yield Flaw(
            "vague_headline",
            costs("clarity=1.7 creativity=1.8 data=1.4 brand=0.8 actionability=1.2 completeness=0.4"),
            "major",
            "headline",
            text,
            work.say(
                "The headline names no benefit; a visitor cannot tell from it what they get.",
                "标题没有说出好处，访客看不出能得到什么。",
            ),
            work.say(
                "Lead with the concrete benefit or figure of the key message.", "用关键信息里的具体好处或数字开头。"
            ),
        )


def _action(page: Record, work: Work) -> Iterator[Flaw]:
    label = page.record("cta").text("label")
    wanted = work.brief.text("cta") or work.action.label
    matches = terms(label) & terms(wanted) or label.lower() == wanted.lower() or not terms(wanted)
    if is_weak(label) or (wanted and not matches):
        yield Flaw(
            "weak_cta",
            costs("actionability=2.2 clarity=1.2 brand=1.1 creativity=0.5 completeness=0.5 technical=0.4"),
            "major",
            "cta.label",
            label,
            work.say(
                f"The button does not ask for what the brief wants: “{wanted}”.",
                f"按钮没有说出任务要的行动：“{wanted}”。",
            ),
            work.say(f"Use “{wanted}”.", f"改为“{wanted}”。"),
        )


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
        yield Flaw(
            "missing_proof",
            costs("data=2.0 completeness=1.4 creativity=1.2 brand=1.2 actionability=0.6 clarity=0.4"),
            "major",
            "quotations" if named and not quoted else "sections",
            "",
            work.say(
                "The page claims benefits and shows no proof, though the product context has some.",
                "页面只讲好处没有证据，而产品资料里有。",
            ),
            work.say(f"Add: {_best_proof(work)}", f"补上：{_best_proof(work)}"),
        )


def _best_proof(work: Work) -> str:
    named = next((q for q in work.facts.quotes if q.who), None)
    return f"“{named.text}” ({named.who})" if named else work.facts.proof[0].text


def _quotations(page: Record, work: Work) -> Iterator[Flaw]:
    for index, quotation in enumerate(page.records("quotations")):
        text = quotation.text("text")
        if text not in work.facts.document:
            yield Flaw(
                "invented_quotation",
                costs("data=3.5 brand=2.5 technical=1.5 clarity=1.0 completeness=1.5 creativity=1.5 actionability=1.0"),
                "blocker",
                f"quotations[{index}].text",
                text[:300],
                work.say("Nobody is on record with these words.", "没有人说过这句话。"),
                work.say("Quote the product context verbatim or drop it.", "逐字引用产品资料，否则删去。"),
            )


def _objections(page: Record, work: Work) -> Iterator[Flaw]:
    answers = page.records("faq")
    deflected = False
    for index, answer in enumerate(answers):
        text = answer.text("answer")
        if _DEFLECTING.search(text) and text not in work.facts.document:
            deflected = True
            yield Flaw(
                "deflected_objection",
                costs("completeness=1.6 actionability=1.1 data=0.9 clarity=0.9 brand=0.6 creativity=0.5"),
                "major",
                f"faq[{index}].answer",
                text[:300],
                work.say(
                    "The answer sends a hesitant visitor away instead of answering.", "没有回答，而是把犹豫的访客支走。"
                ),
                work.say("Answer with what the product context says.", "用产品资料里的事实回答。"),
            )
    said = terms(" ".join(text for _, text in public(page.values)))
    missed = [o for o, a in work.facts.objections if len(terms(a) & said) < 0.5 * len(terms(a))]
    if work.facts.objections and not deflected and len(missed) > len(work.facts.objections) / 2:
        yield Flaw(
            "missing_objections",
            costs("completeness=1.8 actionability=1.2 data=0.8 clarity=0.6 creativity=0.6 brand=0.6"),
            "major",
            "faq",
            "",
            work.say(
                f"Known objections stay unanswered: {'; '.join(missed[:3])}.",
                f"已知的顾虑没有回应：{'；'.join(missed[:3])}。",
            ),
            work.say("Answer them with the product context's own answers.", "用产品资料里的回答来回应。"),
        )


def _concerns(page: Record, work: Work) -> Iterator[Flaw]:
    body = " ".join(text for _, text in public(page.values))
    # A problem of the context is no answer: where it has nothing else to say, nobody can demand one.
    answerable = [c for c in work.concerns if c.asked and any(s.section != PROBLEMS for s in c.statements)]
    for concern in answerable:
        answered = any(s.text in body or len(s.terms & terms(body)) >= 0.75 * len(s.terms) for s in concern.statements)
        if not answered:
            yield Flaw(
                "unaddressed",
                costs("completeness=1.6 clarity=1.2 actionability=1.1 data=0.9 creativity=1.1 brand=0.6"),
                "major",
                "sections",
                "",
                work.say(
                    f"The brief demands an answer to “{concern.text}”; the page has none.",
                    f"任务要求回答“{concern.text}”，页面没有。",
                ),
                work.say(f"Say: {concern.statements[0].sentence}", f"写上：{concern.statements[0].sentence}"),
            )


def _form(page: Record, work: Work) -> Iterator[Flaw]:
    fields = page.texts("form_fields")
    yield from field_flaws(fields, work)
    if len(fields) > MOST_FIELDS:
        yield Flaw(
            "long_form", costs("actionability=1.5 clarity=0.5 brand=0.4 completeness=0.3 creativity=0.3"), "major",
            "form_fields", fields[-1],
            work.say("The form asks for more than the first step needs.", "表单要的信息超过了第一步所需。"),
            work.say(f"Keep: {', '.join(work.action.fields)}.", f"只保留：{'、'.join(work.action.fields)}。"),
        )  # fmt: skip


def _substance(page: Record, work: Work) -> Iterator[Flaw]:
    """Generic text: sections that could stand on anybody's page."""
    generic = 0
    sections = page.records("sections")
    for index, section in enumerate(sections):
        body = section.text("body")
        told = " ".join([body, *section.texts("bullets")])
        short = words(told) < 5 and told.rstrip(".。") not in work.facts.document
        if short or grounded(told, work.facts) < 0.55:
            generic += 1
            yield Flaw(
                "generic_section",
                costs("data=1.2 clarity=1.0 completeness=1.2 creativity=1.1 brand=0.9 actionability=0.8 technical=0.3"),
                "major",
                f"sections[{index}].body",
                sentences(body)[0][:300] if body else "",
                work.say("Nothing in this section is about this product.", "这一段放在谁家都行，没有写这个产品。"),
                work.say(
                    "Say what the product context says, with its figures and names.", "写产品资料里的事实、数字和名称。"
                ),
            )
