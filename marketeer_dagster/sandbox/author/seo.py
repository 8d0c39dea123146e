"""SEO audits: queries seen often and clicked seldom, and pages that do not speak of them."""

import re

from marketeer_dagster.sandbox.author.crawl import technical
from marketeer_dagster.sandbox.author.live import read_live
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.text import capital, cut
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


def seo_audit(work: Work) -> Content:
    """Findings in order of clicks at stake: queries seen often and clicked seldom, pages that do not speak of them."""
    queries = sorted(work.metrics.queries, key=_at_stake, reverse=True)
    findings = [_query_finding(work, query) for query in queries[:5]] or [_blind(work)]
    findings += [*technical(work), *_on_page(work)]
    fitting = [q for q in queries if work.facts.about(q.text)]
    return {
        "summary": _seo_summary(work, queries),
        "findings": findings[:12],
        "opportunities": [_opportunity(work, query) for query in fitting[:8]],
        "next_steps": _next_steps(work, fitting),
    }


def _value(text: str) -> float:
    match = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return float(match[0].replace(",", "")) if match else 0.0


def _at_stake(query: Query) -> float:
    """Impressions that were not clicked."""
    return max(0.0, _value(query.impressions) - _value(query.clicks))


def _query_finding(work: Work, query: Query) -> Content:
    page = query.page or work.path
    cells = [(query.clicks, "clicks"), (query.impressions, "impressions")]
    figures = ", ".join(f"{v} {n}" for v, n in cells if v)
    place = f", position {query.position}" if query.position else ""
    answers = work.facts.about(query.text, most=1)
    low = _value(query.position) > 10
    fix = (
        f"Say it on {page} in the searcher's words: {answers[0].sentence}"
        if answers
        else (
            f"Decide whether {work.name} wants this reader; the context says nothing about the subject, so ask "
            "the product team before writing."
        )
    )
    return {
        "area": "content" if answers or not low else "on_page",
        "impact": "high" if query.fresh or _at_stake(query) > 500 else "medium",
        "page": page,
        "evidence": f"Query “{query.text}”: {figures or 'in the metrics'}{place}.",
        "problem": ("Seen often and clicked seldom" if _at_stake(query) else "A query without a page of its own"),
        "fix": fix,
    }


def _blind(work: Work) -> Content:
    objective = cut(work.brief.text("objective") or work.action.label, 200)
    return {
        "area": "technical",
        "impact": "medium",
        "page": work.path,
        "evidence": f"No search figures were given; the brief asks: “{objective}”.",
        "problem": "Nobody can see which searches bring visitors",
        "fix": "Connect the search console and look again when a few weeks of queries are there.",
    }


def _on_page(work: Work) -> list[Content]:
    page = read_live(work.live)
    if not page.headline:
        return []
    keyword = next((q.text for q in work.metrics.queries if work.facts.supports(q.text)), "") or next(
        iter(work.brief.texts("keywords")), ""
    )
    if keyword and terms(keyword) <= terms(page.headline):
        return []
    fix = (
        f"Put the subject people search for into the headline and title: “{capital(keyword)}”."
        if keyword
        else f"Name what {work.name} is in the headline and title."
    )
    return [
        {
            "area": "on_page",
            "impact": "medium",
            "page": work.path,
            "evidence": f"The page's headline reads “{cut(page.headline, 200)}”.",
            "problem": "The headline does not name what people search for",
            "fix": fix,
        }
    ]


def _opportunity(work: Work, query: Query) -> Content:
    answers = work.facts.about(query.text, most=1)
    action = (
        "Answer it on the page in the searcher's words" if answers else "Clarify whether the product serves this need"
    )
    return {
        "query": query.text,
        "page": query.page or work.path,
        "clicks": round(_value(query.clicks)),
        "impressions": round(_value(query.impressions)),
        "position": _value(query.position),
        "action": action,
    }


def _next_steps(work: Work, queries: list[Query]) -> list[str]:
    steps = [f"Write the answer to “{q.text}” into {q.page or work.path}" for q in queries[:3]]
    steps.append("Check titles and descriptions of the pages named here")
    steps.append("Look at the same queries again after four weeks")
    return [cut(step, 290) for step in steps]


def _seo_summary(work: Work, queries: list[Query]) -> str:
    if not queries:
        return "No search figures were given, so this audit names what can be seen without them."
    fresh = [q for q in queries if q.fresh]
    lead = queries[0]
    text = f"The largest gain lies with “{lead.text}” on {lead.page or work.path}."
    new = "; ".join(f"“{q.text}”" for q in fresh[:3])
    return text + (f" New in the metrics: {new}." if fresh else "")
