"""The questions of docs/questions.md, as a reader copies them."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
_PART = re.compile(r"^## (\d+)\. (.+?)\n+```sql\n(.*?)```\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def questions() -> dict[int, str]:
    """Number -> SQL."""
    return {int(number): sql.strip() for number, _, sql, _ in _PART.findall(PAGE.read_text(encoding="utf-8"))}


def explained() -> dict[int, set[str]]:
    """Number -> columns of its answer that the page explains."""
    text = PAGE.read_text(encoding="utf-8")
    return {int(number): set(re.findall(r"`(\w+)`", below)) for number, _, _, below in _PART.findall(text)}
