"""Every engine's result can be drawn, and the drawing shows what it should."""

import base64
import io
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from marketeer_dagster.learning.validate import wealth
from marketeer_dagster.optimise import plots
from marketeer_dagster.optimise.anomaly import score_series
from marketeer_dagster.optimise.anomaly_stream import score_stream
from marketeer_dagster.optimise.bandit import ArmCounts, allocate
from marketeer_dagster.optimise.budget import History
from marketeer_dagster.optimise.budget import allocate as split
from marketeer_dagster.optimise.changes import change_points
from marketeer_dagster.optimise.decay import judge_pages
from marketeer_dagster.optimise.experiment import Arm, Mode, Plan, evaluate
from marketeer_dagster.optimise.experiment_plan import power_curve
from marketeer_dagster.optimise.impact import impact

RANDOM = np.random.default_rng(0)
DAYS = [date(2026, 1, 1) + timedelta(days=i) for i in range(60)]
ALARM = (220, 38, 38)


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def has_colour(png: bytes, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(pixels(png).astype(int) - colour).sum(axis=2) < 30).any())


def test_an_alarm_is_red_and_a_calm_day_is_not() -> None:
    y = RANDOM.poisson(300, 60).astype(float)
    calm = plots.reading(DAYS, y, score_series(DAYS, y), metric="sessions")
    y[-3:] *= 0.4
    alarmed = plots.reading(DAYS, y, score_series(DAYS, y), metric="sessions")
    assert has_colour(alarmed, ALARM) and not has_colour(calm, ALARM)


def test_markdown_carries_the_picture() -> None:
    png = plots.power(power_curve(0.05, 5000))
    text = plots.markdown(png, "power [80 %]")
    assert text.startswith("![power [80 %)](data:image/png;base64,")
    assert base64.b64decode(text.split("base64,")[1][:-1]) == png


def test_all_results_can_be_drawn() -> None:
    result = evaluate((Arm("control", 9000, 300), Arm("b", 9000, 420), Arm("c", 9000, 310)), Plan(Mode.ANYTIME, 50_000))
    spend = tuple((50 * np.exp(0.1 * RANDOM.standard_normal(20))).tolist())
    histories = [History(name, spend, tuple((3 * np.sqrt(spend)).tolist())) for name in ("ads", "social")]
    clicks = RANDOM.poisson(200, (5, 40)).astype(float)
    clicks[0, -8:] *= np.linspace(1, 0.4, 8)
    pages = np.exp(RANDOM.normal(5, 0.05, (25, 60)))
    stepped = RANDOM.poisson(np.where(np.arange(60) < 30, 300, 200)).astype(float)
    drawn = [
        plots.evidence(wealth(np.array([0.4, -0.1, 0.6, 0.5])), name="short subjects"),
        plots.stream(np.r_[stepped, stepped], score_stream(np.r_[stepped, stepped], per_day=24), metric="hits"),
        plots.changes(DAYS, stepped, change_points(DAYS, stepped), metric="sessions"),
        plots.changes(DAYS[:9], stepped[:9], change_points(DAYS[:9], stepped[:9]), metric="sessions"),
        plots.experiment(result),
        plots.budget(split(histories)),
        plots.bandit(allocate([ArmCounts("a", 500, 9), ArmCounts("b", 500, 20)])),
        plots.decay(clicks[0], clicks.sum(axis=0), judge_pages(list("abcde"), clicks)[0]),
        plots.impact(pages[0], impact(pages[0], pages[1:], change_at=40), change_at=40),
        plots.impact(pages[0], impact(pages[0], pages[1:5], change_at=40), change_at=40),
    ]
    for png in drawn:
        assert pixels(png).std() > 5


def test_the_same_result_gives_the_same_picture() -> None:
    points = power_curve(0.05, 5000)
    assert plots.power(points) == plots.power(points)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="points"):
        plots.power([])
    with pytest.raises(ValueError, match="wealth"):
        plots.evidence([-1.0], name="x")
    with pytest.raises(ValueError, match="values"):
        plots.reading(DAYS, [1.0], score_series(DAYS, [1.0] * 60), metric="m")
