"""Quotations: whether somebody is on record with these words, and whether it is the one they are ascribed to."""

import re
from collections.abc import Iterator

from marketeer_dagster.quality.common import is_common
from marketeer_dagster.quality.text import cjk_share, folded, lines, plain

_LEAST_WORDS = 5
_LEAST_CJK = 8
_DIRECTED = re.compile(r"[“„«「『‘‹]([^“”„«»「」『』]{4,500}?)[”“»」』›]|‘([^‘\n]{4,500}?)’(?!\w)")
_STRAIGHT = re.compile(r'"([^"\n]*)"')
_BLOCK = re.compile(r"^\s*>\s?(.+)$", re.MULTILINE)
_GAP = re.compile(r"\s*(?:\[?\.\.\.\]?|\[?…\]?)\s*")
_SPEAKER = re.compile(r"[,，、;(（)）|·]|\s-\s|\s(?:at|of|from|bei|von)\s")

_NAME = (
    r"[A-ZÄÖÜÀ-Þ][A-Za-zÀ-ÿ'-]+(?: (?:(?:de|van|von|der|den|la|le|di) ){0,2}[A-ZÄÖÜÀ-Þ][A-Za-zÀ-ÿ'-]+){0,2}|"
    r"[\u4e00-\u9fff]{1,3}(?:女士|先生)"
)
_SAYS = r"says?|said|writes|wrote|recalls|explains|adds|sagt|meint|schreibt|erzählt|说|表示"
_QUOTE = r'"(?P<words>[^"]{4,500})"'
_SPEAKS_AFTER = re.compile(rf"{_QUOTE}[,.]? ?(?:-{{1,3}} ?|,? ?(?:{_SAYS}|so) )(?P<name>{_NAME})")
_SPEAKS_BEFORE = re.compile(
    rf"(?P<name>{_NAME})(?: (?:of|at|from|von|bei) [^\":]{{2,40}}|,[^\":]{{2,60}},)? ?"
    rf"(?:{_SAYS}|puts it)[,:]? ?{_QUOTE}"
)


def ascribed(text: str) -> Iterator[tuple[str, str]]:
    """(words, name) for everything in quotation marks that a text's own prose ascribes to somebody by name."""
    for line in lines(text):
        for pattern in (_SPEAKS_AFTER, _SPEAKS_BEFORE):
            yield from ((match["words"].strip(" ,."), match["name"]) for match in pattern.finditer(line))


class Record:
    """What is on record: the sources, line by line, and folded as a whole."""

    def __init__(self, source: str) -> None:
        self.text = folded(source)
        self._lines = [plain(line) for line in source.splitlines() if line.strip()]
        self._folded = [folded(line) for line in self._lines]

    def holds(self, words: str) -> bool:
        """Whether these words, or the parts between their ellipses in this order, stand in a source."""
        return _holds(self.text, words)

    def said(self, words: str, speaker: str) -> bool:
        """Whether the one named in `speaker` is on record with these words; a role without a name is nobody's."""
        parts = [part for raw in _SPEAKER.split(plain(speaker)) if (part := folded(raw))]
        nearby = self._around(words)
        return all(part in nearby or _is_role(part, self.text) for part in parts)

    def _around(self, words: str) -> str:
        """The lines that hold these words, each with the next one where that names a speaker and quotes nobody."""
        found: list[str] = []
        for number, line in enumerate(self._folded):
            if _holds(line, words):
                found.append(line)
                if number + 1 < len(self._lines) and '"' not in self._lines[number + 1]:
                    found.append(self._folded[number + 1])
        return "\n".join(found)


def _holds(text: str, words: str) -> bool:
    parts = [part for raw in _GAP.split(words) if (part := folded(raw))]
    position = 0
    for part in parts:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return bool(parts)


def quotations(text: str) -> Iterator[str]:
    """What stands in quotation marks or as a block quotation, long enough to be somebody's words."""
    for match in _BLOCK.finditer(text):
        if _speaks(match[1]) and not re.match(r"\s*[-–—]", match[1]):
            yield match[1].strip()
    for line in text.splitlines():
        spans: list[str] = [one or other for one, other in _DIRECTED.findall(line)]
        rest = _DIRECTED.sub(" ", line)
        spans += [span for bare in lines(rest) for span in _STRAIGHT.findall(bare)]
        yield from (span.strip() for span in spans if _speaks(span))


def _speaks(words: str) -> bool:
    if cjk_share(words) > 0.3:
        return len(words.strip()) >= _LEAST_CJK
    return len(words.split()) >= _LEAST_WORDS


def _is_role(part: str, text: str) -> bool:
    """A role such as "a customer": every word is an everyday one or one of the sources'."""
    if cjk_share(part) > 0.3:
        return part in text or part in {
            "客户",
            "用户",
            "顾客",
            "一位客户",
            "一位用户",
            "一位顾客",
            "一位居民",
            "患者",
            "一位患者",
        }
    return all(is_common(word) for word in part.split())
