"""The home: where configuration, store, warehouse, Dagster instance and sandbox state live by default."""

import os
import secrets
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.identity import STATE
from marketeer_dagster.store import Store

if TYPE_CHECKING:
    from marketeer_dagster.warehouse import Warehouse

DAGSTER_YAML = """\
# Written by `marketeer init`: an instance of its own in this home. Production uses the project's dagster.yaml.
telemetry:
  enabled: false
nux:
  enabled: false
storage:
  custom:
    module: marketeer_dagster.embedded
    class: EmbeddedStorage
    config:
      base_dir:
        env: DAGSTER_HOME
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1 # a look at one local file
concurrency:
  runs:
    max_concurrent_runs: 4
    tag_concurrency_limits:
      - key: tenant
        value:
          applyLimitPerUniqueValue: true
        limit: 2
  pools: # tools that are written to; a lock per target keeps writers apart, so a hanging site holds up nobody else
    default_limit: 4
    granularity: op
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 60
  poll_interval_seconds: 20
  free_slots_after_run_end_seconds: 60 # of pools, when a killed run kept them
retention:
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
      success: -1
  schedule:
    purge_after_days:
      skipped: 7
      failure: 30
      success: -1
"""


@dataclass(frozen=True)
class Home:
    """An opened home. Parts open when first used."""

    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The operational store; raises ConfigError when the home was never initialised."""
        url = self.settings.database_url
        if not self.is_there:
            raise ConfigError(f"{self.settings.home} is not a home yet", hint="marketeer init")
        return Store.open(url, secret_key=self.settings.secret_key)

    @cached_property
    def warehouse(self) -> "Warehouse":
        from marketeer_dagster.warehouse import Warehouse  # brings DuckDB along

        return Warehouse.at(self.settings)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog.load(self.settings.catalog)

    @cached_property
    def clock(self) -> Clock:
        """Business time. Raises ConfigError when another home's market answers for this one."""
        from resources.clock import clock_of  # brings Dagster along, which most commands can do without
        from resources.market_identity import assure_market

        assure_market(self.settings)
        return clock_of(self.settings)

    def readdress(self, sandbox_url: str) -> None:
        """Use the home's own sandbox at another address from now on."""
        object.__setattr__(self, "settings", self.settings.model_copy(update={"sandbox_url": sandbox_url}))
        self.__dict__.pop("clock", None)  # the market's, asked at its former address

    @property
    def is_there(self) -> bool:
        """Whether it has been initialised, as far as that can be told without opening its store."""
        return not self.settings.database_url.startswith("sqlite") or self.settings.config_file.exists()

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME where it is set, a folder of the home otherwise."""
        return Path(os.environ.get("DAGSTER_HOME") or self.settings.home / "dagster")

    @property
    def has_instance(self) -> bool:
        """Whether the Dagster instance has been opened before: an embedded one makes its files when it first is."""
        configured = self.dagster_home / "dagster.yaml"
        if not configured.exists():
            return False
        embedded = "EmbeddedStorage" in configured.read_text(encoding="utf-8")
        return not embedded or (self.dagster_home / "history").exists()

    @property
    def sandbox_state(self) -> Path:
        return self.settings.home / STATE


def open_home() -> Home:
    """The home that the environment names. Creates nothing."""
    return Home(Settings.load())


def create_home(settings: Settings, *, sandbox: bool = True) -> list[str]:
    """Create what is missing in the home and bring the store to this version; says what it did. Safe to repeat."""
    done: list[str] = []
    home = settings.home
    with _explained(home):
        home.mkdir(parents=True, exist_ok=True)
        if not settings.config_file.exists():
            settings.config_file.touch(mode=0o600)
            settings.config_file.write_text(_config(settings, sandbox), encoding="utf-8")
            done.append(f"wrote {settings.config_file}")
        dagster_home = Home(settings).dagster_home
        dagster_home.mkdir(parents=True, exist_ok=True)
        if not (dagster_home / "dagster.yaml").exists():
            (dagster_home / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
            done.append(f"wrote {dagster_home / 'dagster.yaml'}")
    opened = Home(Settings.load(home=home))
    opened.store.migrate()
    done.append(f"store ready at {opened.store.where}")
    return done


@contextmanager
def _explained(home: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        hint = "choose another folder with MARKETEER_HOME, or mend its permissions"
        raise ConfigError(f"cannot be used: {error.strerror}", where=str(home), hint=hint) from None


def _config(settings: Settings, sandbox: bool) -> str:
    lines = ["# marketeer configuration. Environment variables win over this file; see .env.example."]
    if settings.secret_key is None:
        lines.append(f'secret_key = "{secrets.token_urlsafe(32)}"')
    if sandbox and settings.sandbox_url is None:
        lines.append("# Tools that are not connected, and Claude without a key, are simulated here.")
        lines.append(f'sandbox_url = "http://127.0.0.1:{free_port()}"')
    return "\n".join(lines) + "\n"


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
