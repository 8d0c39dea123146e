"""SEO audits: queries seen often and clicked seldom, and pages that do not speak of them."""

import re

from marketeer_dagster.sandbox.author.crawl import technical
from marketeer_dagster.sandbox.author.live import read_live
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.text import capital, cjk_count, cut
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
    cells = [(query.clicks, work.say("clicks", "次点击")), (query.impressions, work.say("impressions", "次展示"))]
    figures = work.say(", ", "，").join(f"{v} {n}" for v, n in cells if v)
    place = work.say(f", position {query.position}", f"，排名 {query.position}") if query.position else ""
    answers = work.facts.about(query.text, most=1)
    low = _value(query.position) > 10
    fix = (
        work.say(
            f"Say it on {page} in the searcher's words: {answers[0].sentence}",
            f"在{page}用搜索者的说法写明：{answers[0].sentence}",
        )
        if answers
        else work.say(
            f"Decide whether {work.name} wants this reader; the context says nothing about the subject, so ask "
            "the product team before writing.",
            f"先确认{work.name}是否需要这类读者；资料没有提到，写之前请向产品方确认。",
        )
    )
    return {
        "area": "content" if answers or not low else "on_page",
        "impact": "high" if query.fresh or _at_stake(query) > 500 else "medium",
        "page": page,
        "evidence": work.say(
            f"Query “{query.text}”: {figures or 'in the metrics'}{place}.",
            f"查询“{query.text}”：{figures or '见数据'}{place}。",
        ),
        "problem": work.say(
            "Seen often and clicked seldom" if _at_stake(query) else "A query without a page of its own",
            "展示多、点击少" if _at_stake(query) else "这个查询没有合适的页面",
        ),
        "fix": fix,
    }


def _blind(work: Work) -> Content:
    objective = cut(work.brief.text("objective") or work.action.label, 200)
    return {
        "area": "technical",
        "impact": "medium",
        "page": work.path,
        "evidence": work.say(
            f"No search figures were given; the brief asks: “{objective}”.", f"没有搜索数据；任务要求：“{objective}”。"
        ),
        "problem": work.say("Nobody can see which searches bring visitors", "看不到哪些搜索带来访客"),
        "fix": work.say(
            "Connect the search console and look again when a few weeks of queries are there.",
            "接入搜索数据，积累几周后再看。",
        ),
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
    fix = work.say(
        f"Put the subject people search for into the headline and title: “{capital(keyword)}”."
        if keyword
        else f"Name what {work.name} is in the headline and title.",
        f"把搜索的主题写进标题：“{keyword}”。" if keyword else f"在标题里写明{work.name}是什么。",
    )
    return [
        {
            "area": "on_page",
            "impact": "medium",
            "page": work.path,
            "evidence": work.say(
                f"The page's headline reads “{cut(page.headline, 200)}”.", f"页面标题是“{cut(page.headline, 200)}”。"
            ),
            "problem": work.say("The headline does not name what people search for", "标题没有写出人们搜索的主题"),
            "fix": fix,
        }
    ]


def _opportunity(work: Work, query: Query) -> Content:
    answers = work.facts.about(query.text, most=1)
    action = (
        work.say("Answer it on the page in the searcher's words", "在页面上用搜索者的说法回答")
        if answers
        else work.say("Clarify whether the product serves this need", "确认产品是否满足这个需求")
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
    steps = [
        work.say(
            f"Write the answer to “{q.text}” into {q.page or work.path}", f"把“{q.text}”的答案写进{q.page or work.path}"
        )
        for q in queries[:3]
    ]
    steps.append(work.say("Check titles and descriptions of the pages named here", "检查上述页面的标题和描述"))
    steps.append(work.say("Look at the same queries again after four weeks", "四周后再看同样的查询"))
    return [cut(step, 290) for step in steps]


def _seo_summary(work: Work, queries: list[Query]) -> str:
    if not queries:
        return work.say(
            "No search figures were given, so this audit names what can be seen without them.",
            "没有搜索数据，只列出不靠数据也能看到的问题。",
        )
    fresh = [q for q in queries if q.fresh]
    lead = queries[0]
    text = work.say(
        f"The largest gain lies with “{lead.text}” on {lead.page or work.path}.",
        f"提升空间最大的是{lead.page or work.path}的“{lead.text}”。",
    )
    new = work.say("; ", "；").join(f"“{q.text}”" for q in fresh[:3])
    return text + (
        work.say(f" New in the metrics: {new}.", f"数据中新出现：{new}。") if fresh and cjk_count(text) < 10_000 else ""
    )
