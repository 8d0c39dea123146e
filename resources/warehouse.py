"""The DuckDB warehouse as a Dagster resource."""

from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from marketeer_dagster.model.settings import Settings
from marketeer_dagster.warehouse import Warehouse


class WarehouseResource(ConfigurableResource[None]):
    """The warehouse that the settings name. It holds no connection: a writer opens and closes the file, readers read
    the snapshot."""

    home: str | None = Field(default=None, description="Home folder; default MARKETEER_HOME or ./.marketeer.")

    def warehouse(self) -> Warehouse:
        """The warehouse; nothing is opened or created before it is read or written."""
        return Warehouse.at(Settings.load(home=Path(self.home) if self.home else None))
