"""The first ten minutes: what to do next, a form that is no context yet, whose work it is, and near names."""

import subprocess
import sys

import pytest

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.ids import TenantId
from tests.cli.homes import EXAMPLE, PROJECT, CommandLine

TEMPLATE = PROJECT / "examples" / "context-template.md"
CONTEXT = EXAMPLE / "context.md"


def test_marketeer_alone_says_the_next_step_at_every_stand(fresh: CommandLine, market: str):
    assert "marketeer init" in fresh.ok().out
    assert "marketeer demo" in fresh.ok().out
    assert not fresh.home.exists()
    fresh.ok("init")
    assert "marketeer tenant add" in fresh.ok().out
    fresh.ok("tenant", "add", "acme", MARKETEER_SANDBOX_URL=market)
    assert "marketeer context import FILE --tenant acme" in fresh.ok().said
    fresh.ok("context", "import", str(CONTEXT), MARKETEER_SANDBOX_URL=market)
    assert "marketeer goal" in fresh.ok().out
    fresh.ok("goal", "More trials", MARKETEER_SANDBOX_URL=market)
    assert "marketeer campaign continue acme:more-trials" in fresh.ok().said
    assert all("--help" in fresh.ok(COLUMNS=width).out for width in ("60", "80", "120"))


def test_the_unfilled_template_is_refused_whole_before_anything_is_written(marketeer: CommandLine):
    saying = ("line 1, title: NAME OF YOUR PRODUCT", "line 66, Switching dynamics: [ ]", "in 12 of 12 sections",
              "line 105, Goals: [per month, for what]")  # fmt: skip
    marketeer.refused("context", "import", str(TEMPLATE), "-t", "bare", saying=saying)
    marketeer.refused("context", "import", str(TEMPLATE), "-t", "threlby", saying=saying)


@pytest.mark.parametrize("command", [("goal", "More trials"), ("pipeline", "page-launch")])
def test_no_work_on_a_form_that_was_stored_before_it_was_refused(marketeer: CommandLine, command: tuple[str, ...]):
    tenant = f"early-{command[0]}"
    marketeer.ok("tenant", "add", tenant)
    filled = ProductContext.parse(CONTEXT.read_text("utf-8"))
    marketeer.store.contexts.add(
        TenantId(tenant), filled.model_copy(update={"name": "NAME OF YOUR PRODUCT"}), "", SystemClock().now()
    )
    marketeer.refused(*command, "-t", tenant, saying=("NAME OF YOUR PRODUCT", "marketeer context import FILE"))


@pytest.mark.parametrize(
    ("command", "saying"),
    [
        (("tenant", "add", "x", "--name", "[Your company]"), ("[Your company]", "tenant name")),
        (("tenant", "set", "threlby", "--name", "<name>"), ("<name>", "tenant name")),
        (("goal", "Increase [metric] by X %", "-t", "threlby"), ("[metric]", "still to be replaced")),
        (("tenant", "show", "threlbi"), ("no tenant 'threlbi'", "did you mean threlby")),
        (("goal", "More", "-t", "trelby"), ("no tenant 'trelby'", "did you mean threlby")),
        (("pipeline", "page-lunch", "-t", "threlby"), ("page-lunch", "page-launch")),
        (("pipeline", "--list", "seo-cicle"), ("seo-cicle", "seo-cycle")),
        (("connect", "wordpres", "-t", "threlby"), ("wordpres", "did you mean", "wordpress")),
        (("campain", "list"), ("campain", "marketeer campaign")),
        (("campaign", "lst"), ("lst", "marketeer campaign list")),
        (("goal", "--tenent", "x"), ("--tenent", "did you mean --tenant")),
        (("goal", "More trials"), ("whose?", "--tenant", "bare", "threlby")),
        (("context", "history"), ("whose?", "threlby")),
    ],
    ids=lambda value: "-".join(value)[:50],
)  # fmt: skip
def test_a_near_name_is_suggested(marketeer: CommandLine, command: tuple[str, ...], saying: tuple[str, ...]):
    marketeer.refused(*command, saying=saying)


def test_a_near_key_is_only_of_the_tenant_that_was_named(marketeer: CommandLine):
    marketeer.ok("goal", "Find more bookkeepers here", "-t", "threlby")
    near = marketeer("campaign", "show", "threlby:find-more-bookkeepers-hear")
    assert "threlby:find-more-bookkeepers-here" in near.said
    other = marketeer("campaign", "show", "bare:find-more-bookkeepers-hear")
    assert (near.code, other.code) == (2, 2)
    assert "threlby" not in other.said


def test_the_only_tenant_needs_no_naming_and_is_said(fresh: CommandLine, market: str):
    fresh.ok("init")
    fresh.refused("goal", "More trials", saying=("there is no tenant yet", "marketeer tenant add"))
    fresh.ok("tenant", "add", "acme")
    told = fresh.ok("context", "import", str(CONTEXT), MARKETEER_SANDBOX_URL=market)
    assert "for acme, the only tenant here" in told.err
    assert (
        fresh.ok("goal", "More trials", "--json", MARKETEER_SANDBOX_URL=market).json["campaign"] == "acme:more-trials"
    )


def test_the_market_takes_a_later_contexts_words_until_something_was_published(fresh: CommandLine, market: str):
    variables = {"MARKETEER_SANDBOX_URL": market}
    fresh.ok("init")
    fresh.ok("tenant", "add", "reworded")
    first = fresh.home.parent / "first.md"
    first.write_text(CONTEXT.read_text("utf-8").replace("# Product context: Threlby", "# Product context: Trelby", 1))
    assert fresh.ok("context", "import", str(first), "--json", **variables).json["market"] == "opened"
    assert fresh.ok("context", "import", str(first), "--json", **variables).json["market"] == "unchanged"
    again = fresh.ok("context", "import", str(CONTEXT), **variables)
    assert "the simulated market of reworded begins anew with these words" in again.said


def test_pipelines_are_listed_with_what_they_make_and_need(marketeer: CommandLine):
    listed = {offer["name"]: offer for offer in marketeer.ok("pipeline", "--list", "--json").json}
    refresh = listed["email-refresh"]
    assert refresh["skills"] == ["email-sequence"] and refresh["makes"] == ["email_sequence"]
    assert refresh["publishes_to"] == ["mailchimp"] and set(refresh["reads_from"]) >= {"stripe"}
    assert {"ga4", "search_console"} <= set(listed["conversion-sprint"]["reads_from"])
    assert all(name in marketeer.ok("pipeline", "--list", COLUMNS="80").out for name in listed)


def test_what_serves_says_in_json_where(fresh: CommandLine):
    """`up` and `daemon` say it by the same function, once their processes are there."""
    with subprocess.Popen(
        [sys.executable, "-m", "marketeer_dagster", "sandbox", "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT,
        env={"MARKETEER_HOME": str(fresh.home), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"},
    ) as serving:  # fmt: skip
        assert serving.stdout is not None
        try:
            told = "".join(serving.stdout.readline() for _ in range(5))
        finally:
            serving.kill()  # whatever it is about: what it says is the matter here
    assert '"sandbox": "a free port"' in told and told.startswith("{")
