"""Fair splits of people who come back often: how many would be called broken, judged every day (case 70)."""

from benchmarks.fair_splits import MOST, broken, measured

WORLDS = 40
"""A slice; `python -m benchmarks --only fair-splits` tries 2,000."""


def test_fair_splits_of_people_who_return_are_not_called_broken() -> None:
    called = measured(WORLDS)
    assert called.people_once <= MOST * WORLDS
    assert called.counted_again > 3, "people of this market return, or nothing would be shown"


def test_a_split_that_is_broken_is_still_found() -> None:
    assert broken([10_000, 11_200])
    assert not broken([10_000, 10_200])
