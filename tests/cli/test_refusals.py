"""Bad input: a clear message, exit code 2, and nothing written."""

import re
import socket
from pathlib import Path

import pytest
import yaml

from tests.cli.homes import EXAMPLE, CommandLine, fingerprint

GOAL = "Increase trial signups by 20 % this quarter"


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        (("goal", "   ", "-t", "threlby"), ("the goal is empty", "expected a sentence")),
        (("goal", "x" * 2001, "-t", "threlby"), ("2,001 characters", "at most 2,000")),
        (("goal", GOAL, "-t", "nobody"), ("nobody",)),
        (("goal", GOAL, "-t", "bare"), ("bare", "context")),
        (("goal", GOAL, "-t", "threlby", "--budget", "-5"), ("-5", "--budget", "zero or more")),
        (("goal", GOAL, "-t", "threlby", "--budget", "much"), ("'much' is not an amount", "--budget")),
        (("goal", GOAL, "-t", "threlby", "--deadline", "2020-01-01"), ("2020-01-01 is not in the future",)),
        (("goal", GOAL, "-t", "threlby", "--deadline", "soon"), ("'soon' is not a date", "YYYY-MM-DD")),
        (("pipeline", "page-lunch", "-t", "threlby"), ("page-lunch", "page-launch")),
        (("pipeline", "page-launch", "-t", "nobody"), ("nobody",)),
        (("pipeline", "page-launch", "-t", "threlby", "--campaign", "Not A Slug"), ("slug",)),
        (("tenant", "add", "threlby"), ("threlby",)),
        (("tenant", "add", "Not A Slug"), ("tenant id", "a-z")),
        (("tenant", "add", "zoned", "--timezone", "Mars/Olympus"), ("Mars/Olympus", "IANA time zone")),
        (("tenant", "add", "poor", "--llm-budget", "-1"), ("--llm-budget", "zero or more")),
        (("tenant", "set", "threlby", "--autonomy-for", "wordpress=yolo"), ("wordpress=yolo", "autopilot")),
        (("tenant", "set", "threlby", "--country", "Germany"), ("no calendar of 'Germany'", "DE-BE")),
        (("tenant", "set", "threlby", "--country", "DE-ZZ"), ("DE has no part 'ZZ'", "BE")),
        (("tenant", "holiday", "add", "threlby", "Closed", "2026-08-14", "2026-08-03"), ("'Closed'", "in order")),
        (("tenant", "holiday", "add", "threlby", "Closed", "soon"), ("'soon' is no date", "YYYY-MM-DD")),
        (("tenant", "holiday", "remove", "threlby", "Closed"), ("no holiday 'Closed'", "none")),
        (("tenant", "holiday", "list", "nobody"), ("nobody",)),
        (("tenant", "show", "nobody"), ("nobody",)),
        (("context", "show", "-t", "bare"), ("bare",)),
        (("context", "show", "-t", "threlby", "--version", "9"), ("9",)),
        (("connect", "stripe", "-t", "threlby", "--set", "nonsense=1"), ("unknown key 'nonsense'", "base_url")),
        (("connect", "stripe", "-t", "threlby", "--set", "api_key=sk_1"), ("api_key is a secret", "--secret")),
        (("connect", "stripe", "-t", "threlby", "--secret", "api_key=NOT_SET"), ("'NOT_SET' is not set",)),
        (("connect", "stripe", "-t", "threlby", "--set", "base_url"), ("key=value",)),
        (("connect", "hubspot", "-t", "threlby"), ("unknown tool 'hubspot'", "wordpress")),
        (("sql", "select nonsense"), ("nonsense",)),
        (("sql", "create table mine (a int)"), ("sql",)),
        (("ingest", "--from", "2026-02-30"), ("'2026-02-30' is not a date",)),
        (("ingest", "--from", "2026-02-02", "--to", "2026-02-01"), ("2026-02-02 is after 2026-02-01",)),
        (("ingest", "--from", "2020-01-01"), ("2020-01-01 is too early", "2024-01-01 or later")),
        (("ingest", "-t", "nobody"), ("nobody",)),
        (("artefact", "show", "art_none"), ("art_none",)),
        (("approve", "apr_none"), ("apr_none",)),
        (("revise", "apr_none"), ("--note",)),
        (("campaign", "show", "threlby:none"), ("threlby:none",)),
        (("campaign", "list", "-t", "nobody"), ("nobody",)),
        (("nonsense",), ("No such command",)),
    ],
    ids=lambda value: "-".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_refused(marketeer: CommandLine, arguments: tuple[str, ...], saying: tuple[str, ...]):
    marketeer.refused(*arguments, saying=saying)


# --- the product context ------------------------------------------------------------------------------------------


def context_with(tmp_path: Path, change: tuple[str, str]) -> str:
    text = (EXAMPLE / "context.md").read_text(encoding="utf-8")
    assert re.search(change[0], text, re.DOTALL)
    path = tmp_path / "context.md"
    path.write_text(re.sub(*change, text, count=1, flags=re.DOTALL), encoding="utf-8")
    return str(path)


def test_a_context_without_a_section(marketeer: CommandLine, tmp_path: Path):
    file = context_with(tmp_path, (r"## (?:\d+[.)] )?Proof points.*?(?=\n## )", ""))
    marketeer.refused("context", "import", file, "-t", "threlby", saying=("Proof points", file))


