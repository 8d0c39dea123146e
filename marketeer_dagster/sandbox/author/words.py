"""Words as the author compares them: function words, crude stems, the content terms of a text."""

import re

FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the and or but nor so of to in on at by for with from as than that which who whose when while if "
        "into onto over under per via is are was were be been being has have had do does did will would can "
        "could may might must your our their its his her my this these those not no any every each some more "
        "most less fewer about between across without within before after until because since where how what "
        "also even just only very you we they it i up out off then there here minus plus under",
    )
)
"""Words on which a cut text must not end, and which say nothing about its subject."""
_COMMON = frozenset(
    "的了和与在是有也都不就我你您他她它们这那个一为以到从把被让对于能会可要很多少好大小上下中来去说看做用家人年月日时"
)
_STOP = FUNCTION_WORDS | frozenset(
    re.findall(
        r"\w+",
        "best top good great new get use using make help helps need needs want way ways vs versus all one two "
        "them us me software tool tools platform app online near cheap compare comparison review reviews guide",
    )
)


def stem(word: str) -> str:
    """A crude English stem, good enough to match plurals and verb forms."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for suffix in ("ations", "ation", "ings", "ing", "ers", "ies", "ied", "ed", "es", "er", "ly", "s", "y", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def terms(text: str) -> frozenset[str]:
    """Content words of `text` as stems; of its Chinese runs the bigrams and the less common single characters."""
    latin = {
        stem(word)
        for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9'’+#]*", text)
        if word.lower() not in _STOP and len(word) > 1
    }
    runs = re.findall(r"[\u3400-\u9fff]+", text)
    pairs = {run[i : i + 2] for run in runs for i in range(len(run) - 1)}
    single = {char for run in runs for char in run if char not in _COMMON}
    return frozenset(latin | pairs | single)
