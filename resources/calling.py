"""The one owner of retries: how every tool is called.

The vendors' SDKs are told not to retry. A call here is limited before each attempt, its vendor exception is
translated into a ToolError, and what may pass (quota, outage) is tried again, after the seconds the vendor asked
for where it named them. Hangs are the SDK's business: every client passes a timeout to its SDK. Claude alone waits by
rules of its own (resources/claude/patience.py): its calls are paid, and an overload of it lasts for minutes.
"""

import logging
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.endpoints import Reach, held_to

Result = TypeVar("Result")
_LOG = logging.getLogger("marketeer.calls")

ATTEMPTS = 4
"""Attempts for writes: the first and three retries."""
READ_ATTEMPTS = 6
"""Attempts for reads, which cost nothing to repeat: one in five calls failing still leaves 6 losses in 100,000."""
LONGEST_WAIT_S = 60.0
"""A vendor that asks for more than this is not waited for: the call fails and a later run takes it up."""


class Translate(Protocol):
    """Says what a vendor's exception means; None when the exception is not the vendor's and must pass unchanged."""

    def __call__(self, error: Exception, /) -> ToolError | None: ...


class CallLimiter(Protocol):
    """Holds calls to a vendor's published rates; see resources/limits.py."""

    def acquire(self, tool: str, account: str) -> None:
        """Wait until `account` may call `tool` once more; raises ToolError(quota) when that is too far off."""
        ...


class Unlimited:
    """A limiter that never waits."""

    def acquire(self, tool: str, account: str) -> None:
        return None


UNLIMITED = Unlimited()


def call(
    tool: str,
    fn: Callable[[], Result],
    *,
    translate: Translate,
    limiter: CallLimiter = UNLIMITED,
    account: str = "",
    attempts: int = ATTEMPTS,
    repeatable: bool = True,
    reach: Reach = Reach.ANYWHERE,
) -> Result:
    """The result of `fn`, tried at most `attempts` times.

    `reach` is how far its sockets may go: that of the connection in use (`endpoints.reach_of`).
    `account` is whom the vendor counts calls for (a property, a site, a tenant). With `repeatable` False a call that
    may have arrived (an outage) is not repeated; one the vendor turned away (quota) is.
    Raises ToolError; exceptions that `translate` does not know pass unchanged.
    """
    for attempt in _schedule(attempts, repeatable):
        with attempt:
            limiter.acquire(tool, account)
            try:
                with held_to(tool, reach):
                    return fn()
            except Exception as error:
                _raise_known(error, translate)
                raise
    raise AssertionError("stamina either returns or raises")


def kind_of_status(status: int) -> ToolErrorKind:
    """The usual meaning of an HTTP status. Vendors that answer a quota with 403 translate that themselves."""
    if status in (401, 403):
        return ToolErrorKind.AUTH
    if status in (404, 410):
        return ToolErrorKind.MISSING
    if status in (409, 412):
        return ToolErrorKind.CONFLICT
    if status == 429:
        return ToolErrorKind.QUOTA
    if status in (408, 425) or status >= 500:
        return ToolErrorKind.OUTAGE
    return ToolErrorKind.INVALID


def retry_after_seconds(value: str | None) -> float | None:
    """Seconds of a Retry-After header: a number or an HTTP date (RFC 9110, 10.2.3); None when absent or unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - SystemClock().now()).total_seconds())


def _schedule(attempts: int, repeatable: bool):
    # No overall deadline: attempts, each bounded by the SDK's timeout, and LONGEST_WAIT_S bound the time together.
    return stamina.retry_context(
        on=_decide(repeatable), attempts=attempts, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
    )


def _decide(repeatable: bool) -> Callable[[Exception], bool | float]:
    """stamina's hook: False gives up, True waits by its own schedule, a number waits that many seconds."""

    def decide(error: Exception) -> bool | float:
        if not isinstance(error, ToolError):
            return False
        passing = error.kind is ToolErrorKind.QUOTA or (error.kind is ToolErrorKind.OUTAGE and repeatable)
        if not passing:
            return False
        if error.retry_after_s is None:
            return True
        return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else False

    return decide


def _raise_known(error: Exception, translate: Translate) -> None:
    if isinstance(error, ToolError):
        return
    known = translate(error)
    if known is not None:
        raise known from error


def _say_retry(details: RetryDetails) -> None:
    _LOG.warning("attempt %s failed, again in %.1f s: %s", details.retry_num, details.wait_for, details.caused_by)


# stamina by itself prints to standard output where structlog is installed, and that belongs to a command's JSON.
set_on_retry_hooks([_say_retry])
