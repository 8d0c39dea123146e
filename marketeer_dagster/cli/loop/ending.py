"""The demo's last screen: before and after, what was made, and where to look."""

from typing import Any

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import print_fields, print_table, say

QUERIES = (
    (
        "conversion rate of the page, week by week",
        "select date_trunc('week', date)::date as week, sum(sessions) as sessions, "
        "round(100.0 * sum(conversions) / sum(sessions), 2) as rate_percent "
        "from page_performance where page = '{page}' group by 1 order by 1",
    ),
    ("what each artefact brought", "select * from artefact_performance order by conversions desc limit 10"),
    ("what Claude cost, by skill", "select * from spend_and_budget limit 20"),
)


def print_ending(home: Home, result: dict[str, Any]) -> None:
    """Print the table, the addresses and three queries."""
    before, after, lift = result["before"], result["after"], result["lift"]
    about = f"page {result['page']}" if result["page"] else "site"
    closed = "loop closed" if result["ok"] else "loop not closed"
    rows = [(f"{name} a day", _daily(before, name), _daily(after, name), "") for name in ("sessions", "conversions")]
    rows.append(
        ("conversion rate", f"{before['conversion_rate']:.2%}", f"{after['conversion_rate']:.2%}", _interval(lift))
    )
    experiment = result["experiment"]
    if experiment and experiment["decision"]:
        decision = experiment["decision"]
        rows.append(
            ("experiment", "control", decision["winner"], _interval({"estimate": decision["lift"], **decision}))
        )
    llm = result["llm"]
    rows.append(("Claude (simulated)", "", f"{llm.get('calls', 0)} calls", f"${llm.get('cost_usd', 0):.2f}"))
    rows.append(("artefacts / reviews", "", f"{len(result['artefacts'])} / {result['reviews']['count']}", ""))
    rows.append(("publications / signals", "", f"{len(result['publications'])} / {len(result['signals'])}", ""))
    rows.append(("learnings", "", str(len(result["learnings"])), ""))
    print_table(f"{result['tenant']}, {about} (simulated): {closed}", ("", "before", "after", "change"), rows, "")
    for learning in result["learnings"]:
        say(f"learnt (simulated): {learning['statement']}")
    if experiment and experiment["decision"] and experiment["state"] != "decided":
        say("the test ended without a winner: the control stays, and nothing was learnt that could be cited")
    missing = [step for step, taken in result["steps"].items() if not taken]
    if missing:
        say(f"missing for a closed loop: {', '.join(missing)}", style="bold red")
    say("")
    print_fields(
        [
            ("Dagster UI", result["ui_url"]),
            ("published page", result["published_page"] or "none"),
            ("DuckDB snapshot", str(home.settings.warehouse_snapshot)),
        ]
    )
    say("\nThree questions to the snapshot; any DuckDB client can ask them too:")
    for question, query in QUERIES:
        say(f'\n{question}\n  marketeer sql "{query.format(page=result["page"] or "/")}"')
    runs, failed = result["dagster"]["runs"], result["dagster"]["runs_failed"]
    told = f"{runs} runs, {failed} of them failed" if failed else f"{runs} runs"
    say(f"\n{result['wall_s']:.0f} s, {result['market_days']} market days, {told}")


def _daily(side: dict[str, Any], name: str) -> str:
    return f"{side[name] / side['days']:,.0f}"


def _interval(lift: dict[str, Any]) -> str:
    if lift["estimate"] is None:
        return "no figure"
    return f"{lift['estimate']:+.1%} ({lift['low']:+.1%} to {lift['high']:+.1%})"
