"""The house stays as it was designed: imports, loading, the asset graph, and what no file may hold."""

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from assets.artefact_checks import EXAMINATIONS
from assets.jobs import pipeline_job_name
from assets.names import asset_key, op_name
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.definitions import defs

PROJECT = Path(__file__).parents[1]
PACKAGES = ("marketeer_dagster", "assets", "sensors", "resources")
GROUPS = {"foundation", "strategy", "creative", "convert", "activate", "measure", "metrics", "publications", "marts"}
LONGEST_FILE = 400
CATALOG = Catalog.load()


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return defs.resolve_asset_graph()


# --- imports and loading ------------------------------------------------------------------------------------------


LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def test_imports_point_one_way():
    done = subprocess.run([sys.executable, "-c", LINT], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_module_can_be_imported():
    for package in PACKAGES:
        for module in pkgutil.walk_packages([str(PROJECT / package)], f"{package}."):
            if ".migrations.env" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


WATCHED_LOAD = """
import json, sys
touched = {"opened": [], "called": []}
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        touched["opened"].append(arguments[0])
    elif event in ("socket.connect", "socket.getaddrinfo", "sqlite3.connect"):
        touched["called"].append([event, str(arguments[-1])])
sys.addaudithook(watch)
from marketeer_dagster.definitions import defs
defs.resolve_asset_graph(), list(defs.resolve_all_job_defs())
touched["modules"] = sorted(sys.modules)
print("WATCHED" + json.dumps(touched))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a fresh interpreter touches while it loads the code location, in a home whose files nobody could open."""
    home = tmp_path_factory.mktemp("home")
    (home / "config.toml").write_text('sandbox_url = "http://127.0.0.1:9"\n', encoding="utf-8")
    for name in ("store.db", "warehouse.duckdb", "warehouse.snapshot.duckdb", "limits.db"):
        (home / name).write_bytes(b"not a database")
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCHED_LOAD],
        cwd=PROJECT, env={"PATH": "", "MARKETEER_HOME": str(home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before
    touched = json.loads(done.stdout.rpartition("WATCHED")[2])
    return {**touched, "home": sorted({Path(p).name for p in touched["opened"] if str(home) in p})}


def test_loading_reads_nothing_of_the_home_but_its_configuration(loaded: dict[str, list[str]]):
    assert loaded["home"] == ["config.toml"]


def test_loading_calls_nobody_and_opens_no_database(loaded: dict[str, list[str]]):
    assert loaded["called"] == []


@pytest.mark.parametrize(
    "module", ["anthropic", "stripe", "googleapiclient", "google.analytics", "mailchimp_marketing"]
)
def test_vendors_libraries_wait_until_they_are_needed(loaded: dict[str, list[str]], module: str):
    assert not [name for name in loaded["modules"] if name == module or name.startswith(f"{module}.")]


def test_the_sandbox_is_no_part_of_the_code_location(loaded: dict[str, list[str]]):
    assert not [name for name in loaded["modules"] if name.startswith("marketeer_dagster.sandbox")]


def test_the_command_line_answers_without_dagster():
    command = "import sys, marketeer_dagster.cli; print([m for m in sys.modules if m == 'dagster'])"
    done = subprocess.run([sys.executable, "-c", command], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the asset graph ----------------------------------------------------------------------------------------------


def test_every_asset_says_what_it_is_and_whose(graph: AssetGraph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, f"{key} has no description"
        assert node.owners, f"{key} has no owner"
        assert 1 <= len(node.kinds) <= 3, f"{key} has kinds {sorted(node.kinds)}"


def test_the_groups_are_the_squads_and_what_surrounds_them(graph: AssetGraph):
    assert {graph.get(key).group_name for key in graph.get_all_asset_keys()} == GROUPS
    assert set(CATALOG.squads) <= GROUPS


def test_nothing_stands_alone(graph: AssetGraph):
    alone = [key for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys | graph.get(key).child_keys]
    assert alone == []


def test_everything_can_be_made_here(graph: AssetGraph):
    assert [key for key in graph.get_all_asset_keys() if not graph.get(key).is_materializable] == []


@pytest.mark.parametrize("skill", CATALOG.skills)
def test_every_skill_is_an_asset_of_its_squad_with_its_checks(graph: AssetGraph, skill: str):
    definition = CATALOG.skill(skill)
    node = graph.get(asset_key(skill))
    assert node.group_name == definition.squad
    assert node.code_version == definition.hash
    assert {check.name for check in node.check_keys} == set(EXAMINATIONS)
    assert {asset_key(read) for read in definition.reads} <= node.parent_keys
    assert definition.description in (node.description or "")


@pytest.mark.parametrize("skill", CATALOG.skills)
def test_an_artefacts_ops_say_who_works(skill: str):
    ops = [d.name for d in defs.resolve_assets_def(asset_key(skill)).node_def.iterate_op_defs()]
    name, reviewers = op_name(skill), [op_name(r) for r in CATALOG.skill(skill).reviewers]
    turns = [f"{name}__review_by_{reviewer}" for reviewer in reviewers]
    again = [f"{name}__agreement"] if len(turns) > 1 else []
    assert set(ops) == {f"{name}__draft", *turns, *again, f"{name}__director"}


def test_every_check_says_what_it_holds(graph: AssetGraph):
    checks = {key for asset in graph.get_all_asset_keys() for key in graph.get(asset).check_keys}
    assert checks
    assert [key for key in checks if not graph.get_check_spec(key).description] == []


def test_what_drives_publication_is_checked_by_partition_and_blocks(graph: AssetGraph):
    for skill in CATALOG.skills:
        for key in graph.get(asset_key(skill)).check_keys:
            spec = graph.get_check_spec(key)
            assert spec.blocking
            assert spec.partitions_def == graph.get(asset_key(skill)).partitions_def


def test_every_pipeline_is_a_job_over_its_skills():
    for pipeline in CATALOG.pipelines.values():
        job = defs.resolve_job_def(pipeline_job_name(pipeline.name))
        assert {asset_key(skill) for skill in pipeline.skills} <= set(job.asset_layer.executable_asset_keys)


def test_every_schedule_of_the_catalog_is_there():
    schedules = {schedule.name for schedule in defs.schedules or ()}
    assert schedules == set(CATALOG.schedules)


def test_jobs_sensors_and_schedules_say_what_they_do():
    silent = [s.name for s in [*(defs.sensors or ()), *(defs.schedules or ())] if not getattr(s, "description", None)]
    jobs = [j for j in defs.resolve_all_job_defs() if not j.name.startswith("__")]
    assert silent + [job.name for job in jobs if not job.description] == []


@pytest.mark.parametrize(("job", "op"), [("start_goal", "accept_goal"), ("start_pipeline", "accept_pipeline")])
def test_the_launchpad_explains_every_field(job: str, op: str):
    fields = defs.resolve_job_def(job).graph.node_named(op).definition.config_schema.config_type.fields
    assert "tenant" in fields
    assert [name for name, field in fields.items() if not field.description] == []


def test_the_daily_figures_feed_the_marts(graph: AssetGraph):
    assert AssetKey("ga4_daily") in graph.get(AssetKey("channel_performance")).parent_keys


# --- files --------------------------------------------------------------------------------------------------------


def project_files() -> Iterator[Path]:
    """Every text file of the project's own."""
    for name in (*PACKAGES, "tests", "skills", "docs", "examples", "benchmarks", ".github", ".ci"):
        yield from (path for path in (PROJECT / name).rglob("*") if path.is_file() and _ours(path))
    yield from (path for path in PROJECT.iterdir() if path.is_file() and path.name != ".env")


def _ours(path: Path) -> bool:
    return not {"__pycache__", ".peers", "results"} & set(path.parts) and path.suffix in {
        ".py", ".md", ".yaml", ".yml", ".toml", ".sql", ".php", ".svg", ".txt", ".mako", ".json", ""
    }  # fmt: skip


# Written so that no pattern finds itself.
FORBIDDEN = {
    "a path of one machine": r"/(?:work|home)/\w|/root/(?!\.cache/pip)\w",
    "something left for later": r"#\s*(?:TODO|FIXME|XXX)\b",
    "where it was written": r"Claude[ ]Code|\b[Hh]elper [A-Z]\b|_HELPE[R]",
    "a package index": r"pypi\.org/simple|--(?:extra-)?index[-]url",
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_holds(kind: str):
    pattern = re.compile(FORBIDDEN[kind])
    found = [
        f"{path.relative_to(PROJECT)}: {match[0]}"
        for path in project_files()
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_files_stay_short():
    long = {
        str(path.relative_to(PROJECT)): lines
        for path in project_files()
        if path.suffix == ".py" and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_the_house_has_its_rooms():
    rooms = ["assets", "sensors", "resources", "skills", "marketeer_dagster", "tests", "docs", "examples", "benchmarks"]
    files = ["pyproject.toml", "Makefile", "workspace.yaml", "dagster.yaml", "docker-compose.yml", "constraints.txt"]
    papers = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".env.example"]
    missing = [name for name in [*rooms, *files, *papers] if not (PROJECT / name).exists()]
    assert missing == []


def test_the_packages_carry_their_data():
    """Every file beside the code that is not Python is named in pyproject.toml, so that a wheel holds it."""
    import tomllib

    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    kept = {path for pattern in declared["marketeer_dagster"] for path in (PROJECT / "marketeer_dagster").glob(pattern)}
    beside = {
        path
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and not path.name.startswith("_")
    }
    assert beside - kept == set()
