"""How a page is laid out: one style sheet, scoped to our own article, in the theme's fonts and colours.

A content system shows what it is given inside its theme. Without a layout of its own a page is a plain document
there; with rules that reach beyond the article, it would spoil the site. So every rule begins with the article, sizes
are relative to the theme's, and colours are the theme's own where it names any (WordPress: `--wp--preset--color--*`).
"""

from typing import Final

_ARTICLE: Final = '[data-part="page"]'
_ACCENT: Final = "var(--wp--preset--color--accent,var(--wp--preset--color--primary,#1f4fd8))"
_WASH: Final = "color-mix(in srgb,currentColor 5%,transparent)"
_LINE: Final = "color-mix(in srgb,currentColor 16%,transparent)"

_RULES: Final = (
    ("", "max-width:66rem;margin-inline:auto;line-height:1.6;text-align:start;overflow-wrap:break-word"),
    ("*", "box-sizing:border-box"),
    ("h1", "font-size:clamp(2rem,5vw,3.1rem);line-height:1.12;margin:0 0 .5em;text-wrap:balance;max-width:22ch"),
    ("h2", "font-size:clamp(1.4rem,3vw,1.9rem);line-height:1.2;margin:0 0 .6em;text-wrap:balance"),
    ("p", "margin:0 0 1em;max-width:62ch"),
    ('[data-part="hero"]', "padding:clamp(2rem,7vw,5rem) 0 clamp(2rem,5vw,4rem)"),
    ('[data-part="subheadline"]', "font-size:1.22em;max-width:54ch;opacity:.86"),
    ('[data-part="cta-note"]', "display:inline-block;margin-inline-start:.9rem;opacity:.75;max-width:40ch"),
    (
        'a[data-part="cta"],button[data-part="cta"]',
        f"display:inline-block;background:{_ACCENT};color:#fff;border:0;border-radius:.5rem;padding:.8em 1.5em;"
        "font:inherit;font-weight:650;text-decoration:none;cursor:pointer",
    ),
    ('section[data-part="section"]', f"padding:clamp(1.8rem,4vw,3.2rem) 0;border-top:1px solid {_LINE}"),
    ("ul,ol", "margin:1.2rem 0 0;padding:0;list-style:none;display:grid;gap:1rem"),
    ("ul,ol", "grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))"),
    ("li", f"background:{_WASH};border-radius:.7rem;padding:1.1rem 1.2rem;margin:0"),
    ("li strong", "display:block;margin-bottom:.25em"),
    ("ol", "counter-reset:step"),
    (
        "ol li::before",
        f"counter-increment:step;content:counter(step);display:grid;place-items:center;width:1.9em;height:1.9em;"
        f"border-radius:50%;background:{_ACCENT};color:#fff;font-weight:650;margin-bottom:.6em",
    ),
    ('[data-role="problem"] li', f"background:none;border:1px solid {_LINE}"),
    (
        '[data-part="quotations"]',
        f"display:grid;gap:1.4rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));padding:2.4rem 0;"
        f"border-top:1px solid {_LINE}",
    ),
    ("figure", f"margin:0;padding:1.3rem 1.4rem;border-inline-start:4px solid {_ACCENT};background:{_WASH}"),
    ("blockquote", "margin:0;padding:0;border:0;font-size:1.06em"),
    ("figcaption", "opacity:.75;font-size:.92em"),
    ('[data-part="faq"]', f"padding:2.4rem 0;border-top:1px solid {_LINE}"),
    ("details", f"border-bottom:1px solid {_LINE};padding:.9rem 0"),
    ("summary", "cursor:pointer;font-weight:600"),
    ("details p", "margin:.6rem 0 0"),
    (
        'form[data-part="signup"]',
        f"display:grid;gap:.2rem;max-width:30rem;margin:2.4rem 0;padding:1.6rem;border-radius:.9rem;background:{_WASH};"
        f"border:1px solid {_LINE}",
    ),
    ("label", "display:block;font-weight:600"),
    (
        "input",
        "display:block;width:100%;max-width:none;margin-top:.3rem;padding:.65em .8em;font:inherit;border-radius:.45rem;"
        f"border:1px solid {_LINE};background:#fff;color:#1a2233",
    ),
    ('[data-part="closing"]', f"padding:2.6rem 0;border-top:1px solid {_LINE}"),
)


def style_sheet() -> str:
    """The sheet as one element on one line: what filters line breaks into paragraphs finds none in it."""
    rules = "".join(f"{_scoped(selector)}{{{declarations}}}" for selector, declarations in _RULES)
    return f"<style>{rules}</style>"


def _scoped(selectors: str) -> str:
    return ",".join(f"{_ARTICLE} {selector}".rstrip() for selector in selectors.split(","))
