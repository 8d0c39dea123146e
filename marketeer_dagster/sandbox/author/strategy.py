"""Content strategy: what people search for, held against what the product can truthfully say."""

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OVERVIEW, PROBLEMS
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended, joined
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
            f"{work.name} should own these subjects: {names}. Each rests on what the product context can prove. "
            f"Start with “{first}”, because it meets readers closest to a decision.",
            f"{work.name}应当占据这些主题：{names}。每个主题都有产品资料作依据。先做“{first}”，"
            "因为它面对的是最接近决定的读者。",
        ),
        "pillars": pillars,
        "roadmap": roadmap,
        "measures": work.say(
            f"“{work.action.label}” from readers of new pieces|Clicks from search on the queries named "
            "here|Share of new visitors who read a second page",
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
        questions = [as_question(o, work.chinese) for o, _ in work.facts.objections] + work.facts.short(
            OVERVIEW, PROBLEMS, DIFFERENTIATION
        )
        topics = [*dict.fromkeys(questions), work.action.label, work.say(f"What {work.name} is", f"什么是{work.name}")]
        while len(pillars) < 2:
            name = (
                work.say("Questions before the decision", "决定之前的问题")
                if not pillars
                else work.say("Getting started", "如何开始")
            )
            pillars.append(
                {
                    "name": name,
                    "why": joined(s.sentence for s in work.facts.public[:1]) or ended(work.name),
                    "topics": topics[:6] if len(topics) >= 2 else [*topics, work.name],
                }
            )
    return pillars[:5]


def _pillar_name(work: Work, section: str, generic: str) -> str:
    labels = [s.label for s in (work.facts.problems if section == PROBLEMS else work.facts.benefits) if s.label]
    return capital(labels[0]) if labels and section == PROBLEMS and len(labels[0]) <= 60 else generic


def _roadmap(work: Work, pillars: list[str]) -> list[Content]:
    items: list[Content] = []
    for query in sorted(work.metrics.queries, key=lambda q: not q.fresh):
        answers = work.facts.about(query.text, most=1)
        if answers and len(items) < 5:
            items.append(
                _item(
                    work,
                    _title(work, query.text),
                    pillars[min(1, len(pillars) - 1)],
                    query.text,
                    "consideration",
                    _search_reason(work, query),
                    5,
                    2,
                )
            )
    for concern in [
        c
        for c in work.concerns
        if c.statements and not c.objection and c.text.lower() not in {str(i["query"]).lower() for i in items}
    ][:3]:
        reason = (
            work.say("The brief names it as a question visitors have", "任务指出这是访客的问题")
            if concern.asked
            else work.say("A keyword of the brief that the context can answer", "任务关键词，且有资料可答")
        )
        items.append(
            _item(
                work,
                _title(work, concern.text),
                pillars[min(1, len(pillars) - 1)],
                concern.text,
                "consideration",
                reason,
                4,
                2,
            )
        )
    for objection, answer in work.facts.objections[:4]:
        question = as_question(objection, work.chinese)
        reason = work.say(
            f"It holds people back, and there is an answer: {cut(bare(answer), 110)}",
            f"这是让人犹豫的问题，而且有答案：{cut(bare(answer), 110)}",
        )
        items.append(_item(work, question, pillars[-1], question, "decision", reason, 4, 1))
    for statement in work.facts.problems[:4]:
        topic = bare(statement.label or statement.text)
        reason = work.say("People feel this before they know a remedy", "人们先感到这个问题，才会找办法")
        items.append(_item(work, capital(cut(topic, 140)), pillars[0], topic, "awareness", reason, 3, 3))
    for statement in work.facts.proof[:2]:
        reason = work.say("Readers who compare look for results", "比较中的读者想看结果")
        items.append(
            _item(
                work,
                capital(cut(bare(statement.text), 160)),
                pillars[-1],
                work.say(f"{work.name} results", f"{work.name} 效果"),
                "decision",
                reason,
                3,
                2,
            )
        )
    for clause in work.facts.short(OVERVIEW, DIFFERENTIATION):
        if len(items) >= 5:
            break
        items.append(
            _item(
                work,
                clause,
                pillars[0],
                clause,
                "awareness",
                work.say("Explains the product plainly", "把产品讲明白"),
                2,
                2,
            )
        )
    while len(items) < 3:
        spare = (
            f"{work.name}: {work.action.label}"
            if len(items) % 2
            else work.say(f"What {work.name} is for", f"{work.name}能做什么")
        )
        items.append(
            _item(
                work,
                spare,
                pillars[0],
                work.name,
                "awareness",
                work.say("Explains the product plainly", "把产品讲明白"),
                2,
                1,
            )
        )
    unique = {str(item["title"]).lower(): item for item in reversed(items)}
    ordered = [item for item in items if unique.get(str(item["title"]).lower()) is item]
    return ordered[:14] if len(ordered) >= 3 else items[:14]


def _title(work: Work, query: str) -> str:
    topic = capital(work.topic(query))
    patterns = (
        f"{topic}: what matters and what does not",
        f"{topic}, explained with real figures",
        f"{topic}: a plain answer",
    )
    chinese = (f"{topic}：该看什么", f"{topic}：说清楚", f"{topic}，看这一篇")
    has_figures = any(s.has_number for s in work.facts.about(query, most=1))
    options = (
        (chinese if work.chinese else patterns)
        if has_figures
        else (chinese[:1] + chinese[2:] if work.chinese else patterns[:1] + patterns[2:])
    )
    return cut(work.dice.pick(f"title {query}", options), 290)


def _search_reason(work: Work, query: Query) -> str:
    figures = [
        f"{query.clicks} {work.say('clicks', '次点击')}" if query.clicks else "",
        f"{query.impressions} {work.say('impressions', '次展示')}" if query.impressions else "",
    ]
    listed = work.say(", ", "，").join(f for f in figures if f)
    new = (
        work.say("New in the metrics", "数据中新出现")
        if query.fresh
        else work.say("People search for it", "有人在搜索")
    )
    return f"{new}{work.say(': ', '：') if listed else ''}{listed}"


def _item(work: Work, title: str, pillar: str, query: str, stage: str, why: str, impact: int, effort: int) -> Content:
    form = {
        "awareness": work.say("Article", "文章"),
        "consideration": work.say("Guide", "指南"),
        "decision": work.say("Page section and answer", "页面问答"),
    }[stage]
    return {
        "title": cut(title, 290),
        "pillar": pillar,
        "query": cut(query, 290),
        "stage": stage,
        "format": form,
        "impact": impact,
        "effort": effort,
        "why_now": cut(why, 290),
    }
