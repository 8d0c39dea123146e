"""Content strategy and SEO audit: what people search for, held against what the product can truthfully say."""

import re

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OVERVIEW, PROBLEMS
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.page_audit import read_live
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import bare, capital, cjk_count, cut, ended, joined, terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


def content_strategy(work: Work) -> Content:
    """Pillars from problems, differences and objections; a roadmap led by queries and objections."""
    pillars = _pillars(work)
    roadmap = _roadmap(work, [str(p["name"]) for p in pillars])
    first = bare(str(roadmap[0]["title"]))
    names = work.say(", ", "、").join(f"“{p['name']}”" for p in pillars)
    return {
        "summary": work.say(
            f"{work.name} should own these subjects: {names}. Each rests on what the product context can prove. Start with “{first}”, because it meets readers closest to a decision.",
            f"{work.name}应当占据这些主题：{names}。每个主题都有产品资料作依据。先做“{first}”，因为它面对的是最接近决定的读者。",
        ),
        "pillars": pillars,
        "roadmap": roadmap,
        "measures": work.say(
            f"“{work.action.label}” from readers of new pieces|Clicks from search on the queries named here|Share of new visitors who read a second page",
            f"新内容读者的“{work.action.label}”次数|所列查询带来的搜索点击|读第二个页面的新访客比例",
        ).split("|"),
    }


def _pillars(work: Work) -> list[Content]:
    groups = (
        (PROBLEMS, work.say("The problem, seen clearly", "把问题讲清楚"), work.facts.problems),
        (DIFFERENTIATION, work.say("Another way of doing it", "换一种做法"), work.facts.benefits),
        ("proof", work.say("What happened when others did it", "别人做了之后"), work.facts.proof),
    )
    pillars: list[Content] = []
    for section, generic, pool in groups:
        topics = [bare(s.label or s.text) for s in pool]
        topics = [cut(t, 140) for t in dict.fromkeys(topics) if t]
        if section == DIFFERENTIATION:
            topics += [as_question(o, work.chinese) for o, _ in work.facts.objections]
        if len(topics) >= 2:
            why = joined(s.sentence for s in pool[:2])
            pillars.append({"name": _pillar_name(work, section, generic), "why": why, "topics": topics[:6]})
    if len(pillars) < 2:
        questions = [as_question(o, work.chinese) for o, _ in work.facts.objections] + work.facts.short(OVERVIEW, PROBLEMS, DIFFERENTIATION)
        topics = [*dict.fromkeys(questions), work.action.label, work.say(f"What {work.name} is", f"什么是{work.name}")]
        while len(pillars) < 2:
            name = work.say("Questions before the decision", "决定之前的问题") if not pillars else work.say("Getting started", "如何开始")
            pillars.append({"name": name, "why": joined(s.sentence for s in work.facts.public[:1]) or ended(work.name), "topics": topics[:6] if len(topics) >= 2 else [*topics, work.name]})
    return pillars[:5]


def _pillar_name(work: Work, section: str, generic: str) -> str:
    labels = [s.label for s in (work.facts.problems if section == PROBLEMS else work.facts.benefits) if s.label]
    return capital(labels[0]) if labels and section == PROBLEMS and len(labels[0]) <= 60 else generic


