"""Headlines, title tags and descriptions: the context's own lines, those that answer what visitors ask first."""

import re
from collections import Counter

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OVERVIEW, PROBLEMS, PROOF, SWITCHING
from marketeer_dagster.sandbox.author.labels import CATEGORY
from marketeer_dagster.sandbox.author.lines import Lines, weight
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    bare,
    capital,
    cut,
    ended,
    joined,
    numbers,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import FUNCTION_WORDS, terms
from marketeer_dagster.sandbox.author.work import Work

HEADLINE, TITLE, DESCRIPTION, SUBHEADLINE = 90, 60, 155, 240
_BOUNDARY = re.compile(r"\s+(?:for|in|with|by|that|which|für|mit|pour|avec|en|para|con|de)\s+|[,;，；]", re.IGNORECASE)


def headlines(work: Work) -> list[str]:
    """Possible headlines, best first: answers to what visitors ask, the brief's message, then lines for anybody."""
    lines = Lines(work)
    leading = [c for c in work.concerns if c.leads and c.statements]
    answers = [text for concern in leading[:3] for text in lines.answering(concern)]
    proof = [text for s in work.facts.proof if s.has_number for text in lines.whole(s)[:1]]
    spare = lines.short(OVERVIEW, PROOF, PROBLEMS, limit=HEADLINE)
    found = dict.fromkeys(t for t in [*answers, lines.message, *lines.general, *proof] if t)
    plain = [t for t in [*spare, work.name] if not lines.is_search(t)]
    return [t for t in found if len(t) >= 5] or [cut(plain[0], 70).ljust(5, ".")]


def title_tag(work: Work, headline: str, body: str = "") -> str:
    """At most 60 characters: the headline and the name, else what it is and the name; no word of substance twice.

    A keyword that the page (`body`) would otherwise lack has it in the category.
    """
    bar = "｜" if work.chinese else " | "
    lines = Lines(work)
    category = _category(work)
    keywords = work.brief.texts("keywords")
    silent = bool(keywords) and not any(terms(k) & terms(f"{headline} {body}") for k in keywords)
    leading = [t for c in work.concerns if c.leads for t in lines.answering(c)]
    first = sorted(leading, key=lambda t: -max(len(terms(c.text) & terms(t)) for c in work.concerns if c.leads))
    told = lines.short(OVERVIEW, PROOF, limit=TITLE)
    named = [*([category] if silent else []), *first[:1], headline, category, *first[1:], *lines.general, *told]
    options = [f"{capital(bare(t))}{bar}{work.name}" for t in named if t]
    options += [bare(t) for t in named if work.name in t] + [f"{work.name}{bar}{work.action.label}"]
    fitting = [t for t in options if 10 <= len(t) <= TITLE and not repeats(t)]
    short = [t for t in fitting if not lines.is_search(t)] or fitting
    return short[0] if short else cut(f"{work.name}{bar}{work.action.label}", TITLE).ljust(10, "…")


def repeats(title: str) -> str:
    """A word of substance that stands twice in a title, in whatever form; empty when there is none."""
    found = [word for word in re.findall(r"[^\W\d_]{3,}", title.lower()) if word not in FUNCTION_WORDS]
    counted = Counter(stem for word in found for stem in list(terms(word))[:1])
    twice = {stem for stem, times in counted.items() if times > 1}
    return next((word for word in found if terms(word) & twice), "")


def _category(work: Work) -> str:
    """What it is, in the words of the context, ended where a reader would breathe."""
    items = work.facts.items(OVERVIEW)
    named = next((item.text for item in items if CATEGORY.match(item.label)), "")
    whole = bare(named)
    breaks = [whole[: m.start()] for m in _BOUNDARY.finditer(whole) if m.start() >= 8]
    room = TITLE - 3 - len(work.name)
    options = [whole, *reversed(breaks)]
    return next((t for t in options if t and len(t) <= room and not terms(t) & terms(work.name)), "")


def description(work: Work, headline: str) -> str:
    """30 to 155 characters of whole sentences: what it is, what you get, what to do."""
    lead = [s for c in work.concerns if c.leads or not c.asked for s in c.statements[:1]]
    pool = [
        sentences(s.sentence)[0]
        for s in [*lead, *work.overview, *work.facts.benefits, *work.facts.proof]
        if s.full or s.label
    ]
    told = [s for s in pool if not DEPENDENT.match(s) and (words(s) >= 4 or numbers(s))]
    pool = [s for s in told if bare(s) != bare(headline)] or [ended(headline)]
    limit = 80 if work.chinese else DESCRIPTION
    return (
        fill([*pool, ended(work.action.label)], limit, least=30)
        or fill(pool, DESCRIPTION, least=30)
        or padded(work, pool[0])
    )


def padded(work: Work, text: str) -> str:
    """A description when the context has only one sentence: cut, or with the action added until it is long enough."""
    short = cut(text, DESCRIPTION)
    while len(short) < 30:
        short = joined([ended(short), ended(f"{work.name}: {work.action.label}")])
    return short


def subheadline(work: Work, headline: str) -> str:
    """At most 240 characters under the headline: what it is and does, or else what is true."""
    pool = [*work.overview, *work.facts.benefits, *work.facts.proof]
    lead, _, outcome = pool[0].text.partition(", ") if pool else ("", "", "")
    if bare(headline).lower() in outcome.lower() and len(pool) > 1:  # The rest of the sentence says what it is.
        return cut(joined([ended(lead), _whole(work, pool[1].sentence, SUBHEADLINE - len(lead) - 2)]), SUBHEADLINE)
    found = next((c.statements[0] for c in work.concerns if c.leads and c.statements), None)
    told = found.sentence if found and found.section in (OVERVIEW, DIFFERENTIATION, SWITCHING) else ""
    answer = told if found not in work.offers and bare(told) != bare(headline) else ""
    texts = [s.sentence for s in pool if (s.full and not s.label) or s.section != OVERVIEW]
    fresh = [t for t in dict.fromkeys(texts) if not same(t, headline) and bare(headline).lower() not in t.lower()]
    whole = [t for t in fresh if 40 <= weight(t) <= SUBHEADLINE and not DEPENDENT.match(t)]
    chosen = (whole or [cut(t, SUBHEADLINE) for t in fresh] or [cut(ended(headline), SUBHEADLINE)])[0]
    chosen = _whole(work, chosen, SUBHEADLINE)
    both = joined([chosen, answer])
    return both if answer and answer not in chosen and weight(both) <= SUBHEADLINE else chosen


def _whole(work: Work, text: str, limit: int) -> str:
    """`text` with the sentences that the context says in one breath with it, where they fit: alone they would hang."""
    pool = work.overview
    start = next((n for n, s in enumerate(pool) if s.sentence == text), len(pool))
    rest = [s for s in pool[start + 1 :] if s.group and s.group == pool[start].group]
    whole = joined([text, *(s.sentence for s in rest)])
    return whole if weight(whole) <= limit else text


def fill(parts: list[str], limit: int, *, least: int = 1) -> str:
    """As many of `parts` in order as fit into `limit` characters; a part too long is passed over."""
    kept = ""
    for part in dict.fromkeys(parts):
        longer = joined([kept, part])
        if len(longer) <= limit and part not in kept:
            kept = longer
    return kept if len(kept) >= least else ""


def same(a: str, b: str) -> bool:
    """Whether two texts say nearly the same."""
    left, right = terms(a), terms(b)
    return bool(left) and len(left & right) / len(left) > 0.6
