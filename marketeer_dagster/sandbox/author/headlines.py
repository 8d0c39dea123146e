"""Headlines, title tags and descriptions: candidates from the context's own clauses, ranked by what they promise."""

import itertools
import re

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OBJECTIONS, OVERVIEW, PROBLEMS, PROOF
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    bare,
    capital,
    cjk_count,
    clauses,
    cut,
    ended,
    first_fitting,
    joined,
    numbers,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Concern, Work

HEADLINE, TITLE, DESCRIPTION, SUBHEADLINE = 90, 60, 155, 240


def weight(text: str) -> float:
    """Characters as readers see them: a Chinese one says about as much as two and a half Latin ones."""
    return len(text) + 1.5 * cjk_count(text)


def headlines(work: Work) -> list[str]:
    """Possible headlines, best first: answers to what visitors ask, then the strongest clauses of the context."""
    facts = work.facts
    matched = [
        text for concern in work.concerns if concern.statements and concern.leads for text in _answers(work, concern)
    ]
    pool = [bare(work.brief.text("key_message"))] if work.true(work.brief.text("key_message")) else []
    pool = [text for text in pool if weight(text) >= 14 and len(text) <= HEADLINE]
    pool += facts.short(DIFFERENTIATION, PROOF, OVERVIEW, limit=HEADLINE)
    pool += _paired(work)
    wanted = terms(
        " ".join([work.brief.text("objective"), work.brief.text("key_message"), *work.brief.texts("keywords")])
    )
    message = bare(work.brief.text("key_message"))
    proof = set(facts.short(PROOF, limit=HEADLINE))
    ranks = {t: _rank(t, wanted, work) + (0.9 if t == message else -0.9 if t in proof else 0.0) for t in pool}
    ranked = sorted(ranks, key=lambda text: -ranks[text])
    near = [t for t in ranked[:3] if ranks[t] >= ranks[ranked[0]] - 0.35]
    lead = work.dice.order("headline", near) + ranked[len(near) :]
    found = list(dict.fromkeys([*matched, *lead, work.name]))
    return [text for text in found if 5 <= len(text) <= HEADLINE] or [cut(work.name, HEADLINE).ljust(5, ".")]


def _answers(work: Work, concern: Concern) -> list[str]:
    topic = work.heading(concern, 48)
    found: list[str] = []
    asks = topic.endswith(("?", "？"))
    for statement in concern.statements[: 1 if asks else 2]:
        if found:  # The closest answer leads; the next one only when that has no short form.
            break
        first = sentences(statement.text)[0]
        options = [c for c in clauses(first) if statement.stands and len(c) <= HEADLINE]
        options += [statement.label] if words(statement.label) >= 2 and statement.section != OBJECTIONS else []
        for option in options[:2]:
            if asks and len(topic) + len(option) < HEADLINE:
                found.append(f"{topic}{'' if work.chinese else ' '}{capital(option)}")
                continue
            colon = "：" if work.chinese else ": "
            both = f"{topic}{colon}{option if re.match(r'[A-Z0-9]', option) else capital(option)}" if topic else ""
            shared = terms(topic) & terms(option)
            if both and len(both) <= HEADLINE and not (shared and shared == terms(topic)):
                found.append(both)
            elif len(option) <= HEADLINE and weight(option) >= 20:
                found.append(capital(option))
    return sorted(found, key=lambda text: -_rank(text, terms(concern.text), work))


def _paired(work: Work) -> list[str]:
    """Two short benefits as one headline: 'Live in 9 days. Every figure traces to its bank line'."""
    labels = [t for t in work.facts.short(DIFFERENTIATION, limit=44) if weight(t) >= 10][:4]
    stop = "，" if work.chinese else ". "
    pairs = [f"{bare(a)}{stop}{b}" for a, b in itertools.pairwise(labels)]
    return [pair for pair in pairs if len(pair) <= HEADLINE]


def _rank(text: str, wanted: frozenset[str], work: Work) -> float:
    length = weight(text)
    fit = 1.0 if 28 <= length <= 75 else 0.4 if 18 <= length <= 90 else 0.0
    price = 0.8 if re.search(r"[$€£¥]\d|元|free trial|funded|免费试用", text, re.I) else 0.0
    about_us = 1.2 if re.match(r"(?:we|our|is|are)\b|我们", text, re.I) else 0.0
    off_topic = 0.9 if work.action.kind == "donate" and re.search(r"volunteer|志愿", text, re.I) else 0.0
    definition = 0.7 if re.search(r"\b(?:is|are) an? |是.*一", text) else 0.0
    figures = 0.9 if numbers(text) else 0.0
    return (
        fit
        + figures
        + 1.2 * len(terms(text) & wanted) / max(1, len(wanted))
        - price
        - about_us
        - definition
        - off_topic
    )