def _roadmap(work: Work, pillars: list[str]) -> list[Content]:
    items: list[Content] = []
    for query in sorted(work.metrics.queries, key=lambda q: not q.fresh):
        answers = work.facts.about(query.text, most=1)
        if answers and len(items) < 5:
            items.append(_item(work, _title(work, query.text), pillars[min(1, len(pillars) - 1)], query.text, "consideration", _search_reason(work, query), 5, 2))
    for concern in [c for c in work.concerns if c.statements and not c.objection and c.text.lower() not in {str(i["query"]).lower() for i in items}][:3]:
        reason = work.say("The brief names it as a question visitors have", "任务指出这是访客的问题") if concern.asked else work.say("A keyword of the brief that the context can answer", "任务关键词，且有资料可答")
        items.append(_item(work, _title(work, concern.text), pillars[min(1, len(pillars) - 1)], concern.text, "consideration", reason, 4, 2))
    for objection, answer in work.facts.objections[:4]:
        question = as_question(objection, work.chinese)
        reason = work.say(f"It holds people back, and there is an answer: {cut(bare(answer), 110)}", f"这是让人犹豫的问题，而且有答案：{cut(bare(answer), 110)}")
        items.append(_item(work, question, pillars[-1], question, "decision", reason, 4, 1))
    for statement in work.facts.problems[:4]:
        topic = bare(statement.label or statement.text)
        reason = work.say("People feel this before they know a remedy", "人们先感到这个问题，才会找办法")
        items.append(_item(work, capital(cut(topic, 140)), pillars[0], topic, "awareness", reason, 3, 3))
    for statement in work.facts.proof[:2]:
        reason = work.say("Readers who compare look for results", "比较中的读者想看结果")
        items.append(_item(work, capital(cut(bare(statement.text), 160)), pillars[-1], work.say(f"{work.name} results", f"{work.name} 效果"), "decision", reason, 3, 2))
    for clause in work.facts.short(OVERVIEW, DIFFERENTIATION):
        if len(items) >= 5:
            break
        items.append(_item(work, clause, pillars[0], clause, "awareness", work.say("Explains the product plainly", "把产品讲明白"), 2, 2))
    while len(items) < 3:
        spare = f"{work.name}: {work.action.label}" if len(items) % 2 else work.say(f"What {work.name} is for", f"{work.name}能做什么")
        items.append(_item(work, spare, pillars[0], work.name, "awareness", work.say("Explains the product plainly", "把产品讲明白"), 2, 1))
    unique = {str(item["title"]).lower(): item for item in reversed(items)}
    ordered = [item for item in items if unique.get(str(item["title"]).lower()) is item]
    return ordered[:14] if len(ordered) >= 3 else items[:14]


def _title(work: Work, query: str) -> str:
    topic = capital(work.topic(query))
    patterns = (f"{topic}: what matters and what does not", f"{topic}, explained with real figures", f"{topic}: a plain answer")
    chinese = (f"{topic}：该看什么", f"{topic}：说清楚", f"{topic}，看这一篇")
    has_figures = any(s.has_number for s in work.facts.about(query, most=1))
    options = (chinese if work.chinese else patterns) if has_figures else (chinese[:1] + chinese[2:] if work.chinese else patterns[:1] + patterns[2:])
    return cut(work.dice.pick(f"title {query}", options), 290)


def _search_reason(work: Work, query: Query) -> str:
    figures = [f"{query.clicks} {work.say('clicks', '次点击')}" if query.clicks else "", f"{query.impressions} {work.say('impressions', '次展示')}" if query.impressions else ""]
    listed = work.say(", ", "，").join(f for f in figures if f)
    new = work.say("New in the metrics", "数据中新出现") if query.fresh else work.say("People search for it", "有人在搜索")
    return f"{new}{work.say(': ', '：') if listed else ''}{listed}"


def _item(work: Work, title: str, pillar: str, query: str, stage: str, why: str, impact: int, effort: int) -> Content:
    form = {"awareness": work.say("Article", "文章"), "consideration": work.say("Guide", "指南"), "decision": work.say("Page section and answer", "页面问答")}[stage]
    return {"title": cut(title, 290), "pillar": pillar, "query": cut(query, 290), "stage": stage, "format": form, "impact": impact, "effort": effort, "why_now": cut(why, 290)}


