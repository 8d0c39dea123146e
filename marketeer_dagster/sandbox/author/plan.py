"""The author as Director: which skills a goal needs, a brief for each, and the number it is held to."""

import re

from marketeer_dagster.sandbox.author.facts import LANGUAGE, Statement
from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.kpi import Kpi, read_deadline, read_kpi
from marketeer_dagster.sandbox.author.metrics import Query, Row, named_queries, page_path
from marketeer_dagster.sandbox.author.objectives import objective
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended, numbers
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_CONVERSION = ("page-cro", "copywriting", "copy-editing", "ab-test-setup", "analytics-tracking")
_NEEDS = (
    (
        r"sign.?ups?|trial|conver|book|appointment|install|donat|donor|register|demo|volunteer|lead|预约|注册|"
        r"试用|转化|捐|报名|安装",
        (*_CONVERSION, "email-sequence"),
    ),
    (
        r"\bemail|newsletter|onboard|activat|retention|retain|churn|win.?back|邮件|留存|流失|激活",
        ("email-sequence", "copywriting", "copy-editing", "ab-test-setup", "analytics-tracking"),
    ),
    (
        r"traffic|organic|search|\bseo\b|rank|blog|content|awareness|visit|流量|搜索|排名|内容",
        ("seo-audit", "content-strategy", "copywriting", "copy-editing", "analytics-tracking"),
    ),
    (
        r"\bads?\b|advert|paid|\bppc\b|campaign spend|google|广告|投放",
        ("paid-ads", "copywriting", "copy-editing", "analytics-tracking"),
    ),
    (r"pricing|price|定价", ("pricing-strategy", "copywriting", "ab-test-setup")),
    (r"launch|上线|发布", ("launch-strategy", "copywriting", "email-sequence", "paid-ads")),
    (r"positioning|context|messaging|定位", ("product-marketing-context", "copywriting", "copy-editing")),
)
_MOST_SKILLS = 7


def plan(work: Work) -> Content:
    """The answer to a plan task."""
    goal = work.task.record("goal")
    text = goal.text("text") or work.task.record("signal").text("name").replace("_", " ")
    kpi = read_kpi(work, text)
    briefs = Briefs(work, text, kpi)
    skills = chosen_skills(work, text)
    return {
        "summary": _summary(work, text, briefs, skills),
        "kpi": kpi.content(),
        "deadline": read_deadline(work, goal).isoformat(),
        "budget_usd": _budget(work, goal),
        "rationale": _rationale(work, briefs),
        "risks": _risks(work, kpi, briefs),
        "briefs": [briefs.brief(skill) for skill in skills],
    }


def chosen_skills(work: Work, goal: str) -> list[str]:
    """The pipeline's skills exactly, in its order; else what the goal needs, of what the catalog has."""
    catalog = {
        record.text("skill"): record.text("description")
        for record in work.task.records("catalog")
        if record.text("skill")
    }
    pipeline = work.task.block("pipeline")
    if pipeline.text:
        return [name for name in re.split(r"[\s,>]+", pipeline.text) if name]
    signal = work.task.record("signal").text("name").replace("_", " ")
    asked = f"{goal} {signal}"
    wanted = [name for pattern, names in _NEEDS if re.search(pattern, asked, re.I) for name in names]
    wanted = wanted or [*_CONVERSION, "email-sequence"]
    named = [name for name in catalog if name.replace("-", " ") in asked.lower()]
    subject = terms(goal)
    close = sorted(catalog, key=lambda name: -len(subject & terms(f"{name.replace('-', ' ')} {catalog[name]}")))
    found = (
        [name for name in dict.fromkeys([*named, *wanted]) if name in catalog]
        if catalog
        else list(dict.fromkeys(wanted))
    )
    found = (found or close)[:_MOST_SKILLS]
    order = {name: index for index, name in enumerate(_ORDER)}
    return sorted(found, key=lambda name: order.get(name, 5)) or ["copywriting"]


_ORDER = (
    "product-marketing-context", "seo-audit", "page-cro", "content-strategy", "launch-strategy", "pricing-strategy",
    "copywriting", "copy-editing", "email-sequence", "paid-ads", "ab-test-setup", "analytics-tracking",
)  # fmt: skip


