"""Business time as a Dagster resource: the system's, or the simulated market's."""

from datetime import datetime
from functools import cache
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from marketeer_dagster.model.clock import Clock, FixedClock, SystemClock
from marketeer_dagster.model.settings import Settings


class ClockResource(ConfigurableResource[None]):
    """The clock that the settings name: the sandbox's where one is configured, else the system's."""

    home: str | None = Field(default=None, description="Home folder; default MARKETEER_HOME or ./.marketeer.")
    fixed: str | None = Field(
        default=None, description="ISO 8601 moment with offset at which time stands still, for replays and tests."
    )

    def clock(self) -> Clock:
        """The clock. One that follows the sandbox asks it at most once a second."""
        if self.fixed:
            return FixedClock(datetime.fromisoformat(self.fixed))
        return clock_of(Settings.load(home=Path(self.home) if self.home else None))


def clock_of(settings: Settings) -> Clock:
    """The clock of a deployment, outside of Dagster too."""
    return SystemClock() if settings.sandbox_url is None else _market(settings.sandbox_url)


@cache
def _market(url: str) -> Clock:
    from marketeer_dagster.sandbox.client import SandboxClock

    return SandboxClock(url)
