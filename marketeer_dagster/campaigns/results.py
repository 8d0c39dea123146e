"""What came of a publication so far: figures of the snapshot, and where it stands now that others came after it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.store import Store

if TYPE_CHECKING:
    import duckdb

_GONE = (PublicationState.SUPERSEDED, PublicationState.REJECTED)


class Result(Value):
    """One publication's figures while it was live, from the mart artefact_performance; None where none are known."""

    publication: str
    live_from: date | None = None
    live_to: date | None = None
    days: int = 0
    sessions: int | None = None
    conversions: float | None = None
    sends: int | None = None
    opens: int | None = None
    clicks: int | None = None
    revenue: float | None = None

    @property
    def said(self) -> str:
        """In words, with what is unknown left out."""
        named = ("sends", "opens", "clicks", "sessions", "conversions", "revenue")
        known = [f"{name} {value:,.10g}" for name in named if (value := getattr(self, name)) is not None]
        return f"{self.days} days with figures: {', '.join(known) or 'none yet'}"


class Standing(Value):
    """Where a publication stands: in its channel, or by what and since when it was replaced."""

    state: str
    replaced_by: str = ""
    """The publication that took its place, with skill and version; empty while nothing did."""
    since: datetime | None = None
    verdict: str = ""
    """How the test ended that it was an arm of; empty where there was none."""

    @property
    def said(self) -> str:
        replaced = f", replaced by {self.replaced_by}" if self.replaced_by else ""
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since and self.state in _GONE else ""
        return f"{self.state}{since}{replaced}{f'; {self.verdict}' if self.verdict else ''}"


def results(connection: "duckdb.DuckDBPyConnection", tenant: str) -> Mapping[str, Result]:
    """Of every publication of a tenant that has been public, by its id. One that has several rows (the emails of a
    sequence, the arms of a test) is their sum."""
    rows = connection.execute(_RESULTS, [tenant]).fetchall()
    names = list(Result.model_fields)
    return {row[0]: Result.model_validate(dict(zip(names, row, strict=True))) for row in rows}


def daily(connection: "duckdb.DuckDBPyConnection", publication: str) -> Sequence[tuple[date, float, float]]:
    """(day, sessions, conversions) of the page that a publication is, while it was live; none for emails.

    Conversions are 0 where they are unknown. While the page was under test, by the arm's share of the page.
    """
    return connection.execute(_DAILY, [publication]).fetchall()


def standing(store: Store, publication: Publication) -> Standing:
    """Where `publication` stands now."""
    mine = store.publications.list(tenant=publication.tenant, tool=publication.tool, target=publication.target)
    gone = publication.state in _GONE
    newer = _successor(publication, mine) if publication.state is PublicationState.SUPERSEDED else None
    return Standing(
        state=publication.state.value,
        replaced_by=f"{newer.skill} v{newer.version} of {newer.campaign} ({newer.id})" if newer else "",
        since=publication.updated_at if gone else publication.published_at,
        verdict=_verdict(store, publication),
    )


def _successor(publication: Publication, others: Iterable[Publication]) -> Publication | None:
    """What is in its place: the one that went public nearest to when it was retired, else the newest."""
    after = [
        other
        for other in others
        if other.id != publication.id and other.published_at is not None and other.created_at >= publication.created_at
    ]
    public = [other for other in after if other.state is PublicationState.PUBLISHED]
    found = public or after
    return max(found, key=lambda other: (other.updated_at, other.id)) if found else None


def _verdict(store: Store, publication: Publication) -> str:
    if publication.experiment is None:
        return ""
    experiment = store.experiments.get(publication.experiment)
    arm = next(
        (v for v in experiment.variants if (v.artefact, v.version) == (publication.artefact, publication.version)), None
    )
    if arm is None or experiment.decision is None:
        return f"an arm of {experiment.id}, {experiment.state.value}"
    word = "won" if experiment.decision.winner == arm.name else "lost"
    lift = f"{experiment.decision.lift:+.1%}"
    return f"{word} {experiment.id} as {arm.name} (winner {experiment.decision.winner}, lift {lift})"


_RESULTS = """
SELECT publication, min(live_from), max(live_to), max(days), sum(sessions)::BIGINT, sum(conversions)::DOUBLE,
    sum(sends)::BIGINT, sum(opens)::BIGINT, sum(clicks)::BIGINT, sum(revenue)::DOUBLE
FROM artefact_performance WHERE tenant = ? GROUP BY publication
"""
_DAILY = """
SELECT f.date, sum(f.sessions * coalesce(a.share, 1))::DOUBLE,
    coalesce(sum(f.conversions * coalesce(a.share, 1)), 0)::DOUBLE
FROM artefact_performance AS a JOIN page_performance AS f
    ON f.tenant = a.tenant AND f.page = a.page AND f.date >= a.live_from AND f.date <= coalesce(a.live_to, f.date)
WHERE a.publication = ? GROUP BY f.date ORDER BY f.date
"""
