"""A tenant's connection to one external tool."""

from pydantic import Field, SecretStr

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import TenantId


class Connection(Value):
    """Where a tool is reached for one tenant and with which credentials. Every tool takes `base_url` in `settings`."""

    tenant: TenantId
    tool: str
    settings: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """Encrypted at rest, redacted in logs and errors."""
    simulated: bool = False
    """Whether it leads to the sandbox."""
    sandbox: str = ""
    """Id of the market it leads to; empty for real tools, and for connections made before markets had ids."""
    sandbox_at: str = ""
    """Where that market answers. A connection whose `base_url` was led elsewhere by hand is not compared with it."""

    @property
    def base_url(self) -> str | None:
        return self.settings.get("base_url")
