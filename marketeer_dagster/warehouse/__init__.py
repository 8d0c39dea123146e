"""The analytical warehouse: daily facts, copies of the store and marts, in DuckDB."""

from marketeer_dagster.warehouse.marts import MARTS
from marketeer_dagster.warehouse.schema import TABLES
from marketeer_dagster.warehouse.sync import catch_up, sync_store
from marketeer_dagster.warehouse.warehouse import Warehouse
from marketeer_dagster.warehouse.writer import Writer

__all__ = ["MARTS", "TABLES", "Warehouse", "Writer", "catch_up", "sync_store"]