class Briefs:
    """Writes the briefs of one plan: they agree on page, audience, message, offer and action."""

    def __init__(self, work: Work, goal: str, kpi: Kpi) -> None:
        self.work, self.goal, self.kpi = work, goal, kpi
        self.page, self.row = self._page()
        self.queries = self._queries()
        self.message = self._message()
        self.offer = _offer(work)
        self.action = work.action.label

    @property
    def place(self) -> str:
        """The page as prose names it."""
        return self.page if self.page != "/" else "the home page"

    def _page(self) -> tuple[str, Row | None]:
        """The page where most can change: the signal's, the goal's, else most visits below the best rate."""
        pages = self.work.metrics.pages
        said = re.search(r"(?<![\w/])(/[a-z0-9][a-z0-9/_-]*)", self.goal)
        subject = page_path(self.work.task.record("signal").text("subject"))
        for path in (subject, said[1] if said else ""):
            if path:
                return path, pages.get(path)
        sold = {
            path: row for path, row in pages.items() if not re.match(r"/(?:blog|docs|help|legal|privacy|terms)\b", path)
        } or pages
        rates = [row.value("conversion_rate", "conversion rate", "cvr", "转化率") or 0.0 for row in sold.values()]
        best = max(rates, default=0.0)

        def gain(path: str) -> float:
            row = sold[path]
            visits = row.value("session", "visit", "会话", "访问") or row.value("click", "点击") or 0.0
            rate = row.value("conversion_rate", "conversion rate", "cvr", "转化率") or 0.0
            return visits * max(best - rate, best * 0.2 or 0.01)

        path = max(sold, key=gain, default="/")
        return path, sold.get(path)

    def _queries(self) -> list[Query]:
        found = self.work.metrics.queries
        mine = [q for q in found if not q.page or q.page == self.page] or found
        signal = self.work.task.record("signal").record("evidence").text("detail")
        blocks = [b.text for b in self.work.task.all("evidence")]
        named = [Query(text, self.page, fresh=True) for text in named_queries([signal, *blocks])]
        known = {q.text.lower() for q in named}
        ordered = [*named, *(q for q in mine if q.text.lower() not in known)]
        return sorted(ordered, key=lambda q: (not q.fresh, not self.work.facts.about(q.text, most=1)))

    def _message(self) -> str:
        answers = [s for q in self.asked for s in self.work.facts.about(q.text, most=1)]
        options = [bare(s.label) if s.label and not s.stands else bare(s.text) for s in answers]
        options = [text for text in options if 15 <= len(text) <= 140] or headlines(self.work)
        return cut(options[0], 300)

    @property
    def asked(self) -> list[Query]:
        """Queries that the page must answer: new ones, and with a signal the strongest ones too."""
        fresh = [q for q in self.queries if q.fresh and self.work.facts.about(q.text)]
        if fresh or not self.work.task.record("signal"):
            return fresh[:3]
        return [q for q in self.queries if self.work.facts.about(q.text)][:2]

    def brief(self, skill: str) -> Content:
        """The brief of one skill."""
        work = self.work
        quiet = skill in (
            "analytics-tracking",
            "ab-test-setup",
            "seo-audit",
            "product-marketing-context",
            "content-strategy",
            "page-cro",
        )
        return {
            "skill": skill,
            "objective": cut(objective(work, skill, self.place, self.goal), 1200),
            "audience": work.audience,
            "key_message": self.message,
            "offer": self.offer,
            "cta": self.action,
            "target": self.page,
            "keywords": self._keywords(),
            "must_address": self._must_address(skill),
            "learnings": [identity for identity, _ in work.learnings[:5]]
            if not quiet or skill in ("page-cro", "ab-test-setup")
            else [],
            "evidence": self.evidence(),
        }

    def _keywords(self) -> list[str]:
        asked = [self.work.topic(q.text) for q in self.queries if self.work.facts.supports(q.text)]
        said = " ".join(f"{s.label} {s.text}" for s in self.work.facts.public).lower()
        known = [word for word in [*self.work.facts.vocabulary, *self.work.facts.searched] if word.lower() in said]
        return list(dict.fromkeys([*asked, *known]))[:6]

    def _must_address(self, skill: str) -> list[str]:
        work = self.work
        points = [f"Answer visitors who search for “{q.text}”" for q in self.asked]
        if skill in ("copywriting", "copy-editing", "email-sequence", "page-cro"):
            wanted = terms(f"{self.goal} {' '.join(q.text for q in self.asked)}")
            pairs = sorted(work.facts.objections, key=lambda pair: -len(terms(" ".join(pair)) & wanted))
            points += [f"Answer the objection “{o}”" for o, _ in pairs[:2]]
        return points[:6]

    def evidence(self) -> str:
        """The figures behind the brief, as the metrics have them."""
        work = self.work
        lines: list[str] = []
        if self.row is not None:
            cells = ", ".join(f"{name} {value}" for name, value in self.row.cells.items() if numbers(value))
            lines.append(f"- {self.page}: {cells}")
        for query in self.queries[:5]:
            figures = ", ".join(
                f"{value} {name}" for value, name in ((query.clicks, "clicks"),
                                                      (query.impressions, "impressions")) if value
            )  # fmt: skip
            new = " (new)" if query.fresh else ""
            lines.append(f"- query “{query.text}”{new}" + (f": {figures}" if figures else ""))
        signal = work.task.record("signal")
        detail = signal.record("evidence").text("detail")
        if signal:
            lines.insert(0, f"- {signal.text('name').replace('_', ' ')}: {signal.text('subject')}")
        return cut("\n".join([*lines, detail]).strip(), 3900)


