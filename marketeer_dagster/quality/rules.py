"""Deterministic rules of the channel: what code can see better than a judge. Limits of length are the models' own."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from urllib.parse import urlsplit

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.ad_campaign import AdCampaign
from marketeer_dagster.model.artefacts.content_strategy import ContentStrategy
from marketeer_dagster.model.artefacts.context_document import ContextDocument
from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.experiment_plan import ExperimentPlan
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.artefacts.tracking_plan import TrackingPlan
from marketeer_dagster.model.campaign import Brief
from marketeer_dagster.model.merge_tags import TAG, without_tags
from marketeer_dagster.model.review import Finding
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.quality.audience import public_texts
from marketeer_dagster.quality.email_rules import email_rules
from marketeer_dagster.quality.findings import blocker as _blocker
from marketeer_dagster.quality.findings import major as _major
from marketeer_dagster.quality.findings import minor as _minor
from marketeer_dagster.quality.numbers import Unit, figures
from marketeer_dagster.quality.text import cjk_share, folded, stems

MAX_FORM_FIELDS = 5
"""Each further field of a signup form costs sign-ups; above this the page must explain itself."""
SPLIT_TOLERANCE = 0.011
POWER_CONSTANT = 16.0
"""n per arm is about 16 p (1 - p) / d^2 for 80 % power at 5 % two-sided (van Belle, Statistical Rules of Thumb)."""
_PLACEHOLDER = re.compile(
    r"\[(?:your|insert|name|company|product|link|todo|first name|last name|city)\b[^\]]*\](?!\()|\bTODO\b|\bTBD\b|"
    r"lorem ipsum|<insert[^>]*>|\bXX+\b|\bxxx+\b|（?此处填写|待补充",
    re.IGNORECASE,
)
_TEMPLATE_VARIABLE = re.compile(
    r"\{\{[^{}]{1,80}\}\}|\{%[^{}]{1,80}%\}|\{[\w .]+\}|%%?[A-Z][A-Z_]{2,}%%?|%%\w+%%|<<[\w .:]+>>"
)
"""Other mail programs' and template engines' variables, which nothing here fills in."""
_DOUBLED = re.compile(
    r"(?<!\.)\.\.(?![./])|,,|;;|!!+|\?\?+|，，|。。|(?<=\w) ,|(?<=\S) {2,}(?=\S)|"
    r"\b(?!(?:that|had|die|das|sie|der)\b)([^\W\d_]{2,}) \1\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"\]\((?P<marked>[^\s)]+)[^)]*\)|(?P<bare>https?://[^\s)>\]，。]+)", re.IGNORECASE)
_SHOUTING = re.compile(r"\b[A-Z]{4,}\b(?:\s+\b[A-Z]{3,}\b)+")

Rule = Callable[[ArtefactContent, Tenant, Brief], Iterator[Finding]]


def check(content: ArtefactContent, tenant: Tenant, brief: Brief) -> tuple[Finding, ...]:
    """Findings of dimension `rules` for one artefact, in the order of its text."""
    found = [*_texts(content, tenant), *_target(content, brief)]
    for kind, rule in _RULES.items():
        if isinstance(content, kind):
            found += rule(content, tenant, brief)
    return tuple(found)


def _texts(content: ArtefactContent, tenant: Tenant) -> Iterator[Finding]:
    public = public_texts(content)
    for path, text in content.texts():
        line = without_tags(text)
        blank = _PLACEHOLDER.search(line) or (_TEMPLATE_VARIABLE.search(line) if path in public else None)
        if blank:
            yield _blocker(path, blank[0], "placeholder left in the text", "write what belongs here")
        if match := _DOUBLED.search(line):
            yield _minor(path, match[0].strip() or match[0], "doubled word, space or punctuation", "write it once")
        if line.count("**") % 2 or line.count("[") != line.count("]"):
            yield _minor(path, line[:60], "Markdown marks do not pair up", "close what is opened")
        if match := _SHOUTING.search(line):
            yield _minor(path, match[0], "several words in capitals read as shouting", "use sentence case")
        if line.count("!") + line.count("！") > 1:
            yield _minor(path, "!", "more than one exclamation mark", "keep at most one")
        if isinstance(content, EmailSequence):
            continue  # its links and merge tags have rules of their own
        if path in public and (tag := TAG.search(text)):
            yield _blocker(path, tag[0], "a merge tag works in emails only; here it is shown as it is", "leave it out")
        for link in _LINK.finditer(line) if path in public else ():
            yield from _link(path, (link["marked"] or link["bare"]).rstrip(".,;"), tenant)


def _target(content: ArtefactContent, brief: Brief) -> Iterator[Finding]:
    page = content.target_page()
    if page and brief.target.startswith("/") and page.rstrip("/") != brief.target.rstrip("/"):
        yield _blocker("path", page, f"the brief is about {brief.target}", f"write for {brief.target}")


def _page(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    page, prefix = (content.page, "page.") if isinstance(content, EditedCopy) else (content, "")
    if not isinstance(page, PageCopy):
        return
    yield from _link(f"{prefix}cta.url", page.cta.url, tenant)
    headings = Counter(folded(section.heading) for section in page.sections)
    headings[folded(page.headline)] += 1
    for heading, times in headings.items():
        if times > 1:
            yield _major(f"{prefix}sections", heading, "the same heading stands twice", "give each block its own point")
    if len(page.form_fields) > MAX_FORM_FIELDS:
        problem = f"{len(page.form_fields)} form fields; more than {MAX_FORM_FIELDS} cost sign-ups"
        yield _minor(f"{prefix}form_fields", "", problem, "ask only what the first step needs")
    read = f"{page.title_tag} {page.meta_description} {page.body_markdown()}"
    if brief.keywords and not any(_occurs(keyword, read) for keyword in brief.keywords):
        where, problem = f"{prefix}headline", "none of the brief's keywords occurs"
        yield _major(where, page.headline, problem, f"use {brief.keywords[0]}")


def _occurs(keyword: str, text: str) -> bool:
    """Whether a text speaks of a keyword: in these words, or in most of them in other forms."""
    if folded(keyword) in folded(text):
        return True
    if cjk_share(keyword) > 0.3:
        pairs = [a + b for a, b in pairwise(folded(keyword))]
        return bool(pairs) and sum(pair in text for pair in pairs) >= len(pairs) / 2
    wanted = stems(keyword)
    return bool(wanted) and len(wanted & stems(text)) > len(wanted) / 2


def _emails(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if isinstance(content, EmailSequence):
        yield from email_rules(content, tenant)


def _ads(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if not isinstance(content, AdCampaign):
        return
    for index, group in enumerate(content.ad_groups):
        yield from _link(f"ad_groups[{index}].ad.final_url", group.ad.final_url, tenant)
        for number, headline in enumerate(group.ad.headlines):
            if "!" in headline or "！" in headline:
                where = f"ad_groups[{index}].ad.headlines[{number}]"
                yield _blocker(where, headline, "Google refuses exclamation marks in headlines", "end without one")
        for number, description in enumerate(group.ad.descriptions):
            if any(figure.unit is Unit.PHONE for figure in figures(description)):
                where = f"ad_groups[{index}].ad.descriptions[{number}]"
                yield _blocker(where, description, "Google refuses phone numbers in ad texts", "use a call asset")
        keys = Counter((folded(keyword.text), keyword.match) for keyword in group.keywords)
        for (text, _), times in keys.items():
            if times > 1:
                yield _minor(f"ad_groups[{index}].keywords", text, "the same keyword twice", "keep one")
    for index, ad_set in enumerate(content.ad_sets):
        for number, ad in enumerate(ad_set.ads):
            yield from _link(f"ad_sets[{index}].ads[{number}].link", ad.link, tenant)


def _experiment(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if not isinstance(content, ExperimentPlan):
        return
    total = sum(arm.share for arm in content.arms)
    if abs(total - 1) > SPLIT_TOLERANCE:
        yield _blocker("arms", "", f"shares sum to {total:.2f}", "let them sum to 1")
    if len({arm.name for arm in content.arms}) < len(content.arms):
        yield _blocker("arms", "", "two arms have the same name", "name each arm")
    rate = content.baseline_rate
    squared_effect = (rate * content.minimum_effect) ** 2
    needed = POWER_CONSTANT * rate * (1 - rate) / squared_effect if squared_effect else math.inf
    if content.sample_per_arm < needed / 2:
        problem = f"{content.sample_per_arm:,} visitors per arm cannot find {content.minimum_effect:+.0%} at {rate:.2%}"
        yield _major("sample_per_arm", "", problem, f"plan about {needed:,.0f}, or look for a larger effect")


def _tracking(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if not isinstance(content, TrackingPlan):
        return
    for name, times in Counter(event.name for event in content.events).items():
        if times > 1:
            yield _major("events", name, "the event is defined twice", "define it once")
    if not any(event.key_event for event in content.events):
        yield _major("events", "", "no event counts as a conversion", "mark the event that the KPI counts")


def _strategy(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if not isinstance(content, ContentStrategy):
        return
    pillars = {folded(pillar.name) for pillar in content.pillars}
    for index, item in enumerate(content.roadmap):
        if folded(item.pillar) not in pillars:
            yield _major(f"roadmap[{index}].pillar", item.pillar, "no such pillar", "use a pillar's name")
    for title, times in Counter(folded(item.title) for item in content.roadmap).items():
        if times > 1:
            yield _minor("roadmap", title, "the same piece twice", "keep one")


def _context(content: ArtefactContent, tenant: Tenant, brief: Brief) -> Iterator[Finding]:
    if isinstance(content, ContextDocument):
        for section, times in Counter(section.section for section in content.sections).items():
            if times > 1:
                yield _blocker("sections", section.value, "the section stands twice", "write all twelve once")


def _link(path: str, url: str, tenant: Tenant) -> Iterator[Finding]:
    if re.match(r"/(?![/\\])|#|\*\|", url):
        return
    own = (tenant.website.host or "").removeprefix("www.")
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, (parts.hostname or "").removeprefix("www.")
    except ValueError:
        scheme, host = "", ""
    if scheme not in ("http", "https") or not (host == own or host.endswith(f".{own}")):
        yield _blocker(path, url, f"leads away from {own}", f"use a path such as /signup or a page of {own}")


_RULES: Mapping[type[ArtefactContent], Rule] = {
    PageCopy: _page,
    EditedCopy: _page,
    EmailSequence: _emails,
    AdCampaign: _ads,
    ExperimentPlan: _experiment,
    TrackingPlan: _tracking,
    ContentStrategy: _strategy,
    ContextDocument: _context,
}
