"""Words as the market hears them: content words, lightly stemmed, in any script."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "e", "y")
_SHORTEST_STEM = 3
_COMMON = """
a about after again all also always am an and any are as at be because been before being both but by can cannot
could did do does doing don't down during each even ever every few for from further get gets getting give go goes
going got had has have having he her here hers him his how i if in into is it its itself just keep know let like lot
make makes many me more most much must my need needs never no nor not now of off on once one only or other our out
over own people per put really same say says see she should so some still such take than that the their them then
there these they thing things this those through to too two under until up us use used uses using very want wants
was way we well were what already since nobody nothing everybody everyone someone something first last next take
takes taken ask asks when where which while who why will with without work works would yes yet you your der die das
und ist nicht ein eine mit auf für von den dem des zu im sich auch wir ihr sie oder aber le la les des et est un une
pour dans sur pas que qui avec vous nous el los las una por con para que más como pero sus
"""
_STOPWORDS = frozenset(_COMMON.split())


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A crude common root: what two forms of a word share."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            return word[: -len(suffix)]
    return word


def surface_words(text: str) -> list[str]:
    """Content words as written, lower case, in order; runs of CJK text are cut into pairs of characters."""
    found: list[str] = []
    for run in _WORD.findall(text):
        if CJK.fullmatch(run):
            found += [run[i : i + 2] for i in range(max(len(run) - 1, 1))]
        elif CJK.search(run):
            for part in CJK.findall(run):
                found += [part[i : i + 2] for i in range(max(len(part) - 1, 1))]
        elif len(run) >= _SHORTEST_STEM and run.lower() not in _STOPWORDS:
            found.append(run.lower())
    return found


def stems(text: str) -> list[str]:
    """The stems of `surface_words`, in order."""
    return [stem(word) for word in surface_words(text)]
