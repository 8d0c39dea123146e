"""Consistency: a campaign's artefacts agree on offer, price, audience, call to action, page and voice."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality.claims import CUSTOMER_FACING
from marketeer_dagster.quality.text import cjk_share, folded, plain, stems

_TRIAL = re.compile(
    r"(\d+)[- ]?(?:day|days|tage|tägig\w*|天)[- ]?(?:free |kostenlos\w* |免费)?(?:trial|test|试用)", re.IGNORECASE
)
_PLAN_PRICE = re.compile(r"\b([A-Z][a-z]+)\b[^.\n$€£]{0,40}?(?:[$€£]|USD |EUR |GBP )\s?(\d+(?:[.,]\d+)?)")
_AVOID = re.compile(
    r"(?:avoid(?:ed)?|never (?:say|use|write)|do not (?:say|use|write)|don't (?:say|use|write)|banned(?: words)?|"
    r"words we (?:avoid|don't use)|vermeiden|nie|避免|不要(?:用|说)?|禁用)"
    r"(?:\s+words)?\W{0,6}[:：]?\s*(?P<list>[^\n.。]+)",
    re.IGNORECASE,
)
_FILLER = frozenset(
    stem for word in ("the a an your our my now to for and of in with get see more here us") for stem in stems(word)
)


def check(contents: Mapping[str, ArtefactContent], context: ProductContext) -> tuple[Finding, ...]:
    """Findings of dimension `consistency`; `contents` by skill. One artefact alone is held against the context."""
    facing = {skill: content for skill, content in contents.items() if content.kind in CUSTOMER_FACING}
    return (
        *_offers(facing),
        *_prices(facing),
        *_pages(contents),
        *_actions(facing),
        *_audiences(facing, context),
        *_voice(facing, context),
    )


def _public_text(content: ArtefactContent) -> str:
    return "\n".join(text for _, text in content.texts(public_only=True))


def _offers(facing: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """The length of the trial is one number in the whole campaign."""
    lengths = {skill: set(_TRIAL.findall(plain(_public_text(content)))) for skill, content in facing.items()}
    said = {length for found in lengths.values() for length in found}
    if len(said) > 1:
        who = ", ".join(f"{skill}: {'/'.join(sorted(found))} days" for skill, found in lengths.items() if found)
        yield _finding("offer", f"the trial has several lengths ({who})", "state the one the context gives")


def _prices(facing: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """A plan has one price."""
    prices: dict[str, dict[str, str]] = {}
    for skill, content in facing.items():
        for plan, price in _PLAN_PRICE.findall(plain(_public_text(content))):
            prices.setdefault(plan, {}).setdefault(price.replace(",", "."), skill)
    for plan, found in prices.items():
        if len(found) > 1 and len(set(found.values())) > 1:
            who = ", ".join(f"{skill}: {price}" for price, skill in found.items())
            yield _finding("price", f"{plan} has several prices ({who})", "state the price that the context gives")


def _pages(contents: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """Copy, audit and experiment of one campaign are about one page."""
    pages = {skill: page for skill, content in contents.items() if (page := content.target_page().rstrip("/") or "")}
    for (one, first), (two, second) in combinations(pages.items(), 2):
        if first != second:
            yield _finding("page", f"{one} is about {first}, {two} about {second}", "work on one page in one campaign")


def _actions(facing: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """Every channel leads to the same action: labels share a word that says what happens."""
    labels = {skill: _labels(content) for skill, content in facing.items()}
    said = {skill: found for skill, found in labels.items() if found}
    for (one, first), (two, second) in combinations(said.items(), 2):
        if not any(_same_action(a, b) for a in first for b in second):
            problem = f"{one} asks “{first[0]}”, {two} asks “{second[0]}”"
            yield _finding("call to action", problem, "ask for the same action in the same words")


def _labels(content: ArtefactContent) -> list[str]:
    if isinstance(content, EmailSequence):
        return [email.cta_label for email in content.emails]
    return [content.primary_cta()] if content.primary_cta() else []


def _same_action(one: str, other: str) -> bool:
    if cjk_share(one + other) > 0.3:
        return bool({a + b for a, b in pairwise(one)} & {a + b for a, b in pairwise(other)})
    return bool((stems(one) & stems(other)) - _FILLER)


def _audiences(facing: Mapping[str, ArtefactContent], context: ProductContext) -> Iterator[Finding]:
    """Whom a sequence addresses is someone the context knows."""
    known = "\n".join(context.sections[s] for s in (Section.AUDIENCE, Section.PERSONAS, Section.OVERVIEW))
    for skill, content in facing.items():
        if isinstance(content, EmailSequence) and cjk_share(content.audience) < 0.3 and cjk_share(known) < 0.3:
            wanted = stems(content.audience) - _FILLER
            if wanted and not wanted & stems(known):
                problem = f"{skill} addresses “{content.audience}”, whom the context does not know"
                yield _finding("audience", problem, "address an audience of the context")


def _voice(facing: Mapping[str, ArtefactContent], context: ProductContext) -> Iterator[Finding]:
    """No word that the brand voice rules out."""
    for word in banned_words(context):
        for skill, content in facing.items():
            for path, text in content.texts(public_only=True):
                if _occurs(word, text):
                    yield _finding(
                        f"{skill}.{path}", f"the brand voice rules out “{word}”", "say it in the brand's words", word
                    )


def banned_words(context: ProductContext) -> tuple[str, ...]:
    """Words and phrases that the section Brand voice says to avoid: the quoted ones, else the comma-separated list."""
    found: dict[str, None] = {}
    for match in _AVOID.finditer(plain(context.sections[Section.VOICE])):
        listed = match["list"]
        quoted = re.findall(r'"([^"]{2,40})"', listed)
        items = quoted or [item.strip(" *'\"()") for item in re.split(r"[,;、，]| and | or |und", listed)]
        found.update((item.casefold(), None) for item in items if 2 <= len(item) <= 30 and len(item.split()) <= 2)
    return tuple(found)


def _occurs(word: str, text: str) -> bool:
    if cjk_share(word) > 0.3:
        return word in plain(text)
    return re.search(rf"\b{re.escape(word)}\b", folded(text)) is not None


def _finding(where: str, problem: str, suggestion: str, quote: str = "") -> Finding:
    return Finding(
        dimension="consistency",
        severity=Severity.MAJOR,
        where=where[:200],
        quote=quote,
        problem=problem[:800],
        suggestion=suggestion,
    )
