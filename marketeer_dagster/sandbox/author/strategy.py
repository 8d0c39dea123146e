"""Content strategy: what people search for, held against what the product can truthfully say."""

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OVERVIEW, PROBLEMS
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended, joined
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_FORMS = {"awareness": "Article", "consideration": "Guide", "decision": "Page section and answer"}


def content_strategy(work: Work) -> Content:
    """Pillars from problems, differences and objections; a roadmap led by queries and objections."""
    pillars = _pillars(work)
    roadmap = _roadmap(work, [str(p["name"]) for p in pillars])
    names = ", ".join(f"“{p['name']}”" for p in pillars)
    return {
        "summary": f"{work.name} should own these subjects: {names}. Each rests on what the product context can prove. "
        f"Start with “{bare(str(roadmap[0]['title']))}”, because it meets readers closest to a decision.",
        "pillars": pillars,
        "roadmap": roadmap,
        "measures": [
            f"“{work.action.label}” from readers of new pieces",
            "Clicks from search on the queries named here",
            "Share of new visitors who read a second page",
        ],
    }


def _pillars(work: Work) -> list[Content]:
    facts = work.facts
    trouble = next((s.label for s in facts.problems if s.label and len(s.label) <= 60), "The problem, seen clearly")
    questions = [as_question(o, facts.language) for o, _ in facts.objections]
    groups = (
        (capital(trouble), facts.problems, []),
        ("Another way of doing it", facts.benefits, questions),
        ("What happened when others did it", facts.proof, []),
    )
    pillars: list[Content] = []
    for name, pool, more in groups:
        topics = [*(cut(bare(s.label or s.text), 140) for s in pool), *more]
        topics = list(dict.fromkeys(topic for topic in topics if topic))
        if len(topics) >= 2:
            pillars.append({"name": name, "why": joined(s.sentence for s in pool[:2]), "topics": topics[:6]})
    spare = [
        *questions,
        *Lines(work).short(OVERVIEW, PROBLEMS, DIFFERENTIATION),
        work.action.label,
        f"What {work.name} is",
    ]
    why = joined(s.sentence for s in facts.public[:1]) or ended(work.name)
    for name in ("Questions before the decision", "Getting started")[: max(0, 2 - len(pillars))]:
        pillars.append({"name": name, "why": why, "topics": list(dict.fromkeys([*spare, work.name]))[:6]})
    return pillars


def _roadmap(work: Work, pillars: list[str]) -> list[Content]:
    first, second, last = pillars[0], pillars[1], pillars[-1]
    items: list[Content] = []

    def add(title: str, pillar: str, query: str, stage: str, why: str, impact: int, effort: int) -> None:
        taken = {str(item[key]).lower() for item in items for key in ("title", "query")}
        if title.lower() not in taken:
            items.append({
                "title": cut(title, 290), "pillar": pillar, "query": cut(query, 290), "stage": stage,
                "format": _FORMS[stage], "impact": impact, "effort": effort, "why_now": cut(why, 290),
            })  # fmt: skip

    searched = [q for q in sorted(work.metrics.queries, key=lambda q: not q.fresh) if work.facts.about(q.text, most=1)]
    for query in searched[:5]:
        add(_title(work, query.text), second, query.text, "consideration", _search_reason(query), 5, 2)
    known = {query.text.lower() for query in searched[:5]}
    for concern in [c for c in work.concerns if c.statements and not c.objection and c.text.lower() not in known][:3]:
        demanded = "The brief names it as a question visitors have"
        why = demanded if concern.asked else "A keyword of the brief that the context can answer"
        add(_title(work, concern.text), second, concern.text, "consideration", why, 4, 2)
    for objection, answer in work.facts.objections[:4]:
        question = as_question(objection, work.facts.language)
        why = f"It holds people back, and there is an answer: {cut(bare(answer), 110)}"
        add(question, last, question, "decision", why, 4, 1)
    for statement in work.facts.problems[:4]:
        topic = bare(statement.label or statement.text)
        add(capital(cut(topic, 140)), first, topic, "awareness", "People feel this before they know a remedy", 3, 3)
    for statement in work.facts.proof[:2]:
        title = capital(cut(bare(statement.text), 160))
        add(title, last, f"{work.name} results", "decision", "Readers who compare look for results", 3, 2)
    plain = [f"What {work.name} is for", f"{work.name}: {work.action.label}", f"Questions about {work.name}"]
    for title in [*Lines(work).short(OVERVIEW, DIFFERENTIATION), *plain][: max(0, 5 - len(items)) + 3]:
        if len(items) < 5:
            add(title, first, title, "awareness", "Explains the product plainly", 2, 2)
    return items[:14]


def _title(work: Work, query: str) -> str:
    topic = capital(work.topic(query))
    options = (
        (f"{topic}：该看什么", f"{topic}：说清楚", f"{topic}，看这一篇")
        if work.facts.chinese
        else (f"{topic}: what matters and what does not", f"{topic}: a plain answer")
    )
    return work.dice.pick(f"title {query}", options)


def _search_reason(query: Query) -> str:
    cells = ((query.clicks, "clicks"), (query.impressions, "impressions"))
    listed = ", ".join(f"{value} {name}" for value, name in cells if value)
    told = "New in the metrics" if query.fresh else "People search for it"
    return f"{told}: {listed}" if listed else told
