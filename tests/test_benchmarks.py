"""The benchmarks' runner and its table; the figures are what benchmarks are for, not tests."""

from pathlib import Path

import pytest

from benchmarks.__main__ import PLATFORM, report
from benchmarks.campaign_wall import longest_chain_s
from benchmarks.rows import Row, merged, read, table
from benchmarks.runner import Benchmark, BenchmarkSet
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
    assert read(page.read_text(encoding="utf-8"), "benchmark") == ROWS, "what is long runs only when it is named"
    before = page.read_bytes()
    assert chosen.main(["--quick"]) == 0
    assert page.read_bytes() == before
    assert chosen.main(["--only", "long"]) == 0
    assert [row.group for row in read(page.read_text(encoding="utf-8"), "benchmark")] == ["speed", "size", "long"]


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
