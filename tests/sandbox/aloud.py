"""What makes a reader stumble who reads a page or an email aloud, as far as rules can hear it."""

import re
from collections import Counter
from collections.abc import Iterator

from marketeer_dagster.model.artefacts.ad_campaign import AdCampaign
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.context import ProductContext, Section

_FOREIGN = {
    "en": r"der|die|das|und|nicht|vous|nous|les|una|para|usted",
    "de": r"the|and|what|how|you|your|with|hello|about|learn|more|vous|nous|les",
    "fr": r"the|and|what|how|you|your|with|hello|about|learn|more|team|und|nicht|der",
    "es": r"the|and|what|how|you|your|with|hello|about|learn|more|team|und|nicht|vous",
    "zh": r"the|and|what|how|you|your|with|hello|about|learn|more|team",
    "": r"the|and|what|how|you|your|with|hello|about|learn|more|team|und|nicht|vous",
}
_FORMS = {
    "double mark": r"[,;:]\s?[,;:.]|\.\.(?!\.)|[!?]{2}|\s[,.;](?:\s|$)|«\s*»|\"\"|„„",
    "empty label": r"^[^:.]{2,30}:\s*[.]?$",
    "said twice in a row": r"\b(?P<w>[^\W\d_]{2,})\s+(?P=w)\b",
    "unbalanced": r"^[“„«][^”“»]*$|^[^“„«]*[”»]$|\([^)]*$",
    "picture or markup": r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u23E9-\u23FF\uFE0F]|\*\*|~~|\]\(|<\w|\[ ?\]",
    "numbers of a list": r"(?:^|[.:]\s)\d[.)](?:\s|$)",
    "for colleagues": r"\b(?:TODO|TBD|roadmap|don['’]t promise|TL;?DR|One-liner|Primary CTA|tobias-type)\b",
    "a path or an address": r"(?<![\w/])/[a-z-]{3,}|\w@\w|https?:",
    "what about a sentence": r"What about .*\b(?:is|are|did|do|does|have|has|holds|will|not)\b.*\?$",
    "what if it is so": r"^What if (?:they|it) \w+, ",
}
_ENDS = {
    "en": {
        "dangling end": r"\b(?:and|or|with|the|a|an|of|for|to)[.?!]?$",
        "a or an": r"\b[Aa] (?:[aeio][a-z]|un(?!i))|\b[Aa]n (?![hH]our|[hH]onest)[bcdfgjklmpqtvwz][a-z]",
    },
    "de": {"dangling end": r"\b(?:und|oder|mit|der|die|den|für|von|zum)[.?!]?$"},
    "fr": {"dangling end": r"\b(?:et|ou|avec|de|du|le|la|les|pour)[.?!]?$"},
    "es": {"dangling end": r"\b(?:y|o|con|de|del|el|la|los|para)[.?!]?$"},
}


def words(text: str) -> frozenset[str]:
    """The words of a line without those that join."""
    joining = {"a", "an", "the", "and", "or", "for", "of", "to", "in", "on", "at", "is", "do", "what", "how", "it",
               "der",
               "die", "das", "und", "im", "le", "la", "les", "de", "des", "el", "los", "y", "en"}  # fmt: skip
    return frozenset(re.findall(r"\w+", text.lower())) - joining


def searches(context: ProductContext) -> set[frozenset[str]]:
    """What people type, by the context."""
    language = context.sections[Section.LANGUAGE]
    quoted = re.findall(r"[\"“„«]\s?([^\"”“»„«]{4,80}?)\s?[\"”“»]", language)
    return {words(text) for text in quoted if not re.search(r"[.?!A-ZÀ-Þ]", text)}


def labels(context: ProductContext) -> set[str]:
    """Names of lines that are no text for visitors: of the one-liner, the category, the button, the page."""
    lines = context.sections[Section.OVERVIEW].splitlines()
    found = [re.match(r"[-*]?\s*(?:\*\*)?([^:*]{2,40}?)\s*[:*]", line) for line in lines]
    named = {match[1].strip().lower() for match in found if match}
    inner = (
        r"categor|catégor|kategor|cta|button|bouton|botón|page|formular|liner|phrase|frase|gesagt|what|was wir|tl;dr"
    )
    return {label for label in named if re.search(inner, label)}


