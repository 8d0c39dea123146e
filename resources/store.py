"""The operational store as a Dagster resource."""

from functools import cache
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field, SecretStr

from marketeer_dagster.model.settings import Settings
from marketeer_dagster.store import Store
from resources.market_identity import assure_market


class StoreResource(ConfigurableResource[None]):
    """The store that the settings name. Opened when first asked for, then shared by the whole process."""

    home: str | None = Field(default=None, description="Home folder; default MARKETEER_HOME or ./.marketeer.")

    def settings(self) -> Settings:
        """The settings of this deployment, read anew from environment and config.toml. Raises ConfigError."""
        return Settings.load(home=Path(self.home) if self.home else None)

    def store(self) -> Store:
        """The store; raises ConfigError when its URL cannot be used, or when another home's market answers for this
        one: then nothing is read or written.
        """
        settings = self.settings()
        assure_market(settings)
        key = settings.secret_key
        return _opened(settings.database_url, key.get_secret_value() if key else None)


@cache
def _opened(url: str, secret_key: str | None) -> Store:
    return Store.open(url, secret_key=SecretStr(secret_key) if secret_key else None)
