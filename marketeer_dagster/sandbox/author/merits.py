"""What a flawless text does well, trait by trait: each can be checked, and each points at the words that show it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean

from marketeer_dagster.sandbox.author.flaws import grounded, last_name, prose, public
from marketeer_dagster.sandbox.author.reproaches import ASPECTS
from marketeer_dagster.sandbox.author.text import cjk_count, numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

BEST, SOUND, WEAK = 5.0, 4.5, 3.0
"""Marks of an aspect whose traits are all there, mostly there, and mostly missing. 4.5 is told as a 4: nobody who looks
gives full marks for the absence of mistakes."""
FEW = 1 / 3
"""Share of an aspect's traits up to which it is weak."""
_LEADS = frozenset({"headline", "subheadline", "heading", "subjects", "headlines", "title", "summary", "hypothesis"})
_ACTS = re.compile(
    r"^(?:start|book|get|try|send|see|join|add|move|put|say|show|name|replace|write|test|cut|give|ask|choose|import|create|"
    r"read|call|sign|request|download|compare|check|keep|let|use|open|预约|申请|开始|试|领取|加|写|改|把|查|看|联系)",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(?:you|your|yours|Sie|Ihre?[nrms]?)\b|[您你]", re.IGNORECASE)


@dataclass(frozen=True)
class Trait:
    """One thing a good text of this aspect does: whether this one does it, in which words, and what a reviewer says."""

    aspect: str
    holds: bool
    there: str
    missing: str
    quote: str


@dataclass(frozen=True)
class Merit:
    """What an aspect's traits amount to: the mark, its reason and its evidence."""

    mark: float
    reason: str
    quote: str


def merits(content: Mapping[str, object], work: Work) -> dict[str, Merit]:
    """A merit for each aspect. At most one is weak: of the weakest, the one that lacks most."""
    found = list(traits(content, work))
    by_aspect = {aspect: [trait for trait in found if trait.aspect == aspect] for aspect in ASPECTS}
    shares = {aspect: fmean(trait.holds for trait in own) for aspect, own in by_aspect.items() if own}
    weakest = min(shares, key=lambda aspect: shares[aspect], default="")
    return {
        aspect: _merit(own, shares[aspect], aspect == weakest and BEST in map(_mark, shares.values()))
        for aspect, own in by_aspect.items()
        if own
    }


def _mark(share: float) -> float:
    return BEST if share == 1 else WEAK if share <= FEW else SOUND


def _merit(own: list[Trait], share: float, weakest: bool) -> Merit:
    mark = _mark(share)
    shown = next((trait for trait in own if trait.holds == (share > FEW)), own[0])
    lacking = next((trait for trait in own if not trait.holds), None)
    reason = shown.there if shown.holds else shown.missing
    if lacking is not None and lacking is not shown:
        reason = f"{reason} {lacking.missing}"
    return Merit(SOUND if mark == WEAK and not weakest else mark, reason, shown.quote)


def traits(content: Mapping[str, object], work: Work) -> Iterator[Trait]:
    """Every trait that is looked for, in order of aspects."""
    texts = public(content) or prose(content)
    if not texts:
        return
    said = [text for _, text in texts]
    # A quote is copied, so only sentences that stand in the text as they are may be one; fragments show nothing.
    whole = [sentence for text in said for sentence in sentences(text) if sentence in text and _length(sentence) >= 3]
    lines = whole or [max(said, key=len)]
    for make in (_clarity, _data, _actionability, _completeness, _brand, _creativity, _technical):
        for holds, there, lack, quote in make(texts, lines, work):
            aspect = make.__name__.removeprefix("_")
            yield Trait(aspect, holds, there, lack, quote[:300])


_Found = Iterator[tuple[(bool, str, str, str)]]
_Texts = list[tuple[str, str]]


def _clarity(texts: _Texts, lines: list[str], work: Work) -> _Found:
    longest = max(lines, key=_length)
    mean = fmean(map(_length, lines))
    letters = [word for line in lines for word in re.findall(r"[^\W\d_]+", line) if not cjk_count(word)]
    heavy = [word for word in letters if len(word) >= 12]
    yield (
        mean <= 13,
        "Sentences are short.",
        f"Sentences run to {mean:.0f} words on average.",
        min(lines, key=lambda line: abs(_length(line) - mean)),
    )
    yield (
        _length(longest) <= 24,
        "No sentence needs a second reading.",
        "The longest sentence asks for a second reading.",
        longest,
    )
    yield (
        len(heavy) <= 0.03 * len(letters),
        "The words are everyday ones.",
        "Some words are long for a busy reader.",
        next((line for line in lines if heavy and heavy[0] in line), longest),
    )


def _data(texts: _Texts, lines: list[str], work: Work) -> _Found:
    used = [line for line in lines if set(numbers(line)) & work.facts.numbers]
    known = {n for line in used for n in numbers(line)} & work.facts.numbers
    leads = [text for path, text in texts if last_name(path) in _LEADS]
    proven = [line for line in lines if any(s.has_number and s.text in line for s in work.facts.proof)]
    proven += [text for _, text in texts if any(quote.text in text for quote in work.facts.quotes)]
    yield (
        len(known) >= 4,
        f"It uses {len(known)} figures of the context.",
        "It uses few of the context's figures.",
        used[0] if used else lines[0],
    )
    led = next((text for text in leads if numbers(text)), "")
    yield (bool(led), "A figure leads.", "No headline has a figure.", led or (leads or lines)[0])
    yield (
        bool(proven),
        "A proof point stands where it is needed.",
        "No proof point is told whole.",
        proven[0] if proven else lines[-1],
    )


def _actionability(texts: _Texts, lines: list[str], work: Work) -> _Found:
    labels = [text for path, text in texts if re.search(r"label|cta", path)]
    acts = [line for line in lines if _ACTS.match(line.strip(' -*"“'))]
    asked = next((text for text in labels if terms(text) & terms(work.action.label)), "")
    yield (
        bool(asked) or len(acts) >= 2,
        "It says what to do next.",
        "The next step has to be guessed.",
        asked or (acts or lines)[0],
    )
    yield (
        len(acts) >= 0.08 * len(lines),
        "Verbs lead.",
        "Few sentences tell the reader to do anything.",
        (acts or lines)[0],
    )
    exact = [text for text in labels or acts if words(text) >= 2 and (numbers(text) or len(terms(text)) >= 2)]
    yield (
        bool(exact),
        "The call to action is specific.",
        "The call to action could be any company's.",
        (exact or labels or acts or lines)[0],
    )


def _completeness(texts: _Texts, lines: list[str], work: Work) -> _Found:
    everything = terms(" ".join(lines))
    asked = [concern for concern in work.concerns if concern.statements]
    missed = [concern.text for concern in asked if len(terms(concern.text) & everything) < len(terms(concern.text)) / 2]
    about = max(lines, key=lambda line: len(terms(line) & terms(" ".join(c.text for c in asked))))
    yield (
        not missed,
        "Everything the brief asks is answered.",
        f"It says little of “{missed[0] if missed else ''}”.",
        about,
    )
    size = sum(map(_length, lines))
    yield (
        size >= 180,
        f"{size} words: enough to decide on.",
        f"{size} words are a thin basis.",
        max(lines, key=_length),
    )
    answers = [text for path, text in texts if re.search(r"faq|answer|objection|question", path)]
    doubts = answers or [line for line in lines if line.rstrip().endswith(("?", "？"))]
    yield (len(doubts) >= 3, "Doubts are taken up where they arise.", "Few doubts are taken up.", (doubts or lines)[0])


def _brand(texts: _Texts, lines: list[str], work: Work) -> _Found:
    share = fmean(grounded(line, work.facts) for line in lines)
    told = max(lines, key=lambda line: (grounded(line, work.facts), len(terms(line))))
    yield (
        share >= 0.85,
        "The words are this company's.",
        "Some wording is anybody's.",
        told if share >= 0.85 else min(lines, key=lambda line: grounded(line, work.facts)),
    )
    mine = [line for line in lines if any(word.lower() in line.lower() for word in work.facts.vocabulary)]
    yield (len(mine) >= 2, "It speaks in customers' words.", "Customers' own words are rare.", (mine or lines)[0])
    you = [line for line in lines if _YOU.search(line)]
    yield (
        len(you) >= 0.12 * len(lines),
        "The reader is the subject.",
        "It speaks of itself more than of the reader.",
        (you or lines)[0],
    )


def _creativity(texts: _Texts, lines: list[str], work: Work) -> _Found:
    first = [re.split(r"\W", line.strip(' -*"“'), maxsplit=1)[0].lower() or line[:2] for line in lines]
    varied = len({word if not cjk_count(word) else word[:2] for word in first}) / len(first)
    yield (varied >= 0.6, "No two sentences begin alike.", "Many sentences begin alike.", lines[0])
    head = next((text for path, text in texts if last_name(path) in _LEADS), lines[0])
    close = terms(head) & terms(f"{work.audience} {work.brief.text('key_message')}")
    yield (len(close) >= 2, "The lead names its reader's own matter.", "The lead could stand over another page.", head)
    vivid = [line for line in lines if '"' in line or "“" in line or line.rstrip().endswith(("?", "？"))]
    yield (
        bool(vivid),
        "A voice from outside breaks the monologue.",
        "Nobody but the company speaks.",
        (vivid or lines)[0],
    )


def _technical(texts: _Texts, lines: list[str], work: Work) -> _Found:
    title = next((text for path, text in texts if last_name(path) in ("title_tag", "subjects", "headlines")), "")
    longest = 60 if not cjk_count(title) else 30
    yield (len(title) <= longest, "Titles are shown whole.", "A title is cut off in results.", title or lines[0])
    several = [line for line in lines if _length(line) >= 6]
    twice = [line for line in several if several.count(line) > 1]
    yield (not twice, "Nothing is said twice.", "One sentence stands twice.", (twice or lines)[0])
    placed = [text for path, text in texts if last_name(path) == "meta_description"]
    fits = not placed or 70 <= len(placed[0]) * (2 if cjk_count(placed[0]) else 1) <= 160
    yield (fits, "The description fills its place.", "The description leaves room unused.", (placed or lines)[0])


def _length(line: str) -> float:
    """Words; two Chinese characters make one."""
    return cjk_count(line) / 2 if cjk_count(line) > len(line) / 3 else words(line)
