"""Comparisons with others ("cheaper than any clinic"): lawful only where a source compares the same things."""

import re
from collections.abc import Iterator

from marketeer_dagster.quality.text import cjk_share, plain, stem

_ADJECTIVES = (
    "faster|quicker|cheaper|better|easier|safer|simpler|stronger|smarter|cleaner|kinder|stabler|lighter|"
    r"(?:more|less)\ (?:reliable|accurate|secure|affordable|powerful|efficient|precise|expensive|private|flexible|"
    "advanced|effective|stable|scalable|complete|trusted)"
)
_GERMAN = (
    "schneller|günstiger|billiger|besser|einfacher|sicherer|preiswerter|genauer|zuverlässiger|stärker|leichter|"
    "gründlicher|kompetenter|moderner|effizienter|teurer"
)
_NO_RIVAL = (
    r"(?!(?:you|ever|before|it|they|we|that|this|expected|usual|necessary|needed|needs?|nothing|never|waiting|writing|"
    r"ever|yesterday|last|a|an|one|two|three|\d)\b)"
)
_PATTERN = re.compile(
    rf"""
    \b(?P<how>{_ADJECTIVES})\ than\ {_NO_RIVAL}(?P<whom>[^.,;:!?\n]{{2,60}})
    | \b(?P<wie>{_GERMAN})\ als\ (?!(?:Sie|man|je|zuvor|sonst|früher|erwartet|nichts|gedacht|nötig|\d)\b)
      (?P<wen>[^.,;:!?\n]{{2,60}})
    | \b(?P<share>half|a\ third|a\ quarter|a\ fraction)\ (?:of\ )?the\ (?:price|cost|time)\ of
      \ (?P<what>[^.,;:!?\n]{{2,60}})
    | \bunlike\ (?P<unlike>(?!most|you|it\b|that\b|this\b)[^.,;:!?\n]{{2,40}})
    | \bno(?:\ other)?\ [a-z-]+\ (?:[\w-]+\ ){{1,4}}(?P<top>better|faster|cheaper|further|easier|safer)\b
    | \bkeine?\ (?:ander\w+\ )?\w+\ (?:\w+\ ){{1,4}}(?P<spitze>besser|schneller|günstiger)\b
    | 比(?P<gegen>[^，。,.;；!！?？\s]{{1,14}}?)(?:更|还|要)?(?P<cn>便宜|快|好|省|安全|划算|稳定|先进|专业|新鲜|低|高)
    | (?P<cnshare>(?:便宜|省|快|低)(?:了)?(?:一半|一倍|[两二三四五六七八九几]倍))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HINTS = re.compile(r"than |als |unlike|\bno |keine? |half|third|quarter|fraction|比|便宜|省|快|低", re.IGNORECASE)
_FILLER_WORDS = """
any every all other others the a an of on in your our most many query queries day time anywhere else jede jeder jedes
andere anderen die der das den dem eine einer ein alle viele anderswo
"""
_FILLER = frozenset(stem(word) for word in _FILLER_WORDS.split())


def uncompared(text: str, source: str) -> Iterator[str]:
    """Comparisons in `text` that no line of `source` makes with the same rival, each once."""
    line = plain(text)
    if not _HINTS.search(line):
        return
    kept = [plain(raw).casefold() for raw in source.splitlines()]
    seen: set[str] = set()
    for match in _PATTERN.finditer(line):
        words = match[0].strip()
        if words not in seen and not any(_makes(match, known) for known in kept):
            seen.add(words)
            yield words


def _makes(match: re.Match[str], known: str) -> bool:
    """Whether a source's line compares in the same way and names the same rival."""
    how = match["how"] or match["wie"] or match["share"] or match["top"] or match["spitze"] or match["cn"]
    if match["cnshare"]:
        return match["cnshare"] in known
    if how and how.casefold().split()[-1] not in known:
        return False
    whom = match["whom"] or match["wen"] or match["what"] or match["unlike"] or match["gegen"] or ""
    if cjk_share(whom) > 0:
        return whom in known or any(whom[at : at + 2] in known for at in range(len(whom) - 1))
    rivals = [root for word in re.findall(r"[^\W_]+", whom) if (root := stem(word)) not in _FILLER]
    if match["top"] or match["spitze"]:
        return True
    return any(root in known for root in rivals)
