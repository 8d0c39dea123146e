"""What Mailchimp, its SDK and the edge before it mean by a refusal: read from status and title, not from sentences.

Facts, read from SDK 3.0.80: it wraps every exception in ApiClientError, transport ones without a status; an answer with
an empty or falsy body is handed back as the bare HTTP response even when it is an error; text where no JSON was named.
Source of the titles: mailchimp.com/developer/marketing/docs/errors. Limit: 10 simultaneous connections, refused with
429, or by the edge with a 403 that holds no problem document; neither sends Retry-After.
"""

import json
from typing import Any, Final

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status

TOOL: Final = "mailchimp"
_HINTS: Final = {
    ToolErrorKind.AUTH: "check api_key (Account > Extras > API keys) and that the account may do this",
    ToolErrorKind.MISSING: "check list_id, or whether somebody deleted the campaign",
    ToolErrorKind.QUOTA: "Mailchimp allows 10 connections at once; this is tried again",
    ToolErrorKind.OUTAGE: "this is tried again later; status.mailchimp.com tells of known trouble",
}
_PAUSED: Final = "Mailchimp has restricted this account: sign in, and answer its compliance team"
_TITLES: Final = {
    "compliancerelated": (ToolErrorKind.AUTH, _PAUSED),
    "userdisabled": (ToolErrorKind.AUTH, "this user or account is disabled: sign in to Mailchimp"),
    "wrongdatacenter": (ToolErrorKind.AUTH, "set server to the account's data centre, such as us21"),
    "apikeyinvalid": (ToolErrorKind.AUTH, f"{_HINTS[ToolErrorKind.AUTH]}; or set server to the account's data centre"),
    "memberincompliancestate": (ToolErrorKind.INVALID, "this person left and can only join again by a form"),
    "forgottenemailnotsubscribed": (ToolErrorKind.INVALID, "this person was erased and can only join again by a form"),
    "methodnotallowed": (ToolErrorKind.INVALID, "the account's plan may lack this"),
}
"""Titles (letters only) that say more than their status does."""


def unreadable(message: str, status: int | None = None) -> ToolError:
    """An answer that cannot be what Mailchimp said."""
    return _error(ToolErrorKind.OUTAGE, message, status)


def checked(answer: Any, empty: bool) -> dict[str, Any]:
    """The answer as a document; `empty` allows none. Raises ToolError."""
    if isinstance(answer, dict):
        return answer
    status = int(getattr(answer, "status_code", 0))
    if status >= 400:
        raise refusal(status, {})
    if empty and status in (200, 204):
        return {}
    raise unreadable(f"answered {status or 'something'} without a document")


def translated(error: Exception) -> ToolError | None:
    """What an exception of the SDK means; None for one that is not its own."""
    from mailchimp_marketing.api_client import ApiClientError

    if not isinstance(error, ApiClientError):
        return None
    status: int | None = error.status_code
    if status is None:
        cause: Any = error.text
        return cause if isinstance(cause, ToolError) else unreadable(f"{type(cause).__name__}: no answer")
    return refusal(status, _document(error.text))


def refusal(status: int, body: dict[str, Any]) -> ToolError:
    """What a problem document means; `body` is empty where none came."""
    title = str(body.get("title", ""))
    details = [f"{e.get('field', '')}: {e.get('message', '')}".strip(": ") for e in body.get("errors") or []]
    said = "; ".join([f"{title or status}: {body.get('detail', 'no reason given')}", *details])
    kind, hint = _TITLES.get("".join(filter(str.isalpha, title.lower())), (None, None))
    if kind is None:
        # A 403 without a document is the connection limit; with one it is about permissions.
        kind = ToolErrorKind.QUOTA if status == 403 and not body else kind_of_status(status)
    return _error(kind, said, status, hint)


def _error(kind: ToolErrorKind, message: str, status: int | None = None, hint: str | None = None) -> ToolError:
    return ToolError(TOOL, kind, message, hint=hint or _HINTS.get(kind), status=status)


def _document(text: Any) -> dict[str, Any]:
    """The error body: the SDK parses it only when it is called application/json."""
    if isinstance(text, dict):
        return text
    try:
        found = json.loads(str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
