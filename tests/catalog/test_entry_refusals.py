"""Wrong pipelines, schedules, signals and tables are refused with file, line, key and what was expected."""

from collections.abc import Callable

import pytest

from marketeer_dagster.catalog import validate
from tests.catalog.conftest import CatalogCopy, said

Refused = Callable[[], str]
COPY = "skills/copywriting/SKILL.md"


@pytest.mark.parametrize(
    ("old", "new", "key", "problem", "expected"),
    [
        (
            "[page-cro, copywriting,",
            "[page-cro, copywritng,",
            "pipelines.conversion-sprint.skills.1",
            "unknown skill 'copywritng'",
            "did you mean copywriting?",
        ),
        (
            "[page-cro, copywriting,",
            "[copywriting, page-cro,",
            "skills.1",
            "'page-cro' comes after 'copywriting', which reads it",
            "'page-cro' before 'copywriting'",
        ),
        ("[page-cro, copywriting,", "[page-cro, cro,", "skills.1", "'page-cro' is listed twice", "each skill once"),
        (
            "    priority: P0",
            "    priority: P7",
            "conversion-sprint.priority",
            "'P7' is not a priority",
            "P0, P1, P2 or P3",
        ),
        ("  conversion-sprint:", "  Conversion Sprint:", "Conversion Sprint.name", "string should match pattern", ""),
        ("pipelines:\n", "pipeline:\n", "pipeline", "unknown key 'pipeline'", "did you mean pipelines?"),
    ],
)
def test_a_broken_pipeline_is_refused(
    copy: CatalogCopy, refused: Refused, old: str, new: str, key: str, problem: str, expected: str
):
    copy.replace("catalog/pipelines.yaml", old, new)
    said(refused(), "pipelines.yaml line ", key, problem, expected)


def test_an_unknown_skill_in_a_pipeline_names_the_very_line(copy: CatalogCopy, refused: Refused):
    line = copy.replace(
        "catalog/pipelines.yaml", "skills: [seo-audit, content-strategy]", "skills: [seo-audit, blogging]"
    )
    said(refused(), f"pipelines.yaml line {line}, pipelines.seo-cycle.skills.1")


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("0 9 * *", "has 4 fields; expected 5"),
        ("0 0 9 * * *", "has 6 fields; expected 5"),
        ("60 9 * * *", "minute: 60 is out of range; expected 0 to 59"),
        ("0 24 * * *", "hour: 24 is out of range; expected 0 to 23"),
        ("0 9 0 * *", "day of month: 0 is out of range; expected 1 to 31"),
        ("0 9 * 13 *", "month: 13 is out of range; expected 1 to 12 or jan-dec"),
        ("0 9 * * 8", "day of week: 8 is out of range; expected 0 to 7 or sun-sat"),
        ("0 17-9 * * *", "range '17-9' runs backwards"),
        ("*/0 9 * * *", "step '0' is not usable"),
        ("five 9 * * *", "'five' is not a number"),
        ("0 9 31 2 *", "never fires"),
    ],
)
def test_a_wrong_cron_is_refused(copy: CatalogCopy, refused: Refused, cron: str, problem: str):
    line = copy.replace("catalog/schedules.yaml", '"30 3 * * *"', f'"{cron}"')
    said(refused(), f"schedules.yaml line {line}, schedules.late_data_backfill.cron", problem)


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "problem"),
    [
        (
            "schedules",
            "pipeline: seo-cycle",
            "pipeline: seo-cicle",
            "schedules.seo_cycle.pipeline",
            "did you mean seo-cycle?",
        ),
        (
            "schedules",
            "    pipeline: seo-cycle\n",
            "",
            "schedules.seo_cycle",
            "expected exactly one of `pipeline`, `job`",
        ),
        (
            "schedules",
            "    pipeline: seo-cycle",
            "    pipeline: seo-cycle\n    timezone: Mars/Olympus",
            "timezone",
            "Europe/Berlin",
        ),
        ("signals", "cooldown: 24h", "cooldown: -24h", "signals.conversion_drop.cooldown", "is not positive"),
        ("signals", "cooldown: 24h", "cooldown: 0h", "signals.conversion_drop.cooldown", "is not positive"),
        ("signals", "cooldown: 24h", "cooldown: tomorrow", "signals.conversion_drop.cooldown", "for instance 24h"),
        (
            "signals",
            "pipeline: conversion-sprint",
            "pipeline: conversion",
            "conversion_drop.pipeline",
            "unknown pipeline",
        ),
        ("signals", "threshold: 0.10", "threshold: -0.1", "conversion_drop.threshold", "greater than 0"),
        ("squads", "clarity: [0.25, 5]", "clarity: [0.35, 5]", "squads.creative.profile", "weights sum to 1.1"),
        ("squads", "      brand: [0.20, 5]", "      brnd: [0.20, 5]", "profile.brnd", "did you mean brand?"),
        ("squads", "owner: team:strategy", "owner: the strategists", "squads.strategy.owner", "pattern"),
        (
            "models",
            'input: "4"',
            'input: "-4"',
            "models.claude-opus-5-5.periods.0.bands.0.price.input",
            "greater than or equal to 0",
        ),
        (
            "models",
            "above_prompt_tokens: 100000",
            "above_prompt_tokens: 0",
            "claude-haiku-5-5.periods.0",
            "then rising numbers",
        ),
        ("limits", "default_tier: live", "default_tier: gold", "tools.stripe.default_tier", "one of live, test"),
        ("limits", "amount: 5000", "amount: 0", "tools.github.tiers.standard.rates.0.amount", "greater than 0"),
    ],
)
def test_other_broken_entries_are_refused(
    copy: CatalogCopy, refused: Refused, file: str, old: str, new: str, key: str, problem: str
):
    copy.replace(f"catalog/{file}.yaml", old, new)
    said(refused(), f"{file}.yaml line ", key, problem)


def test_an_unknown_catalog_file_is_refused(copy: CatalogCopy, refused: Refused):
    copy.path("catalog/pipelines.yaml").rename(copy.path("catalog/pipeline.yaml"))
    said(refused(), "pipeline.yaml: unknown catalog file", "did you mean pipelines.yaml?")


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "pipelines: {}\n", "pipelines: [a]\n"])
def test_an_empty_or_misshapen_file_is_refused(copy: CatalogCopy, refused: Refused, content: str):
    copy.path("catalog/pipelines.yaml").write_text(content)
    said(refused(), "pipelines.yaml", "expected ")


def test_bytes_that_are_no_text_are_refused(copy: CatalogCopy, refused: Refused):
    copy.path("catalog/pipelines.yaml").write_bytes(b"pipelines:\n  a: \xff\xfe\n")
    said(refused(), "pipelines.yaml: is not UTF-8 at byte 16")


def test_a_root_without_skills_is_refused(copy: CatalogCopy, refused: Refused):
    copy.path("skills").rename(copy.path("skillz"))
    said(refused(), "skills: missing", "one folder per skill")


def test_validate_reports_independent_problems_together(copy: CatalogCopy):
    copy.replace(COPY, "license: Apache-2.0", "licence: Apache-2.0")
    copy.replace("skills/page-cro/skill.yaml", "squad: convert", "squad: converts")
    copy.replace("catalog/schedules.yaml", '"30 3 * * *"', '"0 9 * *"')
    messages = [str(problem) for problem in validate(copy.root)]
    for expected in ("unknown key 'licence'", "unknown squad 'converts'", "has 4 fields"):
        assert sum(expected in message for message in messages) == 1
