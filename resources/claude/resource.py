"""Claude for Dagster: configuration in, a LanguageModel out."""

from dagster import ConfigurableResource
from pydantic import Field

from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.store import Store
from resources.claude.client import Claude


class ClaudeResource(ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """Claude through the Anthropic API, the configured server or the sandbox, whichever the settings name."""

    concurrency: int | None = Field(
        default=None, ge=1, le=200, description="Requests in flight at once in one process; default from the settings."
    )
    timeout_s: float | None = Field(
        default=None, gt=0, description="Seconds one request may take; default from the settings."
    )

    def model(self, settings: Settings, store: Store, prices: PriceTable, clock: Clock) -> Claude:
        """A metered model. All of one process share their connections, slots and pace."""
        changes: dict[str, object] = {}
        if self.concurrency is not None:
            changes["claude_concurrency"] = self.concurrency
        if self.timeout_s is not None:
            changes["claude_timeout_s"] = self.timeout_s
        return Claude(settings.model_copy(update=changes), store, prices, clock)