def seo_audit(work: Work) -> Content:
    """Findings in order of clicks at stake: queries seen often and clicked seldom, pages that do not speak of them."""
    queries = sorted(work.metrics.queries, key=_at_stake, reverse=True)
    findings = [_query_finding(work, query) for query in queries[:5]] or [_blind(work)]
    findings += _on_page(work)
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
        work.say(f"Say it on {page} in the searcher's words: {answers[0].sentence}", f"在{page}用搜索者的说法写明：{answers[0].sentence}") if answers
        else work.say(f"Decide whether {work.name} wants this reader; the context says nothing about the subject, so ask the product team before writing.",
                      f"先确认{work.name}是否需要这类读者；资料没有提到，写之前请向产品方确认。")
    )  # fmt: skip
    return {
        "area": "content" if answers or not low else "on_page",
        "impact": "high" if query.fresh or _at_stake(query) > 500 else "medium",
        "page": page,
        "evidence": work.say(f"Query “{query.text}”: {figures or 'in the metrics'}{place}.", f"查询“{query.text}”：{figures or '见数据'}{place}。"),
        "problem": work.say("Seen often and clicked seldom" if _at_stake(query) else "A query without a page of its own", "展示多、点击少" if _at_stake(query) else "这个查询没有合适的页面"),
        "fix": fix,
    }


def _blind(work: Work) -> Content:
    objective = cut(work.brief.text("objective") or work.action.label, 200)
    return {
        "area": "technical", "impact": "medium", "page": work.path,
        "evidence": work.say(f"No search figures were given; the brief asks: “{objective}”.", f"没有搜索数据；任务要求：“{objective}”。"),
        "problem": work.say("Nobody can see which searches bring visitors", "看不到哪些搜索带来访客"),
        "fix": work.say("Connect the search console and look again when a few weeks of queries are there.", "接入搜索数据，积累几周后再看。"),
    }  # fmt: skip


def _on_page(work: Work) -> list[Content]:
    page = read_live(work.live)
    if not page.headline:
        return []
    keyword = next((q.text for q in work.metrics.queries if work.facts.supports(q.text)), "") or next(iter(work.brief.texts("keywords")), "")
    if keyword and terms(keyword) <= terms(page.headline):
        return []
    fix = work.say(
        f"Put the subject people search for into the headline and title: “{capital(keyword)}”." if keyword else f"Name what {work.name} is in the headline and title.",
        f"把搜索的主题写进标题：“{keyword}”。" if keyword else f"在标题里写明{work.name}是什么。",
    )
    return [{
        "area": "on_page", "impact": "medium", "page": work.path,
        "evidence": work.say(f"The page's headline reads “{cut(page.headline, 200)}”.", f"页面标题是“{cut(page.headline, 200)}”。"),
        "problem": work.say("The headline does not name what people search for", "标题没有写出人们搜索的主题"), "fix": fix,
    }]  # fmt: skip


def _opportunity(work: Work, query: Query) -> Content:
    answers = work.facts.about(query.text, most=1)
    action = work.say("Answer it on the page in the searcher's words", "在页面上用搜索者的说法回答") if answers else work.say("Clarify whether the product serves this need", "确认产品是否满足这个需求")
    return {"query": query.text, "page": query.page or work.path, "clicks": round(_value(query.clicks)), "impressions": round(_value(query.impressions)),
            "position": _value(query.position), "action": action}  # fmt: skip


def _next_steps(work: Work, queries: list[Query]) -> list[str]:
    steps = [work.say(f"Write the answer to “{q.text}” into {q.page or work.path}", f"把“{q.text}”的答案写进{q.page or work.path}") for q in queries[:3]]
    steps.append(work.say("Check titles and descriptions of the pages named here", "检查上述页面的标题和描述"))
    steps.append(work.say("Look at the same queries again after four weeks", "四周后再看同样的查询"))
    return [cut(step, 290) for step in steps]


def _seo_summary(work: Work, queries: list[Query]) -> str:
    if not queries:
        return work.say("No search figures were given, so this audit names what can be seen without them.", "没有搜索数据，只列出不靠数据也能看到的问题。")
    fresh = [q for q in queries if q.fresh]
    lead = queries[0]
    text = work.say(f"The largest gain lies with “{lead.text}” on {lead.page or work.path}.", f"提升空间最大的是{lead.page or work.path}的“{lead.text}”。")
    new = work.say("; ", "；").join(f"“{q.text}”" for q in fresh[:3])
    return text + (work.say(f" New in the metrics: {new}.", f"数据中新出现：{new}。") if fresh and cjk_count(text) < 10_000 else "")
