"""What Mailchimp remembers of one account: subscribers, campaigns and their content; and how a campaign goes out."""

import re
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Final
from urllib.parse import urlsplit

from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.mailing import EmailDay, SentEmail
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.world import World

_KEY: Final = re.compile(r"\[([a-z]{3}_[0-9a-z]+)\]$")
EDITABLE: Final = frozenset({"save", "paused"})
SEGMENT: Final = 101
"""The one saved segment of every audience: half of it."""


class Mail:
    """One tenant's Mailchimp. Callers hold `world.lock` around what they read and then write."""

    def __init__(self, world: World, tenant: str) -> None:
        self.world, self.tenant = world, tenant
        self.account = world.account(tenant)
        self.list_id = world.credentials(tenant).mailchimp_list
        self._documents = world.documents(tenant, "mailchimp")
        self._mailing = world.mailing(tenant)

    @property
    def subscribers(self) -> int:
        """Addresses that a campaign to the whole list reaches."""
        left = sum(day.unsubscribes for day in self._mailing.results())
        joined = sum(member["status"] == "subscribed" for member in self.members())
        return max(0, self.account.spec.subscribers - left) + joined

    def segment(self, id: int) -> int | None:
        """Addresses in a saved segment; None for one that does not exist."""
        return self.subscribers // 2 if id == SEGMENT else None

    def reached(self, campaign: Json) -> int:
        """Addresses that a campaign goes to: the list, or a segment of it."""
        chosen = campaign["recipients"].get("segment_opts", {}).get("saved_segment_id")
        return self.subscribers if chosen is None else self.segment(int(chosen)) or 0

    def is_verified(self, address: str) -> bool:
        """Whether mail may be sent from this address's domain: the account's own is, unless a habit says otherwise."""
        domain = address.rpartition("@")[2].lower()
        return domain in self.domains and not self.world.habits.on(self.tenant, "mailchimp", "unverified_domain")

    @property
    def domains(self) -> tuple[str, ...]:
        """Domains that the account has entered for sending."""
        website = (urlsplit(self.account.spec.website).hostname or "").removeprefix("www.")
        return tuple(dict.fromkeys((f"{self.tenant}.example", website)))

    def members(self) -> list[Json]:
        """The subscribers that were added by name; the rest of the list is only counted."""
        return self._documents.list("member")

    def member(self, address_hash: str) -> Json | None:
        return self._documents.get("member", address_hash)

    def keep_member(self, member: Json) -> None:
        known = self.member(str(member["id"])) is not None
        self._documents.put("member", str(member["id"]), member)
        self._record("member.update" if known else "member.create", str(member["email_address"]))

    def campaigns(self) -> list[Json]:
        """Oldest first; scheduled ones whose time has come are out."""
        for campaign in self._documents.list("campaign"):
            self._send_if_due(campaign, self.world.now())
        return self._documents.list("campaign")

    def campaign(self, id: str) -> Json | None:
        return next((campaign for campaign in self.campaigns() if campaign["id"] == id), None)

    def create(self, campaign: Json) -> Json:
        number = self._documents.next_id("campaign", 8_000_001)
        id = token(10, self.world.seed, self.tenant, "campaign", number)
        made = {"id": id, "web_id": number, "status": "save", "create_time": _stamp(self.world.now()), **campaign}
        self._documents.put("campaign", id, made)
        self._record("campaign.create", _key(made))
        return made

    def change(self, campaign: Json) -> Json:
        self._documents.put("campaign", str(campaign["id"]), campaign)
        return campaign

    def delete(self, id: str) -> None:
        self._documents.delete("campaign", id)
        self._documents.delete("content", id)

    def content(self, id: str) -> Json:
        return self._documents.get("content", id) or {"plain_text": "", "html": ""}

    def set_content(self, campaign: Json, content: Json) -> Json:
        self._documents.put("content", str(campaign["id"]), content)
        self._record("campaign.content", _key(campaign))
        return content

    def test(self, campaign: Json) -> None:
        self._record("campaign.test", f"{campaign['id']}/{self._documents.next_id('test')}")

    def send(self, campaign: Json, at: datetime) -> Json:
        """Let the campaign go out at `at`, once."""
        email = SentEmail(
            id=str(campaign["id"]),
            list_id=self.list_id,
            subject=str(campaign["settings"].get("subject_line", "")),
            preview=str(campaign["settings"].get("preview_text", "")),
            html=str(self.content(str(campaign["id"]))["html"]),
            recipients=self.reached(campaign),
            sent_at=at,
        )
        if self._mailing.send(email):
            self._record("campaign.send", _key(campaign))
        return self.change({**campaign, "status": "sent", "send_time": _stamp(at), "emails_sent": email.recipients})

    def schedule(self, campaign: Json, at: datetime) -> Json:
        self._record("campaign.schedule", _key(campaign))
        return self.change({**campaign, "status": "schedule", "send_time": _stamp(at)})

    def send_scheduled(self, day: date) -> None:
        """What is planned for `day` goes out before the day is lived."""
        for campaign in self._documents.list("campaign"):
            self._send_if_due(campaign, datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC))

    def results(self, id: str) -> tuple[EmailDay, ...]:
        return self._mailing.results(id)

    def _send_if_due(self, campaign: Json, now: datetime) -> None:
        if campaign["status"] == "schedule":
            at = datetime.fromisoformat(str(campaign["send_time"]))
            if at <= now:
                self.send(campaign, at)

    def _record(self, action: str, key: str) -> None:
        self.world.ledger.record("mailchimp", action, key, self.tenant)


def address_hash(address: str) -> str:
    """Mailchimp's id of a subscriber: MD5 of the address in lower case."""
    return md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def _key(campaign: Json) -> str:
    found = _KEY.search(str(campaign["settings"].get("title", "")))
    return found.group(1) if found else str(campaign["id"])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
