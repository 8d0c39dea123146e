"""A tenant's recent figures as compact Markdown, for prompts: the last 28 days against the 28 before.

Equal data gives equal bytes, so that a retried request has the same fingerprint and is not paid twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import duckdb

from marketeer_dagster.model.pages import named_page
from marketeer_dagster.warehouse import Warehouse
from marketeer_dagster.warehouse.facts import ANONYMIZED
from marketeer_dagster.warehouse.pages import with_pages

WINDOW_DAYS = 28
"""Four whole weeks: the same number of each weekday in both windows."""
MOST_PAGES = 10
MOST_SOURCES = 8
MOST_QUERIES = 10
MOST_RISERS = 6


@dataclass(frozen=True)
class _Window:
    """What is compared, for whom."""

    tenant: str
    page: str | None
    last: date

    @property
    def now(self) -> tuple[date, date]:
        return self.last - timedelta(days=WINDOW_DAYS - 1), self.last

    @property
    def before(self) -> tuple[date, date]:
        return self.last - timedelta(days=2 * WINDOW_DAYS - 1), self.last - timedelta(days=WINDOW_DAYS)

    @property
    def parameters(self) -> dict[str, object]:
        start, middle = self.before[0], self.now[0]
        return {"tenant": self.tenant, "start": start, "middle": middle, "last": self.last}


def metrics_brief(warehouse: Warehouse, tenant: str, page: str | None = None) -> str:
    """Tables of pages, channels, search queries, email, trials and MRR; of one page's visitors where `page` names one.

    Says so in one sentence when nothing has been ingested yet. Computed once for each state of the warehouse: every
    op of every artefact asks, in the one thread that also serves all the others.
    """
    state = warehouse.state()
    if state is None:
        return _computed(warehouse, tenant, page)
    return _remembered(str(warehouse.path), warehouse.snapshot, state, tenant, page)


@lru_cache(maxsize=128)
def _remembered(path: str, snapshot: Path, state: tuple[int, int, int], tenant: str, page: str | None) -> str:
    del state  # only tells what is remembered of one snapshot from what is of the next
    return _computed(Warehouse(path, snapshot), tenant, page)


def _computed(warehouse: Warehouse, tenant: str, page: str | None) -> str:
    with warehouse.reading() as connection:
        last = _newest(connection, tenant)
        if last is None:
            return f"No figures have been ingested for {tenant} yet."
        window = _Window(tenant, _own_page(connection, tenant, page or ""), last)
        sections = [section(connection, window) for section in _SECTIONS]
    (first, end), (earlier, until) = window.now, window.before
    head = f"Figures of {first} to {end}, compared with {earlier} to {until}. The newest two days are provisional."
    return "\n\n".join([head, *(section for section in sections if section)])


def _own_page(connection: duckdb.DuckDBPyConnection, tenant: str, named: str) -> str | None:
    """The page that a brief's target names, by path or address; None where it names something else."""
    if not named.startswith(("/", "http://", "https://")):
        return None
    row = connection.execute("SELECT coalesce(site, website) FROM tenants WHERE tenant = $t", {"t": tenant})
    return named_page(named, next(iter(row.fetchall()), (None,))[0])


def _newest(connection: duckdb.DuckDBPyConnection, tenant: str) -> date | None:
    days = "SELECT date FROM ga4_daily WHERE tenant = $t UNION ALL SELECT date FROM stripe_daily WHERE tenant = $t"
    row = connection.execute(f"SELECT max(date) FROM ({days})", {"t": tenant}).fetchone()
    return row[0] if row else None


