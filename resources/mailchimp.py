"""Mailchimp as a publishing channel and a source of figures.

A campaign per email of a sequence, found again by our key in its title. It stays a draft until it is sent; before that
the send checklist must be clear and, where the connection names `test_emails`, a test goes out. The first email is sent
at once, later ones are scheduled by their delays. Subjects: the author's first variant is used. Mailchimp's own A/B
campaigns choose by opens, which mail clients that fetch every image make meaningless; the others stay in the artefact.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import BadInput, ConfigError, ToolError, ToolErrorKind
from marketeer_dagster.model.ids import split_campaign_key
from marketeer_dagster.model.publication import Publication, Receipt
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.emails import EMAIL_CAMPAIGN, EmailPayload, Footer, email_payloads
from marketeer_dagster.publishing.html import key_of, keyed
from marketeer_dagster.publishing.protocols import Draft, Trial
from resources.calling import UNLIMITED, CallLimiter
from resources.mailchimp_api import TOOL, Audience, MailchimpApi, McCampaign, Member
from resources.writing import write_once

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MailchimpClient", "MailchimpPublisher", "Member"]

FOOTER: Final = Footer(
    html='*|LIST:DESCRIPTION|*<br>*|HTML:LIST_ADDRESS_HTML|*<br><a href="*|UNSUB|*">Unsubscribe</a> · '
    '<a href="*|UPDATE_PROFILE|*">Preferences</a>',
    text="*|LIST:DESCRIPTION|*\n*|LIST:ADDRESSLINE|*\nUnsubscribe: *|UNSUB|*",
)
"""Address and list are the audience's own, filled in by Mailchimp."""
_TITLE_ROOM: Final = 60
_CLOCK_MARGIN: Final = timedelta(days=2)
"""A campaign is never older than its publication's row, give or take two clocks."""
_QUARTER: Final = timedelta(minutes=15)


