"""SEO decay: a page falling behind its site is found; a site or a season falling is not the page's fault."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from marketeer_dagster.optimise.decay import Decay, Method, Rules, Trend, judge_pages

PAGES = 30


def clicks(weeks: int, seed: int = 0, level: float = 300) -> NDArray[np.float64]:
    g = np.random.default_rng(seed)
    common = 0.3 * np.sin(2 * np.pi * np.arange(weeks) / 52) + np.cumsum(0.03 * g.standard_normal(weeks))
    return g.poisson(level * np.exp(common + 0.06 * g.standard_normal((PAGES, weeks)))).astype(float)


def judged(table: NDArray[np.float64], rules: Rules | None = None) -> tuple[Decay, ...]:
    return judge_pages([f"/p{i}" for i in range(len(table))], table, rules=rules)


@pytest.mark.parametrize(("weeks", "method"), [(30, Method.HINGE), (110, Method.YEAR_ON_YEAR)])
def test_a_falling_page_is_found_and_its_loss_measured(weeks: int, method: Method) -> None:
    table = clicks(weeks)
    table[4, -10:] *= np.linspace(1, 0.55, 10)
    page = judged(table)[4]
    assert (page.trend, page.method) == (Trend.DECAYING, method)
    assert page.change == pytest.approx(-0.45, abs=0.12)
    assert page.low is not None and page.high is not None and page.low < page.change < page.high < 0
    assert page.since_weeks is not None and 6 <= page.since_weeks <= 14
    assert page.clicks_lost > 50 and page.looks == 13 and "/p4" in page.summary


def test_a_falling_site_is_no_page_s_fault() -> None:
    table = clicks(60, seed=1)
    table[:, -10:] *= np.linspace(1, 0.4, 10)
    assert sum(page.trend is Trend.DECAYING for page in judged(table)) <= 3


def test_a_page_with_its_own_season_is_compared_with_its_own_last_year() -> None:
    table = clicks(156, seed=2)
    table[0] *= np.exp(0.25 * np.cos(2 * np.pi * (np.arange(156) - 140) / 52))
    with_history, without = judged(table)[0], judged(table[:, -30:])[0]
    assert with_history.score < without.score


def test_steady_pages_are_rarely_accused() -> None:
    accused = [page.trend is Trend.DECAYING for seed in range(6) for page in judged(clicks(40, seed=seed))]
    assert np.mean(accused) <= 0.07


def test_young_and_tiny_pages_are_not_judged() -> None:
    table = clicks(40, seed=3)
    table[0, :30] = np.nan
    table[1] = np.random.default_rng(0).poisson(1, 40)
    first, second = judged(table)[:2]
    assert (first.trend, second.trend) == (Trend.NOT_ENOUGH_HISTORY, Trend.TOO_SMALL)
    assert first.change is None and first.score == 0


@pytest.mark.parametrize(
    ("names", "table", "site", "field"),
    [
        (["a"], [[1.0] * 20], None, "site"),
        (["a", "a", "b"], [[1.0] * 20] * 3, None, "names"),
        (["a", "b"], [[1.0] * 20] * 3, None, "names"),
        (["a", "b", "c"], [[-1.0] * 20] * 3, None, "clicks"),
        (["a", "b", "c"], [[math.nan] * 20] * 3, None, "clicks"),
        (["a", "b", "c"], [[math.inf] * 20] * 3, None, "clicks"),
        (["a"], [[1.0] * 20], [1.0] * 5, "site"),
        (["a"], [[1.0] * 20], [-1.0] * 20, "site"),
        (["a"], [[9.0] * 20], [1.0] * 20, "site"),
        (["a"], [[1.0] * 20], [math.nan] * 20, "site"),
        ([], [[]], None, "clicks"),
    ],
)
def test_bad_input_is_refused_by_field(
    names: list[str], table: list[list[float]], site: list[float] | None, field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        judge_pages(names, table, site=site)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 120), st.floats(0, 1e6))
def test_constants_never_decay(weeks: int, level: float) -> None:
    assert all(page.trend is not Trend.DECAYING for page in judged(np.full((5, weeks), level)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(16, 120), st.floats(0, 2000))
def test_never_nan(seed: int, weeks: int, level: float) -> None:
    for page in judged(np.random.default_rng(seed).poisson(level, (4, weeks)).astype(float)):
        assert all(v is None or math.isfinite(v) for v in (page.change, page.low, page.high))
        assert math.isfinite(page.score) and math.isfinite(page.clicks_lost)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 5), st.integers(0, 20))
def test_what_moves_the_whole_site_alike_does_not_matter(factor: float, seed: int) -> None:
    table = clicks(40, seed=seed, level=20_000)
    moved = table * np.where(np.arange(40) < 30, 1.0, factor)
    for ours, theirs in zip(judged(table), judged(moved), strict=True):
        assert theirs.score == pytest.approx(ours.score, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(8)))
def test_pages_may_come_in_any_order(order: list[int]) -> None:
    table = clicks(40, seed=5)[:8]
    straight = judge_pages([str(i) for i in range(8)], table)
    shuffled = judge_pages([str(i) for i in order], table[order])
    for place, i in enumerate(order):
        assert shuffled[place].score == pytest.approx(straight[i].score)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 0.8), st.integers(0, 20))
def test_a_deeper_fall_is_stronger_evidence(left: float, seed: int) -> None:
    table = clicks(40, seed=seed)
    shallow, deep = table.copy(), table.copy()
    shallow[0, -8:] *= np.linspace(1, left, 8)
    deep[0, -8:] *= np.linspace(1, left * 0.6, 8)
    assert judged(deep)[0].score > judged(shallow)[0].score
