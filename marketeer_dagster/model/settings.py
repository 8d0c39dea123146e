"""The one settings object, read from the environment and the home's config.toml. Environment wins."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.redaction import keep_out

_VARIABLES = {
    "database_url": "MARKETEER_DATABASE_URL",
    "warehouse": "MARKETEER_WAREHOUSE",
    "secret_key": "MARKETEER_SECRET_KEY",
    "sandbox_url": "MARKETEER_SANDBOX_URL",
    "anthropic_api_key": "ANTHROPIC_API_KEY",
    "anthropic_base_url": "ANTHROPIC_BASE_URL",
    "catalog": "MARKETEER_CATALOG",
}


class ModelTiers(Value):
    """Which Claude model serves which tier of work."""

    strategy: str = "claude-opus-5-5"
    execution: str = "claude-sonnet-5-5"
    judge: str = "claude-sonnet-5"
    """Another model than the author's, so that a judge does not grade its own habits."""
    cheapest: str = "claude-haiku-5-5"
    """What P0 work falls back to above 95 % of the budget."""


class Settings(Value):
    """Where things are and what talks to what."""

    home: Path
    database_url: str
    """SQLAlchemy URL of the operational store."""
    warehouse: str
    """Path of the DuckDB working file; readers use `warehouse_snapshot`."""
    secret_key: SecretStr | None = None
    sandbox_url: str | None = None
    """Base URL of the sandbox; set when tools that are not connected should be simulated."""
    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    catalog: Path | None = None
    """Folder with `skills/` and `catalog/` to use instead of the project's own."""
    models: ModelTiers = Field(default_factory=ModelTiers)
    claude_concurrency: int = Field(default=8, ge=1, le=200)
    """Claude requests in flight at once in one process."""
    claude_timeout_s: float = Field(default=1800.0, gt=0)
    """Seconds a whole answer may take: 32,000 tokens at the slowest rates seen, some 20 a second."""
    claude_idle_s: float = Field(default=90.0, gt=0)
    """Seconds a connection to Claude may say nothing, not even a ping, before it counts as cut."""
    claude_patience_s: float = Field(default=900.0, ge=0)
    """Seconds to wait in place while Claude takes no requests (429, 5xx, 529); then the work is taken up later."""

    @property
    def warehouse_snapshot(self) -> Path:
        """The file analysts and sensors read: replaced whole, never written in place."""
        path = Path(self.warehouse)
        return path.with_name(f"{path.stem}.snapshot{path.suffix or '.duckdb'}")

    @property
    def config_file(self) -> Path:
        return self.home / "config.toml"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, home: Path | None = None) -> Self:
        """Read settings; raises ConfigError naming the variable or key that is wrong. Creates nothing."""
        environ = os.environ if environ is None else environ
        home = (home or Path(environ.get("MARKETEER_HOME") or ".marketeer")).expanduser().absolute()
        values: dict[str, object] = _read_config(home / "config.toml")
        values |= {key: environ[name] for key, name in _VARIABLES.items() if environ.get(name)}
        values.setdefault("database_url", f"sqlite:///{home / 'store.db'}")
        values.setdefault("warehouse", str(home / "warehouse.duckdb"))
        values["home"] = home
        try:
            loaded = cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ConfigError(first["msg"], where=f"{_VARIABLES.get(key, key)} ({home / 'config.toml'})") from None
        keep_out(secret.get_secret_value() for secret in (loaded.secret_key, loaded.anthropic_api_key) if secret)
        return loaded


def _read_config(path: Path) -> dict[str, object]:
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path), hint="mend its permissions") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), where=str(path), expected="a TOML file") from None
