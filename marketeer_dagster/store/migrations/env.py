"""Alembic's entry: works on the connection it is given, inside the caller's transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from marketeer_dagster.store.schema import metadata


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that a revision never changes with our code."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    render_as_batch=context.config.attributes.get("batch", True),
    compare_type=True,
)
context.run_migrations()
