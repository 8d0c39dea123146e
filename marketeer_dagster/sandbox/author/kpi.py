"""What a goal means in numbers: metric, level now, target, deadline; from the goal's words and the metrics."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from marketeer_dagster.sandbox.author.facts import GOALS
from marketeer_dagster.sandbox.author.metrics import Metrics, Row
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.work import Work

_METRICS = (
    (
        "conversion_rate",
        r"conversion rate|conver\w+ .{0,20}\brate|转化率",
        ("conversion_rate", "conversion rate", "cvr", "转化率"),
    ),
    ("churn_rate", r"churn|retention|retain|cancel|流失|留存", ("churn_rate", "churn")),
    ("mrr", r"\bmrr\b|recurring revenue|monthly giving|月经常性", ("mrr",)),
    ("revenue", r"revenue|sales|turnover|donations? (?:income|amount)|营收|收入|销售额", ("revenue", "收入")),
    (
        "email_click_rate",
        r"email.{0,20}click|newsletter.{0,20}click|邮件.{0,6}点击",
        ("email_click_rate", "click rate", "click_rate"),
    ),
    ("trials_started", r"\btrials?\b(?!.{0,3}sign)|试用", ("trials_started", "trials")),
    (
        "conversions",
        r"sign.?ups?|lead|conver|book|appointment|install|donat|donor|register|demo|volunteer|member|预约|注册|"
        r"报名|转化|捐|安装|订单",
        ("conversions", "key events", "sign-ups", "signups", "转化"),
    ),
    ("clicks", r"organic|search|rank|seo|搜索|排名|自然流量", ("clicks", "点击")),
    ("sessions", r"traffic|visit|session|流量|访问|访客", ("sessions", "visits", "会话", "访问")),
)
_RATES = frozenset({"conversion_rate", "churn_rate", "email_click_rate"})
_MONTHS = {
    name: n
    for n, name in enumerate(
        re.findall(r"\w+", "january february march april may june july august september october november december"), 1
    )
}
_CHANGE = re.compile(
    r"(?:by|of|\+|another|提高|增加|提升|增长|降低|减少)?\s*\+?(?P<n>\d+(?:\.\d+)?)\s*(?:%|percent|per cent|％)", re.I
)
_FROM_TO = re.compile(
    r"(?:from|从)\s*[$€£¥]?(?P<a>[\d,.]+)\s*(?P<pa>%)?[^\d.]{0,20}?(?:to|到|"
    r"至)\s*[$€£¥]?(?P<b>[\d,]+(?:\.\d+)?)\s*(?P<pb>%)?",
    re.I,
)
_TO = re.compile(
    r"\b(?:to|reach|hit)\s+[$€£¥]?(?P<b>[\d,]+(?:\.\d+)?)\s*(?P<p>%)?|(?:达到|"
    r"到)\s*(?P<c>[\d,]+(?:\.\d+)?)\s*(?P<q>%)?",
    re.I,
)


@dataclass(frozen=True)
class Kpi:
    """The number a plan is held to."""

    metric: str
    baseline: float
    target: float
    window_days: int
    unit: str
    known: bool
    """Whether the baseline was measured or stated."""

    def content(self) -> dict[str, object]:
        return {"metric": self.metric, "baseline": self.baseline, "target": self.target,
                "window_days": self.window_days, "unit": self.unit}  # fmt: skip


def read_kpi(work: Work, goal: str) -> Kpi:
    """The KPI of a goal, or of a signal when that is what asks for the plan."""
    evidence = work.task.record("signal").record("evidence")
    if evidence:
        return _of_signal(evidence, goal, work)
    metric, names = _metric(goal, work.metrics)
    baseline, window = _level(work.metrics, names, rate=metric in _RATES)
    stated, target = _stated(goal, _own_goal(work, metric) if baseline is None else "", metric)
    if stated is not None and target is not None:
        baseline = stated
    known = baseline is not None or stated is not None
    level = baseline if baseline is not None else stated if stated is not None else 0.0
    factor = _factor(goal, falls=metric == "churn_rate")
    aim = target if target is not None and target != level else level * factor
    if aim == level:
        aim = 1.0 if metric not in _RATES else 0.01
    unit = "share" if metric in _RATES else f"in {window} days"
    return Kpi(metric, round(level, 6), round(aim, 6), window, unit, known)


def _own_goal(work: Work, metric: str) -> str:
    """The context's goals, when they speak of this metric."""
    pattern = next(pattern for name, pattern, _ in _METRICS if name == metric)
    body = work.facts.body(GOALS)
    return body if re.search(pattern, body, re.I) else ""


def _of_signal(evidence: Record, goal: str, work: Work) -> Kpi:
    named, observed, expected = evidence.text("metric"), evidence.number("observed"), evidence.number("expected")
    metric = next((m for m, _, _ in _METRICS if m == named), "") or next(
        (m for m, pattern, _ in _METRICS if re.search(pattern, named.replace("_", " "), re.I)), "conversion_rate"
    )
    low, high = observed or 0.0, expected or 0.0
    target = high if high != low else low * _factor(goal, falls=False) or 1.0
    unit = "share of sessions" if metric in _RATES else "per day"
    return Kpi(metric, low, target, 28, unit, observed is not None)


