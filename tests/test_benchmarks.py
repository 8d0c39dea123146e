"""The benchmarks' runner and its table; the figures are what benchmarks are for, not tests."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.__main__ import PLATFORM, report
from benchmarks.cache_orders import ORDERS, Sent, input_cost
from benchmarks.campaign_wall import longest_chain_s
from benchmarks.rows import Row, merged, read, table
from benchmarks.runner import Benchmark, BenchmarkSet, commit
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.store.llm import LlmCall

ROWS = [Row("speed", "rows/s", ">= 5", "bare 9", "7", True), Row("size", "MB", "<= 1", "", "2", False)]


def test_a_table_is_read_back_as_it_was_written() -> None:
    assert read(report(table(ROWS, "benchmark")), "benchmark") == ROWS


def test_a_new_measurement_takes_the_place_of_the_old_one() -> None:
    again, more = Row("size", "MB", "<= 1", "", "0.5", True), Row("size", "files", "", "", "3")
    assert merged(ROWS, [again, more]) == [ROWS[0], again, more]


def test_a_partial_run_keeps_the_other_rows_and_a_quick_one_keeps_the_page(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    known = {
        "speed": Benchmark(lambda: [ROWS[0]], lambda: [ROWS[0]]),
        "size": Benchmark(lambda: [ROWS[1]], lambda: [Row("size", "MB", "<= 1", "", "0")]),
        "long": Benchmark(lambda: [Row("long", "s", "", "", "9")], list, by_default=False),
    }
    chosen = BenchmarkSet("bench", "benchmark", known, page, lambda text: f"# Measured\n\n{text}")
    assert chosen.main([]) == 0
    measured = read(page.read_text(encoding="utf-8"), "benchmark")
    named = [Row(one.group, "commit", "", "", commit()) for one in ROWS]
    assert measured == [ROWS[0], named[0], ROWS[1], named[1]], "what is long runs only when it is named"
    before = page.read_bytes()
    assert chosen.main(["--quick"]) == 0
    assert page.read_bytes() == before
    assert chosen.main(["--only", "long"]) == 0
    groups = {row.group for row in read(page.read_text(encoding="utf-8"), "benchmark")}
    assert groups == {"speed", "size", "long"}


def test_the_platforms_benchmarks_run_and_say_how_busy_the_machine_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert PLATFORM.main(["--only", "warehouse-writes", "--quick"]) == 0
    (load,) = (row for row in read(capsys.readouterr().out, "benchmark") if row.measure.startswith("load average"))
    assert load.group == "warehouse-writes"


def test_the_longest_chain_follows_what_each_skill_reads() -> None:
    """The plan, then the dearest way through the artefacts; what runs beside it does not count."""
    catalog = Catalog.load()
    taken = {"director/plan": 3, "product-marketing-context/draft": 2, "page-cro/draft": 7, "seo-audit/draft": 1}
    later = {"page-cro/review-analytics-tracking": 1, "copywriting/draft": 4, "email-sequence/draft": 0.5}
    calls = [_call(purpose, seconds) for purpose, seconds in {**taken, **later}.items()]
    assert longest_chain_s(calls, catalog) == 3 + 2 + (7 + 1) + 4 + 0.5


def _call(purpose: str, seconds: float) -> LlmCall:
    return LlmCall.model_construct(purpose=purpose, latency_s=seconds, spend=Spend())


def _sent(schema: str = "a", model: str = "claude-sonnet-5-5", skill: str = "one", words: int = 3000) -> Sent:
    """A request with a platform, context, campaign and skill of `words` words each, and material."""
    cached = {"cache_control": {"type": "ephemeral", "ttl": "5m"}}
    texts = [
        f"<{name}>{'word ' * words}</x>"
        for name in ("platform", "product_context", "campaign", f'skill name="{skill}"')
    ]
    system = [{"type": "text", "text": text, **(cached if place else {})} for place, text in enumerate(texts)]
    content = [{"type": "text", "text": "<material>m</material>", **cached}, {"type": "text", "text": "<task>t</task>"}]
    form = {"type": "object", "properties": {schema: {"type": "string"}}, "additionalProperties": False}
    body = {
        "model": model, "max_tokens": 100, "system": system, "messages": [{"role": "user", "content": content}],
        "output_config": {"format": {"type": "json_schema", "schema": form}},
    }  # fmt: skip
    return Sent(body, output_tokens=60)


def _cost(sent: list[Sent], order: str = "ours", seconds: float = 4) -> float:
    prices, at = Catalog.load().prices, date(2026, 10, 5)
    return float(input_cost(sent, ORDERS[order], prices, at, seconds=lambda _: seconds))


def test_a_cache_is_one_models_and_one_answer_formats_and_lives_five_minutes() -> None:
    """Otherwise the second call pays as the first did: a write at 1.25 times the price of input."""
    first = _cost([_sent()])
    assert first == pytest.approx(1.25 * _cost([_sent()], "no cache"), rel=0.01)
    again = _cost([_sent(), _sent()]) - first
    assert again < 0.06 * first
    assert _cost([_sent(), _sent(schema="b")]) == pytest.approx(2 * first)
    assert _cost([_sent(), _sent()], seconds=301) == pytest.approx(2 * first)
    assert _cost([_sent(), _sent(model="claude-opus-5-5")]) == pytest.approx(3 * first), "at twice the price"
    assert _cost([_sent(words=10)] * 2) == pytest.approx(_cost([_sent(words=10)] * 2, "no cache")), "too small to cache"


def test_with_the_skill_last_another_skill_reads_all_that_stands_before_its_own() -> None:
    two = [_sent(skill="one"), _sent(skill="two")]
    first = _cost(two[:1])
    assert _cost(two) - first < 0.35 * first
    assert _cost(two, "skill first") - _cost(two[:1], "skill first") > 0.9 * first
