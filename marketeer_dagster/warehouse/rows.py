"""Rows of the operational store as the warehouse's copies have them: all of a table, or those of some keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.hosts import ascii_address
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Approval, Review, Severity, Verdict
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.emails import counted_as
from marketeer_dagster.store import LlmCall, Store
from marketeer_dagster.warehouse.own_spend import own_spends
from marketeer_dagster.warehouse.tables import Table

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, object]
Keys = Collection[str] | None
Tenants = Mapping[str, Tenant]
CONTENT_SYSTEMS = ("wordpress",)
"""Tools that keep a site's pages, by their `base_url`."""
_PURPOSES = {"plan": "plan", "draft": "draft", "revise": "revision", "look-back": "direction"}
_ABOUT = {"art_": "artefact", "pub_": "publication", "sig_": "signal", "dir_": "recommendation"}
"""Beginning of an approval's subject -> what it is about."""


def site_of(store: Store, tenant: Tenant) -> str:
    """The root that targets count from: where the tenant's content system publishes, else the website it named.

    The sandbox serves its sites under an address of its own, while its market's figures are of the website.
    """
    for tool in CONTENT_SYSTEMS:
        connection = store.connections.get(tenant.id, tool)
        if connection is not None and not connection.simulated:
            return ascii_address(connection.settings.get("site_url") or connection.base_url or str(tenant.website))
    return str(tenant.website)


