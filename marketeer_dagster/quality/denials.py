"""Denials: `we do not guarantee any result` and `not the cheapest` claim nothing, whatever words they use.

A denial stands directly before what it denies, with nothing but small words between; in German it may also stand after
the verb. `Not only the cheapest`, `nothing but the best` and `never anything but` deny nothing.
"""

import re

_SMALL_WORDS = """
be been being to a an the any our your its their always necessarily yet ever claim claims claiming promise offer give
make call ourselves itself it them this that such thing as of for get have need needs come comes with der die das den
dem ein eine einen immer jemals zwingend fully completely entirely currently really won win received
"""
_NEGATING_WORDS = r"""
not never nobody no neither nor cannot without isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't
wouldn't hasn't haven't nicht nie niemals kein\w* ohne weder noch
"""
_SMALL, _NEGATIONS = ("|".join(words.split()) for words in (_SMALL_WORDS, _NEGATING_WORDS))
_IN_CHINESE = "(?:不|没有|没|无法|不能|不会|并非|不是|从不|绝不|未)(?:是|能|会|做|作|敢|提供|承诺|任何|所谓|有|的){0,3}"
_DENIES = re.compile(
    rf"(?:\b(?:(?:no one|nobody|niemand)(?: (?:can|could|will|would|should|may|kann|wird))?|far from|hardly|scarcely|"
    rf"{_NEGATIONS})(?: (?:{_SMALL})){{0,5}} ?|{_IN_CHINESE})$",
    re.IGNORECASE,
)
_NOTHING_IS = re.compile(
    r"\b(?:no|nothing|none|kein\w*|nichts)(?! (?:\w+ )?(?:competitor|rival|other|tool|app|software|provider|agenc|"
    r"vendor|"
    r"platform|service|one|compan|Anbieter|Agentur|ander))(?: [\w-]+){0,3} "
    r"(?:is|are|was|were|can be|could be|will be|ist|sind|wird|werden)"
    r"(?: (?:ever|really|always|fully|completely|jemals|immer))? ?$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^(?: (?:geben|gibt|bieten|machen|leisten|es|wir|dir|Ihnen|euch|dafür|hier))* (?:nichts?|kein\w*|nie)\b|"
    r"^ (?:is|are|was|were|will be|can be)(?: not|n't|'t) (?:available|offered|given|granted|possible|provided|"
    r"included|issued|made|part of|something we)\b",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\b(?:not|nicht|n't) (?:only|just|merely|simply|nur|bloß)\b|\bnothing (?:but|less)\b|\bwhy (?:not|don't)\b|"
    r"\bno (?:doubt|wonder|matter|longer|other|more|reason)\b|\b(?:no one|nobody) (?:but|else)\b|\bkein\w* ander|"
    r"\b(?:not|never|nie|niemals|nicht|no|\w+n't|cannot)\b.* (?:without|ohne)\b|"
    r"\b(?:can't|cannot|can not|won't|will not|couldn't|don't|do not) (?:get|find|have|need|buy|see)\b|"
    r"不仅|不只|不但|无疑",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:elsewhere|anywhere|anybody else|anyone else|only we|except us|but us|"
    r"like (?:us|we)|as we|the way we|sonst|woanders|wie wir)\b",
    re.I,
)
"""Whose price nobody can get elsewhere is praised, not denied."""
_CLAUSE = re.compile(r"[.;:!?。；！？,，—|()]| - | but | and | aber | und |但")
_WINDOW = 60
"""Characters before a word among which its denial is looked for: five small words."""


def affirms(pattern: re.Pattern[str], text: str) -> bool:
    """Whether some line of `text` says what `pattern` finds without denying it: `we do not give refunds` does not."""
    for line in text.splitlines():
        for match in pattern.finditer(line):
            own = re.match(r"(?:no|not|without|never|cancel|kein\w*|ohne|无|不|随时)", match[0], re.IGNORECASE)
            if own or not denied(line[: match.start()], line[match.end() :]):
                return True
    return False


def denied(before: str, after: str = "") -> bool:
    """Whether words that stand between `before` and `after` in their line are denied by those next to them."""
    clause = _CLAUSE.split(before[-_WINDOW:])[-1]
    if _NO_DENIAL.search(clause) or _ELSEWHERE.search(after):
        return False
    return any(
        pattern.search(words) for pattern, words in ((_DENIES, clause), (_NOTHING_IS, clause), (_DENIED_AFTER, after))
    )
