"""A deterministic token estimate: close to what Claude's tokenizer makes of prose, no use for a real bill."""

import math
import re

_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_WORD = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")
_LETTERS_PER_TOKEN = 5
BLOCK_OVERHEAD = 4
"""Tokens that roles and block boundaries add."""


def estimate(text: str) -> int:
    """Tokens of `text`: words of up to five letters are one, digits go in threes, a Chinese character is one."""
    chinese = len(_CJK.findall(text))
    total = chinese
    for match in _WORD.finditer(_CJK.sub(" ", text)):
        piece = match[0]
        size = 3 if piece[0].isdigit() else _LETTERS_PER_TOKEN
        total += math.ceil(len(piece) / size) if piece[0].isalnum() else 1
    return total