def lines_of_page(copy: PageCopy) -> Iterator[tuple[str, str]]:
    """(place, text) of everything that a visitor reads."""
    yield from (
        ("title", copy.title_tag), ("description", copy.meta_description), ("headline", copy.headline),
        ("subheadline", copy.subheadline), ("button", copy.cta.label), ("note", copy.cta.note),
    )  # fmt: skip
    for section in copy.sections:
        yield "heading", section.heading
        yield "body", section.body
        yield from (("point", point) for point in section.bullets)
    for quotation in copy.quotations:
        yield "quotation", quotation.text
        yield "quoted", quotation.attribution
    for entry in copy.faq:
        yield "question", entry.question
        yield "answer", entry.answer
    yield from (("field", field) for field in copy.form_fields)
    yield from (("other headline", other.text) for other in copy.headline_alternatives)
    yield from (("other button", other.text) for other in copy.cta_alternatives)


def lines_of_emails(sequence: EmailSequence) -> Iterator[tuple[str, str]]:
    """(place, text) of everything that a recipient reads."""
    for email in sequence.emails:
        yield from (("subject", subject) for subject in email.subjects)
        yield "preheader", email.preheader
        told = (re.sub(r"^(?:[>-]\s*)+|\*\*", "", line).strip() for line in email.body.splitlines())
        yield from (("line", line) for line in told if line)


def lines_of_ads(campaign: AdCampaign) -> Iterator[tuple[str, str]]:
    """(place, text) of everything that somebody who searches reads."""
    for group in campaign.ad_groups:
        yield from (("ad headline", line) for line in group.ad.headlines)
        yield from (("ad description", line) for line in group.ad.descriptions)


def stumbles(lines: list[tuple[str, str]], context: ProductContext, language: str) -> list[str]:
    """Every place at which a reader would stumble, with the reason."""
    known, own, inner = context.render(), context.name, labels(context)
    typed = searches(context)
    found: list[str] = []
    for place, text in lines:
        heard = [name for name, pattern in (_FORMS | _ENDS.get(language, {})).items() if re.search(pattern, text)]
        if place in ("body", "line") and text.endswith((":", "：")):  # It leads to the list below it.
            heard = [name for name in heard if name != "empty label"]
        foreign = re.findall(rf"\b(?:{_FOREIGN[language]})\b", text.replace(own, "").lower())
        if [word for word in foreign if word not in re.findall(r"\w+", known.lower())]:
            heard.append("a word of another language")
        if text[:1].islower() and not re.match(r"[a-z]+[A-Z]", text) and place not in ("quoted", "quotation"):
            heard.append("begins small")
        label = re.match(r"([^:]{2,40}?)\s?[:：]\s", text)
        if label and label[1].lower() in inner:
            heard.append("a label for colleagues")
        if label and words(label[1]) and words(label[1]) <= words(text[label.end() :]):
            heard.append("says its label twice")
        if place in ("title", "headline", "heading", "subject", "other headline") and words(_bare(text, own)) in typed:
            heard.append("a search phrase")
        if place in ("heading", "headline", "subject") and text.lower().strip(" :.") in inner:
            heard.append("a label as a heading")
        if place == "headline" and (len(text) > 70 or text.endswith(".") or ":" in text):
            heard.append("no headline")
        asked = [bare for where, bare in lines if where == "button"]
        told = [s for s in _split(text) if s.rstrip(".") not in asked]
        if place == "description" and [s for s in told if len(re.findall(r"\w+", s)) < 3]:
            heard.append("a scrap of a sentence")
        found += [f"{place}: {text!r}: {reason}" for reason in heard]
    heads = Counter(words(text) for place, text in lines if place in ("headline", "heading"))
    found += [f"two headings say the same: {sorted(said)}" for said, times in heads.items() if times > 1]
    told = Counter(_sentence(s) for place, text in lines if place in ("body", "point", "answer") for s in _split(text))
    found += [f"said twice: {said!r}" for said, times in told.items() if times > 1 and len(said.split()) >= 3]
    return found


def _bare(text: str, name: str) -> str:
    return text.removesuffix(f" | {name}").removesuffix(f"｜{name}")


def _split(text: str) -> list[str]:
    return re.split(r"(?<=[.?!。])\s+", text)


def _sentence(text: str) -> str:
    return re.sub(r"^[^:.]{2,48}: ", "", text).strip(" .").lower()
