"""Errors of ours as Dagster failures: what failed, what to do next, and whether trying again can help."""

from collections.abc import Generator
from contextlib import contextmanager

from dagster import Failure, MetadataValue

from marketeer_dagster.model.errors import BadInput, BudgetExceeded, MarketeerError, NoVerdict, ToolError


@contextmanager
def explained() -> Generator[None]:
    """Raise our errors as Failure with their hint; permanent ones (bad input, budget, auth, invalid) do not retry."""
    try:
        yield
    except MarketeerError as error:
        permanent = isinstance(error, BadInput | BudgetExceeded | NoVerdict)
        if isinstance(error, ToolError):
            permanent = error.permanent
        metadata = {"kind": type(error).__name__}
        if error.hint:
            metadata["what to do"] = MetadataValue.md(error.hint)
        raise Failure(description=str(error), metadata=metadata, allow_retries=not permanent) from error
