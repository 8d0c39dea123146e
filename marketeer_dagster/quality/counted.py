"""What a number counts: `212 reviews` says nothing of 212 cats, though the number is the same."""

import re
from functools import lru_cache

from marketeer_dagster.quality.numbers import Figure, Unit
from marketeer_dagster.quality.text import cjk_share, stem

_LONGEST = 3
"""Words after a number among which the counted noun is looked for: 640 small European companies."""
_FUNCTION_WORDS = """
a an the of in on at to for from by with per each every and or but is are was were be as than that which who it you
your we our they their its this these those not no so if when until till before after within about over under up more
less other others have has had do does can will may must only just also even out then there here all both him her der
die das den dem des ein eine einen einer eines und oder aber ist sind war waren im am auf bei von vom zu zum zur mit
für pro je bis nach vor seit aus als wie wenn es sie ihr ihre ihrer wir uns unser unsere davon mehr weniger nur auch
noch nicht kein keine uhr a.m p.m pm jan feb mar apr jun jul aug sep sept oct nov dec january february march april
june july august september october november december januar februar märz mai juni juli oktober dezember
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
"""Words that end a counted noun, and months: `12 May` counts nothing."""
_PARTY = re.compile(
    r"\b(?:customers?|clients?|compan(?:y|ies)|business(?:es)?|teams?|firms?|organi[sz]ations?|people|users?|members?|"
    r"subscribers?|readers?|practices?|shops?|stores?|clinics?|households?|famil(?:y|ies)|owners?|teams?|kunden|"
    r"kundinnen|betriebe?n?|unternehmen|firmen|nutzer\w*|mitglieder\w*|menschen|halter\w*|praxen)\b|"
    r"客户|用户|顾客|企业|公司|门店|商家|茶馆|居民|会员|[家位名]",
    re.IGNORECASE,
)
"""Who buys and uses has many names: 640 companies are 640 customers."""
_OF = re.compile(r"(?:of|from|among|der|des|dem|aller|von|unserer|ihrer) ", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:(?:of|from|among|the|all|our|your|their|these|those|der|des|dem|aller|von|unsere|unserer|ihre|ihrer|same) )+",
    re.IGNORECASE,
)
_RANGE = re.compile(r" ?(?:to|-|until|bis|und|and|or|oder|到|至|或) ?\d[\d.,]*")
_WORDS = re.compile(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*|[.,;:!?()|/—+]")
_NUMBERS = (
    r"\d|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|zwei|drei|vier|fünf|sechs|sieben|acht|neun|"
    r"zehn|elf|zwölf)\b|[两二三四五六七八九十]"
)
_BOUNDARY = re.compile(
    rf"[;；。！？!?，]|\.(?= |$)|,(?= )| \(|\)| \| | - |(?:(?: and| und| or| oder|和|与|、) ?)(?={_NUMBERS})",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"(?: (?!per |a |an |each |pro |je )[\w%-]+){0,2}(?: (?:a|an|per|each|every|pro|je|im) |/)"
    r"(?:(?P<second>second|sec\b|Sekunde)|(?P<minute>min)|"
    r"(?P<hour>hour|Stunde)|(?P<day>day|Tag)|(?P<week>week|Woche)|(?P<month>month|Monat)|(?P<quarter>quarter|Quartal)|"
    r"(?P<year>year|Jahr))",
    re.IGNORECASE,
)
_CJK_RUN = re.compile(r"^ ?(?P<run>[\u4e00-\u9fff]{1,4})")
_CJK_STOP = re.compile(r"[的是在有到至为将和与及或从被把让也都就已前后内里中起以来用可能会要]")
_CLASSIFIERS = frozenset("个款家位名份条项件张层所座批封杯盒包瓶种")


@lru_cache(maxsize=4096)
def counted_words(figure: Figure) -> tuple[str, ...]:
    """The words that may name what `figure` counts; none when it stands alone, or when it is no plain count."""
    after = figure.line[figure.end :]
    if figure.unit is Unit.PERCENT:
        if not (figure.text.casefold().endswith((" of", " der", " the")) or _OF.match(after.lstrip())):
            return ()
    elif figure.unit is not Unit.NONE or figure.measure:
        return ()
    if run := _CJK_RUN.match(after):
        unit = figure.text[-1] if figure.text[-1] in _CLASSIFIERS else ""
        kept = unit + _CJK_STOP.split(run["run"], maxsplit=1)[0]
        return (kept,) if kept else ()
    after = _RANGE.sub("", after.lstrip(" +-"), count=1) if _RANGE.match(after) else after.lstrip(" +-")
    after = _LEAD.sub("", after, count=1) if _LEAD.match(after) else after
    found: list[str] = []
    for match in _WORDS.finditer(after[:120]):
        word = match[0].casefold()
        if word in _FUNCTION or not word[0].isalpha() or (found and after[: match.start()].count("\n")):
            break
        found.append(word)
        if len(found) == _LONGEST:
            break
    return tuple(found)


@lru_cache(maxsize=4096)
def surroundings(figure: Figure) -> str:
    """The clause of its line that a source's figure stands in, folded."""
    line = figure.line
    start = max((match.end() for match in _BOUNDARY.finditer(line) if match.end() <= figure.start), default=0)
    following = _BOUNDARY.search(line, figure.end)
    end = following.start() if following else len(line)
    return f"{line[start : figure.start]} {line[figure.end : end]}".casefold()


def noun_roots(figure: Figure) -> frozenset[str]:
    """What `figure` counts, in a form that inflexion does not change."""
    found: set[str] = set()
    for word in counted_words(figure):
        found.update(_pairs(word) or [word] if cjk_share(word) > 0 else [stem(word)])
    return frozenset(found)


def agrees(claim: Figure, source: Figure) -> bool:
    """Whether `source` counts what `claim` counts, as far as their words tell."""
    if not _same_rate(claim, source):
        return False
    wanted = counted_words(claim)
    around = surroundings(source)
    if not wanted or not re.search(r"[^\W\d_]", around):
        return True
    if _PARTY.search(" ".join(wanted)) and _PARTY.search(around):
        return True
    return any(_stands(word, around) for word in wanted)


def _same_rate(claim: Figure, source: Figure) -> bool:
    """Whether neither says `a minute` where the other says `a second`."""
    one, other = (_rate(figure) for figure in (claim, source))
    return not one or not other or one == other


def _rate(figure: Figure) -> str:
    match = _RATE.match(figure.line[figure.end :])
    return "" if match is None else next(name for name, value in match.groupdict().items() if value)


def _stands(word: str, around: str) -> bool:
    if cjk_share(word) > 0:
        if word[0] != "个" and word[0] in _CLASSIFIERS and re.search(rf"^\W*{word[0]}|\s{word[0]}", around):
            return True
        return any(pair in around for pair in _pairs(word)) or (len(word) == 1 and word in around)
    root = stem(word)
    if len(root) >= _LEAST_INSIDE:
        return root in around
    return re.search(rf"(?<!\w){re.escape(root)}\w{{0,3}}(?!\w)", around) is not None


_LEAST_INSIDE = 5
"""Letters from which a stem may stand inside another word: German compounds."""


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]
