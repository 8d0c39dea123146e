"""What somebody meant to replace and did not: brackets of a template, `{{name}}`, `<name>`, TODO, XX %, lorem ipsum.

A text with one of them is not finished, and what is made from it repeats the words: they are found wherever they stand.
What only looks alike is left alone: links, footnotes, ticked boxes, editors' brackets inside of a sentence ("[sic]",
"[We] moved in a day"), HTML, addresses, and whatever stands in code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from marketeer_dagster.model.visible import code_lines

_CODE_SPAN = re.compile(r"(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)")
_BRACKET = re.compile(r"(?<![\w\]!\\\[^])\[(?P<said>[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*)\](?![\](\[])")
_DEFINED = re.compile(r"^ {0,3}\[(?P<name>[^\]\n^]+)\]:\s*\S", re.MULTILINE)
_DOUBLE_BRACES = re.compile(r"\{\{\s*(?P<said>[^{}\n]*?)\s*\}\}")
_SINGLE_BRACES = re.compile(r"(?<![\w{\]`)])\$?\{\s*(?P<said>[A-Za-z][\w ]{0,40}?)\s*\}(?!\})")
_ANGLES = re.compile(r"(?<![\w<\\])<(?P<said>[A-Za-z…][^<>\n]{0,80})>")
_FILLER = re.compile(r"\blorem ipsum\b|\bdolor sit amet\b", re.IGNORECASE)
_OWED = re.compile(
    r"(?<![\w#@/-])(?:TBD|TBA|FIXME|XXX+)(?![\w/-])|(?<![\w#@/-])TODO(?![\w/-])(?!\s+(?:list|app|item|board|manager)s?\b)"
)
_UNKNOWN_FIGURE = re.compile(r"(?<![\w.])(?:[$€£]\s?X{1,4}(?![\w])|X{1,4}\s?(?:%|percent\b)|XX+\s(?=[a-z]))")
_NAME_OF_YOURS = re.compile(
    r"\bname of (?:your|the) (?:product|company|brand|business|service|startup)\b"
    r"|\byour (?:product|company|brand|business|service|startup|organi[sz]ation)(?:['’]s)? name\b"
    r"|\binsert\b[^.\n]{1,40}\bhere\b|\b(?:text|name|copy) goes here\b",
    re.IGNORECASE,
)
_YOURS = re.compile(
    r"(?:(?:your|my|our) (?:own )?(?:product|company|brand|business|startup|organi[sz]ation|tagline|slogan|text|answer)"
    r"(?: here)?|(?:your|product|company|brand) name|placeholder|untitled)[.!…]?",
    re.IGNORECASE,
)
_BLANK = re.compile(r"(?:_{2,}|\.{3,}|…+|\?+|\\_(?:\\_)+)")
_EDITORS = re.compile(
    r"(?:sic|…|\.{3}|redacted|confidential|n/?a|none|emphasis (?:added|mine|ours)|translated|laughs|[a-z]|"
    r"\d{1,4}(?:[,–-] ?\d+)*|\^.*)!?",
    re.IGNORECASE,
)
_SLOT = re.compile(
    r"(?:(?:your|insert|enter|add|describe|fill|list|state|write|choose|pick|replace|what|who|whom|whose|how|when|which|why|"
    r"exactly what|one sentence|a sentence|a line|tbd|tba|todo)\b.*|"
    r"(?:(?:first|last|full|short|product|company|customer|brand|plan|job|competitor|the|a|an|any) )*"
    r"(?:name|role|title|company|product|customer|number|figure|amount|price|date|city|region|country|industry|metric|"
    r"competitor|alternative|feature|capability|benefit|audience|category|link|url|email|phone|word|words|phrase|concern|"
    r"website|domain|period|length|x+|y|n)s?\b(?:[ ,;:(/].*)?)",
    re.IGNORECASE,
)
_EXAMPLE_IN_IT = re.compile(r"\b(?:for instance|for example|e\.g\.|z\. ?B\.)", re.IGNORECASE)
_HTML = re.compile(
    r"a|abbr|address|article|aside|b|base|blockquote|body|br|caption|center|cite|code|col(?:group)?|d[dlt]|del|details|"
    r"dfn|div|em|fig(?:ure|caption)|font|footer|h[1-6]|head(?:er)?|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|"
    r"link|main|mark|meta|nav|o:p|[ou]l|option|p|picture|pre|q|s|samp|script|section|select|small|source|span|strike|"
    r"strong|style|su[bp]|summary|svg|t[dhrt]|table|tbody|template|textarea|tfoot|thead|title|u|var|video|wbr",
    re.IGNORECASE,
)
_SHOUTED = re.compile(r"[A-Z]{3,}(?:[ '’/-]+[A-Z]{2,})+")
_LABELLED = re.compile(r"^\s*(?:[-*+•]\s+|\d+[.)]\s+|#+\s+|>\s*)*(?P<label>\*\*.+?:\*\*|\*\*.+?\*\*:|__.+?:__)?\s*")
_LABEL_ALONE = re.compile(r"\s*[-*+•]\s+(?:\*\*[^*]+:\*\*|\*\*[^*]+\*\*:|__[^_]+:__)\s*$")
_TITLE = re.compile(r"^\W*product context\s*[:：|–—-]\s*", re.IGNORECASE)
_WRAPPED = 4
"""Lines that one bracket may run over."""
_AROUND = " \t*_\"'“”„«»‘’.,;:|"
_BOX = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+\[[ xX]\]\s+\S")


@dataclass(frozen=True)
class Placeholder:
    """One thing that was to be replaced."""

    line: int
    """From 1."""
    found: str
    """As it stands there."""
    expected: str
    """What should stand there instead, in words."""


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Everything in a Markdown text that was to be replaced, in order; each place once."""
    lines = [_as_read(line) for line in text.split("\n")]
    named = {match["name"].strip().casefold() for match in _DEFINED.finditer(text)}
    found: list[Placeholder] = []
    for number, line in _whole(lines):
        plain = _CODE_SPAN.sub(lambda match: "\ue000" * len(match[0]), line)
        found += [Placeholder(number, said, wanted) for said, wanted in dict.fromkeys(_of_line(plain, named))]
        if _LABEL_ALONE.match(line) and not _goes_on(lines, number):
            found.append(Placeholder(number, line.strip(), "an answer behind it, or no such line"))
    return tuple(found)


