"""Prices: by model, by day, by length of the prompt."""

from datetime import date
from decimal import Decimal

import pytest

from marketeer_dagster.catalog import Catalog, PriceTable
from marketeer_dagster.model.errors import ConfigError, NotFound
from marketeer_dagster.model.settings import ModelTiers

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def prices() -> PriceTable:
    return Catalog.load().prices


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-opus-5-5", "4 20 0.20 5 8"),
        ("claude-opus-5", "5 25 0.50 6.25 10"),
        ("claude-sonnet-5-5", "2 10 0.10 2.50 4"),
        ("claude-sonnet-5", "2 10 0.20 2.50 4"),
        ("claude-haiku-5-5", "0.10 0.50 0.01 0.125 0.20"),
        ("claude-haiku-4-5", "1 5 0.10 1.25 2"),
    ],
)
def test_shipped_prices_are_the_published_ones(prices: PriceTable, model: str, expected: str):
    price = prices.price(model, TODAY)
    found = (price.input, price.output, price.cache_read, price.cache_write_5m, price.cache_write_1h)
    assert found == tuple(Decimal(number) for number in expected.split())


def test_every_model_of_the_default_tiers_has_a_price(prices: PriceTable):
    assert set(ModelTiers().model_dump().values()) <= set(prices.models)


def test_the_second_band_begins_above_its_limit_not_at_it(prices: PriceTable):
    assert prices.price("claude-haiku-5-5", TODAY, 100_000).input == Decimal("0.10")
    assert prices.price("claude-haiku-5-5", TODAY, 100_001).input == Decimal("0.50")
    assert prices.price("claude-haiku-5-5", TODAY, 100_001).output == Decimal("2.50")


def test_a_dated_snapshot_costs_what_its_model_costs(prices: PriceTable):
    assert prices.price("claude-haiku-4-5-20251001", TODAY) == prices.price("claude-haiku-4-5", TODAY)


def test_an_unknown_model_is_answered_with_the_closest_name(prices: PriceTable):
    with pytest.raises(NotFound, match=r"no price for model 'claude-opus-55'.*did you mean claude-opus-5"):
        prices.price("claude-opus-55", TODAY)


def test_cost_is_exact_and_counts_each_kind_of_token(prices: PriceTable):
    cost = prices.price("claude-sonnet-5-5", TODAY).cost(
        input_tokens=1_000, output_tokens=2_000, cache_read_tokens=10_000, cache_write_5m_tokens=400,
        cache_write_1h_tokens=300,
    )  # fmt: skip
    assert cost == Decimal("0.002") + Decimal("0.02") + Decimal("0.001") + Decimal("0.001") + Decimal("0.0012")


def test_the_period_that_holds_on_the_day_prices_it():
    flat = {"output": "1", "cache_read": "1", "cache_write_5m": "1", "cache_write_1h": "1"}
    table = PriceTable.model_validate(
        {"models": {"m": {"min_cacheable_tokens": 1, "periods": [
            {"since": "2026-01-01", "bands": [{"price": {"input": "3", **flat}}]},
            {"since": "2026-06-01", "bands": [{"price": {"input": "2", **flat}}]},
        ]}}}
    )  # fmt: skip
    assert table.price("m", date(2026, 5, 31)).input == 3
    assert table.price("m", date(2026, 6, 1)).input == 2
    with pytest.raises(ConfigError, match="no price of m on 2025-12-31"):
        table.price("m", date(2025, 12, 31))
