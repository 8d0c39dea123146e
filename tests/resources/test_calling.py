"""Retries have one owner: bounded, honouring Retry-After, never repeating what may have arrived."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
import stamina.instrumentation
from stamina.instrumentation import RetryDetails

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import LONGEST_WAIT_S, call, kind_of_status, retry_after_seconds


class VendorError(Exception):
    def __init__(self, status: int, retry_after: str | None = None) -> None:
        super().__init__(f"vendor said {status}")
        self.status = status
        self.retry_after = retry_after


def translate(error: Exception) -> ToolError | None:
    if not isinstance(error, VendorError):
        return None
    return ToolError(
        "acme",
        kind_of_status(error.status),
        str(error),
        status=error.status,
        retry_after_s=retry_after_seconds(error.retry_after),
    )


class Script:
    """A vendor that answers from a script: exceptions are raised, other values returned."""

    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def waits():
    """The seconds each retry was put off, as stamina reports them."""
    seen: list[float] = []

    def record(details: RetryDetails) -> None:
        seen.append(details.wait_for)

    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([record])
    yield seen
    stamina.instrumentation.set_on_retry_hooks(before)


def test_an_outage_is_tried_again_until_it_passes() -> None:
    script = Script(VendorError(500), VendorError(503), "rows")
    assert call("acme", script, translate=translate) == "rows"
    assert script.calls == 3


def test_attempts_are_bounded_and_the_last_error_is_a_tool_error() -> None:
    script = Script(*(VendorError(500) for _ in range(9)))
    with pytest.raises(ToolError, match="acme: outage: vendor said 500"):
        call("acme", script, translate=translate, attempts=3)
    assert script.calls == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_what_cannot_pass_is_not_repeated(status: int) -> None:
    script = Script(VendorError(status), "never reached")
    with pytest.raises(ToolError):
        call("acme", script, translate=translate)
    assert script.calls == 1


def test_retry_after_is_waited_for_exactly(waits: list[float]) -> None:
    assert call("acme", Script(VendorError(429, "0.25"), "rows"), translate=translate) == "rows"
    assert waits == [0.25]


def test_a_vendor_that_asks_for_hours_is_not_waited_for() -> None:
    script = Script(VendorError(429, str(LONGEST_WAIT_S + 1)), "rows")
    with pytest.raises(ToolError) as caught:
        call("acme", script, translate=translate)
    assert script.calls == 1
    assert caught.value.retry_after_s == LONGEST_WAIT_S + 1


def test_a_write_that_may_have_arrived_is_not_repeated_but_one_turned_away_is() -> None:
    arrived = Script(VendorError(500), "twice")
    with pytest.raises(ToolError):
        call("acme", arrived, translate=translate, repeatable=False)
    assert arrived.calls == 1
    turned_away = Script(VendorError(429, "0"), "once")
    assert call("acme", turned_away, translate=translate, repeatable=False) == "once"


def test_our_own_bugs_pass_unchanged() -> None:
    with pytest.raises(KeyError):
        call("acme", Script(KeyError("date"), "rows"), translate=translate)


def test_every_attempt_is_counted_by_the_limiter() -> None:
    class Counting:
        def __init__(self) -> None:
            self.seen: list[tuple[str, str]] = []

        def acquire(self, tool: str, account: str) -> None:
            self.seen.append((tool, account))

    limiter = Counting()
    call("acme", Script(VendorError(500), "rows"), translate=translate, limiter=limiter, account="p1")
    assert limiter.seen == [("acme", "p1"), ("acme", "p1")]


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after_seconds("12") == 12
    assert retry_after_seconds(None) is None
    assert retry_after_seconds("soon") is None
    later = format_datetime(SystemClock().now() + timedelta(seconds=90), usegmt=True)
    assert 80 < (retry_after_seconds(later) or 0) <= 90


def test_statuses_mean_what_http_says() -> None:
    assert [kind_of_status(s) for s in (401, 404, 409, 422, 429, 500, 529)] == [
        ToolErrorKind.AUTH,
        ToolErrorKind.MISSING,
        ToolErrorKind.CONFLICT,
        ToolErrorKind.INVALID,
        ToolErrorKind.QUOTA,
        ToolErrorKind.OUTAGE,
        ToolErrorKind.OUTAGE,
    ]
