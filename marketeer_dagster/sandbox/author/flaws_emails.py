"""Flaws of email sequences: subjects, openings, and a first email about something else than its reader."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.facts import PROOF, Statement
from marketeer_dagster.sandbox.author.flaws import Flaw, costs, flaw, grounded, public
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, plain, sentences
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_GENERIC_SUBJECT = re.compile(
    r"^(?:newsletter|update|hello|hi|news|just checking in|following up|a quick (?:note|update)|"
    r"您好|最新消息|通知|一点更新)",
    re.IGNORECASE,
)
_TOLD = 0.6
"""Share of a statement's words from which a sentence is taken to tell it."""


def email_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    """What is wrong with a sequence beyond its wording."""
    emails = content.records("emails")
    for index, email in enumerate(emails):
        yield from _lines(email, index, work)
    yield from _openings(emails, work)
    if emails and _off_topic(emails[0], work):
        yield flaw(
            work,
            "off_topic",
            costs("clarity=1.6 actionability=1.6 creativity=1.4 brand=1.3 completeness=1.2 data=0.6"),
            "emails[0]",
            next(iter(_sentences(emails[0])), "")[:300],
            ("The first email is about something else than what the reader did and cares for.",
             "第一封邮件讲的不是读者做过的事和关心的事。"),
            (f"Begin with what they looked at and what it does for them, and ask for “{work.action.label}”.",
             f"从读者看过的内容和好处说起，并请他“{work.action.label}”。"),
        )  # fmt: skip
    yield from _no_proof(content, work)
    if len(emails) < 3:
        yield flaw(work, "short_sequence", costs("completeness=1.4 actionability=0.8"), "emails", "",
                    ("The sequence ends before objections are answered.", "序列太短，还没有回应顾虑就结束了。"),
                    ("Add an email that answers the main objection.", "补一封回应主要顾虑的邮件。"))  # fmt: skip


def _lines(email: Record, index: int, work: Work) -> Iterator[Flaw]:
    """Subjects, preheader and button of one email."""
    subjects = email.texts("subjects")
    first = subjects[0] if subjects else ""
    lines = Lines(work)
    own = first.lower().replace(work.name.lower(), "") != first.lower()
    if _GENERIC_SUBJECT.match(first) or (grounded(first, work.facts) < 0.3 and not own and terms(first)):
        yield flaw(
            work,
            "generic_subject",
            costs("clarity=1.2 creativity=1.6 data=1.2 actionability=1.2 brand=1.1 completeness=0.7"),
            f"emails[{index}].subjects[0]",
            first,
            ("The subject gives no reason to open the email.", "主题没有给出打开邮件的理由。"),
            ("Name the benefit or figure the email is about.", "写出这封邮件要讲的好处或数字。"),
        )
    for number, subject in enumerate(subjects):
        if lines.is_search(subject):
            yield flaw(
                work,
                "search_subject",
                costs("clarity=1.4 creativity=1.8 brand=1.4 actionability=0.9 data=0.6 completeness=0.5"),
                f"emails[{index}].subjects[{number}]",
                subject,
                (
                    "The subject is a search phrase: no person writes like this.",
                    "主题是搜索词，没有人会这样写信。",
                ),
                ("Write it as you would to somebody you know.", "像给认识的人写信那样写。"),
            )
    if is_weak(email.text("cta_label")):
        yield flaw(work, "weak_cta", costs("actionability=2.0 clarity=0.8 brand=0.4 completeness=0.6 creativity=0.5"),
                    f"emails[{index}].cta_label", email.text("cta_label"),
                    ("The button does not say what happens next.", "按钮没有说明下一步是什么。"),
                    (f"Use “{work.action.label}”.", f"改为“{work.action.label}”。"))  # fmt: skip
    if email.text("preheader").lower() in {s.lower() for s in subjects}:
        yield flaw(work, "repeated_preheader", costs("completeness=0.9 clarity=0.8 creativity=0.8 actionability=0.5"),
                    f"emails[{index}].preheader", email.text("preheader"),
                    ("The preheader repeats the subject.", "预览文字重复了主题。"),
                    ("Use it for the next argument.", "用来讲下一个理由。"))  # fmt: skip


def _sentences(email: Record) -> list[str]:
    """The sentences of an email's body below its greeting."""
    lines = [plain(line.lstrip("> -")) for line in email.text("body").splitlines() if line.strip("> ")]
    return [s for line in lines[1:] for s in sentences(line)]


def _openings(emails: list[Record], work: Work) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, email in enumerate(emails):
        first = next(iter(_sentences(email)), "")
        if first and bare(first).lower() in seen:
            yield flaw(
                work,
                "same_opening",
                costs("creativity=1.6 clarity=1.0 brand=1.0 completeness=0.6"),
                f"emails[{index}].body",
                first[:300],
                ("It opens with the sentence of an earlier email.", "开头与前面的邮件相同。"),
                ("Open with what this email is about.", "从这封邮件要讲的内容开头。"),
            )
        seen.add(bare(first).lower())


def _off_topic(email: Record, work: Work) -> bool:
    """Whether the first email opens with facts about ourselves that nobody asked for, or leaves out the action."""
    facts = work.facts
    asked = {s.text for c in work.concerns if c.leads for s in c.statements}
    pool = [*work.overview, *facts.benefits, *facts.problems]
    cared = [s for s in pool if s.section != PROOF] + [s for s in facts.public if s.text in asked]
    if not cared:
        return False
    wanted = terms(work.action.label)
    body = _sentences(email)
    if wanted and not wanted & terms(" ".join(body)) and work.action.label not in email.text("body"):
        return True
    told = [*email.texts("subjects")[:1], *body]
    about_us = [s for s in facts.proof if s.text not in asked]
    for sentence in told:
        for_reader, for_us = _closest(sentence, cared), _closest(sentence, about_us)
        if max(for_reader, for_us) >= _TOLD:
            return for_us > for_reader
    return True


def _closest(sentence: str, pool: list[Statement]) -> float:
    """How much of a statement of `pool`, or of the sentence itself, the two share at best."""
    said = terms(sentence)
    shares = [len(said & s.terms) / max(1, min(len(said), len(s.terms))) for s in pool if len(said) > 1]
    return max(shares, default=0.0)


def _no_proof(content: Record, work: Work) -> Iterator[Flaw]:
    said = terms(" ".join(text for _, text in public(content.values)))
    proof = [s for s in work.facts.proof if s.has_number]
    quoted = any(q.text in text for q in work.facts.quotes for _, text in public(content.values))
    shown = quoted or any(len(s.terms & said) >= 0.6 * len(s.terms) for s in proof)
    if (proof or work.facts.quotes) and not shown:
        best = proof[0].text if proof else work.facts.quotes[0].text
        yield flaw(
            work,
            "missing_proof",
            costs("data=2.0 completeness=1.3 creativity=0.7 brand=0.8 actionability=0.7 clarity=0.5"),
            "emails",
            "",
            ("No proof is shown, though the product context has some.", "没有给出证据，而产品资料里有。"),
            (f"Add: {best}", f"补上：{best}"),
        )
