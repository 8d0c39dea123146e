"""Flaws of email sequences: subjects, openings, and a first email about something else than its reader."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.facts import PROOF, Statement
from marketeer_dagster.sandbox.author.flaws import Flaw, flaw, grounded, public
from marketeer_dagster.sandbox.author.flaws_lines import stray_flaws
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import THIN, bare, numbers, plain, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import PRICE, Work

_GENERIC_SUBJECT = re.compile(
    r"^(?:newsletter|update|hello|hi|news|just checking in|following up|a quick (?:note|update)|"
    r"neuigkeiten|des nouvelles|novedades|您好|最新消息|通知|一点更新)",
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
        yield flaw("off_topic", "emails[0]", next(iter(_sentences(emails[0])), ""), action=work.action.label)
    yield from _no_proof(content, work)
    yield from stray_flaws(public(content.values), work)
    if len(emails) < 3:
        yield flaw("short_sequence", "emails")


def _lines(email: Record, index: int, work: Work) -> Iterator[Flaw]:
    """Subjects, preheader and button of one email."""
    subjects = email.texts("subjects")
    first = subjects[0] if subjects else ""
    lines = Lines(work)
    own = first.lower().replace(work.name.lower(), "") != first.lower()
    priced = PRICE.search(first) and numbers(email.text("body"))
    if _GENERIC_SUBJECT.match(first) or (not priced and grounded(first, work.facts) < 0.3 and not own and terms(first)):
        yield flaw("generic_subject", f"emails[{index}].subjects[0]", first)
    for number, subject in enumerate(subjects):
        if lines.is_search(subject):
            yield flaw("search_subject", f"emails[{index}].subjects[{number}]", subject)
    if is_weak(email.text("cta_label")):
        yield flaw("weak_button", f"emails[{index}].cta_label", email.text("cta_label"), action=work.action.label)
    if email.text("preheader").lower() in {s.lower() for s in subjects}:
        yield flaw("repeated_preheader", f"emails[{index}].preheader", email.text("preheader"))


def _sentences(email: Record) -> list[str]:
    """The sentences of an email's body below its greeting."""
    lines = [plain(line.lstrip("> -")) for line in email.text("body").splitlines() if line.strip("> ")]
    return [s for line in lines[1:] for s in sentences(line)]


def _openings(emails: list[Record], work: Work) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, email in enumerate(emails):
        first = next(iter(_sentences(email)), "")
        if first and bare(first).lower() in seen:
            yield flaw("same_opening", f"emails[{index}].body", first)
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
    proof = [s for s in work.facts.proof if s.has_number and words(s.text) >= THIN]
    quoted = any(q.text in text for q in work.facts.quotes for _, text in public(content.values))
    shown = quoted or any(len(s.terms & said) >= 0.6 * len(s.terms) for s in proof)
    if (proof or work.facts.quotes) and not shown:
        best = proof[0].text if proof else work.facts.quotes[0].text
        yield flaw("unproven", "emails", best=best)
