"""Text primitives for English and Chinese: sentences, clauses that stand alone, cuts that still read well, numbers.

Nothing here rewrites meaning: a cut only ever ends a text early, and never right before a condition.
"""

import re
import unicodedata
from collections.abc import Iterable

from marketeer_dagster.sandbox.author.words import FUNCTION_WORDS

_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_COUNTED = re.compile(r"[$€£¥]?[^\W_\u3400-\u9fff][^\W\u3400-\u9fff]*(?:['’.,-]\w+)*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|st|no|approx|inc|ltd|co|jr|sr|dept|[A-Z]))\.$", re.IGNORECASE
)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"”’»')\]]*\s+(?=[\"“„«¿¡‘(\[]?\s?[A-ZÀ-ÖØ-Þ0-9$€£¥\ue000\u3400-\u9fff])|(?<=[。！？])[”」』）]*"
)
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CONDITION = re.compile(
    r"^(?:unless|except|if|only|but|until|when|provided|although|though|however|or|nor|not|for (?:up to|the first)|"
    r"as long as|up to|after|before|while|whereas|instead|rather|than|without)\b|^(?:除非|但|如果|只有|除|直到|"
    r"不含|仅)",
    re.IGNORECASE,
)
_RESTRICTION = re.compile(
    r"\b(?:unless|except|only (?:if|when|for)|until|provided|but not)\b|除非|除外|仅限|不含", re.IGNORECASE
)
_SUBORDINATE = re.compile(
    r"^(?:if|when|while|because|for|as|after|before|without|with|in|on|at|once|since|although|though|unlike|from|"
    r"by|instead|until|whether|every time|whenever|rather|despite|like|where|per)\b|^(?:如果|当|虽然|因为|由于|"
    r"对于|在|从|为了|随着|每当)",
    re.IGNORECASE,
)
DEPENDENT = re.compile(
    r"^(?:they|it|this|these|those|that|both|he|she|such|its|their|also|but|and|so|then|or|which|instead|otherwise|"
    r"as a result|the (?:same|latter|former|others?|rest|second|third)|neither|one of them)\b|"
    r"^(?:他们|她们|它们|它|这|那|其|此|因此|所以|但是|而且|并且|同时|另外|也)",
    re.IGNORECASE,
)

SAYS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|(?-i:may)|must|will|do|does|use|uses|keeps?|needs?|takes?|gets?|goes|come|came|"
    r"works?|stays?|stops?|starts?|begin|begins|speaks?|meets?|carr(?:y|ies)|fits?|stands?|repaired|paid|learned|"
    r"accepted|joins?|saves?|finish(?:es)?|nutzen|ist|sind|wird|werden|hat|haben|fragt|genügt|liest|bekommt|stehen|melden)\b",
    re.IGNORECASE,
)
"""Words by which a short text is a statement rather than a label or a fragment."""


_PICTURES = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u23E9-\u23FF\uFE0F\u200D]+\s*")
_QUOTED = re.compile(r"[“„\"«「『](?P<said>[^“”„\"«»「」『』]+)[”“\"»」』]")
THIN = 6
"""Words below which proof proves nothing by itself: 'Insured', 'Walking since 2016'."""
MARKS = "\"“”„«»「」『』'* "


def quoted(text: str, least: int = 2, most: int = 90) -> list[str]:
    """What stands in quotation marks, of whatever kind, in `least` to `most` characters."""
    found = (match["said"].strip() for match in _QUOTED.finditer(text))
    return [said for said in found if least <= len(said) <= most]


def cjk_count(text: str) -> int:
    """How many Chinese characters `text` has."""
    return len(_CJK.findall(text))


