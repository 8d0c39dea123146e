"""What the demo stands on: the running platform, a market that it moves on, and patience with what sensors do."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from rich.status import Status

from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.campaigns.watch import newest_day
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import console, say
from marketeer_dagster.cli.progress import watching
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.sandbox.client import SandboxAdmin

PATIENCE_S = 600.0
"""Real seconds after which something that a sensor should have brought about is taken as failed."""
POLL_S = 1.0
Found = TypeVar("Found")


@dataclass
class Stage:
    """One tenant's demo in progress."""

    home: Home
    market: SandboxAdmin
    instance: DagsterInstance
    tenant: TenantId
    began: float = field(default_factory=time.monotonic)
    days_used: int = 0
    _spinner: Status = field(default_factory=lambda: console.status(""))

    @contextmanager
    def scene(self, title: str) -> Generator[None]:
        """Announce what happens now; show that it still does."""
        say(f"{self._elapsed()} {title}", style="bold")
        self._spinner = console.status(title)
        with self._spinner:
            yield

    def say(self, line: str) -> None:
        """One line about what came of it."""
        say(f"{self._elapsed()}   {line}")

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        return f"{minutes:02d}:{seconds:02d}"

    @property
    def wall_s(self) -> float:
        return time.monotonic() - self.began

    def today(self) -> date:
        """The market's day."""
        return self.market.clock().day

    def advance(self, days: int) -> date:
        """Live through `days`, then wait until their figures are in the warehouse and every loop has looked at them."""
        self.market.advance(days)
        self.days_used += days
        return self.await_figures()

    def await_figures(self) -> date:
        """Wait until yesterday's figures are there and judged; returns that day."""
        last = self.today() - timedelta(days=1)
        self.wait_for(lambda: (self._newest() or date.min) >= last, f"the figures of {last}")
        self.wait_for(lambda: not self.busy(), "runs to end")
        self.wait_for(lambda: self._judged("conversion_drop") == last.isoformat(), f"the loops to look at {last}")
        return last

    def wait_for(self, look: Callable[[], Found], what: str) -> Found:
        """Poll `look` until it is truthy; raises MarketeerError that names a failed run when it never is."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := look()):
            if time.monotonic() > deadline:
                raise MarketeerError(f"waited {PATIENCE_S:.0f} s for {what}", hint=self._trouble())
            time.sleep(POLL_S)
        return found

    def campaign_ended(self, key: CampaignKey) -> Campaign:
        """Wait until no run of the campaign is left and its status is settled."""

        def ended() -> Campaign | None:
            campaign = self.home.store.campaigns.get(key)
            return None if campaign.status in OPEN else campaign

        self._spinner.stop()  # its place is taken by who works on what
        try:
            with watching(self.home.store, key):
                campaign = self.wait_for(ended, f"campaign {key}")
        finally:
            self._spinner.start()
        assert campaign is not None
        return campaign

    def await_look(self, experiment: Experiment, day: date) -> None:
        """Wait until the sensor `experiment_decided` has looked at the figures of `day`; it forgets ended ones."""

        def looked() -> bool:
            seen = self.cursor("experiment_decided").get(experiment.id)
            state = self.home.store.experiments.get(experiment.id).state
            return seen == day.isoformat() or state is not ExperimentState.RUNNING

        self.wait_for(looked, "a look at the test")

    def running_experiment(self) -> Experiment | None:
        """The tenant's running experiment, if any."""
        running = self.home.store.experiments.list(tenant=self.tenant, state=ExperimentState.RUNNING)
        return running[-1] if running else None

    def busy(self) -> bool:
        """Whether any run is queued or under way."""
        return bool(self.instance.get_run_records(RunsFilter(statuses=list(NOT_FINISHED_STATUSES)), limit=1))

    def cursor(self, sensor: str) -> dict[str, str]:
        """What a loop says it has looked at."""
        for state in self.instance.all_instigator_state():
            if state.instigator_name == sensor and state.instigator_data is not None:
                return json.loads(getattr(state.instigator_data, "cursor", None) or "{}")
        return {}

    def _judged(self, sensor: str) -> str:
        return self.cursor(sensor).get(self.tenant, "")

    def _newest(self) -> date | None:
        with self.home.warehouse.reading() as connection:
            return newest_day(connection, self.tenant)

    def _trouble(self) -> str:
        failed = self.instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.FAILURE]), limit=3)
        if failed:
            runs = ", ".join(f"{r.dagster_run.job_name} {r.dagster_run.run_id[:8]}" for r in failed)
            return f"failed runs: {runs}; see the Dagster UI"
        return f"see the logs in {self.home.settings.home / 'logs'}"
