"""Copies of the operational store: whole with each ingest, in between only what changed, and the marts made of them.

A mart is also computed anew when a run that brought figures died or failed before it came to its marts.

How far the copies are is told by a mark of the store's (`Store.changes`), which stands in the warehouse beside the
copies: whoever writes next goes on from there, and copies that are lost, restored or of another store are made anew.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse.decisions import SKILLS
from marketeer_dagster.warehouse.logs import COPIED
from marketeer_dagster.warehouse.marts import marts_of
from marketeer_dagster.warehouse.rows import KEYS, MADE_OF, Row, also_changed, frame, rows_of
from marketeer_dagster.warehouse.schema import TABLES
from marketeer_dagster.warehouse.source import Source, read_since_built, read_source, write_source
from marketeer_dagster.warehouse.warehouse import LOCK_TIMEOUT_S, Warehouse
from marketeer_dagster.warehouse.writer import Writer

Skills = Mapping[str, Skill]
_CHANGED = "SELECT tenant, table_name, changed_at FROM copied"


@dataclass(frozen=True)
class CaughtUp:
    """What it took to bring the copies up to date."""

    copied: Mapping[str, int]
    """Table -> rows copied; a table in which nothing changed is not there."""
    marts: tuple[str, ...]
    """Marts computed anew."""


def sync_store(store: Store, w: Writer, skills: Skills | None = None) -> dict[str, int]:
    """Copy every table of the store whole, and the skills in force where they are given; returns the rows of each."""
    mark = store.changes.mark()  # before the rows: what changes meanwhile is copied again
    tenants = _tenants(store)
    copied = {name: w.replace_all(name, frame(TABLES[name], rows_of(store, name, tenants), tenants)) for name in KEYS}
    if skills is not None:
        copied[SKILLS.name] = _copy_skills(w, skills, tenants)
    _note(w, Source(store.where, mark, _fingerprint(skills)), copied, tenants)
    return copied


def catch_up(
    store: Store, warehouse: Warehouse, skills: Skills | None = None, *, timeout_s: float = LOCK_TIMEOUT_S
) -> CaughtUp:
    """Bring the copies up to date, and the marts made of them or of figures that came after they were computed.

    Nothing is written, and no lock waited for, when nothing changed since. Raises Conflict when another writer keeps
    the warehouse for `timeout_s` seconds, ConfigError when the store or the warehouse cannot be used.
    """
    with warehouse.reading() as connection:
        known, unread = read_source(connection), read_since_built(connection)
    if known is not None and not unread and _news(store, known, skills) == {}:
        return CaughtUp({}, ())
    with warehouse.writing(timeout_s=timeout_s) as w:
        copied = _follow(store, w, skills)
        marts = marts_of({*copied, *read_since_built(w.connection)})
        for name in marts:
            w.build_mart(name)
    return CaughtUp(copied, marts)


def _news(store: Store, known: Source, skills: Skills | None) -> Mapping[str, Collection[str]] | None:
    """Keys that changed, by table; None when the copies are of another store, or older than what it can tell."""
    changed = store.changes.since(known.mark) if known.store == store.where else None
    if changed is None:
        return None
    stale = skills is not None and _fingerprint(skills) != known.skills
    return {**changed.keys, **({SKILLS.name: skills} if skills and stale else {})}


def _follow(store: Store, w: Writer, skills: Skills | None) -> dict[str, int]:
    known = read_source(w.connection)  # again, now that nobody else writes
    mark = store.changes.mark()
    news = None if known is None else _news(store, known, skills)
    if known is None or news is None or "tenants" in news:  # a tenant's zone and site are in rows of other tables
        return sync_store(store, w, skills)
    tenants = _tenants(store)
    copied: dict[str, int] = {}
    for name in KEYS:
        changed = {*news.get(MADE_OF[name], ())}
        if name == "artefacts":
            changed |= {*also_changed(store, news.get("llm_calls", ()))}
        if changed:
            rows = frame(TABLES[name], rows_of(store, name, tenants, changed), tenants)
            copied[name] = w.replace_rows(name, KEYS[name], changed, rows)
    if SKILLS.name in news:
        copied[SKILLS.name] = _copy_skills(w, skills or {}, tenants)
    fingerprint = known.skills if skills is None else _fingerprint(skills)
    _note(w, Source(store.where, mark, fingerprint), copied, tenants)
    return copied


def _copy_skills(w: Writer, skills: Skills, tenants: Mapping[str, Tenant]) -> int:
    rows: list[Row] = [
        {
            "tenant": tenant, "skill": skill.name, "squad": skill.squad, "kind": skill.artefact,
            "reviewers": ", ".join(skill.reviewers), "skill_hash": skill.hash,
        }
        for tenant in tenants for skill in skills.values()
    ]  # fmt: skip
    return w.replace_all(SKILLS.name, frame(SKILLS, rows, tenants))


def _note(w: Writer, source: Source, copied: Iterable[str], tenants: Mapping[str, Tenant]) -> None:
    """Write down how fresh each copy is for each tenant, and then how far they are."""
    now, fresh = SystemClock().now(), {*copied}
    before: dict[tuple[str, str], datetime] = {
        (tenant, table): changed.replace(tzinfo=UTC)
        for tenant, table, changed in w.connection.execute(_CHANGED).fetchall()
    }
    rows: list[Row] = []
    for table in (*KEYS, SKILLS.name):
        counted = w.connection.execute(f'SELECT tenant, count(*) FROM "{table}" GROUP BY tenant').fetchall()
        held: dict[str, int] = dict(counted)
        for tenant in tenants:
            changed = now if table in fresh else before.get((tenant, table), now)
            rows.append(
                {
                    "tenant": tenant,
                    "table_name": table,
                    "rows": held.get(tenant, 0),
                    "changed_at": changed,
                    "as_of": now,
                }
            )
    w.replace_all(COPIED.name, frame(COPIED, rows, tenants))
    write_source(w.connection, source)


def _tenants(store: Store) -> dict[str, Tenant]:
    return {str(tenant.id): tenant for tenant in store.tenants.list()}


def _fingerprint(skills: Skills | None) -> str:
    return "" if skills is None else content_hash("\n".join(f"{s.name} {s.hash} {s.squad}" for s in skills.values()))
