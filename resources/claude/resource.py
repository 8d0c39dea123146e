"""Claude for Dagster: configuration in, a LanguageModel out."""

from functools import cache
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from marketeer_dagster.catalog import Catalog, PriceTable
from marketeer_dagster.model.settings import Settings
from resources.claude.client import Claude
from resources.claude.endpoint import Endpoint
from resources.clock import clock_of
from resources.store import StoreResource


class ClaudeResource(ConfigurableResource[None]):
    """Claude through the configured server, the sandbox when there is no key, or the Anthropic API itself."""

    home: str | None = Field(default=None, description="Home folder; default MARKETEER_HOME or ./.marketeer.")
    concurrency: int | None = Field(
        default=None, ge=1, le=200, description="Requests in flight at once in one process; default from the settings."
    )
    timeout_s: float | None = Field(
        default=None, gt=0, description="Seconds a whole answer may take; default from the settings."
    )

    def model(self) -> Claude:
        """A metered model. All of one process share their connections, slots and pace. Raises ConfigError."""
        settings = self._settings()
        return Claude(settings, StoreResource(home=self.home).store(), _prices(settings.catalog), clock_of(settings))

    @property
    def simulated(self) -> bool:
        """Whether the answers come from the sandbox."""
        return Endpoint.of(self._settings()).simulated

    def _settings(self) -> Settings:
        changes: dict[str, object] = {}
        if self.concurrency is not None:
            changes["claude_concurrency"] = self.concurrency
        if self.timeout_s is not None:
            changes["claude_timeout_s"] = self.timeout_s
        settings = Settings.load(home=Path(self.home) if self.home else None)
        return settings.model_copy(update=changes)


@cache
def _prices(root: Path | None) -> PriceTable:
    return Catalog.load(root).prices