def plain(text: str) -> str:
    """`text` without Markdown marks, on one line."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(.+?)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(?!\s)(.+?)(?<!\s)\*(?![\w*])", r"\1", text)
    text = re.sub(r"`([^`]*)`", r"\1", text)
    text = re.sub(r"<!--.*?-->|~~.*?~~", "", text, flags=re.DOTALL)
    text = _PICTURES.sub("", text)
    return re.sub(r"\s+", " ", text).strip()


def sentences(text: str) -> list[str]:
    """The sentences of `text` with their end marks."""
    parts: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() <= start or _ABBREVIATION.search(text[start : match.start()]):
            continue
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def words(text: str) -> int:
    """Length in words; a Chinese word counts as about one and a half characters."""
    return len(_COUNTED.findall(text)) + round(cjk_count(text) / 1.5)


def numbers(text: str) -> list[str]:
    """Digit runs of `text`, full-width digits folded, thousands separators removed: '１,200' is '1200'."""
    folded = unicodedata.normalize("NFKC", text)
    return [re.sub(r"(?<=\d),(?=\d{3})", "", found).rstrip(".,:") for found in NUMBER.findall(folded)]


def bare(text: str) -> str:
    """`text` without closing punctuation, for headings and labels."""
    return text.strip().rstrip(".。;；:：,，、!！ ").strip()


def capital(text: str) -> str:
    """`text` with a capital first letter, unless its first word is written in its own way (iOS, npm-style names)."""
    first = re.match(r"[^\W\d_]+", text)
    if first is None or not first[0].islower() or re.match(r"[a-z]+[A-Z]|[a-z]+[./_\d]\w", text):
        return text
    return text[0].upper() + text[1:]


def lower_first(text: str) -> str:
    """`text` to go on within a sentence: a plain first word loses its capital, names and acronyms keep it."""
    first = re.match(r"[A-Za-z’']+", text)
    if first is None or (len(first[0]) > 1 and not first[0][1:].islower()):
        return text
    return text if re.match(r"I(?:['’]|$)", first[0]) else text[0].lower() + text[1:]


def ended(text: str, *, chinese: bool | None = None) -> str:
    """`text` as a sentence: capital first letter and an end mark."""
    text = capital(text.strip().rstrip(",，;；:： "))
    if not text or text[-1] in ".!?。！？…" or re.search(r"[.!?。！？][\"”’」』)）]$", text):
        return text
    chinese = cjk_count(text) > words(text) / 2 if chinese is None else chinese
    return text + ("。" if chinese else ".")


def joined(parts: Iterable[str]) -> str:
    """Sentences as one paragraph; no space between Chinese ones."""
    out = ""
    for part in parts:
        if not part:
            continue
        tight = not out or (out[-1] in "。！？”」" and bool(_CJK.match(part[0])))
        out += part if tight else f" {part}"
    return out


def clauses(sentence: str) -> list[str]:
    """`sentence` and its beginnings that stand alone as a statement, longest first."""
    whole = bare(sentence)
    found = [whole]
    for match in reversed(list(re.finditer(r"\s*(?:[;—–。；：，]|(?<!\d)[:,]|[:,](?!\d))\s*|\s+-\s+", whole))):
        head, rest = whole[: match.start()].strip(), whole[match.end() :].strip()
        if match[0].strip() in {",", "，"} and not re.match(
            r"(?:and|so|which|with|because|including|even|then|plus|where|without the)\b|"
            r"[a-z]+(?:ed|ing) (?:in|on|at|by|for|from|with|to|as|into|the|an?|your|every|each)\b|并|让|"
            r"从而|这样|还|包括",
            rest,
        ):
            continue
        if match[0].strip() in {":", "："} and (words(head) < 4 or words(rest) < 4):
            continue
        if words(head) >= 4 and not _SUBORDINATE.match(head) and not _CONDITION.match(rest) and _balanced(head):
            found.append(head)
    return found


def _balanced(text: str) -> bool:
    pairs = ("()", "“”", "「」", "（）", "[]")
    return all(text.count(a) == text.count(b) for a, b in pairs) and text.count('"') % 2 == 0


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters: whole, else whole sentences, else a clause, else ended at a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = joined([kept, sentence])
        if len(longer) > limit:
            break
        kept = longer
    if kept:
        return kept
    first = sentences(text)[0]
    for clause in clauses(first[: limit + 80]) if len(first) > limit + 80 else clauses(first):
        if len(clause) <= limit:
            return clause
    short = _cut_at_word(text, limit)
    if _RESTRICTION.search(text[len(short) :]):  # What follows takes back part of it: show that something follows.
        return f"{_cut_at_word(text, limit - 1)}…"
    return short


def _cut_at_word(text: str, limit: int) -> str:
    head = text[:limit]
    if not _CJK.match(text[limit]) and not text[limit].isspace():
        run = re.search(r"[^\s\u3400-\u9fff，。、；：]+$", head)
        if run and run.start() > 0:
            head = head[: run.start()]
    head = head.rstrip()
    while True:
        trimmed = bare(head.rstrip('(（"“「-–—/&+ '))
        last = re.search(r"(\S+)$", trimmed)
        dangling = last is not None and (
            last[1].lower() in FUNCTION_WORDS or bool(re.fullmatch(r"[$€£¥]?\d[\d.,]*", last[1]))
        )
        trimmed = trimmed[: last.start()].rstrip() if dangling and last else trimmed
        trimmed = re.sub(r"[的和与在把被让为是将及或地得了]$", "", trimmed)
        if trimmed == head or not trimmed:
            break
        head = trimmed
    if not _balanced(head):
        opening = max(head.rfind(mark) for mark in '(（“「"[')
        head = bare(head[:opening]) or head
    return head or text[:limit]


def first_fitting(candidates: Iterable[str], limit: int, *, least: int = 1) -> str:
    """The first candidate of `least` to `limit` characters; else the first one cut."""
    options = [option for option in candidates if option]
    for option in options:
        if least <= len(option) <= limit:
            return option
    return cut(options[0], limit) if options else ""


def tidy(text: str) -> str:
    """`text` with doubled punctuation and stray spaces mended; line breaks stay."""
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" +([,.;:!?，。；：！？、])", r"\1", text)
    text = re.sub(r"([,;:，；：、])[,;:.，；：。、]", r"\1", text)
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
    text = re.sub(r"([。！？])[。.]", r"\1", text)
    text = re.sub(r"([!?])\.(?!\w)", r"\1", text)
    return text.strip()