def title_tag(work: Work, headline: str, body: str = "") -> str:
    """At most 60 characters: the topic people search for, and the name; a keyword that `body` lacks comes first."""
    bar = "｜" if work.chinese else " | "
    keywords = [work.topic(k) for k in work.brief.texts("keywords")]
    topics = [c.text for c in work.concerns if c.statements and (c.leads or not c.asked)] + keywords
    topics = [capital(t) for t in topics if work.facts.supports(t) and words(t) <= 8]
    short = [
        t
        for t in work.facts.short(DIFFERENTIATION, OVERVIEW, limit=TITLE - len(bar) - len(work.name))
        if work.name not in t
    ]
    read = f"{headline} {body}"
    if body and keywords and not any(_mentions(read, keyword) for keyword in keywords):
        topics = [capital(k) for k in keywords if work.facts.supports(k)] + topics
    leading = {c.text.lower() for c in work.concerns if c.leads}
    colon = "：" if work.chinese else ": "
    both = [
        f"{t}{colon}{b}{bar}{work.name}"
        for t in topics[:1]
        for b in short
        if not terms(b) & terms(t) and t.lower() not in leading
    ]
    options = [t for t in both if len(t) <= TITLE][:1] + [
        f"{t}{bar}{work.name}" for t in [*topics, *([headline] if work.name not in headline else []), *short]
    ]
    options += [headline, *work.facts.short(OVERVIEW, DIFFERENTIATION, PROOF, limit=TITLE)]
    chosen = first_fitting(options, TITLE, least=10)
    return chosen if len(chosen) >= 10 else cut(f"{work.name}{bar}{work.action.label}", TITLE).ljust(10, "…")


def _mentions(text: str, keyword: str) -> bool:
    """Whether a word of `keyword` (all of a Chinese one) stands in `text`."""
    return keyword in text if cjk_count(keyword) else bool(terms(keyword) & terms(text))


def description(work: Work, headline: str) -> str:
    """30 to 155 characters of whole sentences: what it is, what you get, what to do."""
    lead = [s for c in work.concerns if c.leads or not c.asked for s in c.statements[:1]]
    pool = [
        sentences(s.sentence)[0]
        for s in [*lead, *work.overview, *work.facts.benefits, *work.facts.proof]
        if s.full or s.label
    ]
    pool = [s for s in pool if bare(s) != bare(headline)] or [ended(headline)]
    limit = 80 if work.chinese else DESCRIPTION
    return (
        fill([*pool, ended(work.action.label)], limit, least=30)
        or fill(pool, DESCRIPTION, least=30)
        or padded(work, pool[0])
    )


def _readable(text: str) -> list[str]:
    """A statement whole when it is short, else its sentences."""
    return [text] if len(text) <= 160 else [part for part in sentences(text) if not DEPENDENT.match(part)]


def padded(work: Work, text: str) -> str:
    """A description when the context has only one sentence: cut, or with the action added until it is long enough."""
    short = cut(text, DESCRIPTION)
    while len(short) < 30:
        short = joined([ended(short), ended(f"{work.name}: {work.action.label}")])
    return short


def subheadline(work: Work, headline: str) -> str:
    """At most 240 characters under the headline: who it is for and what it does, or the answer to the first concern."""
    answers = [s for c in work.concerns if c.leads for s in c.statements[:2]]
    pool = [*answers, *work.overview[:2], *work.facts.benefits, *work.facts.proof, *work.overview[2:]]
    texts = [part for s in pool if s.section != PROBLEMS for part in _readable(s.sentence)]
    fresh = [t for t in dict.fromkeys(texts) if not _same(t, headline)]
    if not fresh:
        return cut(ended(headline), SUBHEADLINE)
    first = next((t for t in fresh if 40 <= weight(t) <= SUBHEADLINE), fresh[0])
    fragments = {s.sentence for s in work.overview if s.label}
    rest = [t for t in fresh if t != first and len(t) <= 110 and t not in fragments]
    return cut(joined([first, *rest[:1]]), SUBHEADLINE) if weight(first) < 120 else cut(first, SUBHEADLINE)


def fill(parts: list[str], limit: int, *, least: int = 1) -> str:
    """As many of `parts` in order as fit into `limit` characters; a part too long is passed over."""
    kept = ""
    for part in dict.fromkeys(parts):
        longer = joined([kept, part])
        if len(longer) <= limit and part not in kept:
            kept = longer
    return kept if len(kept) >= least else ""


def _same(a: str, b: str) -> bool:
    left, right = terms(a), terms(b)
    return bool(left) and len(left & right) / len(left) > 0.6
