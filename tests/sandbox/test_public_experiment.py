"""An experiment on a public page, as visitors with a real browser meet it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from marketeer_dagster.publishing.trials import Block, render_test
from marketeer_dagster.sandbox.server import Running
from tests.sandbox.conftest import account, publish

pytestmark = pytest.mark.browser


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # The system's own Chromium; as root (in containers) it only starts without its sandbox.
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def test_a_visitor_sees_one_arm_keeps_it_and_is_counted(sandbox: Running, browser: Browser) -> None:
    sandbox.admin.open_account(account())
    blocks = [Block(variant=name, share=0.5, html=f"<h1>Arm {name}</h1>") for name in ("control", "b")]
    publish(sandbox.world, "/close", render_test("exp_1", blocks))
    seen: set[str] = set()
    for _ in range(12):
        visitor = browser.new_context()
        page = visitor.new_page()
        for _ in range(2):
            page.goto(f"{sandbox.url}/sites/acme/close")
            headings = page.locator("h1:visible").all_inner_texts()
            assert len(headings) == 1
            event = page.evaluate("Array.from(window.dataLayer || []).map(e => JSON.stringify(e)).join()")
            assert "experiment_impression" in event and headings[0].removeprefix("Arm ") in event
            seen.add(headings[0])
        assert page.locator("h1:visible").all_inner_texts() == headings
        assert page.get_by_text("Simulated").is_visible()
        visitor.close()
    assert seen == {"Arm control", "Arm b"}
