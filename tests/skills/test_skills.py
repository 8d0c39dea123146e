"""Each shipped skill passes the public Agent Skills format, and says what its artefact needs."""

import math
import re
from pathlib import Path

import pytest
import yaml
from scipy.stats import norm

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.catalog.catalog import PROJECT
from marketeer_dagster.model.artefacts import artefact_kinds

FOLDERS = sorted(path for path in (PROJECT / "skills").iterdir() if path.is_dir())
ALLOWED = {"name", "description", "license", "compatibility", "allowed-tools", "metadata"}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def _parts(folder: Path) -> tuple[dict[str, object], str]:
    _, front, body = (folder / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def test_frontmatter_keeps_the_public_rules(folder: Path):
    front, _ = _parts(folder)
    name, description = front["name"], front["description"]
    assert isinstance(name, str)
    assert isinstance(description, str)
    assert set(front) <= ALLOWED
    assert name == folder.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= 64
    assert 1 <= len(description) <= 1024
    assert not set("<>") & set(description)
    assert "Use " in description, "a description says when to use the skill"


def test_body_is_within_the_formats_limits(folder: Path):
    _, body = _parts(folder)
    assert len(body.splitlines()) < 500
    assert len(body) / 4 < 5000


def test_references_are_files_one_level_deep_and_each_is_linked(folder: Path):
    _, body = _parts(folder)
    files = list((folder / "references").rglob("*"))
    assert files
    for path in files:
        assert path.is_file()
        assert path.parent == folder / "references"
        assert f"(references/{path.name})" in body


def test_a_skill_has_the_chapters_an_author_and_a_reviewer_need(folder: Path):
    _, body = _parts(folder)
    for chapter in ("When to use", "Read first", "Method", "Decision rules", "Worked fragment", "What gets sent back"):
        assert f"## {chapter}" in body or (chapter == "Method" and "sweeps" in body), chapter
    assert "## Done means" in body


def test_done_means_names_every_field_of_the_artefact(folder: Path):
    skill = Catalog.load().skill(folder.name)
    done = skill.body.split("## Done means")[1]
    fields = artefact_kinds()[skill.artefact].model_fields
    assert [field for field in fields if f"`{field}" not in done] == []


def test_a_skill_tells_its_author_to_stay_with_what_is_supported(folder: Path):
    _, body = _parts(folder)
    assert re.search(r"context|metrics|figures", body)
    assert re.search(
        r"not support|unsupported|invent|not in the (data|metrics)|occurs? in the (context|metrics)|from memory", body
    )


def test_no_placeholder_is_left_in_any_text(folder: Path):
    for path in folder.rglob("*.md"):
        assert not re.search(r"\b(TODO|TBD|FIXME|lorem)\b", path.read_text(encoding="utf-8")), path


def _visitors(rate: float, lift: float, alpha: float = 0.05) -> int:
    other, mean = rate * (1 + lift), rate * (1 + lift / 2)
    spread = norm.ppf(1 - alpha / 2) * math.sqrt(2 * mean * (1 - mean))
    spread += norm.ppf(0.8) * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return math.ceil((spread / (other - rate)) ** 2)


def _experiment(name: str) -> str:
    return (PROJECT / "skills" / "ab-test-setup" / name).read_text(encoding="utf-8")


def test_every_cell_of_the_sample_size_table_is_the_formulas():
    rows = [
        line.strip("| ").split(" | ")
        for line in _experiment("references/sample-size.md").splitlines()
        if "%" in line and line.startswith("|")
    ]
    lifts = [float(cell.strip("+%")) / 100 for cell in rows[0][1:]]
    assert len(rows) == 10
    for rate, *cells in rows[1:]:
        expected = [f"{_visitors(float(rate.strip('%')) / 100, lift):,}" for lift in lifts]
        assert cells == expected, rate


def test_the_traffic_table_names_the_effect_found_in_eight_weeks():
    rows = re.findall(r"^\| ([\d,]+) \| about \+(\d+) % \|", _experiment("SKILL.md"), re.MULTILINE)
    assert len(rows) == 6
    for sessions, percent in rows:
        available = int(sessions.replace(",", "")) * 56 / 2
        lift = int(percent) / 100
        assert _visitors(0.03, lift + 0.005) <= available <= _visitors(0.03, lift - 0.005), sessions


def test_the_worked_experiment_is_computed_right():
    body = _experiment("SKILL.md")
    assert f"{_visitors(0.032, 0.20):,}" in body
    assert f"{2 * _visitors(0.032, 0.20) / 1120:.1f} days" in body


def test_bonferroni_quantiles_are_right():
    text = _experiment("references/sample-size.md")
    assert f"z1 = {norm.ppf(1 - 0.025 / 2):.6f} for two, {norm.ppf(1 - 0.05 / 6):.6f} for three" in " ".join(
        text.split()
    )


def test_example_ads_keep_the_platforms_limits():
    body = (PROJECT / "skills" / "paid-ads" / "SKILL.md").read_text(encoding="utf-8")
    counted = re.findall(r'"([^"]+)" \((\d+)\)', " ".join(body.split()))
    assert len(counted) >= 6
    assert all(len(text) == int(count) for text, count in counted)
