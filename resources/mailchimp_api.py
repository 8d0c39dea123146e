"""Mailchimp's Marketing API 3.0 through its SDK: audience, campaigns and reports, typed. Errors: mailchimp_errors."""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import md5
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.connection import Connection
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.endpoints import reach_of
from resources.mailchimp_errors import TOOL, checked, translated, unreadable
from resources.mailchimp_sdk import TIMEOUT_S, mailchimp_sdk

__all__ = ["TOOL", "Audience", "MailchimpApi", "McCampaign", "Member"]

Document = TypeVar("Document", bound=BaseModel)

PAGE_ROWS: Final = 1000
"""Most rows Mailchimp returns at once."""
_REPORT_FIELDS: Final = [
    *(f"reports.{name}" for name in ("id", "campaign_title", "type", "emails_sent", "unsubscribed", "send_time")),
    *("reports.opens.last_open", "reports.clicks.last_click", "reports.ecommerce.total_revenue", "total_items"),
]
"""A whole report is large, and a list of all that was ever sent is long."""


class Member(Value):
    """A subscriber to add or bring up to date. Somebody who has unsubscribed stays unsubscribed."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    status_if_new: str = "subscribed"
    """subscribed, or pending to ask for confirmation first."""
    merge_fields: dict[str, str] = Field(default_factory=dict)


class _Settings(BaseModel):
    title: str
    """Holds our key; a campaign without a title in the answer could be ours, so it may not be missing."""
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
    settings: _Settings
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


class _Opens(BaseModel):
    last_open: datetime | Literal[""] | None = None
    """Empty before the first; None where Mailchimp does not say."""


class _Clicks(BaseModel):
    last_click: datetime | Literal[""] | None = None


class _Ecommerce(BaseModel):
    total_revenue: float = 0.0


class McReport(BaseModel):
    """What became of a campaign since it was sent. A part that Mailchimp leaves out says nothing: it is None."""

    model_config = ConfigDict(frozen=True)

    id: str
    campaign_title: str = ""
    type: str = ""
    """regular, plaintext, variate, absplit, rss, automation, and kinds to come."""
    emails_sent: int
    unsubscribed: int = 0
    send_time: datetime | None
    """None for what was never sent, as the parent of RSS campaigns; the answer must say so."""
    opens: _Opens | None = None
    clicks: _Clicks | None = None
    ecommerce: _Ecommerce | None = None

    @field_validator("send_time", mode="before")
    @classmethod
    def _unset(cls, stamp: Any) -> Any:
        return stamp or None


class MailchimpApi:
    """One account; see mailchimp_sdk for what the connection must hold. Every method raises ToolError."""

    def __init__(
        self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.connection = connection
        self._limiter = limiter
        self._sdk = mailchimp_sdk(connection, timeout_s)

    def ping(self) -> str:
        """Mailchimp's word that the key works."""
        return str(self._read(lambda: self._sdk.ping.get()).get("health_status", ""))

    def audience(self, list_id: str) -> Audience:
        return _as(Audience, self._read(lambda: self._sdk.lists.get_list(list_id)))

    def segment(self, list_id: str, segment_id: str) -> int:
        """Addresses in a saved segment of the list."""
        return int(self._read(lambda: self._sdk.lists.get_segment(list_id, segment_id)).get("member_count", 0))

    def verified_domains(self) -> dict[str, bool]:
        """The account's sending domains and whether each is verified."""
        rows = self._read(self._sdk.verifiedDomains.get_verified_domains_all).get("domains", [])
        return {str(row.get("domain", "")).lower(): bool(row.get("verified")) for row in rows if isinstance(row, dict)}

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
        if not isinstance(answer.get("is_ready"), bool):
            raise unreadable("the send checklist does not say whether the campaign is ready")
        if answer["is_ready"]:
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

    def reports(self, before: datetime) -> Iterator[McReport]:
        """Reports of everything that was sent before `before`, whatever its type, however long ago, each once."""
        query = {"before_send_time": before.isoformat(), "fields": _REPORT_FIELDS}

        def read(**page: Any) -> Any:
            return self._sdk.reports.get_all_campaign_reports(**query, **page)

        for row in self._pages("reports", read):
            yield _as(McReport, row)

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
        """The rows of every page, each once: a list shifts while it is read, and may not repeat itself for ever."""
        offset, seen = 0, set[str]()
        while True:
            answer = self._read(lambda at=offset: read(count=PAGE_ROWS, offset=at))
            rows, total = answer.get(name), answer.get("total_items")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise unreadable(f"a page of {name} came without {name}")
            if not isinstance(total, int):
                raise unreadable(f"a page of {name} came without its count")
            fresh = {_identity(row): row for row in reversed(rows) if _identity(row) not in seen}
            if rows and not fresh:
                raise unreadable(f"the pages of {name} repeat themselves after {offset} rows")
            seen.update(fresh)
            yield from reversed(fresh.values())
            offset += len(rows)
            if total and not offset:
                raise unreadable(f"a list of {total} {name} came empty")
            if not rows or offset >= total:
                return

    def _read(self, fn: Callable[[], Any]) -> dict[str, Any]:
        return self._call(fn, repeatable=True, attempts=READ_ATTEMPTS)

    def _call(self, fn: Callable[[], Any], *, empty: bool = False, **how: Any) -> dict[str, Any]:
        return call(
            TOOL,
            lambda: checked(fn(), empty),
            translate=translated,
            limiter=self._limiter,
            account=self.connection.tenant,
            reach=reach_of(self.connection),
            **how,
        )


def _identity(row: dict[str, Any]) -> str:
    """What tells rows of one list apart: an id, or of recipients the address."""
    return str(row.get("id") or row.get("email_id") or row.get("email_address") or sorted(row.items(), key=str))


def _as(kind: type[Document], row: Any) -> Document:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise unreadable(f"a {kind.__name__} came in another shape: {where}: {fault['msg']}") from None
