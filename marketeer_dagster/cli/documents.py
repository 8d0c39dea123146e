"""Context documents as files: what can be read, and why something cannot."""

import codecs
from pathlib import Path

from marketeer_dagster.model.context import MAX_BYTES
from marketeer_dagster.model.errors import BadInput

_MARKS_OF_ENCODINGS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_document(path: Path) -> str:
    """The text of a context file; refused by size before it is read. UTF-8, or what a byte-order mark names."""
    expected = "a Markdown document in UTF-8"
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(
                f"{size:,} bytes",
                where=str(path),
                expected=f"at most {MAX_BYTES:,} bytes",
                hint="pictures that an exporter embedded count too: leave them out",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    if raw.startswith((b"PK\x03\x04", b"{\\rtf", b"%PDF", b"\xd0\xcf\x11\xe0")):
        kind = "a Word, Pages, RTF or PDF file, no text"
        raise BadInput(f"is {kind}", where=str(path), expected=expected, hint="export it as Markdown or plain text")
    encoding = next((name for mark, name in _MARKS_OF_ENCODINGS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"is not UTF-8 text (line {line})", where=str(path), expected=expected, hint="save it again as UTF-8"
        ) from None
    if "\0" in text:
        raise BadInput("is not UTF-8 text: it holds NUL bytes", where=str(path), expected=expected)
    return text
