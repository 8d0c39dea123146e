"""Vendors that misbehave, met through the outbox: nothing goes out twice, and state and reason are what is true.

Every manner lasts for a whole delivery, which may therefore fail; then the vendor is polite again, and the next
delivery must end with the page public, or the email sent, exactly once.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import stamina

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.html import key_of
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from resources.mailchimp import MailchimpClient, MailchimpPublisher
from resources.wordpress import WordPressPublisher
from tests.adversaries.rude_vendor import HANG_UP, Exchange, Manner, Rude, polite, rude
from tests.support.publishing import a_page, a_store, a_tenant, an_artefact, an_email_sequence, approved
from tests.support.sites import sandbox_connection

State = PublicationState
_tenants = count(1)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


# Manners. Each returns HANG_UP or nothing.


def hang_up_on_writes(exchange: Exchange) -> object:
    return HANG_UP if exchange.method != "GET" else None


def html_for_writes(exchange: Exchange) -> object:
    return exchange.html() if exchange.method != "GET" else None


def html_for_everything(exchange: Exchange) -> object:
    return exchange.html()


def pages_for_ever(exchange: Exchange) -> object:
    """The count grows with every page, and every page is the first again."""
    found = listed(exchange)
    if found is None:
        return None
    name, rows = found
    if name == "":
        exchange.headers |= {"x-wp-total": "999999", "x-wp-totalpages": "9999"}
        exchange.says(rows or [FOREIGN_PAGE])
    else:
        exchange.says({**exchange.document, name: rows or [FOREIGN_CAMPAIGN], "total_items": 999_999})
    return None


def repeated_rows(exchange: Exchange) -> object:
    """Every row of a list comes three times."""
    found = listed(exchange)
    if found is not None:
        name, rows = found
        exchange.says([*rows, *rows, *rows] if name == "" else {**exchange.document, name: [*rows, *rows, *rows]})
    return None


def changed_types(exchange: Exchange) -> object:
    if exchange.body[:1] in (b"[", b"{"):
        exchange.says(of_another_type(exchange.document))
    return None


def dropped(*names: str) -> Manner:
    """Fields that never come."""

    def manner(exchange: Exchange) -> object:
        if exchange.body[:1] in (b"[", b"{"):
            exchange.says(without(exchange.document, names))
        return None

    return manner


def server_errors(exchange: Exchange) -> object:
    """The write is done, and called a failure."""
    if exchange.method != "GET":
        exchange.status, exchange.body = 500, b""
    return None


def too_many(exchange: Exchange) -> object:
    exchange.status = 429
    exchange.html()
    exchange.status = 429
    return None


FOREIGN_PAGE = {"id": 99, "slug": "x", "status": "publish", "parent": 7, "content": {"raw": ""}, "_links": {}}
FOREIGN_CAMPAIGN = {"id": "99", "status": "save", "settings": {"title": "x"}}
DECIDING = ("id", "slug", "status", "parent", "content", "_links", "settings", "is_ready", "total_items")


def listed(exchange: Exchange) -> tuple[str, list[Any]] | None:
    """The rows of a list, and the name they have in it; None for any other answer."""
    if exchange.method != "GET" or exchange.status != 200 or exchange.body[:1] not in (b"[", b"{"):
        return None
    document = exchange.document
    if isinstance(document, list):
        return ("", document) if exchange.path.endswith("/pages") else None
    return next(((name, document[name]) for name in ("campaigns", "reports", "emails") if name in document), None)


def of_another_type(document: Any) -> Any:
    if isinstance(document, list):
        return [of_another_type(item) for item in document]
    if isinstance(document, dict):
        return {
            name: {"of another": "type"} if name in DECIDING and not isinstance(value, list) else of_another_type(value)
            for name, value in document.items()
        }
    return document


def without(document: Any, names: tuple[str, ...]) -> Any:
    if isinstance(document, list):
        return [without(item, names) for item in document]
    if isinstance(document, dict):
        return {name: without(value, names) for name, value in document.items() if name not in names}
    return document


MANNERS: dict[str, Manner] = {
    "hangs up on every write": hang_up_on_writes,
    "answers writes with HTML": html_for_writes,
    "answers everything with HTML": html_for_everything,
    "pages for ever": pages_for_ever,
    "repeats rows": repeated_rows,
    "changes types": changed_types,
    "calls writes failures": server_errors,
    "refuses everything": too_many,
    **{f"drops {name}": dropped(name) for name in ("id", "status", "slug", "parent", "content", "_links", "settings")},
    "drops title": dropped("title"),
    "drops is_ready": dropped("is_ready"),
    "drops total_items": dropped("total_items"),
}


class Desk:
    """A tenant of the test's own, with one page and one email to publish through a rude vendor."""

    def __init__(self, sandbox: Running, folder: Path, tool: str, vendor: Rude) -> None:
        self.sandbox, self.tool = sandbox, tool
        self.tenant = f"rude-{next(_tenants)}"
        connection = sandbox_connection(sandbox, tool, tenant=self.tenant)
        vendor.target = str(connection.base_url)
        self.vendor = vendor
        self.store: Store = a_store(folder, a_tenant(self.tenant))
        reached = connection.model_copy(update={"settings": {**connection.settings, "base_url": vendor.url}})
        kinds = {"wordpress": WordPressPublisher, "mailchimp": MailchimpPublisher}
        self.client = MailchimpClient(reached) if tool == "mailchimp" else None
        self.outbox = Outbox(self.store, {tool: kinds[tool](reached)}, _Now(sandbox))
        page = an_artefact(a_page("/reports-that-write-themselves"), tenant=self.tenant)
        email = an_artefact(an_email_sequence(), tenant=self.tenant, skill="email-sequence")
        artefact = approved(self.store, page if tool == "wordpress" else email)
        (self.publication,) = self.outbox.intend(self.store.tenants.get(self.tenant), artefact)

    def deliver(self, manner: Manner) -> tuple[Publication, ToolError | None]:
        """One try, whether or not its time has come."""
        self.vendor.manner = manner
        try:
            return self.outbox.deliver(self.publication.id), None
        except ToolError as error:
            return self.now(), error

    def now(self) -> Publication:
        return self.store.publications.get(self.publication.id)

    def out_there(self) -> int:
        """How often it is public: pages that hold our key, or emails that went out."""
        world = self.sandbox.world
        if self.tool == "mailchimp":
            return len(world.mailing(self.tenant).sent())
        pages = world.site(self.tenant).pages.list(status="publish")
        return sum(key_of(page.content) == self.publication.idempotency_key for page in pages)

    def made(self) -> list[str]:
        """What was created or sent, as the stand-in's ledger has it."""
        entries = self.sandbox.admin.ledger(vendor=self.tool, tenant=self.tenant)
        return [
            entry.action for entry in entries if entry.action in ("page.create", "campaign.create", "campaign.send")
        ]


