"""Numbers that say nothing about the product: list ordinals, and counts of the text's own parts."""

import re

from marketeer_dagster.quality.numbers import Figure, Hedge, Unit

SMALL = 12
"""Nobody numbers or counts more parts of a text than a dozen."""
_PARTS = re.compile(
    r"[- ]?(?:(?:simple|short|clear|more|small|quick|easy|common|einfache|kurze|einfachen|个|简单)[- ]?){0,2}"
    r"(?:(?:steps?|ways?|things?|questions?|reasons?|parts?|emails?|variants?|versions?|sections?|lines?|sentences?|headlines?|"
    r"sweeps?|arms?|tips?|mistakes?|fields?|clicks?|words?|sides?|Schritte?n?|Fragen?|Gründe?n?|Dinge|Tipps|Felder)(?![a-z])|"
    r"步|步骤|问题|理由|方面|点建议|件事|句话|封邮件)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:step|email|part|phase|tip|section|variant|question|option|no\.|number|schritt|teil|frage)|第|步骤) ?$",
    re.IGNORECASE,
)
_DAY_OF = re.compile(
    r"\b(?:day|week|month|tag|woche|monat) \|"
    r"(?: of (?:a|an|the|your|our|their|his|her|this)| (?:deiner|ihrer|einer|der)) "
    r"(?:\w+ )?\d{1,3}[- ](?:day|week|month|tägige\w*|wöchige\w*)",
    re.IGNORECASE,
)
"""Day 15 of a 14-day trial: a place in a length that is said beside it and checked there."""
_DEFINITE = re.compile(r"\b(?:the|these|those|all|of|die|diese|alle|beiden|dieser) $", re.IGNORECASE)
_ENUMERATES = re.compile(r"^[-*#>|\s\[(]*$")


def is_counting(figure: Figure) -> bool:
    """Whether `figure` numbers a list item or counts the parts of the text it stands in ("three questions")."""
    plain_number = figure.unit is Unit.NONE and figure.hedge is Hedge.EXACT and figure.value == round(figure.value)
    if plain_number and _DAY_OF.search(f"{figure.line[: figure.start]}|{figure.line[figure.end :]}"):
        return True
    if not plain_number or figure.value > SMALL:
        return False
    before, after = figure.line[: figure.start], figure.line[figure.end :]
    if _ENUMERATES.match(before) and re.match(r"[.):\]、](?!\d)|\s*\||\s*$", after) and figure.text.isdigit():
        return True
    if figure.text.isdigit() and before.endswith("(") and after.startswith(")"):
        return True
    if not figure.text[0].isdigit() and figure.value == 2 and _DEFINITE.search(before):
        return True
    return bool(_PARTS.match(after) or _NUMBERED.search(before))
