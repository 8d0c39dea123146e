"""Consistency: a campaign's artefacts agree on offer, price, page, call to action, audience and voice."""

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality.audience import is_paper, public_texts
from marketeer_dagster.quality.offers import in_words, plan_prices, trial_lengths, wrong_prices
from marketeer_dagster.quality.text import cjk_share, stems
from marketeer_dagster.quality.voice import banned_words, bans_exclamation_marks, occurs

_FILLER = stems("the a an your our my now to for and of in with get see more here us")
_CJK = 0.3
_PRICED = (Section.OVERVIEW, Section.DIFFERENTIATION, Section.OBJECTIONS, Section.PROOF)
"""Sections in which a price is the price of ours."""
_Texts = Mapping[str, Mapping[str, str]]
"""Public texts by skill and path."""
_Action = tuple[str, str]
"""A button's label and where it leads."""


def check(contents: Mapping[str, ArtefactContent], context: ProductContext) -> tuple[Finding, ...]:
    """Findings of dimension `consistency`; `contents` by skill. One artefact alone is held against the context."""
    facing = {skill: content for skill, content in contents.items() if not is_paper(content)}
    texts = {skill: public_texts(content) for skill, content in facing.items()}
    return (
        *_offers(texts, context),
        *_prices(texts, context),
        *_pages(contents),
        *_actions(facing),
        *_audiences(facing, context),
        *_voice(texts, context),
    )


def _offers(texts: _Texts, context: ProductContext) -> Iterator[Finding]:
    """The trial is as long as the context says, and equally long everywhere."""
    said = {skill: trial_lengths("\n".join(found.values())) for skill, found in texts.items()}
    offered = trial_lengths(context.render())
    for skill, lengths in said.items():
        for length in sorted(lengths - offered) if offered else ():
            wanted = " or ".join(in_words(one) for one in sorted(offered))
            yield _finding("offer", f"{skill} offers a trial of {in_words(length)}", f"the context says {wanted}")
    if not offered and len(frozenset[tuple[str, float]]().union(*said.values())) > 1:
        who = ", ".join(f"{skill}: {in_words(one)}" for skill, lengths in said.items() for one in sorted(lengths))
        yield _finding("offer", f"the trial has several lengths ({who})", "state one, the context's")


def _prices(texts: _Texts, context: ProductContext) -> Iterator[Finding]:
    """A plan costs what the context says."""
    plans = plan_prices("\n".join(context.sections[section] for section in _PRICED))
    for skill, found in texts.items():
        for path, text in found.items() if plans else ():
            for plan, price in wrong_prices(text, plans):
                known = " or ".join(f"{value:g}" for value in sorted(plans[plan]))
                problem = f"the context gives {plan} the price {known}, not {price.text}"
                yield _finding(f"{skill}.{path}", problem, "state the price of this plan", price.text)


def _pages(contents: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """Copy, audit and experiment of one campaign are about one page."""
    pages = {skill: page.rstrip("/") or "/" for skill, content in contents.items() if (page := content.target_page())}
    for (one, first), (two, second) in combinations(pages.items(), 2):
        if first != second:
            yield _finding("page", f"{one} is about {first}, {two} about {second}", "work on one page in one campaign")


def _actions(facing: Mapping[str, ArtefactContent]) -> Iterator[Finding]:
    """Every channel leads to the same action: its labels share a word that says what happens.

    Other words for the same address are a lesser flaw than another address.
    """
    actions = {skill: found for skill, content in facing.items() if (found := _buttons(content))}
    for (one, first), (two, second) in combinations(actions.items(), 2):
        if any(_same_action(a, b) for a, _ in first for b, _ in second):
            continue
        same_place = bool({_place(url) for _, url in first} & {_place(url) for _, url in second})
        problem = f"{one} asks “{first[0][0]}”, {two} asks “{second[0][0]}”"
        severity = Severity.MINOR if same_place else Severity.MAJOR
        yield _finding("call to action", problem, "ask for the same action in the same words", severity=severity)


def _buttons(content: ArtefactContent) -> list[_Action]:
    if isinstance(content, EmailSequence):
        return [(email.cta_label, email.cta_url) for email in content.emails]
    page = content.page if isinstance(content, EditedCopy) else content
    return [(page.cta.label, page.cta.url)] if isinstance(page, PageCopy) else []


def _place(url: str) -> str:
    return url.split("?")[0].split("#")[0].rstrip("/")


def _same_action(one: str, other: str) -> bool:
    if cjk_share(one + other) > _CJK:
        return bool({a + b for a, b in pairwise(one)} & {a + b for a, b in pairwise(other)})
    return bool((stems(one) & stems(other)) - _FILLER)


def _audiences(facing: Mapping[str, ArtefactContent], context: ProductContext) -> Iterator[Finding]:
    """Whom a sequence addresses is someone the context knows."""
    known = "\n".join(context.sections[s] for s in (Section.AUDIENCE, Section.PERSONAS, Section.OVERVIEW))
    if cjk_share(known) >= _CJK:
        return
    words = stems(known)
    for skill, content in facing.items():
        if isinstance(content, EmailSequence) and cjk_share(content.audience) < _CJK:
            wanted = stems(content.audience) - _FILLER
            if wanted and not wanted & words:
                problem = f"{skill} addresses “{content.audience}”, whom the context does not know"
                yield _finding("audience", problem, "address an audience of the context")


def _voice(texts: _Texts, context: ProductContext) -> Iterator[Finding]:
    """No word and no mark that the brand's voice rules out; customers' own words may hold them."""
    banned, silent = banned_words(context), bans_exclamation_marks(context)
    for skill, found in texts.items():
        for path, text in found.items():
            if "quotations[" in path:
                continue
            for word in banned:
                if occurs(word, text):
                    problem = f"the brand voice rules out “{word}”"
                    yield _finding(f"{skill}.{path}", problem, "say it in the brand's words", word)
            if silent and ("!" in text or "！" in text):
                problem = "the brand voice rules out exclamation marks"
                yield _finding(f"{skill}.{path}", problem, "end with a full stop", "!", Severity.MINOR)


def _finding(
    where: str, problem: str, suggestion: str, quote: str = "", severity: Severity = Severity.MAJOR
) -> Finding:
    return Finding(
        dimension="consistency",
        severity=severity,
        where=where[:200],
        quote=quote[:600],
        problem=problem[:800],
        suggestion=suggestion[:800],
    )
