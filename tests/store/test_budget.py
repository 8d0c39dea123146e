"""Catalog, "Money": who may still spend at which share of a month's budget."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.store.budget import CEILINGS, admit, cheapest_only

LIMIT = Decimal(100)


def allowed(committed: str, priority: Priority, *, worst: str = "0.01", cheapest: bool = False) -> bool:
    return admit(
        committed_usd=Decimal(committed),
        worst_case_usd=Decimal(worst),
        limit_usd=LIMIT,
        priority=priority,
        cheapest_tier=cheapest,
    ).allowed


@pytest.mark.parametrize(
    ("committed", "who"),
    [
        ("0", "P0 P1 P2 P3"), ("79.98", "P0 P1 P2 P3"), ("80", "P0 P1 P2"), ("89.98", "P0 P1 P2"), ("90", "P0 P1"),
        ("94.98", "P0 P1"), ("95", ""), ("100", ""), ("140", ""),
    ],
)  # fmt: skip
def test_each_threshold_shuts_out_one_more_priority(committed: str, who: str) -> None:
    assert " ".join(p.name for p in Priority if allowed(committed, p)) == who


@pytest.mark.parametrize(("committed", "who"), [("95", "P0"), ("99.98", "P0"), ("100", "")])
def test_the_last_five_per_cent_are_for_p0_on_the_cheapest_tier(committed: str, who: str) -> None:
    assert " ".join(p.name for p in Priority if allowed(committed, p, cheapest=True)) == who


def test_a_call_whose_worst_case_passes_the_ceiling_is_refused_although_money_is_left() -> None:
    assert allowed("70", Priority.P3, worst="10")
    assert not allowed("70", Priority.P3, worst="10.01")


def test_a_budget_of_zero_allows_nothing_not_even_free_calls() -> None:
    admission = admit(
        committed_usd=Decimal(0),
        worst_case_usd=Decimal(0),
        limit_usd=Decimal(0),
        priority=Priority.P0,
        cheapest_tier=True,
    )
    assert not admission.allowed
    assert admission.share == 1


def test_p0_moves_to_the_cheapest_tier_when_its_worst_case_would_enter_the_last_five_per_cent() -> None:
    assert not cheapest_only(committed_usd=Decimal(90), worst_case_usd=Decimal(5), limit_usd=LIMIT)
    assert cheapest_only(committed_usd=Decimal(90), worst_case_usd=Decimal("5.01"), limit_usd=LIMIT)


money = st.decimals(min_value=0, max_value=1000, places=4)


@given(committed=money, worst=money, limit=money, priority=st.sampled_from(Priority), cheapest=st.booleans())
def test_an_admitted_call_never_passes_its_ceiling(
    committed: Decimal, worst: Decimal, limit: Decimal, priority: Priority, cheapest: bool
) -> None:
    admission = admit(
        committed_usd=committed, worst_case_usd=worst, limit_usd=limit, priority=priority, cheapest_tier=cheapest
    )
    if admission.allowed:
        assert committed + worst <= limit * CEILINGS[priority]


@given(committed=money, worst=money, limit=money, cheapest=st.booleans())
def test_a_more_urgent_call_is_never_refused_where_a_less_urgent_one_is_admitted(
    committed: Decimal, worst: Decimal, limit: Decimal, cheapest: bool
) -> None:
    admitted = [
        admit(
            committed_usd=committed, worst_case_usd=worst, limit_usd=limit, priority=p, cheapest_tier=cheapest
        ).allowed
        for p in sorted(Priority)
    ]
    assert admitted == sorted(admitted, reverse=True)
