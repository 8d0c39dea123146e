"""What the errors of Google's APIs mean: a quota that passes in seconds, hours or a day, or what a person must do."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

HOUR_S, DAY_S = 3600.0, 86400.0
LOAD_QUOTA_S = 900.0
"""Search Console counts load in chunks of ten minutes, and by the day; sooner it is not worth asking again."""
_SHORT = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_QUOTA_REASONS = _SHORT | {"quotaExceeded", "dailyLimitExceeded", "RESOURCE_EXHAUSTED"}
"""Reasons that some APIs send with status 403 although they mean 429 (Search Console, Tag Manager, GA4 Admin)."""
_API_OFF = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
"""The latter comes in the domain of quotas, but it is none."""
_SCOPE = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"})
_LINK = re.compile(r"https://console\.(?:developers|cloud)\.google\.com/\S+")
_MOST_WORDS = 600
"""Letters of a vendor's message that are kept."""


@dataclass(frozen=True)
class Refusal:
    """One error answer of a Google API, whichever library read it."""

    status: int
    message: str
    headers: Mapping[str, str]
    reasons: frozenset[str]
    domains: frozenset[str]

    @classmethod
    def read(cls, status: int, body: bytes | str, headers: Mapping[str, str], message: str) -> "Refusal":
        """From the bytes that came; `message` is what the library made of them, used when they are no JSON."""
        error = _error(body)
        parts = [*_list(error.get("errors")), *_list(error.get("details"))]
        return cls(
            status=status,
            message=_plain(str(error.get("message") or message)),
            headers={key.lower(): value for key, value in headers.items()},
            reasons=frozenset(str(part["reason"]) for part in parts if part.get("reason")),
            domains=frozenset(str(part["domain"]) for part in parts if part.get("domain")),
        )

    @property
    def is_quota(self) -> bool:
        if self.status == 429 or self.reasons & _QUOTA_REASONS:
            return True
        return self.status == 403 and "usageLimits" in self.domains and not self.reasons & _API_OFF


def translate_google(tool: str, error: Exception) -> ToolError | None:
    """What an exception of google-auth, google-api-core, googleapiclient or the wire below them means."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from google.protobuf.json_format import ParseError
    from googleapiclient.errors import HttpError
    from httplib2.error import HttpLib2Error

    if isinstance(error, HttpError):
        said = Refusal.read(int(error.status_code), error.content, error.resp, str(error.reason))
        return told(tool, said)
    if isinstance(error, GoogleAPICallError) and error.code:
        response: Any = error.response
        body, headers = getattr(response, "content", b""), getattr(response, "headers", {})
        return told(tool, Refusal.read(int(error.code), body, headers, str(error.message)))
    if isinstance(error, GoogleAuthError):
        return ToolError(tool, ToolErrorKind.OUTAGE, f"no usable access token: {type(error).__name__}")
    if isinstance(error, (OSError, http.client.HTTPException, HttpLib2Error, ParseError, json.JSONDecodeError)):
        name = type(error).__name__
        return ToolError(tool, ToolErrorKind.OUTAGE, f"no usable answer: {name}: {_plain(str(error))}")
    return None


def told(tool: str, said: Refusal) -> ToolError:
    """The refusal as our error, with what to do."""
    kind = ToolErrorKind.QUOTA if said.is_quota else kind_of_status(said.status)
    retry_after = retry_after_seconds(said.headers.get("retry-after"))
    if kind is ToolErrorKind.QUOTA and retry_after is None:
        retry_after = quota_returns_s(said)
    hint = "the vendor's quota is spent; later runs take this up" if kind is ToolErrorKind.QUOTA else _hint(said, kind)
    return ToolError(tool, kind, said.message, hint=hint, status=said.status, retry_after_s=retry_after)


def quota_returns_s(said: Refusal) -> float | None:
    """Seconds after which a spent quota comes back; None when that is so soon that the next attempt will do.

    Google sends no Retry-After: the sentence and the reason are all there is.
    """
    words = said.message.lower()
    if "concurrent" in words or "per minute" in words or "per 100 seconds" in words:
        return None
    if "per day" in words or "daily" in words or "dailyLimitExceeded" in said.reasons:
        return DAY_S
    if "hour" in words:
        return HOUR_S
    if "quotaExceeded" in said.reasons or "load quota" in words:
        return LOAD_QUOTA_S
    return None


def _hint(said: Refusal, kind: ToolErrorKind) -> str | None:
    if said.reasons & _API_OFF:
        link = _LINK.search(said.message)
        return f"switch the API on in the Google Cloud project: {link[0] if link else 'APIs & Services > Library'}"
    if said.reasons & _SCOPE or "insufficient_scope" in said.headers.get("www-authenticate", ""):
        return "sign in again and tick every box of Google's consent page, then connect with the new refresh token"
    if kind is ToolErrorKind.AUTH:
        if said.status == 401:
            return "Google does not take the access token: sign in again and connect with the new refresh token"
        return "give the account that signs in the right to read this property, and check the property's id"
    return "check the property in the connection's settings" if kind is ToolErrorKind.MISSING else None


def _plain(text: str) -> str:
    """A message in one line; of an HTML page its words only."""
    if "<" in text and ("<html" in text.lower() or "<!doctype" in text.lower()):
        text = re.sub(r"(?is)<(style|script).*?</\1>|<[^>]+>", " ", text)
    return " ".join(text.split())[:_MOST_WORDS]


def _error(body: bytes | str) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    if isinstance(said, list) and said:
        said = said[0]
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
