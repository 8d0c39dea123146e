"""Vendors that send the secret back in their error's body: it reaches no store, log, failure or screen."""

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from dagster import DagsterInstance, job, op
from pydantic import SecretStr

from assets.causes import causes_of
from assets.failures import explained
from marketeer_dagster.cli.output import print_error
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import MarketeerError, ToolError, ToolErrorKind
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.redacted_logs import install
from marketeer_dagster.store import Store
from resources.wordpress import WordPressPublisher
from tests.store import values
from tests.support.publishing import NOW, a_page, a_tenant, an_artefact, approved
from tests.support.small_site import Answer, SmallSite, small_site

PASSWORD = "kq3Z Tn8w Pz5R vb2M Lc7X dj4Y"
SAID = json.dumps(
    {"code": "incorrect_password", "message": f"The password {PASSWORD} of ana is not valid: {PASSWORD!r}"}
)


@pytest.fixture
def vendor() -> Iterator[SmallSite]:
    """Answers whatever it is asked with the password it was sent."""

    class Everything(dict[str, Answer | str]):
        # Narrower than dict.get on purpose: it always answers.
        def get(self, key: str, default: object = None) -> Answer:  # type: ignore[override]
            return Answer(SAID, 401, {"Content-Type": "application/json"})

    with small_site(Everything()) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", secret_key=SecretStr("a key for tests")) as made:
        made.migrate()
        made.tenants.add(a_tenant())
        yield made


def everything_in(path: Path) -> str:
    """All bytes of the store's files, as text."""
    return "".join(file.read_bytes().decode("utf-8", "replace") for file in path.glob("store.db*") if file.is_file())


def test_a_publication_and_its_question_do_not_hold_the_password(
    store: Store,
    vendor: SmallSite,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install()
    connection = store.connections.set(
        Connection(
            tenant=a_tenant().id,
            tool="wordpress",
            settings={"base_url": vendor.root, "user": "ana"},
            secrets={"application_password": SecretStr(PASSWORD)},
        )
    )
    outbox = Outbox(store, {"wordpress": WordPressPublisher(connection)}, FixedClock(NOW))
    artefact = approved(store, an_artefact(a_page("/friday")))
    (row,) = outbox.intend(a_tenant(), artefact)
    failed = outbox.deliver(row.id)
    assert failed.state is PublicationState.FAILED
    assert "is not valid" in failed.error, "the vendor's words are kept, without the secret"
    (question,) = store.approvals.list(subject=row.id)
    logging.getLogger("vendor.sdk").error("HTTP 401 %s", SAID)
    print_error(MarketeerError(f"wordpress said {SAID}"))
    shown = capsys.readouterr()
    for text in (failed.error, question.title, question.detail, caplog.text, shown.err, everything_in(tmp_path)):
        assert PASSWORD not in text
        assert PASSWORD.replace(" ", "") not in text


def test_the_ledger_of_calls_and_the_campaigns_reason_do_not_hold_it(store: Store, tmp_path: Path) -> None:
    key = "sk-ant-api03-EchoedByTheVendor"
    store.campaigns.add(values.campaign("acme:launch"))
    store.campaigns.note("acme:launch", f"401 invalid x-api-key {key}")
    call = store.llm.reserve(values.reservation("f1"), Decimal(100))
    assert isinstance(call, str)
    store.llm.release(call, f"401 {key}", NOW)
    assert key not in everything_in(tmp_path)
    assert store.llm.list(campaign="acme:launch")[0].error.startswith("401 ")
    assert store.campaigns.get("acme:launch").reason.startswith("401 invalid")


def test_a_runs_events_do_not_hold_what_an_exception_was_raised_from() -> None:
    """Dagster stores an error with its whole chain; the vendor's own exception is part of it."""

    def fails(error: Exception) -> None:
        try:
            raise RuntimeError(f"vendor's client: 401 {SAID} ya29.EchoedAccessToken")
        except RuntimeError as vendors:
            raise error from vendors

    @op
    def of_ours() -> None:
        with explained():
            fails(ToolError("wordpress", ToolErrorKind.AUTH, f"401 {SAID}"))

    @op
    def of_nobody() -> None:
        with explained():
            fails(KeyError(f"ya29.EchoedAccessToken {PASSWORD}"))

    @job
    def echoing() -> None:
        of_ours()
        of_nobody()

    with DagsterInstance.ephemeral() as instance:
        result = echoing.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        stored = "".join(str(record.event_log_entry) for record in instance.get_records_for_run(result.run_id).records)
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        causes = [cause.text for cause in causes_of(instance, run)]
    assert "ya29.Echoed" not in stored
    assert PASSWORD not in stored
    assert any(text.startswith("of ours: wordpress: auth: 401") for text in causes)
    assert any(text.startswith("of nobody: KeyError") for text in causes)