class _Now:
    def __init__(self, sandbox: Running) -> None:
        self._sandbox = sandbox

    def now(self) -> Any:
        return self._sandbox.world.now()


@pytest.fixture
def vendor() -> Iterator[Rude]:
    with rude("") as made:
        yield made


@pytest.mark.parametrize("tool", ["wordpress", "mailchimp"])
@pytest.mark.parametrize("name", MANNERS)
def test_nothing_goes_out_twice_and_nothing_is_said_that_is_not_so(
    sandbox: Running, tmp_path: Path, vendor: Rude, tool: str, name: str
) -> None:
    desk = Desk(sandbox, tmp_path, tool, vendor)
    first, error = desk.deliver(MANNERS[name])
    assert first.state in (State.WRITING, State.PUBLISHED), first.error
    if first.state is State.PUBLISHED:
        assert desk.out_there() == 1
    else:
        assert error is not None and not error.permanent
        assert error.hint, "a reason without what to do"
        assert error.tool == tool
    assert len(vendor.asked) < 60, "a vendor is not asked for ever"
    if first.state is State.WRITING:
        second, error = desk.deliver(MANNERS[name])
        assert second.state in (State.WRITING, State.PUBLISHED)
    last, error = desk.deliver(polite)
    assert error is None
    assert desk.now().state is State.PUBLISHED
    assert last.error == ""
    assert desk.out_there() == 1
    once = ["page.create"] if tool == "wordpress" else ["campaign.create", "campaign.send"]
    assert desk.made() == once


@pytest.mark.parametrize(
    "name",
    [
        "answers everything with HTML",
        "pages for ever",
        "changes types",
        "drops total_items",
        "drops id",
        "refuses everything",
    ],
)
def test_figures_of_a_rude_mailchimp_are_refused_not_invented(
    sandbox: Running, tmp_path: Path, vendor: Rude, name: str
) -> None:
    desk = Desk(sandbox, tmp_path, "mailchimp", vendor)
    desk.deliver(polite)
    first = sandbox.world.clock.day
    sandbox.admin.advance(1)
    assert desk.client is not None
    right = desk.client.reports(first, first)
    assert right["sends"].tolist() == [200]
    vendor.manner = MANNERS[name]
    with pytest.raises(ToolError) as refused:
        desk.client.reports(first, first)
    assert refused.value.kind in (ToolErrorKind.OUTAGE, ToolErrorKind.QUOTA)


def test_repeated_rows_of_a_report_are_counted_once(sandbox: Running, tmp_path: Path, vendor: Rude) -> None:
    desk = Desk(sandbox, tmp_path, "mailchimp", vendor)
    desk.deliver(polite)
    first = sandbox.world.clock.day
    sandbox.admin.advance(1)
    assert desk.client is not None
    right = desk.client.reports(first, first)
    vendor.manner = repeated_rows
    assert desk.client.reports(first, first).to_dict() == right.to_dict()
