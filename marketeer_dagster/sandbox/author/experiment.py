"""Experiment plans: a hypothesis with its reason, arms, sample size by the standard formula, and a rule to stop."""

import math

from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.metrics import Metrics
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_Z = (1.959964 + 0.841621) ** 2
"""(z for 5 % two-sided + z for 80 % power) squared."""
_FALLBACK_RATE = 0.02


def experiment_plan(work: Work) -> Content:
    """A test of the campaign's new page against the present one."""
    rate = baseline_rate(work.metrics, work.path) or _FALLBACK_RATE
    daily = daily_sessions(work.metrics, work.path)
    effect = _effect(rate, daily)
    sample = sample_per_arm(rate, effect)
    headline = _headline(work)
    return {
        "path": work.path,
        "hypothesis": _hypothesis(work, headline),
        "primary_metric": "conversion_rate",
        "guardrails": [
            "Share of sign-ups that become customers does not fall",
            "Revenue per visitor does not fall",
            "Bounce rate and page speed stay as they are",
        ],
        "arms": [
            {
                "name": "control",
                "description": capital(f"{work.place} as it is live now"),
                "share": 0.5,
            },
            {
                "name": "b",
                "description": cut(f"New copy, led by “{headline}”", 290),
                "share": 0.5,
            },
        ],
        "baseline_rate": round(rate, 5),
        "minimum_effect": effect,
        "sample_per_arm": sample,
        "max_days": _days(sample, daily),
        "stopping_rule": (
            "Look once a day with an always-valid interval for the difference. Stop when the interval excludes "
            "zero, or when a guardrail is clearly hurt. "
            "Otherwise run to the longest duration; without a decision by then the control stays."
        ),
        "analysis": (
            "Visitors are counted by the variant they first saw; each counts once. Compare conversion rates, "
            "report the lift with its interval and the "
            "number of looks. Bots and internal traffic are left out before anyone looks at the result."
        ),
    }


def baseline_rate(metrics: Metrics, path: str) -> float | None:
    """The page's conversion rate by the metrics, else the site's; None when they hold none."""
    rows = [metrics.pages[path]] if path in metrics.pages else list(metrics.rows)
    for row in rows:
        stated = row.value("conversion_rate", "conversion rate", "cvr", "转化率")
        visits, acts = row.value("session", "visit", "会话", "访问"), row.value("conversions", "sign-up", "转化")
        rate = acts / visits if acts and visits else stated
        if rate is not None and 0 < rate < 1:
            return rate
    return None


def daily_sessions(metrics: Metrics, path: str) -> float:
    """The page's sessions a day, taking the table's window as four weeks; 200 when unknown."""
    row = metrics.pages.get(path)
    visits = row.value("session", "visit", "会话", "访问") if row else None
    return max(1.0, visits / 28) if visits else 200.0


def _effect(rate: float, daily: float) -> float:
    """The smallest lift that about eight weeks of traffic can show, within 10 to 50 %."""
    for effect in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4):
        if 2 * sample_per_arm(rate, effect) <= daily * 56:
            return effect
    return 0.5


def sample_per_arm(rate: float, effect: float) -> int:
    """Visitors per arm for 80 % power at 5 % two-sided, difference of two proportions."""
    other = min(0.999, rate * (1 + effect))
    spread = rate * (1 - rate) + other * (1 - other)
    return max(1, math.ceil(_Z * spread / max(1e-12, (other - rate) ** 2)))


def _days(sample: int, daily: float) -> int:
    return min(180, max(14, math.ceil(2 * sample / daily)))


def _headline(work: Work) -> str:
    for record in work.task.upstream.values():
        text = record.text("headline") or record.record("page").text("headline")
        if text:
            return bare(text)
    return bare(work.brief.text("key_message")) or headlines(work)[0]


def _hypothesis(work: Work, headline: str) -> str:
    asked = next((c.text for c in work.concerns if c.leads and c.statements), "")
    audit = next((r for r in work.task.upstream.values() if r.records("findings")), Record({}))
    found = next((f.text("problem") for f in audit.records("findings") if f.text("problem")), "")
    reason = (
        f"visitors ask about “{asked}” and the present page does not answer"
        if asked
        else f"the audit found: {bare(found)}"
        if found
        else "the present page does not lead with its strongest argument"
    )
    learned = " ".join(f"[{identity}]" for identity, _ in work.learnings[:2])
    cited = f" Earlier result that points the same way: {learned}." if learned else ""
    text = f"If {work.place} leads with “{headline}”, more visitors choose “{work.action.label}”, because {reason}."
    return ended(text) + cited
