"""Copies each engine's rows from results.md into its page under docs/engines, between two markers."""

from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "engines"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def update() -> list[str]:
    """Rewrites the measured tables; returns the engines that were measured."""
    lines = (HERE / "results.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    head, rows = cells[0], cells[1:]
    done: list[str] = []
    for engine in dict.fromkeys(row[0] for row in rows):
        page = DOCS / f"{engine}.md"
        body = [row[1:] for row in rows if row[0] == engine]
        table = "\n".join(f"| {' | '.join(row)} |" for row in [head[1:], ["---"] * (len(head) - 1), *body])
        text = page.read_text()
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")
        done.append(engine)
    return done


if __name__ == "__main__":
    print("updated:", ", ".join(update()))
