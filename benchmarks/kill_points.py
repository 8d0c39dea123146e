"""What is lost or doubled when a whole command is killed with -9 and given again: `python -m benchmarks.kill_points`.

Every row is a campaign of its own: `marketeer pipeline email-refresh --wait` in a process, killed at that moment, then
the same command again. The sandbox's ledger says what was really billed and written. Goal: every row ends with exit
code 0, every Claude request billed once, every email created and sent once, nothing missing, no money held back.
"""

import tempfile
from pathlib import Path

from benchmarks.rows import Row
from tests.support.campaign_home import campaign_home
from tests.support.killing import MOMENTS, Outcome, kill_and_resume

GROUP = "kill-points"
HEAD = ("killed", "exit", "Claude calls", "paid twice", "held back", "publications", "published twice", "missing")


def main() -> int:
    """Run, print the table, and end with 1 when any row is not as it must be."""
    return 0 if all(outcome.good for outcome in measured()) else 1


def run(most: int | None = None) -> list[Row]:
    """All moments, or the first `most` of them, in one row."""
    outcomes = measured(most)
    good = sum(outcome.good for outcome in outcomes)
    measure = "killed with -9 and given again: ended well, nothing lost, paid or published twice"
    return [Row(GROUP, measure, f"{len(outcomes)} of {len(outcomes)}", "", f"{good}", good == len(outcomes))]


def measured(most: int | None = None) -> list[Outcome]:
    """Kill a campaign at each moment and resume it; prints a line for each."""
    outcomes: list[Outcome] = []
    print(f"| {'moment of the kill':<48} | " + " | ".join(HEAD) + " |")
    print("|---" * (len(HEAD) + 1) + "|")
    with tempfile.TemporaryDirectory() as folder, campaign_home(Path(folder) / "home") as home:
        home.add_tenant()
        home.figures()
        for number, moment in enumerate(MOMENTS[:most]):
            outcome = kill_and_resume(home, moment, f"kill-{number}")
            outcomes.append(outcome)
            print(f"| {moment.name:<48} | " + " | ".join(map(str, _cells(outcome))) + " |", flush=True)
            if not outcome.good:
                print(f"  {outcome.complaint}", flush=True)
    return outcomes


def _cells(outcome: Outcome) -> tuple[object, ...]:
    return (
        "yes" if outcome.killed else "no",
        outcome.exit_code,
        outcome.calls,
        outcome.paid_twice,
        outcome.open_reservations,
        outcome.publications,
        outcome.published_twice,
        ", ".join(outcome.missing) or "nothing",
    )


if __name__ == "__main__":
    raise SystemExit(main())
