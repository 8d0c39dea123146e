"""The models this server offers. Prices and smallest cacheable prefixes come from the catalog's one table of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import as_file, files

from marketeer_dagster.catalog.prices import PriceTable
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.reference import load_prices
from marketeer_dagster.catalog.yamlfile import YamlFile
from marketeer_dagster.model.errors import NotFound

MAX_OUTPUT = 128_000
CONTEXT_WINDOW = 1_000_000
EFFORTS = ("low", "medium", "high", "xhigh", "max")
_EFFORTS_OF = {"opus": EFFORTS, "sonnet": ("low", "medium", "high", "max"), "haiku": ()}
"""By line. That models differ, and how they say so, is recorded; which takes what is this server's own choice."""
_NAMES = {"opus": "Claude Opus", "sonnet": "Claude Sonnet", "haiku": "Claude Haiku"}


@dataclass(frozen=True)
class Model:
    """One model as /v1/models describes it."""

    id: str
    min_cacheable_tokens: int

    @property
    def line(self) -> str:
        return self.id.split("-")[1]

    @property
    def efforts(self) -> tuple[str, ...]:
        """Effort levels it takes; none: it does not know the parameter."""
        return _EFFORTS_OF.get(self.line, EFFORTS)

    @property
    def display_name(self) -> str:
        version = ".".join(part for part in self.id.split("-")[2:] if len(part) < 8)
        return f"{_NAMES.get(self.line, 'Claude')} {version}".strip()

    def info(self) -> dict[str, object]:
        """The model's document."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", "Z"),
            "lifecycle": "active",
            "deprecated_at": None,
            "retires_at": None,
            "line": self.line,
            "max_input_tokens": CONTEXT_WINDOW,
            "max_tokens": MAX_OUTPUT,
            "capabilities": None,
        }


@dataclass(frozen=True)
class Billed:
    """Token counts of one answer, by the price they have."""

    input_tokens: int
    output_tokens: int
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    batch: bool = False

    @property
    def prompt(self) -> int:
        """All input tokens, cached or not."""
        return self.input_tokens + self.cache_read + self.cache_write_5m + self.cache_write_1h


@cache
def _table() -> PriceTable:
    with as_file(files("marketeer_dagster.catalog") / "data" / "models.yaml") as path:
        table = load_prices(YamlFile.read(path), Problems(strict=True))
    if table is None:
        raise RuntimeError("the price table reported a problem and raised none")
    return table


def models() -> tuple[Model, ...]:
    """All models, dearest line first as in the table."""
    return tuple(Model(name, entry.min_cacheable_tokens) for name, entry in _table().models.items())


def model(name: str) -> Model | None:
    """One model by name or dated snapshot; None when there is no such model."""
    try:
        return Model(name, _table().model(name).min_cacheable_tokens)
    except NotFound:
        return None


def cost(name: str, at: date, billed: Billed) -> Decimal:
    """What an answer costs in USD."""
    price = _table().price(name, at, billed.prompt)
    total = price.cost(
        input_tokens=billed.input_tokens,
        output_tokens=billed.output_tokens,
        cache_read_tokens=billed.cache_read,
        cache_write_5m_tokens=billed.cache_write_5m,
        cache_write_1h_tokens=billed.cache_write_1h,
    )
    return total * _table().model(name).batch_factor if billed.batch else total
