"""Landing page copy: a hero, sections, questions and a short form, each thing said once."""

from marketeer_dagster.sandbox.author.headlines import description, headlines, subheadline, title_tag
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.sections import Sections, questions
from marketeer_dagster.sandbox.author.text import cut, ended
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_WITH = ("trial", "book", "join")
"""Kinds of action that one does with somebody."""


def page_copy(work: Work) -> Content:
    """The page at its best; first drafts are weakened elsewhere."""
    options = headlines(work)
    headline = options[0]
    under = subheadline(work, headline)
    builder = Sections(work, headline, under)
    sections = builder.all()
    body = " ".join(text for section in sections for _, text in leaves(section))
    return {
        "path": work.path,
        "title_tag": title_tag(work, headline, body),
        "meta_description": description(work, headline),
        "headline": headline,
        "subheadline": under,
        "cta": {"label": work.action.label, "url": work.action.url, "note": work.action.note},
        "sections": sections,
        "quotations": quotations(work),
        "faq": questions(work, builder.answered),
        "form_fields": list(work.action.fields),
        "headline_alternatives": _alternatives(work, options),
        "cta_alternatives": _cta_alternatives(work),
        "notes": notes(work),
    }


def quotations(work: Work) -> list[Content]:
    """Up to three customers' quotations, verbatim; words nobody is named for are not quoted."""
    named = [quote for quote in work.facts.quotes if quote.who][:3]
    return [{"text": quote.text, "attribution": quote.who} for quote in named]


def _alternatives(work: Work, options: list[str]) -> list[Content]:
    said = ("Leads with a figure", "Answers what visitors search for", "Leads with the difference", "Names the problem")
    lines = Lines(work)
    problems = [text for p in work.facts.problems for text in lines.of(p)[:1] if text not in options]
    spare = [*options[1:4], *problems[:1], *options[4:6]]
    found: list[Content] = []
    for text in dict.fromkeys(spare):
        reason = said[3] if text in problems else said[0] if any(c.isdigit() for c in text) else (
            said[1] if any(terms(c.text) & terms(text) for c in work.concerns) else said[2]
        )  # fmt: skip
        found.append({"text": text, "reason": reason})
    plain = [f"{work.name}: {work.action.label}", work.name.ljust(5, ".")]
    for text in plain[: max(0, 2 - len(found))]:
        found.append({"text": cut(text, 90), "reason": said[2]})
    return found[:4]


def _cta_alternatives(work: Work) -> list[Content]:
    label = work.action.label
    softer = {
        "install": "Read the documentation", "book": "See available times", "donate": "See where the money goes",
        "join": "See what a day looks like", "buy": "See what it costs", "contact": "Ask a question",
    }  # fmt: skip
    english = work.facts.language == "en"
    smaller = softer.get(work.action.kind, "") if english else ""
    found: list[Content] = [{"text": smaller or work.tell("look"), "reason": "A smaller step for those who compare"}]
    named = f"{label} with {work.name}"
    if english and len(named) <= 40 and work.name.lower() not in label.lower() and work.action.kind in _WITH:
        found.append({"text": named, "reason": "Says with whom"})
    return found


def notes(work: Work) -> str:
    """Choices for colleagues: what leads and why, learnings applied, what could not be answered."""
    answered = [f"“{c.text}”" for c in work.concerns if c.statements]
    missing = [c for c in work.concerns if not c.statements and c.asked]
    lines = [f"Led by what visitors ask: {'; '.join(answered[:4])}."] if answered else []
    lines += [f"Applied [{identity}]: {ended(statement)}" for identity, statement in work.learnings[:4]]
    lines += [
        f"The context says nothing about “{concern.text}”, so the page is silent on it; worth asking the product team."
        for concern in missing[:3]
    ]
    return cut("\n".join([*lines, "All figures and quotations are taken from the product context."]), 2000)