class MailchimpClient:
    """Audience and figures of one account."""

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.api = MailchimpApi(connection, limiter=limiter)

    def ping(self) -> str:
        """Mailchimp's word that the key works. Raises ToolError."""
        return self.api.ping()

    def check(self) -> None:
        """Ask what a send will need: key, audience, segment, sender and a verified domain. Raises ToolError."""
        settings, audience = self.api.connection.settings, self.api.audience(_list_id(self.api.connection))
        if segment := settings.get("segment_id"):
            self.api.segment(audience.id, segment)
        sender = settings.get("reply_to") or audience.campaign_defaults.from_email
        if not sender or not (settings.get("from_name") or audience.campaign_defaults.from_name):
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"audience {audience.id} names no sender for campaigns",
                hint="set from_name and reply_to, or the audience's defaults (Audience > Settings)",
            )
        domain = sender.rpartition("@")[2].lower()
        if not self.api.verified_domains().get(domain):
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"the domain of {sender} is not verified: Mailchimp will send nothing from it",
                hint=f"verify {domain} (Account > Domains), or set reply_to to an address of a verified one",
            )

    def upsert(self, members: list[Member]) -> dict[str, str]:
        """Add or update subscribers of the connection's list; their subscription status by address. Safe to repeat."""
        list_id = _list_id(self.api.connection)
        return {member.email: self.api.upsert(list_id, member) for member in members}

    def reports(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `email_daily` for [first, last], days in UTC; see mailchimp_reports. Raises ToolError."""
        from resources.mailchimp_reports import daily_reports  # pandas, which publishing does not need

        return daily_reports(self.api, first, last)


class MailchimpPublisher:
    """Implements publishing.protocols.Publisher for one tenant's audience.

    Settings: `list_id`; optional `from_name` and `reply_to` (else the audience's own), `segment_id` (a saved segment
    instead of the whole audience), `test_emails` (comma-separated), `admin_url` (for links to drafts; else the data
    centre's), `server` (the data centre, where the key does not name it).
    """

    tool = TOOL

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.tenant, self.simulated = connection.tenant, connection.simulated
        self._settings = connection.settings
        self._list_id = _list_id(connection)
        self._api = MailchimpApi(connection, limiter=limiter)
        self._audiences: dict[str, Audience] = {}
        self._found: dict[str, McCampaign | None] = {}
        """What `find` saw of a publication, for the `write` that follows it: ten calls a second have to do."""

    def accepts(self, kind: str) -> bool:
        return kind == EmailSequence.kind

    def prepare(self, tenant: Tenant, artefact: Artefact, trial: Trial | None) -> tuple[Draft, ...]:
        """One campaign per email, with target `<list>/<campaign slug>/<skill>/<n>`: a newer version takes its place."""
        if trial is not None and trial.running:
            raise BadInput("an email sequence cannot be one arm of a page experiment", where=trial.experiment.id)
        _, slug = split_campaign_key(artefact.campaign)
        return tuple(
            Draft(
                kind=EMAIL_CAMPAIGN,
                target=f"{self._list_id}/{slug}/{artefact.skill}/{payload.position}",
                payload=payload.model_dump_json(),
            )
            for payload in email_payloads(artefact, str(tenant.website), self._list_id, TOOL, FOOTER)
        )

    def find(self, publication: Publication) -> Receipt | None:
        campaign = self._found[publication.id] = self._campaign(publication)
        if campaign is None:
            return None
        if not campaign.on_its_way and not self._has_content(campaign, publication):
            return None
        return self._receipt(campaign, found=True)

    def write(self, publication: Publication, *, public: bool) -> Receipt:
        before = self._seen(publication)
        try:
            return self._write(publication, before, public=public)
        except ToolError as error:
            if before is None or error.kind is not ToolErrorKind.MISSING:
                raise
            # Somebody deleted the draft between look-up and write: the next delivery looks again, and makes it anew.
            hint = "somebody deleted the campaign; it is looked up again"
            raise ToolError(
                TOOL, ToolErrorKind.CONFLICT, f"campaign {before.id} is gone", hint=hint, status=error.status
            ) from None

    def _write(self, publication: Publication, before: McCampaign | None, *, public: bool) -> Receipt:
        payload = _payload(publication)
        campaign = before or self._create(publication, payload)
        crash_point("mailchimp.after_create")
        if campaign.on_its_way:
            return self._receipt(campaign, found=True)
        if before is None or not self._has_content(campaign, publication):
            self._set_content(campaign, publication, payload)
        crash_point("mailchimp.after_content")
        if not public:
            return self._receipt(campaign)
        self._check(campaign)
        self._test(campaign)
        crash_point("mailchimp.before_send")
        self._send(campaign, publication.updated_at, payload.delay_days)
        crash_point("mailchimp.after_send")
        return self._receipt(self._api.campaign(campaign.id))

    def _seen(self, publication: Publication) -> McCampaign | None:
        """What `find` has just seen, once; looked up where nobody has asked, or somebody has written since."""
        if publication.id in self._found:
            return self._found.pop(publication.id)
        return self._campaign(publication)

    def _campaign(self, publication: Publication) -> McCampaign | None:
        """The campaign whose title carries our key; the one furthest on its way, should there be two."""
        mark = _mark(publication)
        since = publication.created_at - _CLOCK_MARGIN
        found = [
            c for c in self._api.campaigns(_payload(publication).list_id, since) if c.settings.title.endswith(mark)
        ]
        return next((c for c in found if c.on_its_way), found[0] if found else None)

    def _create(self, publication: Publication, payload: EmailPayload) -> McCampaign:
        audience = self._audience(payload.list_id)
        recipients: dict[str, object] = {"list_id": payload.list_id}
        if segment := self._settings.get("segment_id"):
            recipients["segment_opts"] = {"saved_segment_id": int(segment)}
        title = f"{payload.name} {payload.position}/{payload.of}: {payload.purpose}"
        body: dict[str, object] = {
            "type": "regular",
            "recipients": recipients,
            "settings": {
                "title": f"{title[:_TITLE_ROOM]} {_mark(publication)}",
                "subject_line": payload.subject,
                "preview_text": payload.preheader,
                **self._sender(audience),
            },
            "tracking": {"opens": True, "html_clicks": True, "text_clicks": True},
        }
        return write_once(lambda: self._api.create_campaign(body), lambda: self._campaign(publication))

    def _audience(self, list_id: str) -> Audience:
        if list_id not in self._audiences:
            self._audiences[list_id] = self._api.audience(list_id)
        return self._audiences[list_id]

    def _sender(self, audience: Audience) -> dict[str, object]:
        defaults = audience.campaign_defaults
        return {
            "from_name": self._settings.get("from_name") or defaults.from_name,
            "reply_to": self._settings.get("reply_to") or defaults.from_email,
        }

    def _has_content(self, campaign: McCampaign, publication: Publication) -> bool:
        return key_of(self._api.content(campaign.id)) == publication.idempotency_key

    def _set_content(self, campaign: McCampaign, publication: Publication, payload: EmailPayload) -> None:
        # After the doctype, so that no mail client falls into quirks mode because of a comment before it.
        doctype, _, rest = payload.html.partition("\n")
        html = f"{doctype}\n{keyed(rest, publication.idempotency_key)}"
        write_once(
            lambda: self._api.set_content(campaign.id, html, payload.text),
            lambda: html if self._has_content(campaign, publication) else None,
        )

    def _check(self, campaign: McCampaign) -> None:
        if obstacles := self._api.obstacles(campaign.id):
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"campaign {campaign.id} cannot be sent: {'; '.join(obstacles)}",
                hint="mend it in Mailchimp, then deliver again",
            )

    def _test(self, campaign: McCampaign) -> None:
        addresses = [a.strip() for a in self._settings.get("test_emails", "").split(",") if a.strip()]
        if addresses:
            self._api.send_test(campaign.id, addresses)

    def _send(self, campaign: McCampaign, now: datetime, delay_days: int) -> None:
        def send() -> McCampaign:
            if delay_days:
                self._api.schedule(campaign.id, _next_quarter(now + timedelta(days=delay_days)))
            else:
                self._api.send(campaign.id)
            return campaign

        write_once(send, self._sent_already(campaign))

    def _sent_already(self, campaign: McCampaign) -> Callable[[], McCampaign | None]:
        def look_up() -> McCampaign | None:
            now = self._api.campaign(campaign.id)
            return now if now.on_its_way else None

        return look_up

    def _receipt(self, campaign: McCampaign, *, found: bool = False) -> Receipt:
        public = campaign.on_its_way
        server = self._settings.get("server", "")
        admin = self._settings.get("admin_url") or f"https://{server and f'{server}.'}admin.mailchimp.com"
        admin = admin.rstrip("/")
        draft_url = f"{admin}/campaigns/edit?id={campaign.web_id}"
        url = campaign.long_archive_url if public and campaign.long_archive_url else draft_url
        return Receipt(external_id=campaign.id, url=url, public=public, found=found)


def _list_id(connection: Connection) -> str:
    found = connection.settings.get("list_id", "")
    if not found:
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --set list_id=… (Audience > Settings)"
        raise ConfigError("list_id is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return found


def _payload(publication: Publication) -> EmailPayload:
    return EmailPayload.model_validate_json(publication.payload)


def _mark(publication: Publication) -> str:
    return f"[{publication.idempotency_key}]"


def _next_quarter(moment: datetime) -> datetime:
    """Mailchimp sends at full quarters of an hour only."""
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not past else moment - past + _QUARTER
