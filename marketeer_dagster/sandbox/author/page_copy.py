"""Landing page copy: a hero, sections, questions and a short form, each thing said once."""

from marketeer_dagster.sandbox.author.headlines import description, headlines, subheadline, title_tag
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.sections import Sections, questions
from marketeer_dagster.sandbox.author.text import cut, ended
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


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
    said = work.say(
        "Leads with a figure|Answers what visitors search for|Leads with the difference|Names the problem first",
        "以数字开头|回应访客搜索的问题|先讲不同之处|先点出问题",
    ).split("|")
    lines = Lines(work)
    problems = [text for p in work.facts.problems for text in lines.of(p)[:1] if text not in options]
    spare = [*options[1:4], *problems[:1], *options[4:6]]
    found: list[Content] = []
    for text in dict.fromkeys(spare):
        reason = said[3] if text in problems else said[0] if any(c.isdigit() for c in text) else (
            said[1] if any(terms(c.text) & terms(text) for c in work.concerns) else said[2]
        )  # fmt: skip
        found.append({"text": text, "reason": reason})
    plain = [
        work.say(f"{work.name}: {work.action.label}", f"{work.name}：{work.action.label}"),
        work.name.ljust(5, "."),
    ]
    for text in plain[: max(0, 2 - len(found))]:
        found.append({"text": cut(text, 90), "reason": said[2]})
    return found[:4]


def _cta_alternatives(work: Work) -> list[Content]:
    label = work.action.label
    softer = {
        "trial": ("See how it works", "先看怎么用"), "install": ("Read the documentation", "先看文档"),
        "book": ("See available times", "查看可约时间"), "donate": ("See where the money goes", "看看善款去向"),
        "demo": ("See how it works", "先看怎么用"), "join": ("See what a day looks like", "看看活动安排"),
        "buy": ("See what it costs", "看看费用"), "contact": ("Ask a question", "先问一个问题"),
    }[work.action.kind]  # fmt: skip
    named = f"{label} · {work.name}" if work.chinese else f"{label} with {work.name}"
    found: list[Content] = [
        {
            "text": work.say(*softer, "So funktioniert es"),
            "reason": work.say("A smaller step for those who compare", "给还在比较的人一小步"),
        }
    ]
    if (
        len(named) <= 40
        and not work.facts.german
        and work.name.lower() not in label.lower()
        and work.action.kind in ("trial", "book", "join")
    ):
        found.append({"text": named, "reason": work.say("Says with whom", "说明跟谁")})
    return found


def notes(work: Work) -> str:
    """Choices for colleagues: what leads and why, learnings applied, what could not be answered."""
    lines: list[str] = []
    answered = [c for c in work.concerns if c.statements]
    missing = [c for c in work.concerns if not c.statements and c.asked]
    if answered:
        names = work.say("; ".join(f"“{c.text}”" for c in answered[:4]), "；".join(f"“{c.text}”" for c in answered[:4]))
        lines.append(work.say(f"Led by what visitors ask: {names}.", f"围绕访客关心的问题来写：{names}。"))
    for identity, statement in work.learnings[:4]:
        lines.append(
            work.say(f"Applied [{identity}]: {ended(statement)}", f"采用了经验 [{identity}]：{ended(statement)}")
        )
    for concern in missing[:3]:
        lines.append(
            work.say(
                f"The context says nothing about “{concern.text}”, so the page is silent on it; worth asking "
                "the product team.",
                f"产品资料没有提到“{concern.text}”，页面因此没有写，建议向产品方确认。",
            )
        )
    lines.append(
        work.say("All figures and quotations are taken from the product context.", "所有数字和引语均来自产品资料。")
    )
    return cut("\n".join(lines), 2000)
