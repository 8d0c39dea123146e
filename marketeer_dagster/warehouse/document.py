"""docs/warehouse.md, written from the schema: `python -m marketeer_dagster.warehouse.document > docs/warehouse.md`."""

from collections.abc import Iterable

from marketeer_dagster.warehouse.copies import COPIES
from marketeer_dagster.warehouse.facts import FACTS
from marketeer_dagster.warehouse.marts import MARTS, mart
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

Every table has `tenant`. `simulated` is true for figures that the sandbox's market made.
"""


def render() -> str:
    """The whole document."""
    parts = [
        _HEAD,
        "## Daily facts\n",
        *map(_table, FACTS),
        "## Copies of the store\n",
        *map(_table, COPIES),
        "## Marts\n",
    ]
    for name in MARTS:
        found = mart(name)
        rows = ((column, "", meaning) for column, meaning in found.columns.items())
        parts.append(_section(name, found.comment, rows))
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table) -> str:
    rows = ((c.name, c.type.lower() + (", key" if c.key else ""), c.comment) for c in table.columns)
    return _section(table.name, table.comment, rows)


def _section(name: str, comment: str, rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"| `{column}` | {kind} | {meaning.replace('|', '/')} |" for column, kind, meaning in rows]
    return "\n".join([f"### {name}\n", f"{comment}\n", "| Column | Type | Meaning |", "|---|---|---|", *lines, ""])


if __name__ == "__main__":
    print(render(), end="")
