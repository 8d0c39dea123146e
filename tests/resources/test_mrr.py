"""MRR movements: the identity holds for any history, and each definition on a case a person can check."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from resources.mrr import History, Movement, State, daily_movements

DAY = date(2026, 3, 1)


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def history(customer: str, *states: tuple[int, dict[str, int]], subscription: str = "", **trial: object) -> History:
    held = tuple(State(on(day), {plan: Decimal(amount) for plan, amount in mrr.items()}) for day, mrr in states)
    return History(subscription or customer, customer, held, **trial)  # pyright: ignore[reportArgumentType]


def test_a_customer_arrives_grows_shrinks_and_leaves() -> None:
    ann = history("ann", (1, {"Team": 99}), (3, {"Team": 198}), (4, {"Team": 99}), (6, {}))
    rows = daily_movements([ann], on(0), on(7))
    assert rows[on(1), "Team"] == Movement(mrr=Decimal(99), new=Decimal(99), active=1)
    assert rows[on(2), "Team"] == Movement(mrr=Decimal(99), active=1)
    assert rows[on(3), "Team"] == Movement(mrr=Decimal(198), expansion=Decimal(99), active=1)
    assert rows[on(4), "Team"] == Movement(mrr=Decimal(99), contraction=Decimal(99), active=1)
    assert rows[on(6), "Team"] == Movement(churned_mrr=Decimal(99), churned=1)
    assert (on(0), "Team") not in rows and (on(7), "Team") not in rows


def test_an_upgrade_expands_by_the_difference_and_the_rest_moves() -> None:
    """From $39 to $119 is 80 expansion; it was 119 expansion and 39 contraction."""
    rows = daily_movements([history("ann", (0, {"Solo": 39}), (2, {"Team": 119}))], on(2), on(2))
    assert rows[on(2), "Solo"] == Movement(moved_out=Decimal(39))
    assert rows[on(2), "Team"] == Movement(mrr=Decimal(119), expansion=Decimal(80), moved_in=Decimal(39), active=1)


def test_a_downgrade_contracts_the_old_plan_by_the_difference() -> None:
    rows = daily_movements([history("ann", (0, {"Team": 119}), (2, {"Solo": 39}))], on(2), on(2))
    assert rows[on(2), "Team"] == Movement(contraction=Decimal(80), moved_out=Decimal(39))
    assert rows[on(2), "Solo"] == Movement(mrr=Decimal(39), moved_in=Decimal(39), active=1)


def test_what_moves_among_several_plans_is_shared_by_their_changes() -> None:
    """60 and 30 are given up for 10 and 20 and 30 of others: 60 moved, a third of what each old plan lost is lost."""
    before, after = {"A": 60, "B": 30}, {"C": 10, "D": 20, "E": 30}
    rows = daily_movements([history("ann", (0, before), (1, after))], on(1), on(1))
    assert {plan: row.moved_in for (_, plan), row in rows.items() if row.moved_in} == after
    lost = {plan: (row.moved_out, row.contraction) for (_, plan), row in rows.items() if row.moved_out}
    assert lost == {"A": (40, 20), "B": (20, 10)}


def test_a_second_subscription_of_a_paying_customer_is_expansion() -> None:
    held = [history("ann", (0, {"Team": 99})), history("ann", (1, {"Addon": 10}), subscription="second")]
    assert daily_movements(held, on(1), on(1))[on(1), "Addon"].expansion == 10


def test_coming_back_counts_as_new() -> None:
    rows = daily_movements([history("ann", (0, {"Team": 99}), (1, {}), (5, {"Team": 99}))], on(5), on(5))
    assert rows[on(5), "Team"].new == 99


def test_two_changes_in_a_day_count_once_at_its_end() -> None:
    rows = daily_movements([history("ann", (0, {"Team": 99}), (1, {"Team": 300}), (1, {"Team": 120}))], on(1), on(1))
    assert rows[on(1), "Team"].expansion == 21


def test_trials_start_and_convert_without_counting_before_they_pay() -> None:
    trial = history("ann", (0, {}), (14, {"Team": 99}), trial_started=on(0), trial_plan="Team", trial_converted=on(14))
    rows = daily_movements([trial], on(0), on(14))
    assert rows[on(0), "Team"] == Movement(trials_started=1)
    assert rows[on(14), "Team"] == Movement(mrr=Decimal(99), new=Decimal(99), active=1, trials_converted=1)


plans = st.dictionaries(st.sampled_from(["Starter", "Team", "Business"]), st.integers(0, 500), max_size=2)
states = st.lists(st.tuples(st.integers(0, 40), plans), max_size=6).map(lambda held: sorted(held, key=lambda s: s[0]))
accounts = st.lists(st.tuples(st.sampled_from("abcd"), states), max_size=8)


@given(accounts, st.integers(0, 40), st.integers(0, 40))
def test_mrr_is_yesterdays_plus_movements_for_every_plan(account: list, begin: int, length: int) -> None:
    held = [history(customer, *states, subscription=str(n)) for n, (customer, states) in enumerate(account)]
    whole = daily_movements(held, on(-1), on(90))
    before: dict[str, Decimal] = defaultdict(Decimal)
    for day in (on(n) for n in range(-1, 91)):
        for plan in ("Starter", "Team", "Business"):
            row = whole.get((day, plan), Movement())
            moved = row.moved_in - row.moved_out
            assert row.mrr == before[plan] + row.new + row.expansion - row.contraction - row.churned_mrr + moved
            assert row.mrr >= 0 and row.active >= 0 and (row.active > 0) == (row.mrr > 0)
            before[plan] = row.mrr
    last = {plan: sum((s[-1][1].get(plan, 0) if s else 0) for _, s in account) for plan in before}
    assert {plan: int(amount) for plan, amount in before.items()} == last
    part = daily_movements(held, on(begin), on(begin + length))
    assert part == {key: row for key, row in whole.items() if on(begin) <= key[0] <= on(begin + length)}
