"""GA4 figures of a small site, day by day, with and without something wrong; and landing them with their marts."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.warehouse import Warehouse
from tests.warehouse import frames

ACME = TenantId("acme")
FIRST = date(2026, 1, 5)
DAYS = 70
LAST = FIRST + timedelta(days=DAYS - 1)


def site(**pages: tuple[Sequence[int], Sequence[int]]) -> pd.DataFrame:
    """GA4 rows of pages (path without its slash), each with sessions and conversions per day; zero days are absent."""
    rows = []
    for name, (sessions, conversions) in pages.items():
        frame = frames.ga4(len(sessions), first=FIRST, page=f"/{name}", sessions=100)
        rows.append(frame.assign(sessions=list(sessions), users=list(sessions), conversions=list(conversions)))
    together = pd.concat(rows).query("sessions > 0")
    return together.assign(engaged_sessions=0)


def steady(level: int = 200, rate: float = 0.05, *, days: int = DAYS, seed: int = 3) -> tuple[list[int], list[int]]:
    random = np.random.default_rng(seed)
    sessions = random.poisson(level, days)
    return sessions.tolist(), random.binomial(sessions, rate).tolist()


def after(series: tuple[list[int], list[int]], days: int, *, sessions: float = 1, conversions: float = 1):
    """The series with its last `days` days multiplied."""
    n = len(series[0]) - days
    kept, changed = [s[:n] for s in series], [s[n:] for s in series]
    return (
        kept[0] + [int(x * sessions) for x in changed[0]],
        kept[1] + [int(x * conversions) for x in changed[1]],
    )


def land(warehouse: Warehouse, rows: pd.DataFrame, tenant: str = ACME) -> None:
    frames.put(warehouse, tenant, rows)
    with warehouse.writing() as w:
        for mart in ("channel_performance", "page_performance"):
            w.build_mart(mart)
