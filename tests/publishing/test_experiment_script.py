"""The assignment script in a real browser: one arm each, kept between visits, reported once a view."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from marketeer_dagster.publishing.trials import Block, render_test

pytestmark = pytest.mark.browser
URL = "http://site.test/pricing"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(
    page: Page,
    shares: tuple[float, float] = (0.5, 0.5),
    *,
    experiment: str = "exp_1",
    slot: int = 1,
    tail: str = "",
) -> str:
    """Open the page under test; the name of the arm shown."""
    blocks = [
        Block(variant=name, share=share, html=f"<h1>{name}</h1><form><input name=email></form>")
        for name, share in zip(("control", "b"), shares, strict=True)
    ]
    html = f"<!doctype html><body>{render_test(experiment, blocks, slot)}{tail}</body>"

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
        ["set", "user_properties", {"marketeer_test_1": f"exp_1.{first}"}],
        ["event", "experiment_impression", {"experiment_id": "exp_1", "experiment_variant": first}],
    ], "the property first: analytics hold it for events from then on, none before"
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
    told, event = page.evaluate("window.seen")
    assert told == ["set", "user_properties", {"marketeer_test_1": f"exp_1.{shown}"}]
    assert event[2]["experiment_variant"] == shown


def test_what_one_store_forgets_the_other_knows(browser: Browser) -> None:
    for forget in ("document.cookie = 'marketeer_exp_1=; path=/; max-age=0'", "window.localStorage.clear()"):
        page = browser.new_context().new_page()
        first = visit(page)
        for _ in range(4):
            page.evaluate(forget)
            assert visit(page) == first, forget


def test_a_browser_that_keeps_nothing_sees_the_control_and_is_not_counted(browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.add_init_script(
        "Math.random = () => 0.99;"
        "Object.defineProperty(document, 'cookie', { get: () => '', set: () => {} });"
        "Object.defineProperty(window, 'localStorage', { get: () => { throw new Error('refused'); } });"
    )
    assert visit(page) == "control"
    assert page.evaluate("window.dataLayer") is None


def test_no_other_arm_is_ever_seen_not_even_while_the_page_loads(browser: Browser) -> None:
    """What a visitor could see while the document is still read: a script of the page itself looks."""
    for chance, shown in ((0.1, "control"), (0.9, "b")):
        page = browser.new_context().new_page()
        page.add_init_script(f"Math.random = () => {chance}")
        look = (
            "<script>window.early = Array.from(document.querySelectorAll('[data-variant]'))"
            ".map(arm => [arm.getAttribute('data-variant'), getComputedStyle(arm).display]);</script>"
        )
        visit(page, tail=look)
        early = dict(page.evaluate("window.early"))
        assert early == {"control": "none", "b": "none"} | {shown: "block"}


def test_two_tests_keep_their_arms_apart(browser: Browser) -> None:
    page = browser.new_context().new_page()
    visit(page)
    visit(page, experiment="exp_2", slot=2)
    names = {next(iter(entry[2])) for entry in impressions(page) if entry[0] == "set"}
    assert names == {"marketeer_test_2"}
    assert len(page.evaluate("document.cookie").split("; ")) == 2


def test_without_javascript_the_control_is_shown(browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    blocks = [Block(variant=name, share=0.5, html=f"<h1>{name}</h1>") for name in ("control", "b")]
    page.set_content(render_test("exp_1", blocks))
    assert [h.inner_text() for h in page.locator("h1").all() if h.is_visible()] == ["control"]
