"""Small frames in the columns that clients bring home."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from marketeer_dagster.warehouse import Warehouse

FIRST = date(2026, 3, 1)


def at(folder: Path) -> Warehouse:
    return Warehouse(folder / "warehouse.duckdb", folder / "warehouse.snapshot.duckdb")


def ga4(
    days: int = 3, *, first: date = FIRST, page: str = "/pricing", sessions: int = 100, **columns: object
) -> pd.DataFrame:
    base = {
        "date": [first + timedelta(days=n) for n in range(days)],
        "landing_page": page, "source": "google", "medium": "organic", "campaign": "", "sessions": sessions,
        "users": sessions, "engaged_sessions": sessions // 2, "conversions": sessions // 20, "revenue": sessions * 0.5,
    }  # fmt: skip
    return pd.DataFrame(base | columns)


def email(campaign_id: str, day: date, sends: int = 50) -> pd.DataFrame:
    return pd.DataFrame([{
        "date": day, "campaign_id": campaign_id, "campaign": "Welcome", "sends": sends, "opens": 20, "clicks": 5,
        "unsubscribes": 1, "bounces": 2, "revenue": 30.0,
    }])  # fmt: skip


def put(
    warehouse: Warehouse, tenant: str, rows: pd.DataFrame, table: str = "ga4_daily", *, simulated: bool = False
) -> int:
    """Write rows over exactly the days they have."""
    days = list(rows["date"])
    with warehouse.writing() as w:
        return w.replace(table, tenant, min(days), max(days), rows, simulated=simulated)


def ask(warehouse: Warehouse, question: str) -> list[tuple[object, ...]]:
    with warehouse.reading() as connection:
        return connection.execute(question).fetchall()
