"""What an ingest reads beside its days: set once for a run, in one place, for all of its tables."""

from typing import Any

from dagster import ConfigurableResource
from pydantic import Field

SCOPE = "ingest"
"""Key of the resource, and so of its part of a run's config."""


class IngestScope(ConfigurableResource[None]):
    """Nothing needs to be set: by default every connected tenant's days are read again."""

    tenants: list[str] = Field(
        default_factory=list, description="Ids of the tenants to read; empty reads every connected tenant."
    )
    accept_missing_days: bool = Field(
        default=False,
        description="Delete days that the vendor no longer reports. Off: a day once landed is kept and noted, because "
        "an empty answer is far more often a fault than a fact.",
    )


def scope_config(tenants: list[str], *, accept_missing_days: bool = False) -> dict[str, Any]:
    """Run config of an ingest that is narrowed to `tenants`; none narrows nothing."""
    return {"resources": {SCOPE: {"config": {"tenants": tenants, "accept_missing_days": accept_missing_days}}}}
