"""Superlatives and absolutes that need proof: in English, German and Chinese."""

import re
from collections.abc import Iterator

from marketeer_dagster.quality.text import folded, plain

_PATTERN = re.compile(
    r"""
    \#\s?1\b | \bno\.?\s?1\b | \bnumber\ one\b | \bworld[- ]class\b | \bworld's\ (?:best|first|leading|largest)\b
    | \b(?:industry|market|category)[- ]leading\b | \bthe\ leading\b | \bleading\ provider\b | \bthe\ only\b
    | \b(?:the|our|your|their)\ (?:very\ )?best\b | \bbest[- ]in[- ]class\b | \bbest\ (?:price|choice|tool)s?\b
    | \bbest\ (?:solution|product|service)s?\b
    | \b(?:fastest|cheapest|largest|easiest|safest|smartest|strongest|lowest|biggest)\b
    | \bthe\ most\ \w+\b | \bguarantee[ds]?\b | \brisk[- ]free\b | \bno\ risk\b | \bzero\ risk\b | \bunlimited\b
    | \bun(?:rivalled|rivaled|matched|beatable|paralleled)\b | \brevolutionary\b | \baward[- ]winning\b
    | \bscientifically\ proven\b | \bnever\ fails?\b | \balways\ works?\b | \binstant(?:ly)?\b | \bfree\ forever\b
    | \b(?:der|die|das|den|dem)\ (?:beste|besten|bester|bestes|einzige|einzigen|führende|führenden)\b
    | \bnr\.?\s?1\b | \bmarktführ\w*\b | \bgarantier\w*\b | \bweltweit\ führend\w*\b | \bunschlagbar\w*\b
    | 最[好佳大快强低高优便先简安专权] | 第一(?!次|步|时间|天|周|个月|行|章) | 唯一 | 顶级
    | 领先 | 保证 | 百分之?百 | 绝对 | 世界级 | 首选 | 国家级
    """,
    re.VERBOSE | re.IGNORECASE,
)


def unproven(text: str, source: str) -> Iterator[str]:
    """Superlatives in `text` that `source` (folded text of all sources) does not contain."""
    seen: set[str] = set()
    for match in _PATTERN.finditer(plain(text)):
        words = match[0]
        key = folded(words)
        if key not in seen and key not in source:
            seen.add(key)
            yield words
