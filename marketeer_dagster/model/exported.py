"""Markdown as exporters write it, brought to one plain form: Google Docs, Word, Notion, Obsidian, pandoc, Pages.

What they mean is kept, how they spell it is not: needless escapes, hard-wrapped lines, marks of anchors, classes and
callouts, embedded pictures, HTML tags around words. Bullets become `- `, and `- **Label**: text` becomes
`- **Label:** text`.
"""

import re

from marketeer_dagster.model.visible import code_lines

_BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+]|[•◦▪●○‣⁃·–])(?:[ \t]+|(?<=[•◦▪●○‣⁃])\s*)(?=\S)")
_BLOCK = re.compile(r"^\s*(?:[-*+>|#]|\d{1,3}[.)]\s|```|~~~|:::|\|)")
_LABEL = re.compile(r"^(?P<head>\s*- )(?P<mark>\*\*|__)(?P<label>[^*_\n]{1,120}?)\s*(?P=mark)\s*[:：]\s*")
_UNMARKED_LABEL = re.compile(r"^- (?P<label>(?=\S)[^*\n:.：]{1,60}?)[:：]\s+(?=\S)")
_SPLIT_BOLD = re.compile(r"(?<=\S)\*\*(?P<space> ?)\*\*(?=\S)")
_SUBSTITUTIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"^\s*:{3,}.*$", ""),  # pandoc's fenced divisions
        (r"^\s*\[[^\]\n]+\]:\s*<?data:.*$", ""),  # embedded pictures
        (r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])(?:\{[^}\n]*\})?", ""),
        (r"!\[\[[^\]\n]+\]\]", ""),
        (r"\[\[(?:[^\]|\n]*\|)?([^\]\n]+)\]\]", r"\1"),  # links between notes
        (r"^(\s*>\s*)\[![\w-]+\][+-]?[ \t]*", r"\1"),  # callouts
        (r"[ \t]+\^[\w-]+$", ""),  # anchors of blocks
        (r"==(?=\S)([^=\n]+?)(?<=\S)==", r"\1"),
        (r"\[((?:[^\[\]\n]|\[[^\]\n]*\])*)\]\{[.#][^}\n]*\}", r"\1"),  # spans with a class
        (r"(?<=[)\]*_`\w])\{[.#][\w .#=\"'-]*\}", ""),
        (r"<a\b[^<>]*\bhref=[\"']?([^\"'\s<>]+)[\"']?[^<>]*>(.*?)</a\s*>", r"[\2](\1)"),
        (r"<br\s*/?>", " "),
        (
            r"</?(?:a|aside|details|summary|span|div|p|u|font|center|section|article|header|footer|mark|ins|small|big|"
            r"sup|sub|o:p|figure|figcaption)\b[^<>]*>",
            "",
        ),
        (r"</?(?:b|strong)\b[^<>]*>", "**"),
        (r"</?(?:i|em)\b[^<>]*>", "*"),
        (r"(?<=\s)---(?=\s)|(?<=[^\W_])---(?=[^\W_])", "—"),  # pandoc's dashes
        (r"(?<=\s)--(?=\s)|(?<=[^\W_])--(?=[^\W_])", "–"),
        (r"&nbsp;|\u00a0", " "),
        (r"&amp;", "&"),
        (r"&(?:quot|#34|#x22);", '"'),
        (r"&(?:apos|#39|#x27);", "'"),
        (r"&(?:ndash|#8211);", "–"),
        (r"&(?:mdash|#8212);", "—"),
    )
)
_NEEDLESS = re.compile(r"\\(?=[.!$'\"%&(),/:;=?@^{|}…’“”-])|(?<=\S)\\(?=[+#])|(?<=\w)\\(?=_\w)")
"""Escapes before signs that mean nothing where they stand."""
_HARD_BREAK = re.compile(r"(?:\\|[ \t]{2,})$")
_WRAPPED_FROM = 60
"""Characters from which a line of prose that is followed by another was wrapped by a program, not by a person."""


def plain_markdown(text: str, *, unmarked: bool = False) -> str:
    """The same document in the plain form; what is plain already stays as it is.

    `unmarked`: the exporter wrote no marks, so a bullet that begins with a few words and a colon has a label.
    """
    if unmarked:
        text = "\n".join(
            _UNMARKED_LABEL.sub(r"- **\g<label>:** ", _BULLET.sub("- ", line)) for line in text.split("\n")
        )
    lines = text.split("\n")
    done: list[tuple[str, bool]] = []
    for line, code in zip(lines, code_lines(lines), strict=True):
        done.append((line, True) if code else (_spelled(line), False))
    return "\n".join(_unwrapped(done))


def _spelled(line: str) -> str:
    for pattern, to in _SUBSTITUTIONS:
        line = pattern.sub(to, line)
    line = _NEEDLESS.sub("", line)
    line = _BULLET.sub(r"\g<indent>- ", line)
    line = _SPLIT_BOLD.sub(r"\g<space>", line)
    return _LABEL.sub(lambda found: f"{found['head']}**{found['label'].rstrip(':： ')}:** ", line).rstrip(" \t") + (
        "  " if line.endswith("  ") and line.strip() else ""
    )


def _unwrapped(lines: list[tuple[str, bool]]) -> list[str]:
    """Lines joined where a paragraph or a list's item goes on in the next one."""
    out: list[str] = []
    open_line = False
    """Whether the last line of `out` is prose that the next line may go on."""
    for line, code in lines:
        text = line.strip()
        if open_line and not code and text and _goes_on(out[-1], line):
            out[-1] = f"{out[-1].rstrip()} {text}"
        else:
            out.append(line)
        broken = _HARD_BREAK.search(line) is not None
        if broken:
            out[-1] = _HARD_BREAK.sub("", out[-1])
        open_line = bool(text) and not code and not broken and not text.startswith(("#", "|"))
    return out


def _goes_on(before: str, line: str) -> bool:
    if _BLOCK.match(line):
        return False
    indented = line.startswith((" ", "\t"))
    if before.lstrip().startswith("- ") or re.match(r"\s*\d{1,3}[.)]\s", before):
        return indented or len(before.strip()) >= _WRAPPED_FROM
    quoted = before.lstrip().startswith(">")
    return not quoted and len(before.strip()) >= _WRAPPED_FROM
