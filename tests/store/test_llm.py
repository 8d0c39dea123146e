"""The Claude ledger: reserved before, settled after, replayed for nothing, never above the limit."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.errors import BudgetExceeded, NotFound
from marketeer_dagster.store import AlreadyAsked, CallState, CutTooOften, Store
from tests.store import values
from tests.store.values import LATER, NOW, reservation
from tests.support.owners import a_dead_process, a_process

MONTH = "2026-03"


def settle(store: Store, call_id: str, cost: str = "0.25", body: str = '{"text":"hi"}') -> None:
    spend = Spend(calls=1, input_tokens=900, output_tokens=80, cache_read_tokens=4000, cost_usd=Decimal(cost))
    store.llm.settle(
        call_id, body_json=body, stop_reason="end_turn", spend=spend, latency_s=2.5, request_id="req_1", at=LATER
    )


def test_a_reservation_counts_with_its_worst_case_until_it_is_settled_with_its_cost(acme: Store) -> None:
    call = acme.llm.reserve(reservation(worst="1.5"), Decimal(100))
    assert acme.llm.committed("acme", MONTH) == Decimal("1.5")
    settle(acme, call, cost="0.00000001")
    assert acme.llm.committed("acme", MONTH) == Decimal("0.00000001")


def test_money_is_exact_over_many_small_sums(acme: Store) -> None:
    for number in range(30):
        settle(acme, acme.llm.reserve(reservation(f"f{number}"), Decimal(100)), cost="0.1")
    assert acme.llm.committed("acme", MONTH) == Decimal(3)
    assert acme.llm.totals(tenant="acme").cost_usd == Decimal(3)


def test_a_released_call_costs_nothing_and_leaves_its_error(acme: Store) -> None:
    call = acme.llm.reserve(reservation(), Decimal(100))
    acme.llm.release(call, "529 overloaded", LATER)
    assert acme.llm.committed("acme", MONTH) == 0
    assert [(c.state, c.error) for c in acme.llm.list()] == [(CallState.RELEASED, "529 overloaded")]


def test_a_late_release_does_not_undo_a_settled_call(acme: Store) -> None:
    call = acme.llm.reserve(reservation(), Decimal(100))
    settle(acme, call)
    acme.llm.release(call, "cancelled", LATER)
    assert acme.llm.replay("acme", "f1") is not None


def test_an_answer_once_settled_is_replayed_for_its_tenant_only(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    assert acme.llm.replay("acme", "f1") is None
    settle(acme, acme.llm.reserve(reservation("f1"), Decimal(100)))
    answer = acme.llm.replay("acme", "f1")
    assert answer is not None
    assert (answer.body_json, answer.stop_reason, answer.spend.cache_read_tokens) == ('{"text":"hi"}', "end_turn", 4000)
    assert answer.spend.cost_usd == Decimal("0.25")
    assert acme.llm.replay("globex", "f1") is None


def test_a_reservation_left_by_a_killed_process_is_superseded_and_no_longer_counted(acme: Store) -> None:
    first = acme.llm.reserve(reservation("f1", "60", owner=a_dead_process()), Decimal(100))
    second = acme.llm.reserve(reservation("f1", "60"), Decimal(100))
    assert first != second
    assert acme.llm.committed("acme", MONTH) == 60
    assert [call.state for call in acme.llm.list()] == [CallState.LOST, CallState.RESERVED]


def test_what_a_living_process_asks_is_not_asked_by_another(acme: Store) -> None:
    with a_process() as other:
        first = acme.llm.reserve(reservation("f1", owner=other), Decimal(100))
        with pytest.raises(AlreadyAsked):
            acme.llm.reserve(reservation("f1"), Decimal(100))
        assert [call.state for call in acme.llm.list()] == [CallState.RESERVED]
        settle(acme, first)
    with pytest.raises(AlreadyAsked):
        acme.llm.reserve(reservation("f1"), Decimal(100))


def test_what_is_asked_of_one_model_is_not_asked_of_the_other_as_well(acme: Store) -> None:
    with a_process() as other:
        settle(acme, acme.llm.reserve(reservation("cheap", owner=other), Decimal(100)))
        with pytest.raises(AlreadyAsked):
            acme.llm.reserve(reservation("usual", instead_of="cheap"), Decimal(100))


def test_what_a_living_process_gave_up_may_be_asked_by_another(acme: Store) -> None:
    with a_process() as other:
        acme.llm.release(acme.llm.reserve(reservation("f1", owner=other), Decimal(100)), "outage", LATER)
        acme.llm.reserve(reservation("f1"), Decimal(100))


def test_a_campaigns_own_limit_holds_over_all_months_and_names_the_figures(acme: Store) -> None:
    own = {"campaign_limit_usd": Decimal(5)}
    settle(acme, acme.llm.reserve(reservation("f1", "3", month="2026-02", **own), Decimal(100)), cost="2")
    acme.llm.reserve(reservation("f2", "2", **own), Decimal(100))
    acme.llm.reserve(reservation("f3", "50", campaign="acme:other"), Decimal(100))
    with pytest.raises(BudgetExceeded, match=r"acme:launch.*1\.5000.*4\.0000 of the campaign's budget of USD 5\.00"):
        acme.llm.reserve(reservation("f4", "1.5", **own), Decimal(100))
    acme.llm.reserve(reservation("f4", "1", **own), Decimal(100))


def test_a_lost_call_that_answers_after_all_is_paid_for(acme: Store) -> None:
    first = acme.llm.reserve(reservation("f1"), Decimal(100))
    acme.llm.reserve(reservation("f1"), Decimal(100))
    settle(acme, first, cost="0.4")
    assert acme.llm.totals().cost_usd == Decimal("0.4")


def test_reservations_whose_process_never_came_back_can_be_expired(acme: Store) -> None:
    dead = a_dead_process()
    acme.llm.reserve(reservation("old", at=NOW, owner=dead), Decimal(100))
    acme.llm.reserve(reservation("at work", at=NOW), Decimal(100))
    acme.llm.reserve(reservation("new", at=NOW + timedelta(hours=2), owner=dead), Decimal(100))
    assert acme.llm.expire(NOW + timedelta(hours=1)) == 1
    assert [call.fingerprint for call in acme.llm.list(state=CallState.RESERVED)] == ["at work", "new"]


def test_a_refused_reservation_names_the_figures_and_writes_nothing(acme: Store) -> None:
    acme.llm.reserve(reservation("f1", "8"), Decimal(10))
    with pytest.raises(BudgetExceeded, match=r"acme, 2026-03.*8\.0000 of 10\.00.*P2.*9\.00"):
        acme.llm.reserve(reservation("f2", "1.5"), Decimal(10))
    assert len(acme.llm.list()) == 1


def test_budgets_are_separate_by_tenant_and_month(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    acme.llm.reserve(reservation("f1", "9"), Decimal(10))
    acme.llm.reserve(reservation("f1", "9", tenant="globex"), Decimal(10))
    acme.llm.reserve(reservation("f2", "9", month="2026-04"), Decimal(10))
    assert acme.llm.committed("globex", MONTH) == 9


def test_only_p0_on_the_cheapest_tier_may_use_the_end_of_a_budget(acme: Store) -> None:
    acme.llm.reserve(reservation("f1", "95", priority=Priority.P0), Decimal(100))
    with pytest.raises(BudgetExceeded):
        acme.llm.reserve(reservation("f2", "1", priority=Priority.P0), Decimal(100))
    acme.llm.reserve(reservation("f2", "1", priority=Priority.P0, cheapest_tier=True), Decimal(100))


def test_totals_and_lists_can_be_narrowed(acme: Store) -> None:
    settle(acme, acme.llm.reserve(reservation("f1", run_id="run-1"), Decimal(100)))
    settle(acme, acme.llm.reserve(reservation("f2", run_id="run-2", campaign="acme:other"), Decimal(100)))
    acme.llm.reserve(reservation("f3", run_id="run-2"), Decimal(100))
    assert acme.llm.totals() == Spend(
        calls=2, input_tokens=1800, output_tokens=160, cache_read_tokens=8000, cost_usd=Decimal("0.5")
    )
    assert acme.llm.totals(run_id="run-2").calls == 1
    assert acme.llm.totals(campaign="acme:none") == Spend()
    assert [call.fingerprint for call in acme.llm.list(run_id="run-2")] == ["f2", "f3"]


def test_settling_an_unknown_call_is_an_error(acme: Store) -> None:
    with pytest.raises(NotFound, match="llm_none"):
        settle(acme, "llm_none")


def test_a_tenant_that_does_not_exist_cannot_spend(acme: Store) -> None:
    with pytest.raises(NotFound, match="tenant"):
        acme.llm.reserve(reservation(tenant="nobody"), Decimal(100))


def spend_all(url: str, worker: int, rounds: int = 30) -> int:
    """Reserve until refused; a third of the calls is released again, a third settled below its worst case."""
    admitted = 0
    with Store.open(url) as store:
        for number in range(rounds):
            try:
                call = store.llm.reserve(reservation(f"w{worker}-{number}", "1", priority=Priority.P3), Decimal(50))
            except BudgetExceeded:
                continue
            admitted += 1
            if number % 3 == 0:
                store.llm.release(call, "outage", LATER)
            elif number % 3 == 1:
                settle(store, call, cost="0.5")
            assert store.llm.committed("acme", MONTH) <= 40
    return admitted


@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(lambda: ThreadPoolExecutor(6), id="threads"),
        pytest.param(lambda: ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")), id="processes"),
    ],
)
def test_concurrent_reservations_never_pass_the_limit(
    acme: Store, url: str, pool: Callable[[], ThreadPoolExecutor | ProcessPoolExecutor]
) -> None:
    """P3 may commit 40 of 50: every worker checks the total after each of its reservations."""
    with pool() as workers:
        admitted = sum(workers.map(spend_all, [url] * 6, range(6)))
    held = [call for call in acme.llm.list() if call.state is not CallState.RELEASED]
    assert admitted == len(acme.llm.list())
    assert len(held) > 40, "settling below the worst case must free money for others"
    assert 39 <= acme.llm.committed("acme", MONTH) <= 40


def test_concurrent_reservations_of_one_fingerprint_leave_one_open(acme: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: acme.llm.reserve(reservation("same", "1"), Decimal(100)), range(16)))
    assert len(acme.llm.list(state=CallState.RESERVED)) == 1


def test_what_went_out_and_was_left_counts_with_its_worst_case_and_may_be_asked_once_more(acme: Store) -> None:
    first = acme.llm.reserve(reservation("f1", "3", owner=a_dead_process()), Decimal(100))
    acme.llm.sent(first, NOW)
    second = acme.llm.reserve(reservation("f1", "3"), Decimal(100))
    assert [call.state for call in acme.llm.list()] == [CallState.CUT, CallState.RESERVED]
    assert acme.llm.committed("acme", MONTH) == 6
    assert acme.llm.totals(tenant="acme").cost_usd == 3
    settle(acme, second, cost="1")
    assert acme.llm.committed("acme", MONTH) == 4
    settle(acme, first, cost="1")  # known after all
    assert acme.llm.committed("acme", MONTH) == 2


def test_a_third_time_is_refused_and_left_to_another_run(acme: Store) -> None:
    for _ in range(2):
        call = acme.llm.reserve(reservation("f1", "3"), Decimal(100))
        acme.llm.sent(call, NOW)
        acme.llm.cut(call, "cut", Spend(calls=1, cost_usd=Decimal(2)), LATER, "req_1")
    for _ in range(3):
        with pytest.raises(CutTooOften, match="2 times"):
            acme.llm.reserve(reservation("f1", "3"), Decimal(100))
    assert {call.rejected_by for call in acme.llm.list()} == {"run-1"}
    acme.llm.reserve(reservation("f1", "3", run_id="run-2"), Decimal(100))
    assert [(call.attempt, call.state) for call in acme.llm.list()] == [
        (1, CallState.CUT), (1, CallState.CUT), (2, CallState.RESERVED),
    ]  # fmt: skip


def test_the_same_question_to_the_cheapest_model_counts_the_cuts_of_both(acme: Store) -> None:
    for fingerprint, other in (("f1", "f2"), ("f2", "f1")):
        call = acme.llm.reserve(reservation(fingerprint, "3", instead_of=other), Decimal(100))
        acme.llm.sent(call, NOW)
        acme.llm.cut(call, "cut", Spend(calls=1, cost_usd=Decimal(2)), LATER)
    with pytest.raises(CutTooOften):
        acme.llm.reserve(reservation("f1", "3", instead_of="f2"), Decimal(100))


def test_a_call_cancelled_by_a_person_is_none_of_those_that_were_repeated(acme: Store) -> None:
    for run in ("run-1", "run-2", "run-3", "run-4"):
        call = acme.llm.reserve(reservation("f1", "3", run_id=run), Decimal(100))
        acme.llm.sent(call, NOW)
        acme.llm.cut(call, "cancelled", Spend(calls=1, cost_usd=Decimal(2)), LATER, given_up_by=run)
    acme.llm.reserve(reservation("f1", "3", run_id="run-5"), Decimal(100))
    assert acme.llm.committed("acme", MONTH) == 4 * 2 + 3


def test_what_was_turned_away_is_free_and_keeps_its_reason_and_request(acme: Store) -> None:
    call = acme.llm.reserve(reservation("f1", "3", owner=a_dead_process()), Decimal(100))
    acme.llm.sent(call, NOW)
    acme.llm.turned_away(call, "529 Overloaded", "req_9")
    (row,) = acme.llm.list()
    assert (row.sent_at, row.error, row.request_id) == (None, "529 Overloaded", "req_9")
    acme.llm.reserve(reservation("f1", "3"), Decimal(100))
    assert [call.state for call in acme.llm.list()] == [CallState.LOST, CallState.RESERVED]
    assert acme.llm.committed("acme", MONTH) == 3


def test_what_has_ended_is_not_ended_otherwise_by_a_late_word(acme: Store) -> None:
    settled = acme.llm.reserve(reservation("f1"), Decimal(100))
    settle(acme, settled)
    cut = acme.llm.reserve(reservation("f2"), Decimal(100))
    acme.llm.sent(cut, NOW)
    acme.llm.cut(cut, "cut", Spend(calls=1, cost_usd=Decimal(2)), LATER)
    for call in (settled, cut):
        acme.llm.release(call, "late", LATER)
        acme.llm.cut(call, "late", Spend(), LATER)
        acme.llm.turned_away(call, "late", "")
        acme.llm.sent(call, LATER)
    assert [(c.state, c.spend.cost_usd) for c in acme.llm.list()] == [
        (CallState.SETTLED, Decimal("0.25")), (CallState.CUT, Decimal(2)),
    ]  # fmt: skip


def test_a_rejected_answer_stays_billed_and_is_used_by_its_run_alone(acme: Store) -> None:
    call = acme.llm.reserve(reservation("f1"), Decimal(100))
    settle(acme, call)
    other = acme.llm.reserve(reservation("f2"), Decimal(100))
    settle(acme, other)
    acme.llm.reject([call], "run-1", "unreadable")
    acme.llm.reject([call, "llm_unknown"], "run-2", "again")
    assert acme.llm.replay("acme", "f1") is None
    assert acme.llm.replay("acme", "f1", "run-2") is None
    assert acme.llm.replay("acme", "f1", "run-1") is not None
    assert acme.llm.replay("acme", "f2") is not None
    with pytest.raises(AlreadyAsked):
        acme.llm.reserve(reservation("f1"), Decimal(100))
    acme.llm.reserve(reservation("f1", run_id="run-2"), Decimal(100))
    first, _, third = acme.llm.list()
    assert (first.rejected_by, first.error, first.attempt, third.attempt) == ("run-1", "unreadable", 1, 2)
    assert acme.llm.totals(tenant="acme").calls == 2


def test_reservations_of_the_dead_expire_as_lost_or_cut(acme: Store) -> None:
    dead = a_dead_process()
    acme.llm.reserve(reservation("f1", "1", owner=dead), Decimal(100))
    acme.llm.sent(acme.llm.reserve(reservation("f2", "1", owner=dead), Decimal(100)), NOW)
    assert acme.llm.expire(LATER) == 2
    assert [call.state for call in acme.llm.list()] == [CallState.LOST, CallState.CUT]
    assert acme.llm.committed("acme", MONTH) == 1
