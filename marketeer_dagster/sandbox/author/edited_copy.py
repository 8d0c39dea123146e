"""Edited copy: the page it was given, after seven sweeps. `before` stood there, `after` stands there now."""

import copy
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.facts import Statement
from marketeer_dagster.sandbox.author.flaws import Flaw, public, text_flaws
from marketeer_dagster.sandbox.author.flaws_page import page_flaws
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.page_copy import page_copy
from marketeer_dagster.sandbox.author.paths import get
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.revise import revised
from marketeer_dagster.sandbox.author.text import SAYS, bare, cut, ended, joined, numbers, sentences
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_SWEEP_OF = {
    "long_sentence": "clarity", "filler": "clarity", "avoided_word": "voice", "exclamation": "voice",
    "vague_headline": "specificity", "weak_cta": "so_what", "missing_proof": "proof",
    "invented_quotation": "proof", "deflected_objection": "risk", "missing_objections": "risk", "long_form": "risk",
    "unaddressed": "so_what", "generic_section": "specificity", "unsupported_number": "proof",
    "unsupported_superlative": "proof", "search_phrase": "clarity", "doubled": "clarity",
    "stiff_headline": "specificity", "field_twice": "risk", "repeated": "clarity", "leftover": "clarity",
    "foreign_words": "clarity", "for_colleagues": "clarity",
}  # fmt: skip


def edited_copy(work: Work) -> Content:
    """The upstream page, edited; without an upstream page a page of its own."""
    upstream = _upstream_page(work)
    best = page_copy(work)
    if upstream is None:
        return {"page": best, "changes": [], "summary": _summary(work, [], upstream=False)}
    page = copy.deepcopy(upstream)
    flaws = [*text_flaws(page, work, measured=False), *page_flaws(page, work)]
    page = revised(page, best, [_as_finding(flaw) for flaw in flaws], work)
    changes = list(_flaw_changes(upstream, page, flaws, work))
    changes += _sweeps(page, best, work, {str(change["where"]) for change in changes})
    return {"page": page, "changes": changes[:40], "summary": _summary(work, changes, upstream=True)}


def _upstream_page(work: Work) -> Content | None:
    for record in work.task.upstream.values():
        page = record if record.text("headline") and record.records("sections") else record.record("page")
        if page.text("headline") and not any("…" in text for _, text in public(page.values)):
            return dict(page.values)
    return None


def _as_finding(flaw: Flaw) -> Record:
    return Record({"where": flaw.where, "quote": flaw.quote, "problem": flaw.problem, "suggestion": flaw.suggestion})


def _flaw_changes(before: Content, after: Content, flaws: list[Flaw], work: Work) -> Iterator[Content]:
    for flaw in flaws:
        old, new = get(before, flaw.where), get(after, flaw.where)
        if old != new:
            yield _change(
                _SWEEP_OF.get(flaw.kind, "clarity"), flaw.where, _shown(old, work), _shown(new, work), flaw.problem
            )


def _shown(value: object, work: Work) -> str:
    """A value as a person would write it in a change table."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value:
        texts = [text for item in value for text in (item if isinstance(item, str) else _first_text(item),) if text]
        return cut("; ".join(texts), 900) or "(nothing)"
    return "(nothing)"


def _first_text(item: object) -> str:
    record = Record.of(item)
    return record.text("heading") or record.text("question") or record.text("text")


def _sweeps(page: Content, best: Content, work: Work, touched: set[str]) -> list[Content]:
    """What a good editor still finds in a sound page: a figure, proof beside a claim, a plainer heading."""
    changes: list[Content] = []
    for sweep in (_specific_subheadline, _reassuring_note, _proof_beside_benefit, _specific_heading):
        change = sweep(page, best, work)
        if change is not None and change["where"] not in touched:
            changes.append(change)
    return changes


def _specific_subheadline(page: Content, best: Content, work: Work) -> Content | None:
    old = str(page.get("subheadline") or "")
    figure = next((s for s in _unsaid(page, work) if len(s.text) < 90 and SAYS.search(s.text)), None)
    if numbers(old) or figure is None or len(old) + len(figure.sentence) > 235:
        return None
    new = joined([old, figure.sentence])
    page["subheadline"] = new
    return _change("specificity", "subheadline", old, new, "A figure next to the promise")


def _reassuring_note(page: Content, best: Content, work: Work) -> Content | None:
    cta = page.get("cta")
    note = Record.of(best.get("cta")).text("note")
    if not isinstance(cta, dict) or not note or cta.get("note") == note:
        return None
    old = str(cta.get("note") or "")
    cta["note"] = note
    return _change(
        "risk",
        "cta.note",
        old or "(nothing)",
        note,
        "Takes the risk out of the click",
    )


def _unsaid(page: Content, work: Work) -> list[Statement]:
    """Proof with a figure that the page does not have yet."""
    said = str(page)
    return [s for s in work.facts.proof if s.has_number and s.stands and bare(s.text) not in said]


def _proof_beside_benefit(page: Content, best: Content, work: Work) -> Content | None:
    sections = page.get("sections")
    proof = _unsaid(page, work)
    for index, section in enumerate(sections if isinstance(sections, list) else []):
        if isinstance(section, dict) and section.get("role") == "benefits" and proof:
            body = str(section.get("body") or "")
            if len(sentences(body)) == 1:
                section["body"] = joined([ended(body), proof[-1].sentence])
                return _change(
                    "proof",
                    f"sections[{index}].body",
                    body,
                    str(section["body"]),
                    "Backs the claim where it is made",
                )
    return None


def _specific_heading(page: Content, best: Content, work: Work) -> Content | None:
    sections = page.get("sections")
    lines = Lines(work)
    for index, section in enumerate(sections if isinstance(sections, list) else []):
        if isinstance(section, dict) and section.get("role") == "solution":
            old = str(section.get("heading") or "")
            near = lines.near(*sentences(str(section.get("body") or ""))[:3], most=3)
            options = [text for text in near if bare(text).lower() not in str(page).lower()]
            if options and len(terms(old) - terms(work.name)) <= 2:
                section["heading"] = options[0]
                return _change(
                    "so_what",
                    f"sections[{index}].heading",
                    old,
                    options[0],
                    "Says what the reader gets",
                )
    return None


def _change(sweep: str, where: str, before: str, after: str, reason: str) -> Content:
    return {
        "sweep": sweep,
        "where": where,
        "before": before or "–",
        "after": after or "–",
        "reason": bare(cut(reason, 290)),
    }


def _summary(work: Work, changes: list[Content], *, upstream: bool) -> str:
    if not upstream:
        return "No copy was handed over, so this is a page of its own, written from the product context."
    if not changes:
        return "All seven sweeps passed without a change worth making."
    names = {str(change["sweep"]): None for change in changes}
    sweeps = [name.replace("_", " ") for name in names]
    learned = "; ".join(f"[{identity}]" for identity, _ in work.learnings[:3])
    cited = f" Learnings kept: {learned}." if learned else ""
    return (
        f"Seven sweeps made; changes came from: {', '.join(sweeps)}. Offer, action and every fact are as handed "
        f"over.{cited}"
    )
