"""What Claude costs: an effective-dated price table, in USD per million tokens."""

import difflib
import itertools
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import Field, model_validator

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import ConfigError, NotFound

PER_MTOK = Decimal(1_000_000)
_SNAPSHOT = re.compile(r"-\d{8}$")


class Price(Value):
    """USD per million tokens, by kind of token."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cache_read: Decimal = Field(ge=0)
    cache_write_5m: Decimal = Field(ge=0)
    cache_write_1h: Decimal = Field(ge=0)

    def cost(
        self,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_5m_tokens: int = 0,
        cache_write_1h_tokens: int = 0,
    ) -> Decimal:
        """The exact price in USD of that many tokens of each kind (unrounded)."""
        return (
            self.input * input_tokens
            + self.output * output_tokens
            + self.cache_read * cache_read_tokens
            + self.cache_write_5m * cache_write_5m_tokens
            + self.cache_write_1h * cache_write_1h_tokens
        ) / PER_MTOK


class PriceBand(Value):
    """The price of requests whose prompt is longer than `above_prompt_tokens` (cached tokens count)."""

    above_prompt_tokens: int = Field(default=0, ge=0)
    price: Price

    @property
    def first_token(self) -> int:
        """The shortest prompt this band prices; the first band also prices an empty one."""
        return self.above_prompt_tokens + 1 if self.above_prompt_tokens else 0


class PricePeriod(Value):
    """Prices that hold from a day on, until the next period begins."""

    since: date | None = None
    """None: since the model came out."""
    bands: tuple[PriceBand, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _bands_rise(self) -> "PricePeriod":
        limits = [band.above_prompt_tokens for band in self.bands]
        if limits[0] != 0 or any(b <= a for a, b in itertools.pairwise(limits)):
            raise ValueError(f"bands begin above {limits} prompt tokens; expected 0 first, then rising numbers")
        return self


class ModelPricing(Value):
    """One model: its prices over time and the shortest prompt prefix that its cache keeps."""

    min_cacheable_tokens: int = Field(ge=1)
    """Prefixes shorter than this are not cached, whatever the request asks."""
    batch_factor: Decimal = Field(default=Decimal("0.5"), gt=0, le=1)
    """What a batched request costs, relative to a direct one."""
    periods: tuple[PricePeriod, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _periods_follow(self) -> "ModelPricing":
        begins = [period.since or date.min for period in self.periods]
        if any(b <= a for a, b in itertools.pairwise(begins)):
            raise ValueError("price periods do not follow one another; expected rising `since` dates, the oldest first")
        return self


class PriceTable(Value):
    """All models and their prices."""

    models: Mapping[str, ModelPricing] = Field(min_length=1)

    def model(self, name: str) -> ModelPricing:
        """The model's entry; a dated snapshot name (`…-20251001`) finds its model. Raises NotFound."""
        entry = self.models.get(name) or self.models.get(_SNAPSHOT.sub("", name))
        if entry is None:
            close = difflib.get_close_matches(name, self.models, n=1)
            raise NotFound(
                f"no price for model {name!r}",
                where="models.yaml",
                expected="one of " + ", ".join(self.models),
                hint=f"did you mean {close[0]}?" if close else "add its prices to catalog/models.yaml",
            )
        return entry

    def price(self, model: str, at: date, prompt_tokens: int = 0) -> Price:
        """What `model` costs on the day `at` for a prompt of `prompt_tokens` (cached ones included).

        Raises NotFound for an unknown model, ConfigError for a day before its first price.
        """
        periods = [period for period in self.model(model).periods if period.since is None or period.since <= at]
        if not periods:
            raise ConfigError(
                f"no price of {model} on {at}", where="models.yaml", expected="a period that begins earlier"
            )
        bands = periods[-1].bands
        return next(band for band in reversed(bands) if prompt_tokens >= band.first_token).price
