"""Landing page copy. Sections are built from the context's statements, each used once, led by what visitors ask."""

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, PROBLEMS, PROOF, Statement
from marketeer_dagster.sandbox.author.headlines import description, headlines, subheadline, title_tag, weight
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended, joined, sentences
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_HEADING = 110


def page_copy(work: Work) -> Content:
    """The page at its best; first drafts are weakened elsewhere."""
    options = headlines(work)
    headline = options[0]
    sections = Sections(work, headline).all()
    body = " ".join(text for section in sections for _, text in leaves(section))
    return {
        "path": work.path,
        "title_tag": title_tag(work, headline, body),
        "meta_description": description(work, headline),
        "headline": headline,
        "subheadline": subheadline(work, headline),
        "cta": {"label": work.action.label, "url": work.action.url, "note": work.action.note},
        "sections": sections,
        "quotations": quotations(work),
        "faq": questions(work),
        "form_fields": list(work.action.fields),
        "headline_alternatives": _alternatives(work, options),
        "cta_alternatives": _cta_alternatives(work),
        "notes": notes(work),
    }


class Sections:
    """Builds the sections and keeps account of what was already said."""

    def __init__(self, work: Work, headline: str) -> None:
        self.work = work
        self.headline = headline
        self.used: set[str] = set()

    def all(self) -> list[Content]:
        """Three to nine sections, in reading order."""
        made = [
            self._problem(),
            self._solution(),
            *self._concerns(),
            self._benefits(),
            self._steps(),
            self._proof(),
            self._offer(),
        ]
        found = self._at_least_three([section for section in made if section])[:9]
        return self._distinct(found)

    def _distinct(self, sections: list[Content]) -> list[Content]:
        """No heading stands twice, nor repeats the headline."""
        seen = {bare(self.headline).lower()}
        generic = {"how_it_works": "steps", "objections": "solution"}
        for section in sections:
            role = str(section["role"])
            options = [str(section["heading"]), *_heads(self.work, generic.get(role, role)), self.work.name]
            chosen = next((h for h in options if bare(h).lower() not in seen), options[0])
            section["heading"] = chosen
            seen.add(bare(chosen).lower())
        return sections

    def _take(self, pool: list[Statement], most: int) -> list[Statement]:
        fresh = [s for s in pool if s.text not in self.used]
        taken = fresh[:most]
        self.used.update(s.text for s in taken)
        return taken

    def _problem(self) -> Content | None:
        work = self.work
        pool = work.facts.problems
        if not pool:
            return None
        lead = work.dice.order("problem", pool[:3]) + pool[3:]
        wanted = terms(" ".join(c.text for c in work.concerns))
        lead.sort(key=lambda s: -len(s.terms & wanted))
        whole = [s for s in lead if s.stands and weight(s.text) <= 72 and not s.label]
        chosen = whole[0] if whole and len(lead) > 1 else None
        heading = bare(chosen.text) if chosen else work.dice.pick("problem head", _heads(work, "problem"))
        body = [s for s in lead if s is not chosen][:1]
        rest = [s for s in lead if s not in body and s is not chosen]
        self.used.update(s.text for s in lead)
        return _section("problem", heading, joined(s.sentence for s in body), [s.point for s in rest][:4])

    def _solution(self) -> Content | None:
        offers = {s.text for s in self.work.offers}
        pool = [s for s in self.work.overview if s.text not in offers and s.full and not s.label]
        taken = self._take(pool or self.work.facts.benefits, 2)
        labelled = [s for s in self.work.overview if s.label and s.text not in offers]
        points = [s.point for s in self._take(labelled, 3)]
        heading = self.work.dice.pick("solution head", _heads(self.work, "solution"))
        return _section("solution", heading, joined(s.sentence for s in taken), points) if taken else None

    def _concerns(self) -> list[Content]:
        made: list[Content] = []
        for concern in self.work.concerns[:4]:
            heading = self.work.heading(concern, _HEADING)
            if concern.statements and heading and concern.leads and len(made) < 3:
                body = joined(dict.fromkeys(s.sentence for s in concern.statements))
                made.append(_section("objections", heading, body, []))
        return made

    def _benefits(self) -> Content | None:
        pool = self.work.facts.benefits
        taken = self._take(self.work.dice.order("benefits", pool[:5]) + pool[5:], 6)
        if not taken:
            return None
        lead = next((s for s in taken if s.full and s.has_number), taken[0])
        rest = [s.point for s in taken if s is not lead]
        heading = self.work.dice.pick("benefit head", _heads(self.work, "benefits"))
        return _section("benefits", heading, lead.sentence, rest)

    def _steps(self) -> Content | None:
        steps = self.work.facts.steps
        if not steps:
            return None
        heading = self.work.dice.pick("steps head", _heads(self.work, "steps"))
        body = ended(steps[0]) if len(steps) == 1 else self.work.say(
            f"{ended(steps[0])} {ended(steps[-1])}", f"{ended(steps[0])}{ended(steps[-1])}"
        )  # fmt: skip
        return _section("how_it_works", heading, body, [bare(step) for step in steps])

    def _proof(self) -> Content | None:
        taken = self._take(self.work.facts.proof, 4)
        if not taken:
            return None
        short = [s for s in taken if weight(s.text) <= 66 and s.has_number and s.stands and len(sentences(s.text)) == 1]
        chosen = short[0] if short and len(taken) > 1 else None
        heading = bare(chosen.text) if chosen else self.work.dice.pick("proof head", _heads(self.work, "proof"))
        body = [s for s in taken if s is not chosen]
        return _section("proof", heading, joined(s.sentence for s in body), [])

    def _offer(self) -> Content | None:
        taken = self._take(self.work.offers, 3)
        offer = self.work.brief.text("offer")
        if not taken and not self.work.true(offer):
            return None
        lines = [s.point if s.label else s.sentence for s in taken]
        if offer and self.work.true(offer) and self.work.facts.supports(offer) and not _covered(offer, lines):
            lines.insert(0, ended(offer))
        body = joined(ended(line) for line in lines)
        return _section("offer", self.work.dice.pick("offer head", _heads(self.work, "offer")), body, [])

    def _at_least_three(self, made: list[Content]) -> list[Content]:
        spare = [*self.work.facts.public, *(Statement(ended(self.headline), PROOF) for _ in range(3))]
        for role, name in (("solution", "solution"), ("benefits", "benefits"), ("problem", "problem")):
            if len(made) < 3 and role not in {section["role"] for section in made}:
                made.append(_section(role, _heads(self.work, name)[0], spare[len(made) % len(spare)].sentence, []))
        while len(made) < 3:
            made.append(_section("objections", capital(bare(self.headline)), spare[0].sentence, []))
        return made


