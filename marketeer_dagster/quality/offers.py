"""What an offer consists of: how long the trial lasts, and what each plan costs."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from marketeer_dagster.quality.numbers import Figure, Unit, figures
from marketeer_dagster.quality.spelled import spelled
from marketeer_dagster.quality.text import KEPT, lines

Length = tuple[str, float]
"""A duration: ("minutes", 20160.0) or ("months", 1.0)."""
_TRIAL_AFTER = re.compile(
    r"[- ]?(?:days?|weeks?|months?|tage[ns]?|tägig\w*|wochen|wöchig\w*|monate?n?|天|周|个月)[- ]?(?:的)?"
    r"(?:free |risk-free |kostenlos\w* |免费)?(?:trial|test(?:phase|zeitraum)?\b|试用)",
    re.IGNORECASE,
)
_TRIAL_BEFORE = re.compile(
    r"(?:\btrial(?: period)?|\bTestphase|\bTestzeitraum|试用期?)(?:[ :]{1,2}|\*\*:? |:\*\* )?"
    r"(?:The trial )?(?:lasts?|runs?(?: for)?|is|of|for|dauert|beträgt|läuft|为期?|共|长达)? ?$",
    re.IGNORECASE,
)
_PLAN_LABEL = re.compile(
    r"^[-*| ]*(?:\*\*)?(?P<label>[A-ZÄÖÜ]\w{1,20}(?: (?!plan|tier|package)\w{1,20})??)"
    r"(?: (?:[Pp]lan|[Tt]ier|[Pp]ackage))?(?:\*\*)? ?(?:[:|]|:\*\*)|"
    r"\b(?P<plan>[A-ZÄÖÜ]\w{1,20}) (?:plan|tier|package)\b|"
    r"\b(?:\w*[Tt]arif|\w*[Pp]aket|Plan) (?P<german>[A-ZÄÖÜ]\w{1,20})\b"
)
_NO_PLAN = frozenset(
    {"Price", "Plan", "Contract", "Guarantee", "The", "Our", "Each", "Every", "Any", "This", "Annual", "Das", "Der"}
    | {"Die", "Ab", "Im", "Nur"}
)
_FREE_LABEL = re.compile(r"^[-*| ]*[A-ZÄÖÜ][\w ]{1,40}:\**:? ?(?:Free|Kostenlos|Gratis|免费)\b")
_THING = re.compile(
    r"(?<![\w-])(?P<noun>[A-ZÄÖÜ][a-zäöüß]{3,})(?: (?:kostet|costs?)(?: ab| from| only| nur)?)? $|"
    r"(?P<chinese>[一-鿿]{2})(?:只要|仅需|仅|收费|价格|售价)?$"
)
_BETWEEN = re.compile(
    r"(?: (?:plan|tier|package))?(?:\*\*)?[ :—(-]{0,3}"
    r"(?:(?:is|at|for|from|costs?|starts (?:at|from)|kostet|ab|nur|only|just) ?){0,2}(?:\*\*)? ?$",
    re.IGNORECASE,
)


@lru_cache(KEPT)
def trial_lengths(text: str) -> frozenset[Length]:
    """How long the trial lasts, in every length that `text` says."""
    return frozenset(_trials(text))


def _trials(text: str) -> Iterator[Length]:
    for figure in (*figures(text), *spelled(text)):
        before, after = figure.line[: figure.start], figure.line[figure.end :]
        if figure.measure and (_TRIAL_AFTER.match(after) or _TRIAL_BEFORE.search(before)):
            yield figure.measure


def in_words(length: Length) -> str:
    """A length for people: 14 days, 1 months."""
    unit, amount = length
    return f"{amount / 1440:g} days" if unit == "minutes" else f"{amount:g} months"


@lru_cache(KEPT)
def plan_prices(text: str) -> Mapping[str, frozenset[float]]:
    """What a context names a price for, a plan or a thing, each with its prices; 0 for what it calls free."""
    found: dict[str, set[float]] = {}
    for line in lines(text):
        prices = {figure.value for figure in figures(line) if figure.unit is Unit.MONEY}
        if not prices and _FREE_LABEL.match(line):
            prices = {0.0}
        for match in _PLAN_LABEL.finditer(line) if prices else ():
            name = match["label"] or match["plan"] or match["german"]
            if name not in _NO_PLAN:
                found.setdefault(name, set()).update(prices)
        for thing, figure in _priced(line):
            found.setdefault(thing, set()).add(figure.value)
    return {name: frozenset(prices) for name, prices in found.items()}


def wrong_prices(text: str, plans: Mapping[str, frozenset[float]]) -> Iterator[tuple[str, Figure]]:
    """(plan, price) wherever `text` gives a plan or a thing a price that is not one of its own."""
    for line in lines(text):
        wrong: dict[int, tuple[str, Figure]] = {}
        for figure in figures(line):
            before = line[: figure.start]
            for plan, prices in plans.items() if figure.unit is Unit.MONEY else ():
                at = before.rfind(plan)
                if at >= 0 and _BETWEEN.fullmatch(before[at + len(plan) :]) and figure.value not in prices:
                    wrong.setdefault(figure.start, (plan, figure))
        yield from wrong.values()


def _priced(line: str) -> Iterator[tuple[str, Figure]]:
    """What stands right before a price, as its name: `the check costs $45`, `洁牙198元`."""
    for figure in figures(line):
        match = _THING.search(line[: figure.start]) if figure.unit is Unit.MONEY else None
        if match and match[0]:
            yield match["noun"] or match["chinese"], figure
