"""Revision: what each finding names is mended, the rest of the draft stays as it is."""

import copy
import re

from marketeer_dagster.sandbox.author.advice import advice
from marketeer_dagster.sandbox.author.flaws_lines import REPEATED
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.once import fresh_line, say_once
from marketeer_dagster.sandbox.author.paths import as_list, child, get, leaves, locate, put, steps
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, cut, ended, joined, sentences, tidy
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_KEYS = ("role", "area", "heading", "question", "name", "title", "purpose", "section")
_FILLER_FIX = (
    re.compile(
        r"\b(?:it goes without saying that|needless to say,?|in order to(?= )|the fact that|as a matter of fact,?) ",
        re.I,
    ),
    re.compile(r"众所周知，?|总而言之，?|不言而喻，?"),
)
_JOINTS = re.compile(r", and in addition to that it is also the case that |，与此同时还有一点也不能不提，那就是")
_TEXT_FIELDS = frozenset(
    {"body", "answer", "subheadline", "meta_description", "summary", "primary_text", "hypothesis", "analysis"}
)


def revised(draft: Content, best: Content, findings: list[Record], work: Work) -> Content:
    """`draft` with every finding mended, using what `best` (the same work without weaknesses) says in its place."""
    result = copy.deepcopy(draft)
    twice = [finding for finding in findings if finding.text("problem") == REPEATED]
    # Taking a repetition out moves what stands below it: those come last, from the end of the page.
    for finding in [*(f for f in findings if f not in twice), *reversed(twice)]:
        where = finding.text("where")
        if where and get(result, where) is None and get(result, f"page.{where}") is not None:
            where = f"page.{where}"
        if finding in twice:
            say_once(result, where, finding.text("quote"), work)
        else:
            _mend(result, best, where, finding, work)
    return result


def _mend(result: Content, best: Content, where: str, finding: Record, work: Work) -> None:
    quote = finding.text("quote")
    if not steps(where) or get(result, ".".join(str(s) for s in steps(where)[:1])) is None:
        where = locate(result, quote) or where
    current, better = get(result, where), _counterpart(result, best, where)
    holder = Record.of(get(result, where.rpartition(".")[0]))
    if isinstance(current, dict) and where == "emails[0]":
        put(result, where, copy.deepcopy(get(best, where)))
    elif isinstance(current, str) and re.search(r"\.heading$|\.subjects\[\d+\]$", where):
        put(result, where, fresh_line(result, where, str(better or ""), work))
    elif isinstance(current, str):
        said = " ".join(text for path, text in leaves(result) if path != where)
        put(result, where, _better_text(current, better, where, finding, work, holder, said))
    elif isinstance(current, list) and where.rsplit(".", 1)[-1] == "sections":
        put(result, where, _merged_sections(current, better, quote))
    elif better not in (None, current) and better:
        put(result, where, copy.deepcopy(better))
    elif isinstance(current, list) and quote:
        kept = [item for item in current if quote not in str(item)]
        put(result, where, kept or current)
    elif quote and (found := locate(result, quote)) and found != where:
        _mend(result, best, found, finding, work)


def _better_text(
    current: str, better: object, where: str, finding: Record, work: Work, holder: Record, said: str
) -> str:
    quote = finding.text("quote")
    polished = _polished(current)
    if polished != current and (not quote or quote not in polished):
        return polished
    if where.endswith((".fix", ".recommendation")):
        return advice(holder, work)
    asked = _asked_for(finding, where)
    if asked and work.true(asked):
        return asked
    if isinstance(better, str) and better and better != current and (not quote or quote not in better):
        return better
    without = _without(current, quote) if quote and quote != current else ""
    if without:
        return without
    return _replacement(current, quote, where, work, said)


def _polished(text: str) -> str:
    """Filler out, two thoughts in two sentences."""
    result = _JOINTS.sub("。" if re.search(r"[\u3400-\u9fff]", text) else ". ", text)
    for pattern in _FILLER_FIX:
        result = pattern.sub("", result)
    return tidy(joined(ended(sentence) for sentence in sentences(result))) if result != text else text


def _asked_for(finding: Record, where: str) -> str:
    """The very words a finding asks for a label, when it quotes them: 'Use “Start free trial”.'"""
    if not where.endswith(("label", "cta_label")):
        return ""
    match = re.search(r"[“\"「]([^”\"」]{2,40})[”\"」]", finding.text("suggestion"))
    return match[1] if match else ""


def _without(text: str, quote: str) -> str:
    """The text without the sentences that hold the quoted words."""
    return joined(sentence for sentence in sentences(text) if quote not in sentence and sentence not in quote)


def _replacement(current: str, quote: str, where: str, work: Work, said: str) -> str:
    """Another true sentence on the same subject, or for short fields the text without the words at fault."""
    name = re.sub(r"\[\d+\]$", "", where.rsplit(".", 1)[-1])
    limit = max(len(current), 60)
    if name in _TEXT_FIELDS:
        pool = [*work.facts.about(current, most=6), *work.facts.benefits, *work.overview, *work.facts.public]
        fresh = [s for s in pool if quote not in s.sentence and s.sentence not in current]
        unsaid = [s for s in fresh if bare(s.text) not in said]
        return next((s.sentence for s in [*unsaid, *fresh]), current)
    options = [text for text in Lines(work).general if quote not in text and text not in said and len(text) <= limit]
    return options[0] if options else cut(bare(current.replace(quote, "")), limit) or current


def _merged_sections(current: list[object], better: object, quote: str) -> list[object]:
    """The draft's sections and those of the best version that it lacks, in the best version's order."""
    if not isinstance(better, list):
        return current
    drafts = {_identity(section): section for section in current}
    said = terms(" ".join(text for section in current for _, text in leaves(section)))
    merged: list[object] = []
    for section in better:
        held = drafts.pop(_identity(section), None)
        body = Record.of(section).text("body")
        if held is not None:
            merged.append(held)
        elif len(terms(body) & said) < 0.9 * max(1, len(terms(body))) or Record.of(section).text("role") in (
            "proof",
            "objections",
        ):
            merged.append(copy.deepcopy(section))
    return [*merged, *(s for s in drafts.values() if not quote or quote not in str(s))][:9]


def _identity(section: object) -> str:
    record = Record.of(section)
    role = record.text("role")
    return f"{role}/{record.text('heading')}" if role == "objections" else role


def _counterpart(result: Content, best: Content, where: str) -> object:
    """What `best` has in the same place; list entries are matched by what they are about, not by position."""
    here: object = result
    there: object = best
    for step in steps(where):
        if isinstance(step, str):
            here, there = child(here, step), child(there, step)
            continue
        here, others = child(here, step), as_list(there)
        if here is None or others is None:
            return None
        there = _match(here, others, step)
    return there


def _match(item: object, others: list[object], index: int) -> object:
    record = Record.of(item)
    for key in _KEYS:
        if record.text(key):
            same = [other for other in others if Record.of(other).text(key) == record.text(key)]
            if same:
                return same[0]
    return others[index] if index < len(others) else None
