"""Objections turned into the questions of a hesitant visitor."""

import re

from marketeer_dagster.sandbox.author.text import MARKS, bare, capital, lower_first, words
from marketeer_dagster.sandbox.author.wording import QUOTES

_VERB = re.compile(
    r"\b(?:is|are|was|were|am|has|have|had|will|would|can|cannot|could|should|must|do|does|did|\w+n['’]t|makes?|takes?|"
    r"needs?|costs?|works?|wants?|knows?)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:i|we|it|they|you|this|that|there|nobody|someone|somebody)(?:['’]\w+)?\s", re.IGNORECASE)
_THING = re.compile(r"(?:our|my|your|the|a|an|people|one|[a-z]+s)\b", re.IGNORECASE)
_FEARED = re.compile(
    r"\b(?:not|no|never|cannot|can|may|might|would|too|\w+n['’]t|lose|fail|stops?|breaks?)\b", re.IGNORECASE
)


def as_question(objection: str, language: str) -> str:
    """An objection as the question a hesitant visitor would ask; in customers' own words where no question fits."""
    text = bare(objection).strip(MARKS)
    if text.endswith(("?", "？")):
        return capital(text)
    if language == "zh" or re.search(r"[\u3400-\u9fff]$", text):
        asks = re.search(r"[吗么呢]$|会不会|是不是|能不能|多少|怎么|哪|什么|几|有没有|要不要", text)
        return f"{text}？" if asks else f"担心“{text}”怎么办？" if len(text) <= 24 else f"{text}，怎么办？"
    return _turned(text) if language == "en" else QUOTES[language].format(capital(text))


def _turned(text: str) -> str:
    if re.match(r"(?:is|are|do|does|can|will|how|what|why|where|when|who|which|should|could)\b", text, re.I):
        return f"{capital(text)}?"
    turned = re.match(r"(?P<who>it|this|that)(?: (?P<verb>is|will|would|can)|(?P<s>['’]s)) (?P<rest>.+)$", text, re.I)
    if turned:
        return f"{(turned['verb'] or 'is').capitalize()} {turned['who'].lower()} {turned['rest']}?"
    coming = re.match(r"(?P<who>(?!(?:we|i|you)\b)[\w'’ -]{2,30}?) will (?!not\b|never\b)(?P<rest>.+)$", text, re.I)
    if coming:
        return f"Will {lower_first(coming['who'])} {coming['rest']}?"
    if re.match(r"(?:too|not|very|already)\b", text, re.I):
        return f"Is it {lower_first(text)}?"
    if re.search(r"[.!?;:]", text):
        return QUOTES["en"].format(text)
    if _SUBJECT.match(text) or (_THING.match(text) and _FEARED.search(text)):
        return f"What if {_present(lower_first(text))}?"
    if words(text) <= 3 and not _VERB.search(text):
        return f"What about {lower_first(text)}?"
    return QUOTES["en"].format(capital(text))


def _present(text: str) -> str:
    """'you will not have my part' as one says it after 'what if': 'you do not have my part'."""
    who = re.match(r"(?P<who>you|we|they|i|(?:[\w'’-]+ )?[\w'’-]+s) will not (?P<rest>.+)$", text, re.I)
    return f"{who['who']} do not {who['rest']}" if who else text
