"""Late data: what analytics and search show of the newest days before they have counted everything."""

from datetime import date, timedelta

from marketeer_dagster.sandbox.faults import FaultKind

SEEN = {1: 0.80, 2: 0.95}
"""Share of a day's hits that is counted by its age in days; from three days on everything is."""
STALE_DAYS = 3
"""How much older than they should be the answers of a stale vendor are."""


def newest_day(today: date, fault: FaultKind | None) -> date:
    """The last day a vendor has anything of, when the market stands at `today` (which is not over yet)."""
    return today - timedelta(days=1 + (STALE_DAYS if fault is FaultKind.STALE else 0))


def seen_share(day: date, today: date) -> float:
    """Which share of `day` is counted by `today`."""
    return SEEN.get((today - day).days, 1.0)
