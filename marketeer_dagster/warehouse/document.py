"""docs/warehouse.md, written from the schema: `python -m marketeer_dagster.warehouse.document > docs/warehouse.md`."""

from collections.abc import Iterable

from marketeer_dagster.warehouse.copies import COPIES
from marketeer_dagster.warehouse.facts import FACTS
from marketeer_dagster.warehouse.logs import LOGS
from marketeer_dagster.warehouse.marts import MARTS, mart
from marketeer_dagster.warehouse.stale import STALE_ARTEFACTS
from marketeer_dagster.warehouse.tables import Table

_HEAD = """\
# The warehouse

<!-- Written by `python -m marketeer_dagster.warehouse.document`; a test holds it to the schema. -->

Figures live in one DuckDB file that only the running software opens, and in a **snapshot** beside it
(`warehouse.snapshot.duckdb`) that is replaced whole after each write. Read the snapshot at any moment, with
`marketeer sql "SELECT …"` or with any DuckDB client:

```sh
duckdb -readonly .marketeer/warehouse.snapshot.duckdb "FROM channel_performance LIMIT 10"
```

A connection keeps the state it opened; connect again to see newer figures. The same texts are comments in the file:

```sql
SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'ga4_daily';
```

Every table has `tenant`. `simulated` is true for figures that the sandbox's market made. Twelve questions with their
SQL: [questions.md](questions.md).

How fresh it is: daily facts are as new as their newest reading (`landings`, `data_coverage`). Copies of the store, and
the marts made of them, follow each change within half a minute while the daemon runs, and at once for `marketeer sql`
and `marketeer export`, which bring them up to date before they read (`copied` says when). Where that is not possible,
they say so and how old the copies are.

Elsewhere than in DuckDB: `marketeer export FOLDER` writes every table as Parquet, by tenant and year, types kept. With
pictures: the notebook `examples/notebook.py` (`pip install 'marketeer-dagster[notebook]'`).
"""

_EXPLAINED = {
    "stripe_daily": """\
#### How MRR is counted

MRR is what Stripe would bill for a month, told from prices, quantities and discounts. A year is 12 months of 365/12
days.

- Pays: `active` and `past_due`, until the subscription has ended; also with `cancel_at_period_end`, also backdated
  (from `start_date`), also the days before a trial that begins later.
- Does not pay: `trialing`, `incomplete`, `incomplete_expired`, `unpaid`, `paused`, `canceled`.
- Paused collection: pays with `keep_as_draft` (collected later), not with `void` or `mark_uncollectible`, until
  `resumes_at`.
- Prices: unit amounts with fractions of a cent, packages (`transform_quantity`), graduated and volume tiers with flat
  amounts (a quantity of 0 is in the first tier). No quantity is one.
- Discounts: a line's own, then the subscription's in their order, otherwise the customer's; from start to end; off the
  products that a coupon is limited to. An amount comes off each invoice and is shared among the lines. `once` does not
  recur and is not counted.
- Currencies: the subscription's, whose amount is the price's option; minor units as Stripe has them; turned into the
  connection's `currency` with its `fx_rates`.
- Not counted: metered usage, phases of a schedule that have not begun, pending updates, prorations.
- Tax: a price that includes tax counts with it; other tax does not.
- Plan: the price's nickname, its product's name, lookup key or id. Lines of one name are one plan.

Movements, by day and plan: `mrr` = `mrr` of the day before + `new_mrr` + `expansion_mrr` - `contraction_mrr` -
`churned_mrr` + `moved_in_mrr` - `moved_out_mrr`. Whoever goes on paying expands or contracts by what they pay in all,
more or less; what they take from one plan to another moves. An upgrade from $39 to $119 is 80 expansion of the new plan
and 39 moved; the way back is 80 contraction of the old plan and 39 moved. Over all plans moves cancel out, so that for
the company the change of MRR is new + expansion - contraction - churned.

What cannot be known is left out (a line) or not taken off (a discount) and is a note of the run. Stripe keeps events
for 30 days: days before that stay as they were read. Of those never read, `mrr` and `active` are told from what
subscriptions are today, what happened on them is null, and the run says so.
""",
}
"""What a table's columns do not say by themselves, below its description."""


def render() -> str:
    """The whole document."""
    parts = [
        _HEAD,
        "## Daily facts\n",
        *map(_table, FACTS),
        "## Copies of the store\n",
        *map(_table, (*COPIES, STALE_ARTEFACTS)),
        "## How it came here\n",
        *map(_table, LOGS),
        "## Marts\n",
    ]
    for name in MARTS:
        found = mart(name)
        rows = ((column, "", meaning) for column, meaning in found.columns.items())
        parts.append(_section(name, found.comment, rows))
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table) -> str:
    rows = ((c.name, c.type.lower() + (", key" if c.key else ""), c.comment) for c in table.columns)
    more = _EXPLAINED.get(table.name)
    return _section(table.name, table.comment, rows) + (f"\n{more}" if more else "")


def _section(name: str, comment: str, rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"| `{column}` | {kind} | {meaning.replace('|', '/')} |" for column, kind, meaning in rows]
    return "\n".join([f"### {name}\n", f"{comment}\n", "| Column | Type | Meaning |", "|---|---|---|", *lines, ""])


if __name__ == "__main__":
    print(render(), end="")
