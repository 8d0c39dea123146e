"""Artefacts as documents: Markdown, a self-contained HTML page, or the typed JSON."""

import json
from enum import StrEnum
from html import escape

from markdown_it import MarkdownIt

from marketeer_dagster.model.artefacts import Artefact

_PAGE = """<!doctype html>
<html lang="und"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border:1px solid #ccc;padding:.3rem .5rem;text-align:left}}</style></head>
<body>
{body}</body></html>
"""


class Format(StrEnum):
    """What an artefact can be exported as."""

    MD = "md"
    HTML = "html"
    JSON = "json"


def exported(artefact: Artefact, format: Format) -> str:
    """The artefact as text in one format. HTML in the content is shown as text, never run."""
    if format is Format.JSON:
        return json.dumps(json.loads(artefact.content), indent=2, ensure_ascii=False)
    markdown = artefact.parsed().render()
    if format is Format.MD:
        return markdown
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return _PAGE.format(title=escape(artefact.title), body=body)
