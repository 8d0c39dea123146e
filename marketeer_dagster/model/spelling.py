"""One name in its many spellings: what a model, or a person, writes for one of a few known names."""

import re
import unicodedata
from collections.abc import Iterable

_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015\u2212]+")


def bare(name: str) -> str:
    """`name` without case, blanks, hyphens and underscores: `how_it_works`, `How it works` and `HOW-IT-WORKS` alike."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


def known(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` spells, exactly or by `bare`; None when it spells none of them, or several."""
    choices = tuple(names)
    if name in choices:
        return name
    alike = {choice for choice in choices if bare(choice) == bare(name)}
    return alike.pop() if len(alike) == 1 else None
