"""The operational store: what was asked, made, decided, published and spent. SQLAlchemy 2.0 on SQLite or PostgreSQL."""

from marketeer_dagster.store.llm import AlreadyAsked, CutTooOften, LlmLedger
from marketeer_dagster.store.llm_rows import CallState, LlmCall, LlmReservation, StoredAnswer
from marketeer_dagster.store.store import Store

__all__ = [
    "AlreadyAsked",
    "CallState",
    "CutTooOften",
    "LlmCall",
    "LlmLedger",
    "LlmReservation",
    "Store",
    "StoredAnswer",
]