def _totals(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    rows = connection.execute(_GA4.format(subject="'Whole site'", where="true", limit=1), window.parameters).fetchall()
    return _traffic("Site", rows)


def _pages(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    query = _GA4.format(subject="own_page", where="own_page LIKE '/%'", limit=MOST_PAGES)
    rows = connection.execute(query, window.parameters).fetchall()
    if window.page is not None and all(row[0] != window.page for row in rows):
        rows += connection.execute(
            _GA4.format(subject="own_page", where="own_page = $page", limit=1),
            {**window.parameters, "page": window.page},
        ).fetchall()
    return _traffic("Landing page", rows)


def _channels(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    query = _GA4.format(subject="source || ' / ' || medium", where=_of_page(window), limit=MOST_SOURCES)
    title = "Source / medium" if window.page is None else f"Source / medium of {window.page}"
    return _traffic(title, connection.execute(query, _with_page(window)).fetchall())


def _queries(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    where, parameters = _of_page(window), {**_with_page(window), "rare": ANONYMIZED}
    top = _GSC.format(where=where, having=_CLICKED, order="now_clicks", limit=MOST_QUERIES)
    risen = _GSC.format(where=where, having=_RISEN, order="now_shown - then_shown", limit=MOST_RISERS)
    of = "" if window.page is None else f" of {window.page}"
    tables = [
        _searches(f"{title}{of}", connection.execute(query, parameters).fetchall())
        for title, query in (("Search query", top), ("Risen search query", risen))
    ]
    return "\n\n".join(table for table in tables if table)


def _emails(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    rows = connection.execute(_EMAIL, window.parameters).fetchall()
    return _table(
        ("Email campaign", "Sent", "Open rate", "Click rate", "Unsubscribed"),
        [
            (name, _count(sent), _rate(opens, sent), _rate(clicks, sent), _count(left))
            for name, sent, opens, clicks, left in rows
        ],
    )


def _revenue(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    rows = connection.execute(_STRIPE, window.parameters).fetchall()
    return _table(
        (
            "Plan",
            "MRR",
            "MRR before",
            "Paying",
            "Trials started",
            "Trials before",
            "Trials converted",
            "Customers lost",
        ),
        [
            (
                plan,
                _count(mrr),
                _count(earlier),
                _count(active),
                _known(began, of=True),
                _known(began_earlier, of=True),
                _known(paid, of=True),
                _known(lost, of=True),
            )
            for plan, mrr, earlier, active, began, began_earlier, paid, lost in rows
        ],
    )


def _experiments(connection: duckdb.DuckDBPyConnection, window: _Window) -> str:
    rows = connection.execute(_EXPERIMENTS, window.parameters).fetchall()
    return _table(
        ("Experiment", "Variant", "People", "Signed up", "Conversion rate"),
        [(name, arm, _count(seen), _count(done), _rate(done, seen)) for name, arm, seen, done in rows],
    )


_SECTIONS = (_totals, _pages, _channels, _queries, _emails, _revenue, _experiments)


def _of_page(window: _Window) -> str:
    return "true" if window.page is None else "own_page = $page"


def _with_page(window: _Window) -> dict[str, object]:
    return window.parameters if window.page is None else {**window.parameters, "page": window.page}


def _traffic(title: str, rows: Sequence[tuple[object, ...]]) -> str:
    return _table(
        (title, "Sessions", "Change", "Sign-ups", "Conversion rate", "Rate before"),
        [
            (name, _count(now), _change(now, then), _known(done, now), _rate(done, now), _rate(done_then, then))
            for name, now, done, then, done_then in rows
        ],
    )


def _searches(title: str, rows: Sequence[tuple[object, ...]]) -> str:
    return _table(
        (title, "Clicks", "Clicks before", "Impressions", "Impressions before", "Position"),
        [
            (query, _count(clicks), _count(clicked), _count(shown), _count(shown_before), f"{position:.1f}")
            for query, clicks, clicked, shown, shown_before, position in rows
        ],
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; empty without rows. Cells come from outside: their pipes and line breaks are made harmless."""
    if not rows:
        return ""
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(names), ["---"] * len(names), *cells])


def _count(value: object) -> str:
    return f"{float(str(value or 0)):,.0f}"


def _known(value: object, of: object) -> str:
    """A count of events; unknown where it is none although there is something, `of`, that it would count in."""
    return "unknown" if value is None and of else _count(value)


def _rate(part: object, whole: object) -> str:
    return f"{float(str(part)) / float(str(whole)):.2%}" if whole and part is not None else "n/a"


def _change(now: object, then: object) -> str:
    return f"{float(str(now)) / float(str(then)) - 1:+.0%}" if then else "new"


_GA4 = f"""
SELECT {{subject}} AS subject,
    coalesce(sum(sessions) FILTER (date >= $middle), 0)::BIGINT AS now,
    sum(conversions) FILTER (date >= $middle),
    coalesce(sum(sessions) FILTER (date < $middle), 0)::BIGINT AS earlier,
    sum(conversions) FILTER (date < $middle)
FROM {with_pages("ga4_daily", "landing_page")} WHERE tenant = $tenant AND date BETWEEN $start AND $last AND {{where}}
GROUP BY subject HAVING now + earlier > 0 ORDER BY now DESC, earlier DESC, subject LIMIT {{limit}}
"""
_GSC = f"""
WITH sums AS (
    SELECT query,
        coalesce(sum(clicks) FILTER (date >= $middle), 0)::BIGINT AS now_clicks,
        coalesce(sum(clicks) FILTER (date < $middle), 0)::BIGINT AS then_clicks,
        coalesce(sum(impressions) FILTER (date >= $middle), 0)::BIGINT AS now_shown,
        coalesce(sum(impressions) FILTER (date < $middle), 0)::BIGINT AS then_shown,
        sum(position * impressions) FILTER (date >= $middle) / sum(impressions) FILTER (date >= $middle) AS position
    FROM {with_pages("gsc_daily", "page")}
    WHERE tenant = $tenant AND date BETWEEN $start AND $last AND query <> $rare AND {{where}} GROUP BY query
)
SELECT * FROM sums WHERE position IS NOT NULL AND {{having}} ORDER BY {{order}} DESC, query LIMIT {{limit}}
"""
_CLICKED = "now_clicks > 0"
_RISEN = """(now_shown > 1.2 * then_shown AND now_shown >= greatest(20, 0.01 * (SELECT sum(now_shown) FROM sums))
    OR now_clicks > 1.3 * then_clicks AND now_clicks >= greatest(20, 0.01 * (SELECT sum(now_clicks) FROM sums)))"""
"""More shown, or chosen more often, by more than chance and by enough to matter: a hundredth of the page's searches."""
_EMAIL = """
SELECT campaign, sum(sends)::BIGINT, sum(opens)::BIGINT, sum(clicks)::BIGINT, sum(unsubscribes)::BIGINT
FROM email_daily WHERE tenant = $tenant AND date BETWEEN $middle AND $last AND $start IS NOT NULL
GROUP BY campaign HAVING sum(sends) > 0 ORDER BY min(date) DESC, campaign LIMIT 8
"""


def _whole(column: str, days: str) -> str:
    """A sum over days; null where a day's figure is unknown: the rest alone would look like a drop."""
    unknown = f"bool_or({column} IS NULL) FILTER ({days})"
    return f"CASE WHEN {unknown} IS NOT TRUE THEN coalesce(sum({column}) FILTER ({days}), 0)::BIGINT END"


_STRIPE = f"""
SELECT plan,
    coalesce(sum(mrr) FILTER (date = $last), 0), coalesce(sum(mrr) FILTER (date = $middle - 1), 0),
    coalesce(sum(active) FILTER (date = $last), 0)::BIGINT,
    {_whole("trials_started", "date >= $middle")}, {_whole("trials_started", "date < $middle")},
    {_whole("trials_converted", "date >= $middle")}, {_whole("churned", "date >= $middle")}
FROM stripe_daily WHERE tenant = $tenant AND date BETWEEN $start AND $last GROUP BY plan ORDER BY plan
"""
_EXPERIMENTS = """
SELECT experiment, variant, arg_max(visitors, date)::BIGINT, arg_max(conversions, date)::BIGINT
FROM experiment_daily WHERE tenant = $tenant AND date BETWEEN $middle AND $last AND $start IS NOT NULL
GROUP BY experiment, variant ORDER BY max(date) DESC, experiment, variant LIMIT 12
"""
