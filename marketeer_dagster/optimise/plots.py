"""Pictures of the engines' results, as PNG or as Markdown that carries its PNG within it.

Every function returns PNG bytes; `markdown` wraps them for Dagster metadata and reports. Figures are drawn without
pyplot, so they may be made in any thread.
"""

import base64
import io
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from marketeer_dagster.optimise.anomaly_reading import Reading
from marketeer_dagster.optimise.anomaly_stream import StreamScores
from marketeer_dagster.optimise.bandit import BatchPlan
from marketeer_dagster.optimise.budget import Allocation
from marketeer_dagster.optimise.changes import Changes
from marketeer_dagster.optimise.decay import Decay
from marketeer_dagster.optimise.experiment_model import Evaluation
from marketeer_dagster.optimise.experiment_plan import PowerPoint
from marketeer_dagster.optimise.impact import Impact
from marketeer_dagster.optimise.inputs import InvalidInput, number, same_length, vector

INK, ACCENT, SOFT, ALARM = "#1f2933", "#2563eb", "#93c5fd", "#dc2626"


def markdown(png: bytes, title: str) -> str:
    """A Markdown image with the PNG as a data URI."""
    return f"![{title.replace(']', ')')}](data:image/png;base64,{base64.b64encode(png).decode()})"


def reading(dates: Sequence[date], values: ArrayLike, result: Reading, *, metric: str) -> bytes:
    """A series with the expectation of its newest day, the days off marked."""
    y = vector(values, "values", allow_nan=True)
    same_length(dates, y, ("dates", "values"))
    figure, axes = _canvas(metric, result.summary)
    x = _days(dates)
    axes.plot(x, y, color=INK, linewidth=1.2)
    if result.expected is not None and result.low is not None and result.high is not None:
        middle = float(_days([result.since or result.day])[0])
        last = float(_days([result.day])[0])
        axes.fill_between([middle - 0.4, last + 0.4], result.low, result.high, color=SOFT, alpha=0.6, linewidth=0)
        axes.plot([middle - 0.4, last + 0.4], [result.expected] * 2, color=ACCENT, linewidth=1.5)
    if result.fired and result.since is not None:
        off = [i for i, day in enumerate(dates) if result.since <= day <= result.day]
        axes.plot(x[off], y[off], "o", color=ALARM, markersize=4)
    axes.xaxis_date()
    figure.autofmt_xdate()
    return _png(figure)


def days(dates: Sequence[date], values: ArrayLike, *, metric: str, caption: str = "") -> bytes:
    """A daily series as it is, from zero."""
    y = vector(values, "values", allow_nan=True)
    same_length(dates, y, ("dates", "values"))
    figure, axes = _canvas(metric, caption)
    axes.plot(_days(dates), y, color=ACCENT, linewidth=1.4, marker="o", markersize=2.5)
    axes.set_ylim(bottom=0)
    axes.xaxis_date()
    figure.autofmt_xdate()
    return _png(figure)


def stream(values: ArrayLike, result: StreamScores, *, metric: str) -> bytes:
    """A stream of rows, those that fired marked, with the interval in which each was expected."""
    y = vector(values, "values", allow_nan=True)
    same_length(y, result.strength, ("values", "result.strength"))
    figure, axes = _canvas(metric, f"{int(result.fired.sum())} of {len(y)} rows fired")
    rows = np.arange(len(y))
    shown = ~result.seasonal
    low, high = (np.where(shown, side, np.nan) for side in (result.low, result.high))
    axes.fill_between(rows, low, high, color=SOFT, alpha=0.5, linewidth=0)
    axes.plot(rows, y, color=INK, linewidth=0.8)
    axes.plot(rows[result.fired], y[result.fired], "o", color=ALARM, markersize=4)
    axes.set_xlabel("row")
    return _png(figure)


def changes(dates: Sequence[date], values: ArrayLike, result: Changes, *, metric: str) -> bytes:
    """A series with its levels, and a line where each new one begins."""
    y = vector(values, "values", allow_nan=True)
    same_length(dates, y, ("dates", "values"))
    figure, axes = _canvas(metric, result.summary)
    axes.plot(_days(dates), y, color=INK, linewidth=0.8)
    edges = [dates[0], *(change.day for change in result.changes), dates[-1] + timedelta(days=1)]
    for level, begin, end in zip(result.levels, edges[:-1], edges[1:], strict=False):
        axes.plot(_days([begin, end]), [level, level], color=ACCENT, linewidth=2)
    for change in result.changes:
        axes.axvline(float(_days([change.day])[0]), color=ALARM, linewidth=0.8, linestyle="--")
    axes.xaxis_date()
    figure.autofmt_xdate()
    return _png(figure)