def _metric(goal: str, metrics: Metrics) -> tuple[str, tuple[str, ...]]:
    for metric, pattern, names in _METRICS:
        if re.search(pattern, goal, re.I):
            if metric == "trials_started" and _level(metrics, names, rate=False)[0] is None:
                continue
            return metric, names
    return "conversions", _METRICS[-3][2]


def _level(metrics: Metrics, names: tuple[str, ...], *, rate: bool) -> tuple[float | None, int]:
    """Level and window of the first table that has the metric: the total over its rows, or the mean of a rate."""
    tables: dict[str, list[Row]] = {}
    for row in metrics.rows:
        if _value(row, names) is not None:
            tables.setdefault(row.title + "|".join(row.cells), []).append(row)
    if not tables:
        return None, 28
    title, rows = next(iter(tables.items()))
    totals = [
        row for row in rows if any(re.fullmatch(r"total|all|sum|合计|总计", cell, re.I) for cell in row.cells.values())
    ]
    chosen = totals[:1] or rows
    values = [value for row in chosen if (value := _value(row, names)) is not None]
    days = re.search(r"(\d{1,3})\s*(?:days?|d\b|天|日)", title) or re.search(
        r"(?:last|past|最近)\s*(\d{1,3})\s*(?:days?|天)", metrics.text, re.I
    )
    window = min(365, max(1, int(days[1]))) if days else 28
    if rate:
        weights = [row.value("session", "visit", "会话", "访问") or 1.0 for row in chosen]
        return sum(v * w for v, w in zip(values, weights, strict=False)) / max(1e-9, sum(weights)), window
    return sum(values), window


def _value(row: Row, names: tuple[str, ...]) -> float | None:
    for name in names:
        for heading in row.cells:
            if heading == name or heading.replace(" ", "_") == name:
                return row.value(heading)
    return next((row.value(h) for n in names for h in row.cells if n in h and "rate" not in h.replace(n, "")), None)


def _stated(goal: str, section: str, metric: str) -> tuple[float | None, float | None]:
    for text in (goal, section):
        both = _FROM_TO.search(text)
        if both:
            return _number(both["a"], both["pa"] or both["pb"]), _number(both["b"], both["pb"])
    aim = _TO.search(goal)
    if aim and (metric in _RATES) == bool(aim["p"] or aim["q"]):
        return None, _number(aim["b"] or aim["c"], aim["p"] or aim["q"])
    return None, None


def _number(text: str, percent: str | None) -> float:
    return float(text.replace(",", "").rstrip(".") or 0) / (100 if percent else 1)


def _factor(goal: str, *, falls: bool) -> float:
    lowered = goal.lower()
    if re.search(r"\bdoubl|twice|翻倍|翻一番|两倍", lowered):
        return 0.5 if falls else 2.0
    if re.search(r"\btripl|三倍", lowered):
        return 3.0
    if re.search(r"\bhalv|by half|减半", lowered):
        return 0.5
    change = _CHANGE.search(goal)
    share = float(change["n"]) / 100 if change else 0.1
    shrinks = falls or bool(re.search(r"\b(?:reduc|cut|lower|decreas)|降低|减少", lowered))
    return max(0.0, 1 - share) if shrinks else 1 + share


def read_deadline(work: Work, goal: Record) -> date:
    """The goal's deadline, what its words say ("this quarter", a date), else twelve weeks; never past the limit."""
    limits = work.task.record("limits")
    today = _date(limits.text("today")) or _date(goal.text("created_at")[:10]) or date(2026, 1, 1)
    latest = _date(limits.text("latest_deadline")) or _date(goal.text("deadline")) or today + timedelta(days=365)
    wanted = _date(goal.text("deadline")) or _in_words(goal.text("text"), today) or today + timedelta(days=84)
    return min(max(wanted, today + timedelta(days=1)), max(latest, today + timedelta(days=1)))


def _in_words(text: str, today: date) -> date | None:
    lowered = text.lower()
    if found := re.search(r"\d{4}-\d{2}-\d{2}", text):
        return _date(found[0])
    if re.search(r"quarter|季度", lowered):
        ahead = 3 if re.search(r"next quarter|下季度|下个季度", lowered) else 0
        return _month_end(today.year, (today.month - 1) // 3 * 3 + 3 + ahead)
    if re.search(r"\bthis month|本月", lowered):
        return _month_end(today.year, today.month)
    if re.search(r"\bthis year|by year|今年", lowered):
        return date(today.year, 12, 31)
    if span := re.search(r"(\d{1,3})\s*(day|week|month|天|周|个月)", lowered):
        return today + timedelta(days=int(span[1]) * {"day": 1, "天": 1, "week": 7, "周": 7}.get(span[2], 30))
    month = next(
        (
            n
            for name, n in _MONTHS.items()
            if re.search(rf"\b(?:by|before|until|in)\s+(?:the end of\s+)?{name}\b", lowered)
        ),
        None,
    )
    if month:
        return _month_end(today.year + (month < today.month), month)
    return None


def _month_end(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
