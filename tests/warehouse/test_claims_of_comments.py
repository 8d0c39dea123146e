"""What comments of tables say can be held to the tables: nulls, sets of words, units."""

import re
from enum import StrEnum

import pytest

from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.store.llm_rows import CallState
from marketeer_dagster.warehouse import MARTS, TABLES
from marketeer_dagster.warehouse.marts import mart
from tests.support.closed_loop import ClosedLoop

WORDS: dict[tuple[str, str], type[StrEnum]] = {
    ("artefacts", "status"): ArtefactStatus, ("artefacts", "verdict"): Verdict, ("reviews", "verdict"): Verdict,
    ("campaigns", "status"): CampaignStatus, ("experiments", "state"): ExperimentState,
    ("learnings", "state"): LearningState, ("publications", "state"): PublicationState,
    ("llm_calls", "state"): CallState,
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_may_be_null_says_when_and_others_never_say_so(name: str) -> None:
    wrong = [c.name for c in TABLES[name].columns if c.nullable != bool(re.search(r"\bnull\b", c.comment))]
    assert wrong == []


@pytest.mark.parametrize(("table", "column"), WORDS)
def test_every_word_that_a_state_can_be_is_named(table: str, column: str) -> None:
    said = TABLES[table].column(column)
    assert said is not None
    assert [word.value for word in WORDS[table, column] if not re.search(rf"\b{word.value}\b", said.comment)] == []


def test_figures_have_units() -> None:
    """A count, a share, a ratio, a currency, seconds, a scale, or what a reference is to."""
    unit = re.compile(
        r"\((count|share|ratio|USD|UTC|seconds|hours|days|in the .* currency)|0-10|unit|mean position|from 1", re.I
    )
    wanted = ("BIGINT", "DOUBLE", "DECIMAL(18,9)")
    found = [
        (t.name, c.name) for t in TABLES.values() for c in t.columns if c.type in wanted and not unit.search(c.comment)
    ]
    assert found == []


def test_what_marts_call_never_null_is_not(loop: ClosedLoop) -> None:
    """In a home with a whole loop: a column without the word has a value in every row."""
    wrong: list[str] = []
    with loop.warehouse.reading() as connection:
        for name in MARTS:
            for column, meaning in mart(name).columns.items():
                nulls = connection.execute(f'SELECT count(*) FROM {name} WHERE "{column}" IS NULL').fetchall()
                if nulls != [(0,)] and not re.search(r"\bnull\b", meaning):
                    wrong.append(f"{name}.{column}")
    assert wrong == []


def test_a_campaign_of_ga4_is_what_its_comment_lists(loop: ClosedLoop) -> None:
    """It said "empty when not set", and held (direct), (organic) and (referral)."""
    comment = TABLES["ga4_daily"].column("campaign").comment
    with loop.warehouse.reading() as connection:
        found = connection.execute("SELECT DISTINCT campaign FROM ga4_daily WHERE campaign LIKE '(%)'").fetchall()
    assert found and [name for (name,) in found if name not in comment] == []
