"""The assignment script in a real browser: one arm each, kept between visits, reported once a view."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from marketeer_dagster.publishing.html import Block, render_test

pytestmark = pytest.mark.browser
URL = "http://site.test/pricing"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(page: Page, shares: tuple[float, float] = (0.5, 0.5)) -> str:
    """Open the page under test; the name of the arm shown."""
    blocks = [
        Block(variant=name, share=share, html=f"<h1>{name}</h1><form><input name=email></form>")
        for name, share in zip(("control", "b"), shares, strict=True)
    ]
    html = f"<!doctype html><body>{render_test('exp_1', blocks)}</body>"

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route(URL, answer)
    page.goto(URL)
    assert page.locator("form").count() == 1, "the arms not shown are gone, forms included"
    assert page.locator("h1").is_visible()
    return page.locator("h1").inner_text()


def impressions(page: Page) -> list[list[object]]:
    return page.evaluate("() => window.dataLayer.map(entry => Array.from(entry))")


def test_a_visitor_keeps_the_arm_and_each_view_is_reported_once(browser: Browser) -> None:
    page = browser.new_context().new_page()
    first = visit(page)
    assert impressions(page) == [
        ["event", "experiment_impression", {"experiment_id": "exp_1", "experiment_variant": first}]
    ]
    for _ in range(4):
        assert visit(page) == first


@pytest.mark.parametrize(
    ("chance", "shares", "expected"),
    [
        (0.29, (0.3, 0.7), "control"),
        (0.31, (0.3, 0.7), "b"),
        (0.0, (0.5, 0.5), "control"),
        (0.999999, (0.5, 0.5), "b"),
        (0.999999, (0.33, 0.33), "b"),
    ],
)
def test_shares_decide_who_sees_what(
    browser: Browser, chance: float, shares: tuple[float, float], expected: str
) -> None:
    page = browser.new_context().new_page()
    page.add_init_script(f"Math.random = () => {chance}")
    assert visit(page, shares) == expected


def test_an_arm_that_no_longer_exists_is_drawn_anew(browser: Browser) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "marketeer_exp_1", "value": "gone", "url": URL}])
    assert visit(context.new_page()) in {"control", "b"}


def test_a_sites_own_gtag_gets_the_event(browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.add_init_script("window.seen = []; window.gtag = function () { window.seen.push(Array.from(arguments)); };")
    shown = visit(page)
    assert page.evaluate("window.seen")[0][2]["experiment_variant"] == shown


def test_without_javascript_the_control_is_shown(browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    blocks = [Block(variant=name, share=0.5, html=f"<h1>{name}</h1>") for name in ("control", "b")]
    page.set_content(render_test("exp_1", blocks))
    assert [h.inner_text() for h in page.locator("h1").all() if h.is_visible()] == ["control"]
