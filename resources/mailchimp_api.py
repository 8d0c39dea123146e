"""Mailchimp's Marketing API 3.0 through its SDK: audience, campaigns and reports, typed, with translated errors.

Facts that shape this module, read from SDK 3.0.80: it does not retry; it wraps every exception in ApiClientError,
transport ones without a status; an answer with an empty or falsy body is returned as the bare HTTP response even when
it is an error.
Limits: 10 simultaneous connections, refused with 429 or a 403 without a body (mailchimp.com/developer, API limits).
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import md5
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ConfigError, ToolError, ToolErrorKind
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call, kind_of_status
from resources.endpoints import reach_of

Document = TypeVar("Document", bound=BaseModel)

TOOL: Final = "mailchimp"
TIMEOUT_S: Final = 30.0
PAGE_ROWS: Final = 1000
"""Most rows Mailchimp returns at once."""
_HINTS: Final = {
    ToolErrorKind.AUTH: "check api_key (Account > Extras > API keys) and that the account may do this",
    ToolErrorKind.MISSING: "check list_id, or whether somebody deleted the campaign",
    ToolErrorKind.QUOTA: "Mailchimp allows 10 connections at once; this is tried again",
    ToolErrorKind.OUTAGE: "this is tried again later; status.mailchimp.com tells of known trouble",
}


class Member(Value):
    """A subscriber to add or bring up to date. Somebody who has unsubscribed stays unsubscribed."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    status_if_new: str = "subscribed"
    """subscribed, or pending to ask for confirmation first."""
    merge_fields: dict[str, str] = Field(default_factory=dict)


class _Settings(BaseModel):
    title: str = ""
    subject_line: str = ""


class _Recipients(BaseModel):
    list_id: str = ""
    recipient_count: int = 0


class McCampaign(BaseModel):
    """A campaign as Mailchimp tells of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    web_id: int = 0
    status: str
    """save (a draft), paused, schedule, sending, sent, canceled, canceling, archived."""
    long_archive_url: str = ""
    settings: _Settings = Field(default_factory=_Settings)
    recipients: _Recipients = Field(default_factory=_Recipients)

    @property
    def on_its_way(self) -> bool:
        """Whether it was sent or will be without anybody's doing."""
        return self.status in ("schedule", "sending", "sent")


class Audience(BaseModel):
    """A list with what a campaign takes from it."""

    model_config = ConfigDict(frozen=True)

    class Defaults(BaseModel):
        from_name: str = ""
        from_email: str = ""

    id: str
    name: str = ""
    campaign_defaults: Defaults = Field(default_factory=Defaults)


