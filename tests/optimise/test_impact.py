"""Impact: effects are measured against untouched pages, and no answer is given where there is none."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from marketeer_dagster.optimise.impact import Answer, Impact, impact

CHANGE = 40


def site(seed: int, effect: float = 0.0, pages: int = 25) -> NDArray[np.float64]:
    g = np.random.default_rng(seed)
    t = np.arange(60)
    common = np.cumsum(0.03 * g.standard_normal(60)) + 0.2 * np.cos(2 * np.pi * t / 7)
    noise = 0.05 * g.standard_normal((pages, 60))
    x = 6 + g.normal(1, 0.2, pages)[:, None] * common + noise
    x[0, CHANGE:] += effect
    return np.exp(x)


def measured(pages: NDArray[np.float64]) -> Impact:
    return impact(pages[0], pages[1:], change_at=CHANGE)


@pytest.mark.parametrize(("effect", "answer"), [(0.25, Answer.RAISED), (-0.25, Answer.LOWERED)])
def test_an_effect_is_found_with_its_size(effect: float, answer: Answer) -> None:
    result = measured(site(0, effect))
    assert result.answer is answer and result.p is not None and result.p <= 0.05
    assert result.effect == pytest.approx(math.expm1(effect), abs=0.06)
    assert result.low is not None and result.high is not None
    assert result.low < math.expm1(effect) < result.high and len(result.predicted) == 60


def test_a_site_wide_surge_is_not_the_change() -> None:
    found = 0
    for seed in range(30):
        pages = site(seed)
        pages[:, CHANGE:] *= 1.5
        found += measured(pages).answer is not Answer.NO_EFFECT_SEEN
    assert found <= 4


def test_too_few_controls_or_weeks_give_no_answer() -> None:
    few = measured(site(0, 0.5, pages=10))
    assert few.answer is Answer.CANNOT_TELL and few.effect is None and few.p is None
    pages = site(0, 0.5)
    assert impact(pages[0], pages[1:], change_at=10).answer is Answer.CANNOT_TELL


def test_controls_that_do_not_follow_the_page_give_no_answer() -> None:
    pages = site(0)
    pages[0] = np.exp(np.random.default_rng(1).normal(5, 1, 60))
    assert measured(pages).answer is Answer.CANNOT_TELL


@pytest.mark.parametrize(
    ("treated", "controls", "at", "field"),
    [
        ([], [[1.0]], 1, "treated"),
        ([1.0, 2.0], [[]], 1, "controls"),
        ([1.0, 0.0], [[1.0, 1.0]], 1, "treated"),
        ([1.0, 2.0], [[1.0, -1.0]], 1, "controls"),
        ([1.0, math.nan], [[1.0, 1.0]], 1, "treated"),
        ([1.0, 2.0], [[1.0, math.inf]], 1, "controls"),
        ([1.0, 2.0], [[1.0, 1.0, 1.0]], 1, "controls"),
        ([1.0, 2.0], [[1.0, 1.0]], 2, "change_at"),
        ([1.0, 2.0], [[1.0, 1.0]], 0, "change_at"),
    ],
)
def test_bad_input_is_refused_by_field(treated: list[float], controls: list[list[float]], at: int, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        impact(treated, controls, change_at=at)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1000), st.integers(0, 20))
def test_the_unit_does_not_matter(unit: float, seed: int) -> None:
    pages = site(seed, 0.1)
    ours, theirs = measured(pages), measured(pages * unit)
    assert theirs.effect == pytest.approx(ours.effect, abs=1e-6) and theirs.p == ours.p


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50))
def test_the_order_of_controls_does_not_matter_much(seed: int) -> None:
    pages = site(seed, 0.2)
    order = np.random.default_rng(seed).permutation(np.arange(1, 13))
    shuffled = np.vstack([pages[:1], pages[order], pages[13:]])
    assert measured(shuffled).effect == pytest.approx(measured(pages).effect, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 20), st.floats(0.05, 0.3))
def test_a_larger_effect_is_stronger_evidence(seed: int, effect: float) -> None:
    small, large = measured(site(seed, effect)), measured(site(seed, effect + 0.3))
    assert small.p is not None and large.p is not None and small.effect is not None and large.effect is not None
    assert large.p <= small.p + 1e-9 and large.effect > small.effect


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 3), st.floats(1e-6, 1e6))
def test_never_nan(seed: int, spread: float, level: float) -> None:
    pages = level * np.exp(np.random.default_rng(seed).normal(0, spread, (21, 60)))
    result = measured(pages)
    figures = (result.effect, result.low, result.high, result.p, result.fit_error, *result.predicted)
    assert all(figure is None or math.isfinite(figure) for figure in figures)
    assert (result.answer is Answer.CANNOT_TELL) == (result.effect is None)


@pytest.mark.parametrize(("option", "value"), [("alpha", 0), ("alpha", math.nan), ("tolerance", math.nan)])
def test_bad_options_are_refused_by_field(option: str, value: float) -> None:
    pages = site(0)
    with pytest.raises(ValueError, match=option):
        impact(pages[0], pages[1:], change_at=CHANGE, **{option: value})


def test_constants_have_no_effect() -> None:
    result = impact(np.full(60, 5.0), np.full((25, 60), 5.0), change_at=CHANGE)
    assert result.answer is Answer.NO_EFFECT_SEEN and result.effect == pytest.approx(0)
