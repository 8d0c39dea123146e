"""Queries that documents and the demo show run, and each of their sums is told another way: by store and vendors."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marketeer_dagster.cli.loop.ending import QUERIES
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store.llm_rows import BILLED
from resources.ga4 import Ga4Client
from tests.support.closed_loop import HISTORY_DAYS, START, TENANT, ClosedLoop

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "operating.md", ROOT / "docs" / "warehouse.md"]
SHOWN = re.compile(r'marketeer sql "((?:select|from) [^"]+)"|```sql\n(.*?)```', re.DOTALL | re.IGNORECASE)

Rows = list[tuple[object, ...]]


def documented() -> list[str]:
    found = (said or block for page in PAGES for said, block in SHOWN.findall(page.read_text(encoding="utf-8")))
    return [
        *(query.strip().rstrip(";") for query in found if "…" not in query),
        *(query.format(page="/") for _, query in QUERIES),
    ]


def _channels(loop: ClosedLoop) -> Rows:
    """By channel, by Google's own grouping of mediums."""
    groups = {"organic": "Organic Search", "cpc": "Paid Search", "(none)": "Direct", "referral": "Referral",
              "social": "Organic Social", "email": "Email"}  # fmt: skip
    return [*_summed(loop, "/", lambda row: groups.get(row.medium, "Unassigned"), site=True)]


def _skills(loop: ClosedLoop) -> Rows:
    """What each skill's artefacts were scored at the end of their work, and what the ledger has of it."""
    scores: dict[str, list[float]] = defaultdict(list)
    for head in loop.store.artefacts.list():
        scores[head.skill].append(head.score)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for call in loop.store.llm.list():
        if call.state in BILLED:
            cost[call.purpose.partition("/")[0]] += call.spend.cost_usd
    return [(skill, sum(found) / len(found), cost[skill]) for skill, found in scores.items()]


def _weeks(loop: ClosedLoop) -> Rows:
    weeks = _summed(loop, "/", lambda row: row.date - timedelta(days=row.date.weekday()))
    return [(week, sessions, round(100.0 * won / sessions, 2)) for week, sessions, won in weeks]


def _summed(
    loop: ClosedLoop, page: str, by: Callable[[Any], object], *, site: bool = False
) -> list[tuple[object, float, float]]:
    """Sessions and sign-ups of a page or the whole site, as Google answers when asked once more."""
    connection = loop.store.connections.get(TenantId(TENANT), "ga4")
    assert connection is not None
    first, last = START - timedelta(days=HISTORY_DAYS), loop.today - timedelta(days=1)
    sums: dict[object, list[float]] = defaultdict(lambda: [0, 0])
    rows: Iterable[Any] = Ga4Client(connection).daily(first, last).itertuples()
    for row in rows:
        if site or row.landing_page == page:
            sums[by(row)][0] += row.sessions
            sums[by(row)][1] += row.conversions
    return [(key, sessions, won) for key, (sessions, won) in sums.items()]


RECOMPUTED: dict[str, Callable[[ClosedLoop], Rows]] = {
    "select channel, sum(sessions)": _channels,
    "select skill, avg(score)": _skills,
    "select date_trunc('week', date)": _weeks,
}
"""How a query that adds up begins -> its rows, told without the warehouse."""


@pytest.mark.parametrize("query", documented())
def test_a_documented_query_says_what_store_and_vendors_say(loop: ClosedLoop, query: str) -> None:
    with loop.warehouse.reading() as connection:
        found = connection.execute(query).fetchall()
    assert found
    if not re.search(r"\b(sum|avg)\(", query):
        return
    (other,) = [way for begins, way in RECOMPUTED.items() if query.lower().startswith(begins)]
    told = {row[0]: tuple(map(float, row[1:])) for row in found}
    expected = {row[0]: tuple(map(float, row[1:])) for row in other(loop)}
    assert told.keys() == expected.keys()
    for key, figures in expected.items():
        assert told[key] == pytest.approx(figures), key


def test_skills_cost_to_the_nano_dollar(loop: ClosedLoop) -> None:
    """README's query counted first versions twice, and those that were revised as scored 0."""
    with loop.warehouse.reading() as connection:
        found = connection.execute("select skill, avg(score), sum(cost_usd) from artefacts group by skill").fetchall()
    assert sorted(found) == sorted(_skills(loop))
