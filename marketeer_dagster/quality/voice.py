"""What a brand's voice rules out, as its context says."""

import re

from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.quality.text import cjk_share, folded, plain

_LABEL = (
    r"(?:words? (?:and phrases )?(?:to|we) avoid|(?:we )?avoid(?: (?:the )?words?)?|banned(?: words)?|nie sagen|"
    r"wir sagen nie|(?:we )?(?:never|do not|don't) (?:say|use|write)|(?:they|customers) never say|(?:zu )?vermeiden|"
    r"避免(?:用语|用词|使用)?|不要(?:用|说)|禁用(?:词语?)?|不说)"
)
_LIST = re.compile(
    rf"(?:^|[.。;；] ?|[-*] )\**{_LABEL}\**(?P<colon>[:：]?)\**[:：]? ?(?P<list>[^\n.。]+)", re.IGNORECASE
)
_NO_EXCLAMATION = re.compile(
    r"\b(?:no|avoid|without|never)\b[^.\n]{0,40}exclamation|\bkeine Ausrufezeichen|(?:不用|避免|禁用)感叹号",
    re.IGNORECASE,
)
_LONGEST = 30


def banned_words(context: ProductContext) -> tuple[str, ...]:
    """Words that Brand voice or Customer language say to avoid: the quoted ones, else the items of the list.

    Outside the voice section only a label with a colon ("Words to avoid: …") counts, not a customer's sentence.
    """
    found: dict[str, None] = {}
    for section in (Section.VOICE, Section.LANGUAGE):
        for line in context.sections[section].splitlines():
            for match in _LIST.finditer(plain(line)):
                if section is Section.VOICE or match["colon"] or ":" in match[0]:
                    found.update((word, None) for word in _items(match["list"]))
    return tuple(found)


def _items(listed: str) -> list[str]:
    quoted: list[str] = re.findall(r'"([^"]{2,40})"', listed)
    items = quoted or re.split(r"[,;、，]|\band\b|\bor\b|\bund\b|\boder\b|或|和", listed)
    bare = (item.strip(" *'\"().:：").casefold() for item in items)
    return [
        item for item in bare if 2 <= len(item) <= _LONGEST and len(item.split()) <= 2 and "exclamation" not in item
    ]


def bans_exclamation_marks(context: ProductContext) -> bool:
    """Whether the voice section wants none."""
    return any(_NO_EXCLAMATION.search(plain(line)) for line in context.sections[Section.VOICE].splitlines())


def occurs(word: str, text: str) -> bool:
    """Whether `word` stands in `text` as a word; Chinese has no word boundaries."""
    if cjk_share(word) > 0.3:
        return word in plain(text)
    return re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", folded(text)) is not None
