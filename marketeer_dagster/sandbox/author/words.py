"""Words as the author compares them: function words, crude stems, the content terms of a text; and its language."""

import re
from collections import Counter

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
_JOINING = {
    "en": "the and is are not with for a an of to by you or at your in on never what",
    "de": "der die das und ist nicht mit für ein eine den dem im wird werden zu wir sie von auf bei aus",
    "fr": "le la les des et est une du pour dans vous nous qui pas au aux sur ce en chez avec sans votre",
    "es": "el la los las de y es una para en que con por del se su al lo más sin",
    "it": "il di che per non una con del della è sono gli più alla nel",
    "nl": "het een van en is voor met niet wij je dat zijn op aan",
    "pt": "o os um uma para com não por do da em você mais seu",
    "pl": "i w z na nie się do jest że od dla po",
}
"""Words that join others, by which a text shows its language; the last four we read and do not write."""
_COMMON = frozenset(
    "的了和与在是有也都不就我你您他她它们这那个一为以到从把被让对于能会可要很多少好大小上下中来去说看做用家人年月日时"
)
JOINS = frozenset(word for code in ("de", "fr", "es") for word in _JOINING[code].split())
_STOP = (
    FUNCTION_WORDS
    | JOINS
    | frozenset(
        re.findall(
            r"\w+",
            "best top good great new get use using make help helps need needs want way ways vs versus all one two "
            "them us me software tool tools platform app online near cheap compare comparison review reviews guide",
        )
    )
)


def language(text: str) -> str:
    """The language of `text` by the words that join its others: zh, en, de, fr or es; empty for any other."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    found = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    if re.search(r"[\u3040-\u30ff]", text):
        return ""
    if chinese > sum(times for word, times in found.items() if word.isascii()):
        return "zh"
    counted = {code: sum(found[word] for word in words.split()) for code, words in _JOINING.items()}
    best = max(counted, key=lambda code: counted[code])
    known = best in ("en", "de", "fr", "es") and counted[best] >= 0.03 * found.total()
    return best if known else ""


def stem(word: str) -> str:
    """A crude English stem, good enough to match plurals and verb forms."""
    word = re.sub(r"^(?:l|d|qu|j|n|s|c|m)'(?=\w{3})", "", word.lower().replace("’", "'").removesuffix("'s"))
    for suffix in ("ations", "ation", "ings", "ing", "ers", "ies", "ied", "ed", "es", "er", "ly", "s", "y", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def terms(text: str) -> frozenset[str]:
    """Content words of `text` as stems; of its Chinese runs the bigrams and the less common single characters."""
    latin = {
        stem(word)
        for word in re.findall(r"[^\W_\u3400-\u9fff](?:[^\W\u3400-\u9fff]|['’+#](?=\w)|[+#])*", text)
        if word.lower() not in _STOP and len(word) > 1
    }
    runs = re.findall(r"[\u3400-\u9fff]+", text)
    pairs = {run[i : i + 2] for run in runs for i in range(len(run) - 1)}
    single = {char for run in runs for char in run if char not in _COMMON}
    return frozenset(latin | pairs | single)
