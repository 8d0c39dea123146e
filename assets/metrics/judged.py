"""Figures by which a test was decided stay as they were then: what was concluded from them can be computed again."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from marketeer_dagster.model.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd


def as_judged(rows: "pd.DataFrame", experiments: Iterable[Experiment], first: date, last: date) -> "pd.DataFrame":
    """`rows` of `experiment_daily` of the days [first, last], with each ended test's counts on the day that decided it.

    Google counts late hits of a day for two days or so. The days before and after are corrected as usual.
    """
    import pandas as pd

    kept: list[dict[str, object]] = []
    for experiment in experiments:
        decision = experiment.decision
        if decision is None or decision.measured_on is None or not first <= decision.measured_on <= last:
            continue
        of_day = (rows["date"] == decision.measured_on) & (rows["experiment"] == experiment.id)
        revenue = dict(zip(rows[of_day]["variant"], rows[of_day]["revenue"], strict=True))
        rows = rows[~of_day]
        kept += [
            {
                "date": decision.measured_on, "experiment": str(experiment.id), "variant": arm.name,
                "visitors": arm.visitors, "conversions": arm.conversions, "revenue": revenue.get(arm.name),
            }
            for arm in decision.arms
        ]  # fmt: skip
    return pd.concat([rows, pd.DataFrame(kept, columns=list(rows.columns))], ignore_index=True) if kept else rows
