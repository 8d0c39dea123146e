"""What the SDK's exceptions mean, and what they say about the request: was it taken, may it be billed, does it pass."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

if TYPE_CHECKING:
    from anthropic import APIStatusError

_HINTS = {
    ToolErrorKind.AUTH: "check ANTHROPIC_API_KEY and that its workspace may use this model",
    ToolErrorKind.MISSING: "check the model names in config.toml ([models]) and ANTHROPIC_BASE_URL",
    ToolErrorKind.INVALID: "the request itself was refused; trying again unchanged is pointless",
    ToolErrorKind.QUOTA: "lower claude_concurrency in config.toml, or ask Anthropic for higher limits",
    ToolErrorKind.OUTAGE: "nothing was lost: answers paid for are not paid again",
    ToolErrorKind.BUDGET: "the account's money at Anthropic is used up: add credit or raise its spend limit "
    "(Console, Plans & Billing)",
}
_EFFORT_HINT = "give this tier another model in config.toml ([models]); marketeer doctor --claude tells what each takes"
_SIZE_HINT = "the prompt is too large for the API: shorten the product context"

_STATUS_OF = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "conflict_error": 409, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
"""Error types of the API, and the status each has where it comes in place of an answer (API errors, platform docs)."""
_SPENT = re.compile(
    r"credit balance is too low|reached your specified [\w ]*usage limits?|(?:spend|spending|billing) limit", re.I
)
"""How an account without money says so. It is a 400 of the type of bad requests (seen: `error-400-credit-balance`)."""
_SPENT_CODE = "spend_limit_reached"
"""How the stable codes end that say the same (`error.details.error_code`)."""
_REGAIN = re.compile(r"regain access on (?P<day>\d{4}-\d{2}-\d{2})(?: at (?P<time>\d{2}:\d{2}))?", re.I)
_MAY_HAVE_RUN = frozenset({408, 499, 504, 524})
"""Statuses that say that somebody gave up waiting for an answer, not that none was made."""
_TITLE = re.compile(r"<title[^>]*>(?P<title>.*?)</title>", re.I | re.S)


class Fate(StrEnum):
    """What became of a request."""

    UNSENT = "unsent"
    """It never reached anybody: no connection."""
    TURNED_AWAY = "turned away"
    """It was answered with an error in place of an answer: nothing was generated."""
    CUT = "cut"
    """It went out, and whether an answer was generated is not known."""


class Unanswered(ToolError):
    """A question went out twice and no whole answer came. It is not sent again by itself: a person decides."""

    def __init__(self, message: str) -> None:
        hint = (
            "both calls may have been billed and count as if they were; look whether answers arrive at all (network, "
            "proxy, claude_idle_s and claude_timeout_s in config.toml), then run it again"
        )
        super().__init__("claude", ToolErrorKind.OUTAGE, message, hint=hint)

    @property
    def permanent(self) -> bool:
        return True


def translate(error: Exception) -> ToolError | None:
    """A ToolError for an exception of the Anthropic SDK, None for anything else."""
    import httpx2
    from anthropic import AnthropicError, APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APIStatusError):
        return _of_status(error)
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return _error(ToolErrorKind.OUTAGE, "no answer in time")
    if isinstance(error, APIConnectionError):
        return _error(ToolErrorKind.OUTAGE, f"connection failed: {error.__cause__ or error.message}")
    if isinstance(error, httpx2.HTTPError):  # in the middle of an answer the SDK lets them through as they are
        return _error(ToolErrorKind.OUTAGE, f"the connection broke: {error or type(error).__name__}")
    if isinstance(error, AnthropicError):
        return _error(ToolErrorKind.AUTH, str(error))
    if isinstance(error, TypeError) and "authentication" in str(error):
        return _error(ToolErrorKind.AUTH, "no credentials")
    return None


def fate_of(error: Exception) -> Fate:
    """What an exception says about the request. What nobody can rule out counts as sent."""
    import httpx2
    from anthropic import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        cut = status_of(error) in _MAY_HAVE_RUN or error.status_code == 200
        return Fate.CUT if cut else Fate.TURNED_AWAY
    if isinstance(error, APIConnectionError):
        never = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
        wrong = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)
        return Fate.UNSENT if isinstance(error.__cause__, never + wrong) else Fate.CUT
    return Fate.CUT if isinstance(error, httpx2.HTTPError) else Fate.UNSENT


def status_of(error: "APIStatusError") -> int:
    """The status of an error; one that comes within a stream (after a 200) has that of its type."""
    if error.status_code >= 400:
        return error.status_code
    return _STATUS_OF.get(str(error.type), 500)


def request_id_of(error: Exception) -> str:
    """The vendor's name for the request, from header or body; empty where it gave none (a 529 has null)."""
    from anthropic import APIStatusError

    if not isinstance(error, APIStatusError):
        return ""
    told = error.body.get("request_id") if isinstance(error.body, dict) else None
    return error.request_id or (told if isinstance(told, str) else "")


def says_no_retry(error: Exception) -> bool:
    """Whether the vendor says that sending the same again is pointless for now (`x-should-retry: false`)."""
    from anthropic import APIStatusError

    return isinstance(error, APIStatusError) and error.response.headers.get("x-should-retry") == "false"


def _of_status(error: "APIStatusError") -> ToolError:
    status, headers = status_of(error), error.response.headers
    message = f"{status} {_said(error)}"
    if status == 402 or _is_spent(error):
        return _error(ToolErrorKind.BUDGET, message, status=status, retry_after_s=_until_regained(message))
    kind = ToolErrorKind.INVALID if status == 413 else kind_of_status(status)
    if kind is ToolErrorKind.CONFLICT or (kind is ToolErrorKind.INVALID and headers.get("x-should-retry") == "true"):
        kind = ToolErrorKind.OUTAGE  # nothing here is written that could conflict: the API asks to come again
    hint = _HINTS[kind]
    if kind is ToolErrorKind.INVALID and "effort" in message:
        hint = _EFFORT_HINT
    if status == 413 or "prompt is too long" in message:
        hint = _SIZE_HINT
    return _error(kind, message, status=status, retry_after_s=_wanted_wait(headers), hint=hint)


def _is_spent(error: "APIStatusError") -> bool:
    return bool(_SPENT.search(error.api_message or "")) or (error.error_code or "").endswith(_SPENT_CODE)


def _said(error: "APIStatusError") -> str:
    """The vendor's words. A page of a proxy in place of them is named, not quoted."""
    if error.api_message:
        return error.api_message
    text = error.body if isinstance(error.body, str) else ""
    if "<" in text:
        title = _TITLE.search(text)
        return f"(a web page in place of an answer{': ' + title['title'].strip()[:100] if title else ''})"
    return text.strip()[:200] or "(without a word)"


def _wanted_wait(headers: Mapping[str, str]) -> float | None:
    wanted = headers.get("retry-after-ms")
    return float(wanted) / 1000 if wanted and wanted.isdigit() else retry_after_seconds(headers.get("retry-after"))


def _until_regained(message: str) -> float | None:
    """Seconds until the day that the vendor names for a limit's end; None when it names none."""
    found = _REGAIN.search(message)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(0.0, (moment - SystemClock().now()).total_seconds())


def _error(
    kind: ToolErrorKind,
    message: str,
    *,
    status: int | None = None,
    retry_after_s: float | None = None,
    hint: str | None = None,
) -> ToolError:
    return ToolError("claude", kind, message, hint=hint or _HINTS[kind], status=status, retry_after_s=retry_after_s)