def _section(role: str, heading: str, body: str, bullets: list[str]) -> Content:
    return {
        "role": role,
        "heading": cut(capital(heading), _HEADING),
        "body": body,
        "bullets": [cut(b, 300) for b in bullets][:8],
    }


def _covered(text: str, lines: list[str]) -> bool:
    said = terms(" ".join(lines))
    wanted = terms(text)
    return len(wanted & said) >= 0.7 * max(1, len(wanted))


def _heads(work: Work, part: str) -> list[str]:
    name, label = work.name, work.action.label
    for_me = work.action.kind not in ("donate", "join")
    english = {
        "problem": ["What gets in the way", "The trouble today", "Why this is hard today"],
        "solution": [f"What {name} does", f"How {name} helps", f"What changes with {name}"],
        "benefits": [
            f"What makes {name} different",
            f"What {name} does differently",
            *(["What you get"] if for_me else []),
        ],
        "steps": ["How it works", "From start to finish"],
        "proof": ["What the record shows", "Results so far", "Seen in practice"],
        "offer": [label, "What it costs", "Before you decide"] if work.offers else [label],
    }
    chinese = {
        "problem": ["现在难在哪里", "常见的烦恼", "为什么一拖再拖"],
        "solution": [f"{name}怎么做", f"{name}能帮您什么", f"认识{name}"],
        "benefits": ["您能得到什么", f"{name}有什么不同", "看得见的安心"],
        "steps": ["流程是怎样的", "从开始到完成"],
        "proof": ["用事实说话", "大家的反馈", "目前的成绩"],
        "offer": [label, "费用说明", "决定之前"] if work.offers else [label],
    }
    return (chinese if work.chinese else english)[part]


def quotations(work: Work) -> list[Content]:
    """Up to three customers' quotations, verbatim; words nobody is named for are not quoted."""
    named = [quote for quote in work.facts.quotes if quote.who][:3]
    return [{"text": quote.text, "attribution": quote.who} for quote in named]


def questions(work: Work) -> list[Content]:
    """Objections as questions, those nearest to the visitors' concerns first."""
    wanted = terms(" ".join(c.text for c in work.concerns))
    pairs = sorted(work.facts.objections, key=lambda pair: -len(terms(" ".join(pair)) & wanted))
    return [
        {"question": as_question(objection, work.chinese), "answer": ended(answer)} for objection, answer in pairs[:6]
    ]


def _alternatives(work: Work, options: list[str]) -> list[Content]:
    said = work.say(
        "Leads with a figure|Answers what visitors search for|Leads with the difference|Names the problem first",
        "以数字开头|回应访客搜索的问题|先讲不同之处|先点出问题",
    ).split("|")
    problems = [c for c in work.facts.short(PROBLEMS, limit=90) if c not in options]
    spare = [*options[1:4], *problems[:1], *work.facts.short(DIFFERENTIATION, limit=90), *options]
    found: list[Content] = []
    for text in dict.fromkeys(spare):
        reason = said[3] if text in problems else said[0] if any(c.isdigit() for c in text) else (
            said[1] if any(terms(c.text) & terms(text) for c in work.concerns) else said[2]
        )  # fmt: skip
        found.append({"text": text, "reason": reason})
    if len(found) < 2:
        found.append(
            {
                "text": cut(work.say(f"{work.name}: {work.action.label}", f"{work.name}：{work.action.label}"), 90),
                "reason": said[2],
            }
        )
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
            "text": softer[1 if work.chinese else 0],
            "reason": work.say("A smaller step for those who compare", "给还在比较的人一小步"),
        }
    ]
    if len(named) <= 40 and work.name.lower() not in label.lower() and work.action.kind in ("trial", "book", "join"):
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
