"""A small channel that keeps what it was given, may refuse, hang up before or after, or die with the process."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import Publication, Receipt
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.emails import EMAIL_CAMPAIGN
from marketeer_dagster.publishing.pages import PAGE, PAGE_VARIANT
from marketeer_dagster.publishing.protocols import Draft, Trial
from tests.support.publishing import NOW

MAIL, SITE = "mailchimp", "wordpress"


class Killed(BaseException):
    """The process is gone: nothing may catch this but the test that starts the next one."""


class Mood(Enum):
    """How the vendor treats the next request."""

    POLITE = "polite"
    REFUSES = "refuses"
    DOWN = "down"
    HANGS_UP_AFTER = "takes it, and hangs up"
    DIES_AFTER = "takes it, and our process dies"
    DIES_BEFORE = "our process dies before it is asked"
    FAULT = "a fault of ours"


@dataclass
class Vendor:
    """What is out there. It outlives every process of ours."""

    drafts: set[str] = field(default_factory=set)
    public: list[tuple[str, str, str]] = field(default_factory=list)
    """(tool, target, key) of everything that was made public, in order."""
    mood: Mood = Mood.POLITE
    watch: Callable[[Publication], None] = lambda publication: None
    """Asked at the moment of every public write, before it counts."""

    def is_public(self, key: str) -> bool:
        return any(known == key for _, _, known in self.public)

    def treat(self, *, after: bool) -> None:
        """Do to the request what the mood says; a mood lasts for one."""
        mood = self.mood
        if mood is Mood.POLITE or (mood in (Mood.HANGS_UP_AFTER, Mood.DIES_AFTER)) is not after:
            return
        self.mood = Mood.POLITE
        if mood in (Mood.DIES_AFTER, Mood.DIES_BEFORE):
            raise Killed
        if mood is Mood.FAULT:
            raise KeyError("fault")
        kind = ToolErrorKind.INVALID if mood is Mood.REFUSES else ToolErrorKind.OUTAGE
        raise ToolError("vendor", kind, mood.value)


@dataclass
class Channel:
    """One tool of the vendor, as the outbox knows it."""

    vendor: Vendor
    tenant: TenantId
    tool: str
    simulated: bool = True

    def accepts(self, kind: str) -> bool:
        return kind == (EmailSequence.kind if self.tool == MAIL else PageCopy.kind)

    def prepare(self, tenant: Tenant, artefact: Artefact, trial: Trial | None) -> tuple[Draft, ...]:
        content = artefact.parsed()
        if isinstance(content, EmailSequence):
            slug = artefact.campaign.partition(":")[2]
            return tuple(
                Draft(kind=EMAIL_CAMPAIGN, target=f"list/{slug}/{n}", payload=json.dumps(email.body))
                for n, email in enumerate(content.emails, 1)
            )
        kind = PAGE_VARIANT if trial is not None and trial.running else PAGE
        return (Draft(kind=kind, target=content.target_page(), payload=json.dumps(artefact.content_hash)),)

    def find(self, publication: Publication) -> Receipt | None:
        self.vendor.treat(after=False)
        key = publication.idempotency_key
        if self.vendor.is_public(key):
            return Receipt(external_id=key, public=True, found=True)
        return Receipt(external_id=key, public=False, found=True) if key in self.vendor.drafts else None

    def write(self, publication: Publication, *, public: bool) -> Receipt:
        key = publication.idempotency_key
        if public:
            self.vendor.watch(publication)
            self.vendor.public.append((publication.tool, publication.target, key))
        else:
            self.vendor.drafts.add(key)
        self.vendor.treat(after=True)
        return Receipt(external_id=key, public=public)


class MortalClock(FixedClock):
    """Stands still; may kill the process at one of the moments at which it is asked, which is at every change."""

    left: int | None = None

    def __init__(self) -> None:
        super().__init__(NOW)

    def now(self) -> datetime:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed
        return super().now()
