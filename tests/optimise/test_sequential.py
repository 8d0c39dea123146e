"""The sequential tests equal their formulas and keep their promise under constant looking."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from marketeer_dagster.optimise.sequential import (
    LOOKS,
    counts_e_value,
    horizon_boundary,
    mixture_e_value,
    mixture_half_width,
    split_e_value,
)


@settings(max_examples=40, deadline=None)
@given(z=st.floats(-5, 5), variance=st.floats(1e-4, 1), tau=st.floats(0.02, 2))
def test_the_mixture_equals_its_integral(z: float, variance: float, tau: float) -> None:
    estimate = z * math.sqrt(variance)
    sd = math.sqrt(variance)
    null = stats.norm.pdf(estimate, 0, sd)
    centre = estimate * tau**2 / (tau**2 + variance)
    width = 12 * math.sqrt(variance * tau**2 / (variance + tau**2))
    integral, _ = integrate.quad(
        lambda theta: stats.norm.pdf(estimate, theta, sd) * stats.norm.pdf(theta, 0, tau) / null,
        centre - width,
        centre + width,
        epsabs=0,
        epsrel=1e-10,
    )
    assert mixture_e_value(estimate, variance, tau) == pytest.approx(integral, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(variance=st.floats(1e-6, 10), tau=st.floats(0.01, 2), alpha=st.floats(0.001, 0.2))
def test_the_interval_holds_exactly_what_the_e_value_does_not_reject(variance: float, tau: float, alpha: float) -> None:
    half = mixture_half_width(variance, tau, alpha)
    assert mixture_e_value(half, variance, tau) == pytest.approx(1 / alpha, rel=1e-6)


@given(variance=st.floats(0.05, 1), tau=st.floats(0.02, 2), near=st.floats(0, 3), further=st.floats(1e-6, 2))
def test_more_difference_is_more_evidence(variance: float, tau: float, near: float, further: float) -> None:
    assert mixture_e_value(near + further, variance, tau) > mixture_e_value(near, variance, tau)


@pytest.mark.parametrize("variance", [0.02, 0.04, 0.1])
def test_e_values_average_at_most_one_without_a_difference(variance: float) -> None:
    z = np.random.default_rng(0).normal(size=40_000)
    e = np.array([mixture_e_value(float(value) * math.sqrt(variance), variance, 0.1) for value in z])
    assert e.mean() <= 1 + 4 * e.std() / math.sqrt(len(e))
    assert e.std() / math.sqrt(len(e)) < 0.02


def test_the_horizon_boundary_is_crossed_by_five_in_a_hundred_random_walks() -> None:
    random = np.random.default_rng(1)
    time = np.arange(1, LOOKS + 1) / LOOKS
    boundary = np.array([horizon_boundary(float(t), 0.05) for t in time])
    walks = np.cumsum(random.normal(0, 1 / math.sqrt(LOOKS), (6000, LOOKS)), axis=1)
    crossed = (np.abs(walks) / np.sqrt(time) >= boundary).any(axis=1).mean()
    assert 0.042 <= crossed <= 0.058


def test_the_horizon_boundary_falls_with_time_and_rises_with_certainty() -> None:
    fractions = [0.05, 0.2, 0.5, 1.0]
    bounds = [horizon_boundary(t, 0.05) for t in fractions]
    assert bounds == sorted(bounds, reverse=True)
    assert horizon_boundary(0.5, 0.01) > horizon_boundary(0.5, 0.05)
    assert 1.96 < bounds[-1] < 2.4


def test_the_split_check_finds_a_broken_split_and_ignores_an_honest_one() -> None:
    random = np.random.default_rng(2)
    false_alarms = 0
    for _ in range(200):
        visitors = random.multinomial(100, [0.5, 0.3, 0.2], size=60).cumsum(axis=0)
        false_alarms += any(split_e_value(row.astype(float), np.array([5.0, 3.0, 2.0])) >= 1000 for row in visitors)
    assert false_alarms <= 1
    assert split_e_value(np.array([5200.0, 4800.0]), np.array([1.0, 1.0])) > 1
    assert split_e_value(np.array([5300.0, 4700.0]), np.array([1.0, 1.0])) >= 1000


def test_exact_counts_evidence_averages_to_one() -> None:
    total = 30
    weights = stats.binom.pmf(np.arange(total + 1), total, 0.4)
    values = [counts_e_value(k, total - k, 0.4) for k in range(total + 1)]
    assert float(weights @ np.array(values)) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("variance", "tau", "field"), [(0, 0.1, "variance"), (-1, 0.1, "variance"), (1, 0, "tau")])
def test_impossible_figures_are_refused(variance: float, tau: float, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        mixture_e_value(0.1, variance, tau)
    with pytest.raises(ValueError, match="fraction"):
        horizon_boundary(0, 0.05)