def _offer(work: Work) -> str:
    free = [s for s in work.offers if re.search(r"free|trial|guarantee|no credit|免费|试用", s.text, re.I)]
    chosen: Statement | None = next(iter(free or work.offers), None)
    return cut(bare(chosen.sentence if chosen.stands else chosen.point), 290) if chosen else ""


def _budget(work: Work, goal: Record) -> float:
    """The goal's budget, what its words name, else a small part of what the limits allow."""
    limit = work.task.record("limits").number("budget_usd")
    named = re.search(r"(?:\$|USD\s?)(\d[\d,]*(?:\.\d+)?)\s*(k\b)?", goal.text("text"))
    wanted = goal.number("budget_usd")
    if wanted is None and named and re.search(r"budget|spend|预算", goal.text("text"), re.I):
        wanted = float(named[1].replace(",", "")) * (1000 if named[2] else 1)
    if wanted is None:
        wanted = 50.0 if limit is None else min(limit, max(5.0, limit * 0.1))
    return round(min(wanted, limit) if limit is not None else wanted, 2)


def _summary(work: Work, goal: str, briefs: Briefs, skills: list[str]) -> str:
    names = ", ".join(skills)
    place = briefs.place
    asked = briefs.asked
    reason = f"Visitors now ask about “{asked[0].text}”, and the page has to answer. " if asked else ""
    return (
        f"{ended(goal)} {reason}The work starts with {place} and leads with: {ended(briefs.message)} Skills: {names}."
    )


def _rationale(work: Work, briefs: Briefs) -> str:
    measured = briefs.row is not None
    place = briefs.place
    basis = (f"{capital(place)} was chosen because there visits and room for improvement come together." if measured
        else f"No page figures were given; {place} is where the offer is made.")  # fmt: skip
    cited = "; ".join(f"[{i}] {bare(s)}" for i, s in work.learnings[:3])
    learned = f" Proven before and applied again: {cited}." if cited else ""
    return f"{basis}{learned}\n\n{briefs.evidence()}"[:3900].strip()


def _risks(work: Work, kpi: Kpi, briefs: Briefs) -> list[str]:
    found: list[str] = []
    if not kpi.known:
        found.append("The baseline is unknown: nothing in the metrics or the goal states it.")
    if not work.facts.quotes and not work.facts.proof:
        found.append("There is little proof in the product context.")
    if briefs.asked:
        found.append("What visitors ask may shift again while the test runs.")
    found.append("Several changes at once: only the experiment can tell which one worked.")
    if work.facts.body(LANGUAGE) == "":
        found.append("No customer language to write from.")
    return found[:5]
