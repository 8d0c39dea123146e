"""Everything adds up, in three markets that a small company's whole loop was played in."""

import pytest

from tests.support.closed_loop import ClosedLoop
from tests.support.reconcile import RECONCILIATIONS, contradictions

pytestmark = pytest.mark.parametrize("loop", [3, 7, 11], indirect=True)


def test_every_sum_is_another_ways_sum(loop: ClosedLoop) -> None:
    with loop.warehouse.reading() as connection:
        assert contradictions(connection) == {}


def test_there_was_something_to_add_up(loop: ClosedLoop) -> None:
    """Else the sums above would hold of nothing."""
    with loop.warehouse.reading() as connection:
        one = connection.execute("""
            SELECT count(*) FILTER (arm IS NOT NULL AND shared_by = 'measured'), count(*) FILTER (step IS NOT NULL),
                count(*) FILTER (step IS NOT NULL AND credited_sessions > 0),
                count(*) FILTER (page = '/' AND credited_sessions < sessions), bool_and(live_from IS NOT NULL)
            FROM artefact_performance""").fetchall()
        moved = connection.execute("SELECT sum(moved_in_mrr) > 0, sum(churned_mrr) > 0 FROM stripe_daily").fetchall()
        tested = connection.execute("""
            SELECT bool_and(revenue > 0), count(*) FROM experiment_daily
            WHERE date = (SELECT max(date) FROM experiment_daily)""").fetchall()
        lifts = connection.execute("SELECT lift IS NOT NULL, state <> 'running' FROM experiments").fetchall()
    (arms, steps, earning, shared, dated) = one[0]
    assert (arms, steps, earning, dated) == (2, 3, 3, True) and shared
    assert lifts == [(True, True)]
    assert (moved, tested) == ([(True, True)], [(True, 2)])
    assert len(RECONCILIATIONS) > 12