def _as_read(line: str) -> str:
    """The line as its reader sees it: exporters escape brackets."""
    return unescape(re.sub(r"\\([\[\]<>{}_*.?])", r"\1", line)) if "\\" in line or "&" in line else line


def _whole(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Lines outside of code with their numbers, from 1; a bracket that an exporter wrapped is put together again."""
    skip = 0
    for number, code in enumerate(code_lines(lines), 1):
        line = lines[number - 1]
        if code or number <= skip:
            continue
        at = number
        while line.count("[") > line.count("]") and at < min(len(lines), number + _WRAPPED) and lines[at].strip():
            line = f"{line} {lines[at].strip()}"
            at += 1
        if line.count("[") == line.count("]"):
            skip = at
        else:
            line = lines[number - 1]
        yield number, line


def _goes_on(lines: list[str], number: int) -> bool:
    """Whether what stands below a label says something of it: text, or a list set in deeper."""
    inset = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    below = next((line for line in lines[number:] if line.strip()), "#")
    starts = re.match(r"\s*(?:[-*+•]\s|\d+[.)]\s|#)", below)
    return not starts or (len(below) - len(below.lstrip()) > inset)


def _of_line(line: str, named: set[str]) -> Iterator[tuple[str, str]]:
    taken = line
    for match in _BRACKET.finditer(line):
        if match["said"].strip().casefold() not in named and _is_slot(line, match):
            yield match[0], _wanted(match["said"])
            taken = taken.replace(match[0], " " * len(match[0]), 1)
    found = [*_DOUBLE_BRACES.finditer(taken)]
    found += [match for match in _SINGLE_BRACES.finditer(taken) if _SLOT.fullmatch(match["said"].replace("_", " "))]
    found += [match for match in _ANGLES.finditer(taken) if not _is_markup(match["said"])]
    yield from ((match[0], _wanted(match["said"])) for match in found)
    for pattern, wanted in ((_FILLER, "your own words"), (_OWED, "the answer"), (_UNKNOWN_FIGURE, "the figure"),
                            (_NAME_OF_YOURS, "the name itself")):  # fmt: skip
        yield from ((match[0], wanted) for match in pattern.finditer(taken))
    value = _value(taken)
    if _YOURS.fullmatch(value) and not _NAME_OF_YOURS.search(value):
        yield value, "your own words"
    elif _BLANK.fullmatch(value.strip(" *\"'")):
        yield value, "the answer, or no such line"


def _value(line: str) -> str:
    """What a line says behind its bullet, heading mark and label."""
    line = _TITLE.sub("", line)
    label = _LABELLED.match(line)
    rest = line[label.end() :] if label else line
    said = rest.strip(" \t*_\"'“”„«»‘’|")
    return said if said or not _BLANK.fullmatch(rest.strip()) else rest.strip()


def _is_slot(line: str, match: re.Match[str]) -> bool:
    """Whether a bracket waits to be replaced: it is all that a line, label, cell or quotation says, or names a slot."""
    said = match["said"].strip().replace("_", " ")
    if said.startswith("[") and said.endswith("]"):  # a link of a wiki, unless it names a slot
        return _SLOT.fullmatch(said.strip("[] ")) is not None
    if _BOX.match(line) and match.start() <= line.index("["):
        return False
    if _EDITORS.fullmatch(said):
        return False
    if _SLOT.fullmatch(said) or _EXAMPLE_IN_IT.search(said) or _SHOUTED.fullmatch(said):
        return not (_quoted(line, match) and len(said.split()) <= 2 and not _EXAMPLE_IN_IT.search(said))
    before, after = line[: match.start()], line[match.end() :]
    left = re.split(r"[|:\"“„«]\s*\**\s*$", before)[0] != before or not _value(before).strip(_AROUND)
    right = not after.strip(_AROUND) or after.lstrip(" *")[:1] in ("|", ":", '"', "”", "“", "»")
    return left and right


def _quoted(line: str, match: re.Match[str]) -> bool:
    """Whether the bracket is an editor's inside of somebody's sentence."""
    before, after = line[: match.start()], line[match.end() :]
    opened = len(re.findall(r'["“”„«»]', before)) % 2 == 1
    alone = re.search(r'["“„«]\s*$', before) and re.match(r'\s*["”“»]', after)
    return opened and not alone


def _is_markup(said: str) -> bool:
    """Whether `<…>` is HTML, a comment's rest or an address."""
    name = re.match(r"[a-z][a-z0-9]*(?::[a-z]+)?", said, re.IGNORECASE)
    if re.match(r"[a-z][a-z0-9+.-]*:\S|[^\s@]+@[^\s@]+\.[^\s@]+$|www\.", said, re.IGNORECASE):
        return not (name and name[0].lower() in ("your", "insert"))
    if name is None or not _HTML.fullmatch(name[0]):
        return False
    rest = said[name.end() :].strip(" /")
    return not rest or "=" in rest or (rest.islower() and " " not in rest)


def _wanted(said: str) -> str:
    plain = " ".join(said.split())
    return plain or "the answer, or no such line"