def experiment(result: Evaluation) -> bytes:
    """The lift of every challenger with its interval."""
    figure, axes = _canvas("Lift over control", result.summary, rows=len(result.comparisons))
    for row, comparison in enumerate(reversed(result.comparisons)):
        colour = (ACCENT if comparison.lift > 0 else ALARM) if comparison.significant else INK
        axes.plot([comparison.low, min(comparison.high, 5)], [row, row], color=colour, linewidth=2)
        axes.plot(comparison.lift, row, "o", color=colour)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    _rows(axes, [comparison.name for comparison in reversed(result.comparisons)])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}")
    return _png(figure)


def power(points: Sequence[PowerPoint]) -> bytes:
    """Chance to find a lift, by its size."""
    if not points:
        raise InvalidInput("is empty", where="points", expected="at least one point")
    figure, axes = _canvas("Chance to find a lift", "")
    axes.plot([p.lift for p in points], [p.power for p in points], "o-", color=ACCENT)
    axes.axhline(0.8, color=INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return _png(figure)


def budget(result: Allocation) -> bytes:
    """Spend by channel, before and after, with the return of the next unit."""
    figure, axes = _canvas("Budget by channel", result.summary, rows=2 * len(result.moves))
    for row, move in enumerate(reversed(result.moves)):
        axes.barh(row + 0.2, move.current, height=0.35, color=SOFT)
        axes.barh(row - 0.2, move.proposed, height=0.35, color=ACCENT)
        axes.text(
            max(move.current, move.proposed), row, f"  next unit returns {move.marginal:.2f}", va="center", fontsize=8
        )
    axes.margins(x=0.35)
    _rows(axes, [move.channel for move in reversed(result.moves)])
    return _png(figure)


def bandit(plan: BatchPlan) -> bytes:
    """Estimated rate of every arm with its interval, and its share of the next batch."""
    figure, axes = _canvas("Click rate and share of the next batch", plan.summary, rows=len(plan.arms))
    for row, arm in enumerate(reversed(plan.arms)):
        colour = SOFT if arm.dropped else ACCENT
        axes.plot([arm.low, arm.high], [row, row], color=colour, linewidth=2)
        axes.plot(arm.rate, row, "o", color=colour)
        axes.text(arm.high, row, f"  {arm.share:.0%}", va="center", fontsize=8)
    axes.margins(x=0.15)
    _rows(axes, [arm.name for arm in reversed(plan.arms)])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.2%}")
    return _png(figure)


def decay(clicks: ArrayLike, site: ArrayLike, result: Decay) -> bytes:
    """A page's clicks as a share of its site, week by week, the fall marked."""
    y, total = vector(clicks, "clicks", allow_nan=True), vector(site, "site")
    same_length(y, total, ("clicks", "site"))
    figure, axes = _canvas(f"{result.name}: share of the site's clicks", result.summary)
    share = np.divide(y, total, out=np.full_like(y, np.nan), where=total > 0)
    axes.plot(np.arange(len(y)) - len(y) + 1, share, color=INK, linewidth=1.2)
    if result.since_weeks is not None and result.clicks_lost > 0:
        axes.axvspan(-result.since_weeks, 0, color=ALARM, alpha=0.12, linewidth=0)
    axes.set_xlabel("weeks ago")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
    return _png(figure)


def impact(treated: ArrayLike, result: Impact, *, change_at: int) -> bytes:
    """What a page did and what its controls say it would have done."""
    y = vector(treated, "treated")
    figure, axes = _canvas("Observed and predicted", result.summary)
    axes.plot(y, color=INK, linewidth=1.2, label="observed")
    if result.predicted:
        same_length(y, result.predicted, ("treated", "result.predicted"))
        axes.plot(result.predicted, color=ACCENT, linewidth=1.2, linestyle="--", label="without the change")
    axes.axvline(change_at - 0.5, color=ALARM, linewidth=0.8)
    axes.legend(frameon=False, fontsize=8)
    return _png(figure)


def evidence(wealth: ArrayLike, *, name: str, alpha: float = 0.02, caption: str = "") -> bytes:
    """How evidence for something added up, pair by pair, as an e-value; the line at which it is enough."""
    e = vector(wealth, "wealth")
    if (e < 0).any():
        raise InvalidInput("contains a negative number", where="wealth", expected="e-values")
    number(alpha, "alpha", low=0, high=1, open_low=True)
    figure, axes = _canvas(f"{name}: evidence by pair", caption)
    axes.plot(np.arange(1, len(e) + 1), np.maximum(e, 1e-4), color=ACCENT, linewidth=1.5)
    axes.axhline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.axhline(1 / alpha, color=ALARM, linewidth=0.8, linestyle="--")
    axes.set_yscale("log")
    axes.set_xlabel("pairs judged")
    return _png(figure)


def _days(dates: Sequence[date]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days since 1970, matplotlib's unit for dates."""
    return np.array([(day - date(1970, 1, 1)).days for day in dates], dtype=np.float64)


def _canvas(title: str, caption: str, rows: int = 4) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 2.2 + 0.3 * min(max(rows, 1), 20)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    if caption:
        figure.supxlabel(caption, fontsize=7, color=INK, wrap=True)
    return figure, axes


def _rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, len(names) - 0.3)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
