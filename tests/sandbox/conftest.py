"""A small market for tests, and pages to publish in it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.world import World

CONTEXTS = Path(__file__).parent / "contexts"
START = date(2026, 4, 6)


def account(tenant: str = "acme", *, context: str = "saas", history_days: int = 14, **facts: object) -> AccountSpec:
    """A tenant of the test contexts with a busy site, so that rates are seen through the noise."""
    values: dict[str, object] = {
        "tenant": tenant,
        "name": "Ledgerloop",
        "one_liner": "Closes the books for companies with several legal entities",
        "website": f"https://{tenant}.example",
        "monthly_sessions": 60_000,
        "starting_mrr_usd": 5_000,
        "context_markdown": (CONTEXTS / f"{context}.md").read_text(encoding="utf-8"),
        "history_days": history_days,
    }
    return AccountSpec.model_validate({**values, **facts})


def publish(world: World, path: str, html: str, title: str = "Ledgerloop", tenant: str = "acme") -> Page:
    """Replace what is public at `path`, or publish a new page there."""
    pages = world.site(tenant).pages
    known = pages.by_path(path)
    now = world.now()
    if known is not None:
        return pages.save(known.model_copy(update={"content": html, "title": title, "modified": now}))
    page = Page(
        id=pages.next_id(),
        slug=path.strip("/"),
        path=path,
        title=title,
        content=html,
        status="publish",
        created=now,
        modified=now,
    )
    return pages.save(page)


def totals(world: World, days: list[date], tenant: str = "acme", page: str | None = None) -> tuple[int, int]:
    """Sessions and sign-ups recorded on these days."""
    rows = [row for day in days for row in world.market.visits(tenant, day) if page in (None, row.page)]
    return sum(row.sessions for row in rows), sum(row.conversions for row in rows)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(seed=11, start=START)
    yield made
    made.close()


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as running:
        yield running
