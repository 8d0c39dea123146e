"""Homes that several modules look at, each played once."""

from collections.abc import Iterator

import pytest

from tests.support.closed_loop import ClosedLoop, closed_loop


@pytest.fixture(scope="session", params=[3])
def loop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClosedLoop]:
    """A small company whose whole loop was played; a module that wants more seeds names them."""
    with closed_loop(tmp_path_factory.mktemp("loop"), request.param) as played:
        yield played