def test_a_context_with_an_empty_section(marketeer: CommandLine, tmp_path: Path):
    file = context_with(tmp_path, (r"(## (?:\d+[.)] )?Proof points\n).*?(?=\n## )", r"\1"))
    marketeer.refused("context", "import", file, "-t", "threlby", saying=("Proof points", file))


def test_a_context_of_30_megabytes(marketeer: CommandLine, tmp_path: Path):
    file = tmp_path / "huge.md"
    with file.open("wb") as out:
        out.truncate(30_000_000)
    marketeer.refused(
        "context", "import", str(file), "-t", "threlby", saying=("30,000,000 bytes", "at most 524,288 bytes")
    )


def test_a_context_that_is_no_text(marketeer: CommandLine, tmp_path: Path):
    file = tmp_path / "context.md"
    file.write_bytes(b"# \xff\xfe")
    marketeer.refused("context", "import", str(file), "-t", "threlby", saying=("not UTF-8",))


def test_a_context_that_is_not_there(marketeer: CommandLine, tmp_path: Path):
    file = str(tmp_path / "none.md")
    marketeer.refused("context", "import", file, "-t", "threlby", saying=(file, "No such file"))


# --- the catalog --------------------------------------------------------------------------------------------------


def start_with(marketeer: CommandLine, catalog: Path, *saying: str) -> None:
    marketeer.refused("pipeline", "page-launch", "-t", "threlby", MARKETEER_CATALOG=str(catalog), saying=saying)


def test_a_broken_skill(marketeer: CommandLine, catalog: Path):
    path = catalog / "skills" / "copywriting" / "SKILL.md"
    path.write_text(path.read_text("utf-8").replace("name: copywriting", "name: [copy", 1), "utf-8")
    start_with(marketeer, catalog, "skills/copywriting/SKILL.md")


def test_an_unknown_skill_in_a_pipeline(marketeer: CommandLine, catalog: Path):
    path = catalog / "catalog" / "pipelines.yaml"
    text = path.read_text("utf-8")
    assert "page-cro" in text
    path.write_text(text.replace("page-cro", "page-crow"), "utf-8")
    start_with(marketeer, catalog, "pipelines.yaml", "page-crow", "page-cro")


def test_skills_that_read_each_other(marketeer: CommandLine, catalog: Path):
    path = catalog / "skills" / "product-marketing-context" / "skill.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | {"reads": ["copywriting"]}), "utf-8")
    start_with(marketeer, catalog, "copywriting", "product-marketing-context")


def test_a_wrong_cron(marketeer: CommandLine, catalog: Path):
    path = catalog / "catalog" / "schedules.yaml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"cron: .*", 'cron: "61 0 * * 1"', text, count=1), "utf-8")
    start_with(marketeer, catalog, "schedules.yaml", "61 0 * * 1")


def test_a_catalog_that_is_not_there(marketeer: CommandLine, tmp_path: Path):
    start_with(marketeer, tmp_path / "none", str(tmp_path / "none"))


# --- the home and its surroundings --------------------------------------------------------------------------------


def test_a_home_that_is_a_file(fresh: CommandLine):
    """Permissions do not stop root, a file in the folder's place stops everybody."""
    fresh.home.write_text("mine", encoding="utf-8")
    fresh.refused("init", saying=(str(fresh.home),))
    fresh.refused("tenant", "list", saying=(str(fresh.home),))


def test_a_home_below_a_file(fresh: CommandLine):
    fresh.home.write_text("mine", encoding="utf-8")
    fresh.refused("init", saying=(str(fresh.home),), MARKETEER_HOME=str(fresh.home / "below"))


def test_a_home_that_was_never_made(fresh: CommandLine):
    fresh.refused("tenant", "list", saying=("is not a home yet", "marketeer init"))
    assert not fresh.home.exists()


def test_a_configuration_that_is_no_toml(fresh: CommandLine):
    fresh.home.mkdir()
    (fresh.home / "config.toml").write_text("sandbox_url = ", encoding="utf-8")
    fresh.refused("tenant", "list", saying=("config.toml", "a TOML file"))


def test_a_configuration_with_a_key_nobody_knows(fresh: CommandLine):
    fresh.home.mkdir()
    (fresh.home / "config.toml").write_text('sandbox_uri = "x"', encoding="utf-8")
    fresh.refused("tenant", "list", saying=("config.toml", "sandbox_uri"))


def test_a_database_of_another_kind(marketeer: CommandLine):
    marketeer.refused("tenant", "list", MARKETEER_DATABASE_URL="mysql://127.0.0.1/x", saying=("mysql",))


@pytest.mark.parametrize("command", [("up", "--port"), ("sandbox", "--port")])
def test_a_port_in_use(marketeer: CommandLine, command: tuple[str, ...]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        marketeer.refused(*command, port, saying=(f"port {port} cannot be used",))


def test_nothing_is_started_for_input_that_is_refused(fresh: CommandLine):
    """Also where the market would have to be started for the command: refusing comes first."""
    fresh.ok("init")
    fresh.ok("tenant", "add", "acme")
    before = fingerprint(fresh.home)
    for arguments in (("goal", " ", "-t", "acme"), ("goal", GOAL, "-t", "acme"), ("pipeline", "none", "-t", "acme")):
        assert fresh(*arguments).code == 2
    assert fingerprint(fresh.home) == before
