"""The demo's last screen: before and after, what was made, and where to look."""

from typing import Any

from rich.table import Table

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import console

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
    table = Table(title=f"{result['tenant']}, {about} (simulated): {closed}")
    for column in ("", "before", "after", "change"):
        table.add_column(column, justify="right" if column else "left", overflow="fold")
    for name in ("sessions", "conversions"):
        table.add_row(f"{name} a day", _daily(before, name), _daily(after, name), "")
    table.add_row(
        "conversion rate", f"{before['conversion_rate']:.2%}", f"{after['conversion_rate']:.2%}", _interval(lift)
    )
    experiment = result["experiment"]
    if experiment and experiment["decision"]:
        decision = experiment["decision"]
        table.add_row(
            "experiment", "control", decision["winner"], _interval({"estimate": decision["lift"], **decision})
        )
    llm = result["llm"]
    table.add_row("Claude (simulated)", "", f"{llm.get('calls', 0)} calls", f"${llm.get('cost_usd', 0):.2f}")
    table.add_row("artefacts / reviews", "", f"{len(result['artefacts'])} / {result['reviews']['count']}", "")
    table.add_row("publications / signals", "", f"{len(result['publications'])} / {len(result['signals'])}", "")
    table.add_row("learnings", "", str(len(result["learnings"])), "")
    console.print(table)
    for learning in result["learnings"]:
        console.print(f"learnt (simulated): {learning['statement']}", markup=False)
    if experiment and experiment["decision"] and experiment["state"] != "decided":
        console.print("the test ended without a winner: the control stays, and nothing was learnt that could be cited")
    missing = [step for step, taken in result["steps"].items() if not taken]
    if missing:
        console.print(f"[bold red]missing for a closed loop:[/] {', '.join(missing)}")
    url = result["published_page"] or "none"
    console.print(
        f"\nDagster UI      {result['ui_url']}\npublished page  {url}\n"
        f"DuckDB snapshot {home.settings.warehouse_snapshot}"
    )
    console.print("\nthree questions to it, with `marketeer sql` or any DuckDB client:")
    for about, query in QUERIES:
        console.print(f"  -- {about}\n  {query.format(page=result['page'] or '/')}", markup=False, highlight=False)
    runs, failed = result["dagster"]["runs"], result["dagster"]["runs_failed"]
    told = f"{runs} runs, {failed} of them failed" if failed else f"{runs} runs"
    console.print(f"\n{result['wall_s']:.0f} s, {result['market_days']} market days, {told}")


def _daily(side: dict[str, Any], name: str) -> str:
    return f"{side[name] / side['days']:,.0f}"


def _interval(lift: dict[str, Any]) -> str:
    if lift["estimate"] is None:
        return "no figure"
    return f"{lift['estimate']:+.1%} ({lift['low']:+.1%} to {lift['high']:+.1%})"
