"""What happened in the demo, counted from the store, the snapshot and the Dagster instance."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter

from marketeer_dagster.cli.loop.played import played_by, steps
from marketeer_dagster.cli.loop.stage import Stage
from marketeer_dagster.cli.report import spend_report
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.signal import Signal

PROCESS_BEGAN = SystemClock().now()
"""A demo is a process of its own, which starts the daemon: every run since is this demo's, and none before."""
WINDOW_DAYS = 28
AFTER_DAYS = 7
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Span:
    """The days compared: `WINDOW_DAYS` up to the goal, `AFTER_DAYS` at the end; on one page, or the whole site."""

    before_until: date
    after_until: date
    page: str | None


def result_of(stage: Stage, span: Span, campaigns: Sequence[Campaign]) -> dict[str, Any]:
    """The object that `marketeer demo --json` writes."""
    store = stage.home.store
    with stage.home.warehouse.reading() as connection:
        before = _traffic(connection, stage.tenant, span.page, span.before_until, WINDOW_DAYS)
        after = _traffic(connection, stage.tenant, span.page, span.after_until, AFTER_DAYS)
    played = played_by(store, stage.tenant, campaigns)
    spends = [store.llm.totals(campaign=campaign.key) for campaign in campaigns]
    dagster = runs_since(stage.instance, PROCESS_BEGAN)
    taken = steps(played)
    return {
        "ok": all(taken.values()),
        "steps": taken,
        "wall_s": round(stage.wall_s, 1),
        "market_days": stage.days_used,
        "tenant": stage.tenant,
        "page": span.page,
        "goal": _goal(stage, campaigns),
        "before": before,
        "after": after,
        "lift": lift(before, after),
        "campaigns": [
            {"key": c.key, "title": c.title, "status": c.status.value} for c in played.campaigns
        ],
        "artefacts": [
            {"id": a.id, "skill": a.skill, "title": a.title, "version": a.version, "score": a.score,
             "verdict": a.verdict.value, "revisions": a.revisions, "cost_usd": float(a.spend.cost_usd)}
            for a in played.artefacts
        ],
        "reviews": {
            "count": len(played.reviews), "by_verdict": dict(Counter(r.verdict.value for r in played.reviews)),
        },
        "publications": [
            {"tool": p.tool, "kind": p.kind, "target": p.target, "state": p.state.value, "url": p.url}
            for p in played.publications
        ],
        "published_page": played.address(span.page),
        "signals": [_signal(signal) for signal in played.signals],
        "experiment": _experiment(played.experiment) if played.experiment else None,
        "learnings": [learning.model_dump(mode="json") for learning in played.learnings],
        "cited_learnings": sorted(played.cited),
        "llm": spend_report(sum(spends[1:], start=spends[0])) if spends else {},
        "dagster": dagster,
        "simulated": True,
    }  # fmt: skip


def _goal(stage: Stage, campaigns: Sequence[Campaign]) -> dict[str, Any] | None:
    stated = next((c for c in campaigns if c.goal), None)
    if stated is None or stated.goal is None:
        return None
    kpi = stated.plan.kpi.model_dump(mode="json") if stated.plan else None
    return {"text": stage.home.store.goals.get(stated.goal).text, "kpi": kpi}


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "name": signal.name,
        "subject": signal.subject,
        "observed": signal.evidence.observed,
        "expected": signal.evidence.expected,
        "relative_change": signal.evidence.relative_change,
        "campaign": signal.campaign,
        "recovered": signal.recovered,
    }


def _experiment(experiment: Experiment) -> dict[str, Any]:
    decision = experiment.decision.model_dump(mode="json") if experiment.decision else None
    return {"id": experiment.id, "subject": experiment.subject, "state": experiment.state.value, "decision": decision}


def _traffic(
    connection: duckdb.DuckDBPyConnection, tenant: str, page: str | None, until: date, days: int
) -> dict[str, Any]:
    row = connection.execute(
        """
        select coalesce(sum(sessions), 0), coalesce(sum(conversions), 0) from page_performance
        where tenant = $tenant and ($page is null or page = $page) and date > $first and date <= $until
        """,
        {"tenant": tenant, "page": page, "first": until - timedelta(days=days), "until": until},
    ).fetchone()
    sessions, conversions = (int(row[0]), int(row[1])) if row else (0, 0)
    rate = conversions / sessions if sessions else 0.0
    return {
        "days": days,
        "until": until.isoformat(),
        "sessions": sessions,
        "conversions": conversions,
        "conversion_rate": rate,
    }


def lift(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float | None]:
    """Relative change of the conversion rate with its 95 % interval: delta method on the log ratio of two proportions.

    Before and after differ by more than the work done (season, the planted shift): the experiment's interval is the
    causal one.
    """
    if not before["conversions"] or not after["conversions"]:
        return {"estimate": None, "low": None, "high": None}
    ratio = math.log(after["conversion_rate"] / before["conversion_rate"])
    variance = sum((1 - side["conversion_rate"]) / side["conversions"] for side in (before, after))
    half = Z_95 * math.sqrt(variance)
    return {"estimate": math.expm1(ratio), "low": math.expm1(ratio - half), "high": math.expm1(ratio + half)}


def runs_since(instance: DagsterInstance, began: datetime) -> dict[str, int]:
    """Runs created since then, by how they ended, and what they materialised and checked."""
    records = instance.get_run_records(RunsFilter(created_after=began))
    states = Counter(record.dagster_run.status for record in records)
    counts: Counter[str] = Counter()
    for record in records:
        run = record.dagster_run
        stats = instance.get_run_stats(run.run_id)
        counts["materializations"] += int(getattr(stats, "materializations", 0))
        for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
            event = entry.dagster_event
            if event is not None:
                passed = event.asset_check_evaluation_data.passed
                counts["checks_passed" if passed else "checks_failed"] += 1
    return {
        "runs": len(records),
        "runs_failed": states[DagsterRunStatus.FAILURE],
        "materializations": counts["materializations"],
        "checks_passed": counts["checks_passed"],
        "checks_failed": counts["checks_failed"],
    }