def _tenants(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    return (
        t.model_dump() | {"tenant": t.id, "website": str(t.website), "site": site_of(store, t)}
        for t in tenants.values()
        if keys is None or t.id in keys
    )


def _plain_rows(relation: str, key: str) -> Callable[[Store, Keys, Tenants], Iterable[Row]]:
    """Rows that have their value's fields, with the id under the name of the table's key."""

    def rows(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
        values: Sequence[Any] = store.changes.values(relation, keys)
        return (value.model_dump() | {key: value.id} for value in values)

    return rows


def _campaigns(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Campaign] = store.changes.values("campaigns", keys)
    for campaign in found:
        row = campaign.model_dump(exclude={"plan"}) | {"campaign": campaign.key, "priority": int(campaign.priority)}
        plan = campaign.plan
        yield row if plan is None else row | {
            "skills": ", ".join(plan.skills), "kpi_metric": plan.kpi.metric.value, "kpi_baseline": plan.kpi.baseline,
            "kpi_target": plan.kpi.target, "budget_usd": plan.budget_usd, "deadline": plan.deadline,
        }  # fmt: skip


def _artefacts(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    heads = store.changes.heads()
    found: Sequence[Artefact] = store.changes.values("artefacts", keys)
    campaigns = sorted({a.campaign for a in found})
    calls = store.llm.list() if keys is None else [c for key in campaigns for c in store.llm.list(campaign=key)]
    spends = own_spends(found, heads, calls)
    return (
        a.model_dump(exclude={"content"}) | _spend(spends[a.id, a.version])
        | {"artefact": a.id, "is_head": (a.id, a.version) in heads, "simulated": a.simulated or None}
        | ({"score": None} if a.verdict is Verdict.NONE else {})
        for a in found
    )  # fmt: skip


def _reviews(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Review] = store.changes.values("reviews", keys)
    return (
        r.model_dump() | {
            "review": r.id,
            "findings": len(r.findings),
            "blockers": sum(f.severity is Severity.BLOCKER for f in r.findings),
        } | ({"score": None} if r.verdict is Verdict.NONE else {})
        for r in found
    )  # fmt: skip


def _approvals(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Approval] = store.changes.values("approvals", keys)
    about = {a.subject for a in found if a.subject.startswith("pub_")}
    meant: Sequence[Publication] = store.changes.values("publications", about)
    publications = {p.id: p for p in meant}
    return (_approval(approval, publications) for approval in found)


def _approval(approval: Approval, publications: Mapping[str, Publication]) -> Row:
    kind = _ABOUT.get(approval.subject[:4], "campaign" if approval.subject == approval.campaign else "other")
    publication = publications.get(approval.subject)
    artefact, at, version = approval.subject.partition("@")
    waited = None if approval.decided_at is None else (approval.decided_at - approval.created_at).total_seconds() / 3600
    return approval.model_dump() | {
        "approval": approval.id, "campaign": approval.campaign or None, "about": kind,
        "artefact": publication.artefact if publication else artefact if kind == "artefact" else None,
        "version": publication.version if publication else int(version) if kind == "artefact" and at else None,
        "publication": approval.subject if kind == "publication" else None,
        "decided_by": approval.decided_by or None, "waited_hours": waited,
    }  # fmt: skip


def _publications(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Publication] = store.changes.values("publications", keys)
    return (
        p.model_dump(exclude={"payload"})
        | {"publication": p.id, "published_on": _day(p.published_at, tenants[p.tenant].zone)} | _counted(p)
        for p in found
    )  # fmt: skip


def _counted(publication: Publication) -> Row:
    email = counted_as(publication)
    return {"step": email[0], "utm_campaign": email[1]} if email else {}


def _signals(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Signal] = store.changes.values("signals", keys)
    for signal in found:
        after = signal.recovery
        recovery = {} if after is None else {
            "recovery_observed": after.observed, "recovery_expected": after.expected,
            "recovery_since": after.since, "recovery_until": after.until,
        }  # fmt: skip
        yield signal.evidence.model_dump() | signal.model_dump() | recovery | {"signal": signal.id}


def _experiments(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    found: Sequence[Experiment] = store.changes.values("experiments", keys)
    for experiment in found:
        decision = experiment.decision.model_dump() if experiment.decision else {}
        if experiment.decision is not None and not experiment.decision.confidence:
            decision |= dict.fromkeys(("lift", "low", "high", "confidence"))  # nothing was measured, which is no zero
        decision["compared"] = decision.get("compared") or None
        yield decision | experiment.model_dump() | {"experiment": experiment.id, "arms": len(experiment.variants)}


def _experiment_arms(store: Store, keys: Keys, tenants: Tenants) -> Iterator[Row]:
    found: Sequence[Experiment] = store.changes.values("experiments", keys)
    for experiment in found:
        decided = {arm.name: arm for arm in experiment.decision.arms} if experiment.decision else {}
        for variant in experiment.variants:
            counts = decided[variant.name].model_dump(exclude={"name"}) if variant.name in decided else {}
            yield variant.model_dump() | counts | {
                "tenant": experiment.tenant, "experiment": experiment.id, "variant": variant.name
            }  # fmt: skip


def _llm_calls(store: Store, keys: Keys, tenants: Tenants) -> Iterable[Row]:
    return (_call(call) for call in store.changes.calls(keys))


def _call(call: LlmCall) -> Row:
    skill, _, role = call.purpose.partition("/")
    return call.model_dump() | _spend(call.spend) | {
        "call": call.id, "skill": skill, "role": role, "purpose": purpose_of(role), "priority": int(call.priority)
    }  # fmt: skip


def purpose_of(role: str) -> str:
    """What a call was for, in one word. A role is what agents ask in (`agents.Assignment.scope`), a repair's has it
    at its end."""
    if role.endswith("-repair"):
        return "repair"
    return "review" if role.startswith("review-") else _PURPOSES.get(role, "other")


KEYS: Mapping[str, str] = {
    "tenants": "tenant", "goals": "goal", "campaigns": "campaign", "artefacts": "artefact", "reviews": "review",
    "approvals": "approval", "publications": "publication", "signals": "signal", "experiments": "experiment",
    "experiment_arms": "experiment", "learnings": "learning", "llm_calls": "call",
}  # fmt: skip
"""Copied table -> its column that holds the key of the store's relation."""
MADE_OF: Mapping[str, str] = {table: table for table in KEYS} | {"experiment_arms": "experiments"}
"""Copied table -> the store's relation that its rows are made of."""
_BUILDERS: Mapping[str, Callable[[Store, Keys, Tenants], Iterable[Row]]] = {
    "tenants": _tenants, "goals": _plain_rows("goals", "goal"), "campaigns": _campaigns, "artefacts": _artefacts,
    "reviews": _reviews, "approvals": _approvals, "publications": _publications, "signals": _signals,
    "experiments": _experiments, "experiment_arms": _experiment_arms,
    "learnings": _plain_rows("learnings", "learning"), "llm_calls": _llm_calls,
}  # fmt: skip


def rows_of(store: Store, table: str, tenants: Tenants, keys: Keys = None) -> Sequence[Row]:
    """The rows that a copied table has of `keys`, or of the whole store."""
    return list(_BUILDERS[table](store, keys, tenants))


def also_changed(store: Store, calls: Collection[str]) -> tuple[str, ...]:
    """Artefacts whose copies change with calls of the ledger: what a version cost is told from these."""
    works = {(call.campaign, call.purpose.partition("/")[0]) for call in store.changes.calls(calls)}
    made = (
        a
        for key in sorted({campaign for campaign, _ in works})
        for a in store.artefacts.list(campaign=key, heads_only=False)
    )
    return tuple(sorted({str(a.id) for a in made if (a.campaign, a.skill) in works}))


def frame(table: Table, rows: Sequence[Row], tenants: Tenants) -> pd.DataFrame:
    """The table's columns of `rows`; values nobody gave are null.

    A row is simulated when it says so itself, or when its tenant is.
    """
    import pandas as pd  # half a second that a process which only loads the definitions need not pay

    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name == "simulated":
            values = [bool(row.get("simulated")) or tenants[str(row["tenant"])].simulated for row in rows]
        else:
            values = [_plain(row.get(column.name)) for row in rows]
        columns[column.name] = pd.Series(values, dtype="object")
    return pd.DataFrame(columns)


def _spend(spend: Spend) -> dict[str, object]:
    return spend.model_dump()


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
