"""Objections turned into the questions of a hesitant visitor."""

import re

from marketeer_dagster.sandbox.author.text import bare, capital, lower_first

_GERMAN = re.compile(r"\b(?:ich|wir|das|der|ist|nicht|eine?|kein\w*|sind|haben|unsere?)\b", re.IGNORECASE)


def as_question(objection: str, chinese: bool) -> str:
    """An objection as the question a hesitant visitor would ask."""
    text = bare(objection)
    if text.endswith(("?", "？")):
        return capital(text)
    if chinese or re.search(r"[\u3400-\u9fff]$", text):
        asks = re.search(r"[吗么呢]$|会不会|是不是|能不能|多少|怎么|哪|什么|几|有没有|要不要", text)
        return f"{text}？" if asks else f"担心“{text}”怎么办？" if len(text) <= 24 else f"{text}，怎么办？"
    if _GERMAN.search(text):
        return f"„{capital(text)}“"
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
    if re.match(
        r"(?:i|we|it|it['’]s|they|you|our|my|your|this|that|there|one|people|nobody|someone)\b", text, re.I
    ) or _has_verb(text):
        return f"What if {_present(lower_first(text))}?"
    return f"What about {lower_first(text)}?"


def _present(text: str) -> str:
    """'you will not have my part' as one says it after 'what if': 'you do not have my part'."""
    who = re.match(r"(?P<who>you|we|they|i|(?:[\w'’-]+ )?[\w'’-]+s) will not (?P<rest>.+)$", text, re.I)
    return f"{who['who']} do not {who['rest']}" if who else text


def _has_verb(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:is|are|was|has|have|had|will|would|can|cannot|can['’]t|won['’]t|don['’]t|doesn['’]t|isn['’]t|"
            r"makes?|takes?|needs?|costs?|works?)\b",
            text,
            re.I,
        )
    )
