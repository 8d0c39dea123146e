"""What a reader of a rendered Markdown document sees: the text without comments, struck words and exporters' traces.

Only what is seen may become a fact: a price in a comment, or one that is struck out, was never said. Lines keep their
numbers, so that an error can name them; code blocks are left as they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from marketeer_dagster.model.errors import BadInput

_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})")
_FRONT_MATTER = re.compile(
    r"\A\s*---[ \t]*\n(?P<body>(?=[\w\"'][\w \"'.-]*:).*?\n)(?:---|\.\.\.)[ \t]*(?=\n|\Z)", re.DOTALL
)
"""A block that begins with a key; between two dividing lines anything else is text."""
_CODE_SPAN = re.compile(r"(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)")
_FRONT_TITLE = re.compile(
    r"^title:[ \t]*(?P<quote>[\"']?)(?P<title>.+?)(?P=quote)[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HIDDEN = (
    _HTML_COMMENT,
    re.compile(
        r"<(?P<tag>script|style|template|noscript|del|s|strike)\b[^<>]*>(?:(?!<(?P=tag)\b).)*?</(?P=tag)\s*>",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(
        r"<(?P<tag>\w+)\b(?=[^<>]*(?:\shidden\b|display\s*:\s*none|visibility\s*:\s*hidden|"
        r"line-through|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all))[^<>]*>"
        r"(?:(?!<(?P=tag)\b).)*?</(?P=tag)\s*>",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(r"^ {0,3}\[[^\]\n]*\]:[ \t]*(?:#|<>)[ \t]*(?:\([^\n]*\)|\"[^\n]*\"|'[^\n]*')[ \t]*$", re.MULTILINE),
    re.compile(r"(?<![\d%\\])%%(?!%).*?%%", re.DOTALL),
    re.compile(r"\{>>.*?<<\}|\{--.*?--\}|\{~~(?:(?!~~\}).)*?~>|(?<!~)~~\}", re.DOTALL),
    re.compile(r"\{#(?=\s).*?\s#\}|\{\{!--.*?--\}\}|\{/\*.*?\*/\}|<\?.*?\?>", re.DOTALL),
    re.compile(r"\{%-?\s*comment\b.*?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL),
    re.compile(r"\[[^\]\n]*\]\{\.(?:deletion|comment-start|comment-end)\b[^}\n]*\}"),
    re.compile(r"(?<![~\\])~~(?![~\s])(?:(?!\n\s*\n).)+?(?<!\s)~~(?!~)", re.DOTALL),
    # One sign strikes out as well (GitHub), unless it means about (~$19, ~$29) or stands within a word (H~2~O).
    re.compile(r"(?<![\w~\\])~(?![~\s])[^~\n]+?(?<![\s\\])~(?![\w~])"),
)
"""Inner ones first, until none is left: what is struck out within struck-out words does not end them.

Comments of HTML, link definitions, Obsidian, CriticMarkup, templates and MDX; tracked deletions of pandoc; struck-out
words.
"""


@dataclass(frozen=True)
class Visible:
    """The text that is seen, and what was left out of it."""

    text: str
    title: str = ""
    """The title that stood in front matter; empty where there was none."""
    hidden_lines: tuple[int, ...] = ()
    """The lines at which something left out begins, 1-based, ascending."""


def visible(text: str, where: str = "document", *, open_comments: bool = False) -> Visible:
    """Read a document as its rendered form shows it.

    Raises BadInput for an HTML comment that is never closed; with `open_comments` its two signs stand for themselves.
    """
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    title = ""
    if front := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(front["body"] or "")
        title = named["title"].strip() if named else ""
        text = _blank(front) + text[front.end() :]
    hidden: list[int] = [1] if front else []
    masked, put_back = _without_code(text)
    for pattern in _HIDDEN:
        found = 1
        while found:
            masked, found = pattern.subn(lambda match: _left_out(match, hidden), masked)
    if "<!--" in masked and not open_comments:
        line = masked.count("\n", 0, masked.index("<!--")) + 1
        raise BadInput("a comment begins here and never ends", where=f"{where} line {line}", expected="`-->` after it")
    return Visible(put_back(masked), title, tuple(sorted(set(hidden))))


def code_lines(lines: list[str]) -> Iterator[bool]:
    """For each line, whether it belongs to a fenced code block; the fences do."""
    mark = ""
    for line in lines:
        fence = _FENCE.match(line)
        if mark:
            yield True
            if fence and fence["mark"].startswith(mark) and not line.strip().strip(mark[0]):
                mark = ""
        else:
            mark = fence["mark"] if fence else ""
            yield bool(mark)


def _without_code(text: str) -> tuple[str, Callable[[str], str]]:
    """The text with the lines of code blocks emptied, and what puts them back: nothing in them is a comment."""
    lines = text.split("\n")
    kept = {number: line for number, (line, code) in enumerate(zip(lines, code_lines(lines), strict=True)) if code}
    # A fence inside of a comment is no code: it would hide where the comment ends.
    for match in _HTML_COMMENT.finditer(text):
        first = text.count("\n", 0, match.start())
        if first not in kept:
            for number in range(first, first + match[0].count("\n") + 1):
                kept.pop(number, None)

    spans: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        spans.append(match[0])
        return f"\ue000{len(spans) - 1}\ue001"

    def put_back(masked: str) -> str:
        whole = "\n".join(kept.get(number, line) for number, line in enumerate(masked.split("\n")))
        return re.sub("\ue000(\\d+)\ue001", lambda match: spans[int(match[1])], whole)

    prose = "\n".join("" if number in kept else line for number, line in enumerate(lines))
    return _CODE_SPAN.sub(set_aside, re.sub("[\ue000\ue001]", "", prose)), put_back


def _left_out(match: re.Match[str], hidden: list[int]) -> str:
    hidden.append(match.string.count("\n", 0, match.start()) + 1)
    return _blank(match)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")
