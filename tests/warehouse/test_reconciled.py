"""Everything adds up, in three markets that a small company's whole loop was played in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.closed_loop import ClosedLoop, closed_loop
from tests.support.reconcile import RECONCILIATIONS, contradictions


@pytest.fixture(scope="module", params=[3, 7, 11])
def loop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClosedLoop]:
    with closed_loop(tmp_path_factory.mktemp("loop"), request.param) as played:
        yield played


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
    assert one == [(2, 3, 3, 1, True)]
    assert lifts == [(True, True)]
    assert (moved, tested) == ([(True, True)], [(True, 2)])
    assert len(RECONCILIATIONS) > 12
