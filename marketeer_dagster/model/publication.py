"""Publications: an artefact version in a channel, from intent to receipt."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import ToolErrorKind
from marketeer_dagster.model.ids import ArtefactId, CampaignKey, ExperimentId, PublicationId, TenantId


class PublicationState(StrEnum):
    """The outbox's states, in order. A crash leaves a row in the state it had reached."""

    PENDING = "pending"
    """Intent recorded, a person must approve."""
    APPROVED = "approved"
    """May be written."""
    HELD = "held"
    """Waits until a test of its page has ended, or can begin; `held_by` says which. Goes on by itself."""
    WRITING = "writing"
    """A write was begun; on retry the tool is asked first whether it arrived."""
    DRAFT = "draft"
    """Exists in the tool, not public (policy draft_only, or an email waiting to be sent)."""
    PUBLISHED = "published"
    REJECTED = "rejected"
    """A person said no for good, or the same email has gone out already."""
    WITHDRAWN = "withdrawn"
    """Its version was sent back or replaced, or its test ended, before it went out."""
    FAILED = "failed"
    """The tool refused; `error` says why. Tried again when a person says so, or the tool is connected anew."""
    SUPERSEDED = "superseded"
    """A newer publication stands in its place."""


class Publication(Value):
    """One artefact version meant for one channel. `idempotency_key` makes the write safe to repeat."""

    id: PublicationId
    tenant: TenantId
    campaign: CampaignKey
    artefact: ArtefactId
    version: int
    skill: str
    tool: str
    """Connector name: wordpress, mailchimp."""
    kind: str
    """What it is in the tool: page, page_variant, email_campaign."""
    target: str = ""
    """Page path, list id; what the publication is addressed to."""
    idempotency_key: str
    payload: str
    """The exact content to be written, as JSON: what a person approves is what is sent."""
    state: PublicationState
    external_id: str = ""
    url: str = ""
    experiment: ExperimentId | None = None
    held_by: str = ""
    """While held: the experiment, or the question about one, that it waits for."""
    after: tuple[str, ...] = ()
    """Experiments it has waited for: what their ends put in place is older than this, whenever it was intended."""
    refused_by: str = ""
    """Who said no for good; empty otherwise."""
    error: str = ""
    failure: ToolErrorKind | None = None
    """Kind of the tool's last error; None when it took the publication, or was not asked yet."""
    attempts: int = Field(default=0, ge=0)
    """How often a write was begun."""
    retry_at: datetime | None = None
    """Not before this moment of the clock on the wall is it tried again by itself; None: at once."""
    simulated: bool = False
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None


class Receipt(Value):
    """What a tool answered to a write: its id for the thing, where it can be seen, and whether it is public."""

    external_id: str
    url: str = ""
    public: bool
    found: bool = False
    """True when the look-up found an earlier write and nothing was written now."""
