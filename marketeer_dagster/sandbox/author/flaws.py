"""Flaws a reader can point at: where, the words at fault, what is wrong, what would mend it. Found by inspection."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import Facts
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.reproaches import KINDS
from marketeer_dagster.sandbox.author.text import cjk_count, numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

INTERNAL = frozenset(
    re.findall(
        r"\w+",
        "notes headline_alternatives cta_alternatives rationale objective goal exit_rule trigger audience "
        "changes summary "
        "open_questions name purpose reason findings quick_wins test_ideas hypothesis arms",
    )
)
"""Fields for colleagues: their figures may also come from the metrics, the brief or the live page."""
_SKIPPED = frozenset(
    re.findall(
        r"\w+",
        "role area impact stage sweep match section kind url path cta_url final_url link paths form_fields share "
        "attribution primary_metric page pillar format",
    )
) - {"page"}
LONG_WORDS, LONG_CHINESE = 34, 75
_FILLER = re.compile(
    r"\b(?:in order to|it goes without saying(?: that)?|at the end of the day|needless to say|as a matter of fact|"
    r"for all intents and purposes|the fact that|it is important to note that|when all is said and done|very unique)\b|"
    r"众所周知，?|总而言之，?|不言而喻，?|从某种意义上来说，?",
    re.IGNORECASE,
)
_PUFF = re.compile(
    r"\b(?:world[- ]class|best[- ]in[- ]class|cutting[- ]edge|game[- ]chang\w+|revolutionary|unparalleled|"
    r"number one|#1|market[- ]leading|guaranteed|100 ?% (?:secure|safe|satisfaction)|the (?:best|fastest|"
    r"easiest|cheapest|"
    r"only|leading|most \w+))\b|最好|最佳|最强|第一名|唯一|顶级|绝对|领先的",
    re.IGNORECASE,
)
_LEFTOVER = re.compile(
    r"\{[a-z_. ]*\}|\[(?:insert|your|name|company)[^\]]*\]|lorem ipsum|\bTODO\b|\bTBD\b|undefined|\bNone\b", re.I
)


@dataclass(frozen=True)
class Flaw:
    """One checkable flaw: of which kind, where, in which words, and what a reviewer says of it."""

    kind: str
    where: str
    quote: str
    problem: str
    suggestion: str

    @property
    def severity(self) -> str:
        return KINDS[self.kind].severity

    @property
    def costs(self) -> Mapping[str, float]:
        """What it takes from each aspect's score, out of 5."""
        return KINDS[self.kind].costs

    @property
    def aspect(self) -> str:
        """The aspect that suffers most."""
        return max(self.costs, key=lambda aspect: self.costs[aspect])

    @property
    def total(self) -> float:
        return sum(self.costs.values())


def flaw(kind: str, where: str, quote: str = "", **found: str) -> Flaw:
    """A flaw of this kind; `found` fills what is said of it."""
    told = KINDS[kind]
    return Flaw(kind, where, quote[:300], told.problem.format(**found), told.suggestion.format(**found))


def last_name(path: str) -> str:
    """The field a path ends in: `sections[2].bullets[0]` is bullets."""
    return re.sub(r"\[\d+\]$", "", path.rsplit(".", 1)[-1])


def prose(content: Mapping[str, object]) -> list[tuple[str, str]]:
    """The texts people read, without links, enumerations and names of things."""
    texts = ((path, text) for path, text in leaves(content) if last_name(path) not in _SKIPPED)
    return [(path, text) for path, text in texts if not re.fullmatch(r"[-+\d.]+", text)]


def is_internal(path: str) -> bool:
    """Whether a path lies in a field for colleagues."""
    return any(re.sub(r"\[\d+\]", "", part) in INTERNAL for part in path.split("."))


def public(content: Mapping[str, object]) -> list[tuple[str, str]]:
    """The texts customers read."""
    return [(path, text) for path, text in prose(content) if not is_internal(path)]


def text_flaws(content: Mapping[str, object], work: Work, *, measured: bool) -> list[Flaw]:
    """What is wrong with the wording, whatever the artefact. `measured`: figures may come from the metrics too."""
    found = [*_long(content, work), *_filler(content, work), *_leftovers(content, work)]
    found += [*_unsupported_numbers(content, work, measured), *_puffery(content, work), *_voice(content, work)]
    return found


def _long(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in public(content):
        for sentence in [part for line in text.splitlines() for part in sentences(line)]:
            too_long = len(sentence) > LONG_CHINESE if cjk_count(sentence) > 20 else words(sentence) > LONG_WORDS
            if too_long and sentence not in work.facts.document:
                yield flaw("long_sentence", path, sentence)


def _filler(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in public(content):
        match = _FILLER.search(text)
        if match and match[0] not in work.facts.document:
            yield flaw("filler", path, match[0])


def _leftovers(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in prose(content):
        match = _LEFTOVER.search(text)
        if match and match[0] not in work.facts.document:
            yield flaw("leftover", path, match[0])


def _unsupported_numbers(content: Mapping[str, object], work: Work, measured: bool) -> Iterator[Flaw]:
    known = set(work.facts.numbers)
    if measured:
        known |= set(numbers(f"{work.task.user} {work.live}"))
    for path, text in public(content):
        for sentence in sentences(text):
            wrong = [n for n in numbers(sentence) if n not in known]
            if wrong:
                yield flaw("unsupported_number", path, sentence, figure=wrong[0])


def _puffery(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    said = work.facts.document.lower()
    for path, text in public(content):
        for match in _PUFF.finditer(text):
            if match[0].lower() not in said:
                yield flaw("unsupported_superlative", path, match[0])
                break


def _voice(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in public(content):
        lowered = text.lower()
        for word in work.facts.avoided:
            whole = word in lowered if cjk_count(word) else re.search(rf"\b{re.escape(word)}\b", lowered)
            if whole:
                start = lowered.index(word)
                yield flaw("avoided_word", path, text[start : start + len(word)], word=word)
        if re.search(r"[!！]", text) and not re.search(r"[!！]", work.facts.document):
            yield flaw("exclamation", path, text[:200])


def grounded(text: str, facts: Facts) -> float:
    """Share of the text's content words that the product context knows."""
    wanted = terms(text)
    return len(wanted & facts.all_terms) / len(wanted) if wanted else 0.0
