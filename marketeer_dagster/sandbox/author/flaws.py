"""Flaws a reader can point at: where, the words at fault, what is wrong, what would mend it. Found by inspection."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import Facts
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.text import cjk_count, numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

ASPECTS = ("clarity", "data", "actionability", "completeness", "brand", "creativity", "technical")
INTERNAL = frozenset(
    re.findall(
        r"\w+",
        "notes headline_alternatives cta_alternatives rationale objective goal exit_rule trigger audience "
        "changes summary "
        "open_questions name findings quick_wins test_ideas hypothesis arms",
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
    """One checkable flaw. `costs` says what it takes from each aspect's score, out of 5."""

    kind: str
    costs: Mapping[str, float]
    severity: str
    where: str
    quote: str
    problem: str
    suggestion: str

    @property
    def aspect(self) -> str:
        """The aspect that suffers most."""
        return max(self.costs, key=lambda aspect: self.costs[aspect])

    @property
    def total(self) -> float:
        return sum(self.costs.values())


def costs(text: str) -> Mapping[str, float]:
    """'clarity=1.2 brand=0.8' as a mapping; compact, because there are many."""
    return {name: float(cost) for name, _, cost in (pair.partition("=") for pair in text.split())}


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
                yield Flaw(
                    "long_sentence", costs("clarity=1.1 brand=0.5 actionability=0.3"), "major", path, sentence[:300],
                    work.say("One sentence carries two thoughts; readers lose the first before they reach the second.",
                             "一句话说了两件事，读到后面已经忘了前面。"),
                    work.say("Split it into two sentences.", "拆成两句。"),
                )  # fmt: skip


def _filler(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in public(content):
        match = _FILLER.search(text)
        if match and match[0] not in work.facts.document:
            yield Flaw(
                "filler", costs("clarity=1.0 brand=0.8 creativity=0.4"), "minor", path, match[0],
                work.say("Filler words that say nothing.", "空话，没有信息量。"),
                work.say("Delete them and start with the point.", "删掉，直接说重点。"),
            )  # fmt: skip


def _leftovers(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in prose(content):
        match = _LEFTOVER.search(text)
        if match and match[0] not in work.facts.document:
            yield Flaw(
                "leftover", costs("technical=2.5 clarity=1.0 brand=1.0 completeness=1.0"), "blocker", path, match[0],
                work.say("A placeholder was left in the text.", "文中留有占位符。"),
                work.say("Replace it with the fact or drop the sentence.", "换成事实，或删去这句。"),
            )  # fmt: skip


def _unsupported_numbers(content: Mapping[str, object], work: Work, measured: bool) -> Iterator[Flaw]:
    known = set(work.facts.numbers)
    if measured:
        known |= set(numbers(f"{work.task.user} {work.live}"))
    for path, text in public(content):
        for sentence in sentences(text):
            wrong = [n for n in numbers(sentence) if n not in known]
            if wrong:
                yield Flaw(
                    "unsupported_number",
                    costs(
                        "data=3.5 brand=2.0 completeness=1.5 technical=1.5 clarity=1.2 creativity=1.0 actionability=1.0"
                    ),
                    "blocker",
                    path,
                    sentence[:300],
                    work.say(f"The figure {wrong[0]} stands in no source we have.", f"数字 {wrong[0]} 没有任何来源。"),
                    work.say(
                        "Remove the claim or use a figure from the product context.", "删去，或改用产品资料里的数字。"
                    ),
                )


def _puffery(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    said = work.facts.document.lower()
    for path, text in public(content):
        for match in _PUFF.finditer(text):
            if match[0].lower() not in said:
                yield Flaw(
                    "unsupported_superlative",
                    costs("data=2.0 brand=1.5 creativity=1.0 clarity=0.8 technical=0.5"),
                    "blocker",
                    path,
                    match[0],
                    work.say(
                        "A superlative that nothing in the product context supports.",
                        "最高级的说法，产品资料并不支持。",
                    ),
                    work.say("Say what is true and can be checked instead.", "换成可以核对的事实。"),
                )
                break


def _voice(content: Mapping[str, object], work: Work) -> Iterator[Flaw]:
    for path, text in public(content):
        lowered = text.lower()
        for word in work.facts.avoided:
            whole = word in lowered if cjk_count(word) else re.search(rf"\b{re.escape(word)}\b", lowered)
            if whole:
                start = lowered.index(word)
                yield Flaw(
                    "avoided_word", costs("brand=2.0 clarity=0.4"), "major", path, text[start : start + len(word)],
                    work.say(f"“{word}” is on the list of words this brand avoids.", f"“{word}”在品牌避免用语之列。"),
                    work.say("Use the customer's own word.", "换成客户自己的说法。"),
                )  # fmt: skip
        if re.search(r"[!！]", text) and not re.search(r"[!！]", work.facts.document):
            yield Flaw(
                "exclamation", costs("brand=0.8"), "minor", path, text[:200],
                work.say("Exclamation marks do not fit the brand's voice.", "感叹号不合品牌语气。"),
                work.say("End the sentence with a full stop.", "改用句号。"),
            )  # fmt: skip


def grounded(text: str, facts: Facts) -> float:
    """Share of the text's content words that the product context knows."""
    wanted = terms(text)
    return len(wanted & facts.all_terms) / len(wanted) if wanted else 0.0


def flaw(work: Work, kind: str, costs: Mapping[str, float], where: str, quote: str, problem: tuple[str, str],
          suggestion: tuple[str, str], severity: str = "major") -> Flaw:  # fmt: skip
    return Flaw(kind, costs, severity, where, quote, work.say(*problem), work.say(*suggestion))
