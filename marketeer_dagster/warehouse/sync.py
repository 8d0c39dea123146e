"""Copies of the operational store for analysts: one frame per table, replaced whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.hosts import ascii_address
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Severity, Verdict
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.emails import counted_as
from marketeer_dagster.store import LlmCall, Store
from marketeer_dagster.warehouse.own_spend import own_spends
from marketeer_dagster.warehouse.schema import TABLES
from marketeer_dagster.warehouse.tables import Table
from marketeer_dagster.warehouse.writer import Writer

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, object]
CONTENT_SYSTEMS = ("wordpress",)
"""Tools that keep a site's pages, by their `base_url`."""


def sync_store(store: Store, w: Writer) -> dict[str, int]:
    """Copy tenants, goals, campaigns, artefacts, reviews, publications, signals, experiments with their
    arms, learnings and llm_calls.

    Returns the rows of each table. A row is simulated when it says so itself, or when its tenant is.
    """
    tenants = {str(tenant.id): tenant for tenant in store.tenants.list()}
    return {
        name: w.replace_all(name, _frame(TABLES[name], rows, tenants)) for name, rows in _rows(store, tenants).items()
    }


def _rows(store: Store, tenants: Mapping[str, Tenant]) -> Mapping[str, Sequence[Row]]:
    artefacts = store.artefacts.list(heads_only=False)
    heads = frozenset((str(a.id), a.version) for a in store.artefacts.list())
    calls, experiments = store.llm.list(), store.experiments.list()
    spends = own_spends(artefacts, heads, calls)
    return {
        "tenants": [
            t.model_dump() | {"tenant": t.id, "website": str(t.website), "site": site_of(store, t)}
            for t in tenants.values()
        ],
        "goals": [g.model_dump() | {"goal": g.id} for g in store.goals.list()],
        "campaigns": [_campaign(c) for c in store.campaigns.list()],
        "artefacts": [
            a.model_dump(exclude={"content"}) | _spend(spends[a.id, a.version])
            | {"artefact": a.id, "is_head": (a.id, a.version) in heads, "simulated": a.simulated or None}
            | ({"score": None} if a.verdict is Verdict.NONE else {})
            for a in artefacts
        ],
        "reviews": [
            r.model_dump() | {
                "review": r.id,
                "findings": len(r.findings),
                "blockers": sum(f.severity is Severity.BLOCKER for f in r.findings),
            }
            for r in store.reviews.list()
        ],
        "publications": [
            p.model_dump(exclude={"payload"})
            | {"publication": p.id, "published_on": _day(p.published_at, tenants[p.tenant].zone)} | _counted(p)
            for p in store.publications.list()
        ],
        "signals": [_signal(s) for s in store.signals.list()],
        "experiments": [_experiment(e) for e in experiments],
        "experiment_arms": [arm for e in experiments for arm in _arms(e)],
        "learnings": [one.model_dump() | {"learning": one.id} for one in store.learnings.list()],
        "llm_calls": [_call(c) for c in calls],
    }  # fmt: skip


def site_of(store: Store, tenant: Tenant) -> str:
    """The root that targets count from: where the tenant's content system publishes, else the website it named.

    The sandbox serves its sites under an address of its own, while its market's figures are of the website.
    """
    for tool in CONTENT_SYSTEMS:
        connection = store.connections.get(tenant.id, tool)
        if connection is not None and not connection.simulated:
            return ascii_address(connection.settings.get("site_url") or connection.base_url or str(tenant.website))
    return str(tenant.website)


def _campaign(campaign: Campaign) -> Row:
    row = campaign.model_dump(exclude={"plan"}) | {"campaign": campaign.key, "priority": int(campaign.priority)}
    plan = campaign.plan
    if plan is None:
        return row
    return row | {
        "skills": ", ".join(plan.skills), "kpi_metric": plan.kpi.metric.value, "kpi_baseline": plan.kpi.baseline,
        "kpi_target": plan.kpi.target, "budget_usd": plan.budget_usd, "deadline": plan.deadline,
    }  # fmt: skip


def _signal(signal: Signal) -> Row:
    return signal.evidence.model_dump() | signal.model_dump() | {"signal": signal.id}


def _experiment(experiment: Experiment) -> Row:
    decision = experiment.decision.model_dump() if experiment.decision else {}
    decision["compared"] = decision.get("compared") or None
    return decision | experiment.model_dump() | {"experiment": experiment.id, "arms": len(experiment.variants)}


def _arms(experiment: Experiment) -> Iterator[Row]:
    decided = {arm.name: arm for arm in experiment.decision.arms} if experiment.decision else {}
    for variant in experiment.variants:
        counts = decided[variant.name].model_dump(exclude={"name"}) if variant.name in decided else {}
        yield variant.model_dump() | counts | {
            "tenant": experiment.tenant, "experiment": experiment.id, "variant": variant.name
        }  # fmt: skip


def _counted(publication: Publication) -> dict[str, object]:
    email = counted_as(publication)
    return {"step": email[0], "utm_campaign": email[1]} if email else {}


def _call(call: LlmCall) -> Row:
    skill, _, role = call.purpose.partition("/")
    return call.model_dump() | _spend(call.spend) | {
        "call": call.id, "skill": skill, "role": role, "priority": int(call.priority)
    }  # fmt: skip


def _spend(spend: Spend) -> dict[str, object]:
    return spend.model_dump()


def _frame(table: Table, rows: Sequence[Row], tenants: Mapping[str, Tenant]) -> pd.DataFrame:
    """The table's columns of `rows`; values nobody gave are null."""
    import pandas as pd  # half a second that a process which only loads the definitions need not pay

    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name == "simulated":
            values = [bool(row.get("simulated")) or tenants[str(row["tenant"])].simulated for row in rows]
        else:
            values = [_plain(row.get(column.name)) for row in rows]
        columns[column.name] = pd.Series(values, dtype="object")
    return pd.DataFrame(columns)


def _plain(value: object) -> object:
    """A value DuckDB casts exactly: moments in UTC without zone, amounts as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


def _day(moment: datetime | None, zone: ZoneInfo) -> object:
    return None if moment is None else moment.astimezone(zone).date()