class MailchimpApi:
    """One account. Needs secret `api_key` and either the data centre in it (`…-us21`) or setting `base_url`.

    Raises ConfigError for a connection without them; every method raises ToolError.
    """

    def __init__(
        self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.connection = connection
        self._limiter = limiter
        self._sdk = _sdk(connection, timeout_s)

    def ping(self) -> str:
        """Mailchimp's word that the key works."""
        return str(self._read(lambda: self._sdk.ping.get()).get("health_status", ""))

    def audience(self, list_id: str) -> Audience:
        return _as(Audience, self._read(lambda: self._sdk.lists.get_list(list_id)))

    def upsert(self, list_id: str, member: Member) -> str:
        """Add or update one subscriber, by address; returns the subscription status. Safe to repeat."""
        body = {
            "email_address": member.email,
            "status_if_new": member.status_if_new,
            "merge_fields": member.merge_fields,
        }
        address = md5(member.email.lower().encode(), usedforsecurity=False).hexdigest()
        answer = self._call(lambda: self._sdk.lists.set_list_member(list_id, address, body), repeatable=True)
        return str(answer.get("status", ""))

    def campaigns(self, list_id: str, since: datetime) -> Iterator[McCampaign]:
        """Campaigns to this list created at or after `since`, oldest first."""
        fields = ["campaigns.id", "campaigns.web_id", "campaigns.status", "campaigns.long_archive_url"]
        fields += ["campaigns.settings.title", "campaigns.settings.subject_line", "campaigns.recipients", "total_items"]
        query = {"list_id": list_id, "since_create_time": since.isoformat(), "fields": fields}
        query |= {"sort_field": "create_time", "sort_dir": "ASC"}

        def list_page(**page: Any) -> Any:
            return self._sdk.campaigns.list(**query, **page)

        for row in self._pages("campaigns", list_page):
            yield _as(McCampaign, row)

    def campaign(self, id: str) -> McCampaign:
        return _as(McCampaign, self._read(lambda: self._sdk.campaigns.get(id)))

    def create_campaign(self, body: dict[str, object]) -> McCampaign:
        """A new draft. On an outage the caller must look up before it tries again."""
        return _as(McCampaign, self._call(lambda: self._sdk.campaigns.create(body), repeatable=False))

    def change_campaign(self, id: str, body: dict[str, object]) -> McCampaign:
        return _as(McCampaign, self._call(lambda: self._sdk.campaigns.update(id, body), repeatable=False))

    def content(self, id: str) -> str:
        """The campaign's HTML; empty when none was set."""
        return str(self._read(lambda: self._sdk.campaigns.get_content(id)).get("html", "") or "")

    def set_content(self, id: str, html: str, text: str) -> str:
        body = {"html": html, "plain_text": text}
        answer = self._call(lambda: self._sdk.campaigns.set_content(id, body), repeatable=False)
        return str(answer.get("html", ""))

    def obstacles(self, id: str) -> tuple[str, ...]:
        """What the send checklist says is missing; empty when the campaign can be sent."""
        answer = self._read(lambda: self._sdk.campaigns.get_send_checklist(id))
        if answer.get("is_ready"):
            return ()
        items = [item for item in answer.get("items", []) if item.get("type") == "error"]
        return tuple(f"{item.get('heading')}: {item.get('details')}" for item in items) or ("not ready",)

    def send_test(self, id: str, addresses: list[str]) -> None:
        body = {"test_emails": addresses, "send_type": "html"}
        self._call(lambda: self._sdk.campaigns.send_test_email(id, body), repeatable=False, empty=True)

    def send(self, id: str) -> None:
        """Send now. On an outage the caller must look up whether it went out."""
        self._call(lambda: self._sdk.campaigns.send(id), repeatable=False, empty=True)

    def schedule(self, id: str, at: datetime) -> None:
        """Send later. `at` must be a quarter of an hour in the future."""
        body = {"schedule_time": at.strftime("%Y-%m-%dT%H:%M:%S+00:00")}
        self._call(lambda: self._sdk.campaigns.schedule(id, body), repeatable=False, empty=True)

    def reports(self, since: datetime, before: datetime) -> Iterator[dict[str, Any]]:
        """Reports of the campaigns sent within [since, before)."""
        query = {"since_send_time": since.isoformat(), "before_send_time": before.isoformat()}

        def read(**page: Any) -> Any:
            return self._sdk.reports.get_all_campaign_reports(**query, **page)

        return self._pages("reports", read)

    def activity(self, campaign: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Recipients with what they did after `since`: opens, clicks and bounces with their times."""

        def read(**page: Any) -> Any:
            return self._sdk.reports.get_email_activity_for_campaign(campaign, since=since.isoformat(), **page)

        return self._pages("emails", read)

    def unsubscribed(self, campaign: str) -> Iterator[dict[str, Any]]:
        """Who left through this campaign, and when."""

        def read(**page: Any) -> Any:
            return self._sdk.reports.get_unsubscribed_list_for_campaign(campaign, **page)

        return self._pages("unsubscribes", read)

    def _pages(self, name: str, read: Callable[..., Any]) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            answer = self._read(lambda at=offset: read(count=PAGE_ROWS, offset=at))
            rows = answer.get(name)
            if not isinstance(rows, list):
                raise _error(ToolErrorKind.OUTAGE, f"a page of {name} came without {name}")
            yield from rows
            offset += len(rows)
            if not rows or offset >= int(answer.get("total_items", 0)):
                return

    def _read(self, fn: Callable[[], Any]) -> dict[str, Any]:
        return self._call(fn, repeatable=True, attempts=READ_ATTEMPTS)

    def _call(self, fn: Callable[[], Any], *, empty: bool = False, **how: Any) -> dict[str, Any]:
        return call(
            TOOL,
            lambda: _checked(fn(), empty),
            translate=_translated,
            limiter=self._limiter,
            account=self.connection.tenant,
            reach=reach_of(self.connection),
            **how,
        )


def _sdk(connection: Connection, timeout_s: float) -> Any:
    from mailchimp_marketing import Client  # takes a while to import

    secret = connection.secrets.get("api_key")
    where = f"{connection.tenant}/{TOOL}"
    if secret is None or not secret.get_secret_value():
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --secret api_key=ENVVAR"
        raise ConfigError("api_key is missing", where=where, hint=hint)
    key = secret.get_secret_value()
    if not connection.base_url and "-" not in key:
        raise ConfigError("api_key names no data centre", where=where, expected="a key that ends in -us21 or the like")
    sdk: Any = Client({"api_key": key, "timeout": timeout_s})
    if connection.base_url:
        sdk.api_client.host = connection.base_url.rstrip("/")
    return sdk


def _checked(answer: Any, empty: bool) -> dict[str, Any]:
    """The answer as a document. The SDK hands back the bare response when there is no body to speak of."""
    if isinstance(answer, dict):
        return answer
    status = int(getattr(answer, "status_code", 0))
    if status >= 400:
        raise _refusal(status, {})
    if empty and status in (200, 204):
        return {}
    raise _error(ToolErrorKind.OUTAGE, f"answered {status or 'something'} without a document")


def _translated(error: Exception) -> ToolError | None:
    from mailchimp_marketing.api_client import ApiClientError

    if not isinstance(error, ApiClientError):
        return None
    status: int | None = error.status_code
    if status is None:
        cause: Any = error.text
        return _error(ToolErrorKind.OUTAGE, f"{type(cause).__name__}: no answer")
    return _refusal(status, _document(error.text))


def _refusal(status: int, body: dict[str, Any]) -> ToolError:
    # A 403 without a document is the connection limit; with one it is about permissions.
    kind = ToolErrorKind.QUOTA if status == 403 and not body else kind_of_status(status)
    details = [f"{e.get('field', '')}: {e.get('message', '')}".strip(": ") for e in body.get("errors", [])]
    said = "; ".join([f"{body.get('title', status)}: {body.get('detail', 'no reason given')}", *details])
    return _error(kind, said, status)


def _error(kind: ToolErrorKind, message: str, status: int | None = None) -> ToolError:
    return ToolError(TOOL, kind, message, hint=_HINTS.get(kind), status=status)


def _document(text: Any) -> dict[str, Any]:
    """The error body: the SDK parses it only when it is called application/json."""
    if isinstance(text, dict):
        return text
    try:
        found = json.loads(str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _as(kind: type[Document], row: Any) -> Document:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        raise _error(
            ToolErrorKind.OUTAGE, f"a {kind.__name__} came in another shape: {error.errors()[0]['msg']}"
        ) from None
