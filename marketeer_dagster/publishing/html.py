"""Page copy as clean, semantic HTML; several versions as one page under test are in trials.py.

Everything a model or a person wrote is escaped; Markdown passes a parser that knows no raw HTML and no images;
links keep only schemes a page may use. Markup carries `data-*` names for what a part is, and no ids: two arms of a test
stand in one document. Its layout is layout.py's.
"""

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

from marketeer_dagster.model.artefacts.page_copy import CopySection, PageCopy, Question, Quotation, SectionRole
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import slugify
from marketeer_dagster.publishing.layout import style_sheet
from marketeer_dagster.publishing.trials import Block, render_test

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["Block", "key_of", "keyed", "markdown_to_html", "render_page", "render_test", "safe_url"]

_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SAFE_SCHEMES: Final = ("http:", "https:", "mailto:", "tel:")
_KEY: Final = re.compile(r"<!-- marketeer:key=([A-Za-z0-9_.:-]+) -->")
_BUTTON: Final = "cta wp-block-button__link wp-element-button"
"""Classes by which common themes style a link as a button."""
_LABEL: Final = re.compile(r"^(?:\*\*)?(?P<label>[^:：*.!?\n]{2,48})(?:[:：]\*\*|\*\*[:：]|:(?= )|：)\s*(?=\S)")
_BODY_HEADING_SHIFT: Final = 2
"""Markdown inside a section starts below the section's own h2."""


def render_page(copy: PageCopy) -> str:
    """The page's body: hero, sections, quotations, questions, signup form or closing call to action.

    Raises BadInput when the call to action leads to a scheme a page must not use (javascript:, data: …).
    """
    parts = [
        _hero(copy),
        *(_section(section) for section in copy.sections),
        _quotations(copy.quotations),
        _faq(copy.faq),
        _closing(copy),
    ]
    return "\n".join([style_sheet(), '<article data-part="page">', *(part for part in parts if part), "</article>"])


def keyed(html: str, key: str) -> str:
    """`html` with the comment by which a later look-up recognises it."""
    return f"<!-- marketeer:key={key} -->\n{html}"


def key_of(html: str) -> str | None:
    """The key of the publication that wrote `html`; None when it is not ours."""
    found = _KEY.search(html)
    return found.group(1) if found else None


def markdown_to_html(text: str) -> str:
    """Markdown as HTML without raw HTML, images or headings that compete with the page's own."""
    tokens = _markdown().parse(text)
    for token in tokens:
        _demote(token)
    return str(_markdown().renderer.render(tokens, _markdown().options, {})).strip()


def safe_url(url: str, *, where: str) -> str:
    """`url` when a page may link to it: relative, http(s), mailto or tel. Raises BadInput otherwise."""
    cleaned = re.sub(r"[\x00-\x20]", "", url)
    if _SCHEME.match(cleaned) and not cleaned.lower().startswith(_SAFE_SCHEMES):
        raise BadInput(
            f"a page must not link to {cleaned[:40]!r}", where=where, expected="http(s), mailto, tel or a path"
        )
    return cleaned


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])


def _demote(token: "Token") -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(6, int(token.tag[1]) + _BODY_HEADING_SHIFT)}"


def _hero(copy: PageCopy) -> str:
    return (
        f'<header data-part="hero">\n<h1>{escape(copy.headline)}</h1>\n'
        f'<p data-part="subheadline">{escape(copy.subheadline)}</p>\n{_cta(copy)}\n</header>'
    )


def _cta(copy: PageCopy) -> str:
    url = escape(safe_url(copy.cta.url, where="cta.url"))
    note = f' <small data-part="cta-note">{escape(copy.cta.note)}</small>' if copy.cta.note else ""
    return f'<p><a data-part="cta" class="{_BUTTON}" href="{url}">{escape(copy.cta.label)}</a>{note}</p>'


def _section(section: CopySection) -> str:
    points = "".join(f"\n<li>{_point(point)}</li>" for point in section.bullets)
    tag = "ol" if section.role is SectionRole.HOW_IT_WORKS else "ul"
    listed = f"\n<{tag}>{points}\n</{tag}>" if points else ""
    return (
        f'<section data-part="section" data-role="{section.role.value}">\n<h2>{escape(section.heading)}</h2>\n'
        f"{markdown_to_html(section.body)}{listed}\n</section>"
    )


def _point(text: str) -> str:
    """A point, its label apart where it begins with one: `Support: a person answers` is a heading and a sentence."""
    label = _LABEL.match(text)
    if label is None:
        return _inline(text)
    rest = text[label.end() :]
    return f"<strong>{_inline(label['label'])}</strong> {_inline(rest[:1].upper() + rest[1:])}"


def _inline(text: str) -> str:
    return str(_markdown().renderInline(text))


def _quotations(quotations: Sequence[Quotation]) -> str:
    if not quotations:
        return ""
    figures = "\n".join(
        f"<figure>\n<blockquote><p>{escape(quotation.text)}</p></blockquote>\n"
        f"<figcaption>{escape(quotation.attribution)}</figcaption>\n</figure>"
        for quotation in quotations
    )
    return f'<section data-part="quotations">\n{figures}\n</section>'


def _faq(questions: Sequence[Question]) -> str:
    if not questions:
        return ""
    items = "\n".join(
        f"<details>\n<summary>{escape(item.question)}</summary>\n{markdown_to_html(item.answer)}\n</details>"
        for item in questions
    )
    return f'<section data-part="faq">\n<h2>FAQ</h2>\n{items}\n</section>'


def _closing(copy: PageCopy) -> str:
    """The signup form where the copy has fields, else the call to action once more."""
    if not copy.form_fields:
        return f'<footer data-part="closing">\n{_cta(copy)}\n</footer>'
    url = escape(safe_url(copy.cta.url, where="cta.url"))
    fields = "\n".join(_field(label) for label in copy.form_fields)
    return (
        f'<form data-part="signup" method="post" action="{url}">\n{fields}\n'
        f'<button type="submit" data-part="cta" class="{_BUTTON}">{escape(copy.cta.label)}</button>\n</form>'
    )


def _field(label: str) -> str:
    kind, autocomplete = _input_kind(label)
    hint = f' autocomplete="{autocomplete}"' if autocomplete else ""
    name = slugify(label).replace("-", "_")
    return f'<p><label>{escape(label)} <input type="{kind}" name="{name}"{hint} required></label></p>'


_INPUT_KINDS: Final = (
    (re.compile(r"e-?mail|邮箱|电子邮件", re.IGNORECASE), "email", "email"),
    (re.compile(r"phone|mobile|电话|手机", re.IGNORECASE), "tel", "tel"),
    (re.compile(r"website|\burl\b|网址|网站", re.IGNORECASE), "url", "url"),
    (re.compile(r"password|密码", re.IGNORECASE), "password", "new-password"),
    (re.compile(r"company|organi[sz]ation|公司", re.IGNORECASE), "text", "organization"),
    (re.compile(r"name|姓名", re.IGNORECASE), "text", "name"),
)
"""Input type and autocomplete token (HTML standard, 4.10.18.7) by what a label says."""


def _input_kind(label: str) -> tuple[str, str]:
    for pattern, kind, autocomplete in _INPUT_KINDS:
        if pattern.search(label):
            return kind, autocomplete
    return "text", ""
