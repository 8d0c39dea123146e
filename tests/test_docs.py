"""The documents hold: generated pages are current, links lead somewhere, and commands marked as runnable run."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from marketeer_dagster.sandbox.server import run_in_thread

PROJECT = Path(__file__).parents[1]
PAPERS = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = PAPERS + sorted((PROJECT / "docs").rglob("*.md"))
RUNNABLE = re.compile(r"<!-- runnable -->\n```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)?(?:#([\w-]+))?\)")


def test_the_page_of_the_command_line_is_current():
    spec = importlib.util.spec_from_file_location("generate_cli", PROJECT / "docs" / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (PROJECT / "docs" / "cli.md").read_text("utf-8") == module.page(), "run: python docs/generate_cli.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path):
    broken = []
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_shows_the_loop():
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    assert re.search(r"!\[.+\]\(docs/loop\.svg\)", text)
    for said in ("make demo", "make test", "ANTHROPIC_API_KEY", "marketeer connect", "## Limits"):
        assert said in text


def test_every_decision_is_listed():
    folder = PROJECT / "docs" / "decisions"
    pages = {page.name for page in folder.glob("0*.md")}
    assert pages == set(re.findall(r"\((0\d+-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8")))
    for page in pages:
        assert int(page[:4]) == int(re.match(r"# (\d+)\. ", (folder / page).read_text("utf-8"))[1])  # type: ignore[index]


@pytest.mark.slow
def test_commands_marked_as_runnable_run(tmp_path: Path):
    """In the order of the pages, in one home, as a reader would."""
    blocks = [
        (page.name, block)
        for page in (PROJECT / "README.md", PROJECT / "docs" / "operating.md")
        for block in RUNNABLE.findall(page.read_text(encoding="utf-8"))
    ]
    assert len(blocks) >= 5
    with run_in_thread() as market:
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path),
            "MARKETEER_HOME": str(tmp_path / "home"), "MARKETEER_SANDBOX_URL": market.url,
        }  # fmt: skip
        for page, block in blocks:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                env=environment, cwd=PROJECT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{page}:\n{block}\n{done.stdout}{done.stderr}"
