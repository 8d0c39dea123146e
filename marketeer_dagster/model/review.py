"""Reviews: what a reviewer found in one version of an artefact, and approvals: what a person decided."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ApprovalId, ArtefactId, CampaignKey, ReviewId, TenantId
from marketeer_dagster.model.marks import ForColleagues


class Verdict(StrEnum):
    """A review's outcome. NONE is the absence of an answer and approves nothing."""

    APPROVE = "APPROVE"
    REVISE = "REVISE"
    REJECT = "REJECT"
    NONE = "NONE"


class Severity(StrEnum):
    """How much a finding matters. An open blocker or major forbids approval."""

    BLOCKER = "blocker"
    MAJOR = "major"
    MINOR = "minor"


class Finding(Value):
    """One named flaw, precise enough that the author can mend it and anyone can check whether it was mended."""

    id: str = ""
    """Names it in later rounds, in which reviewers are asked whether it is mended. Empty for what code found: code
    looks again by itself."""
    dimension: str = Field(max_length=60)
    """The rubric dimension or rule it belongs to."""
    severity: Severity
    where: Annotated[str, ForColleagues] = Field(max_length=200)
    """Path into the artefact's content, for instance `headline` or `sections[2].body`."""
    quote: Annotated[str, ForColleagues] = Field(default="", max_length=600)
    """The words at fault, verbatim from the artefact; empty when something is missing."""
    problem: Annotated[str, ForColleagues] = Field(min_length=1, max_length=800)
    suggestion: Annotated[str, ForColleagues] = Field(default="", max_length=800)

    @property
    def serious(self) -> bool:
        """Whether it stands against approval."""
        return self.severity is not Severity.MINOR


class DimensionScore(Value):
    """One rubric dimension's score on the 1-10 scale for people, with the quote it rests on."""

    dimension: str
    score: float = Field(ge=0, le=10)
    quote: str = Field(default="", max_length=600)
    reason: str = Field(default="", max_length=600)


class Review(Value):
    """What one reviewer said of one version in one round."""

    id: ReviewId
    tenant: TenantId
    campaign: CampaignKey
    artefact: ArtefactId
    version: int
    reviewer: str
    """Name of the reviewing skill or `director`."""
    round: int = Field(ge=1)
    """The reviewer's how-manieth review in this take."""
    take: int = Field(default=0, ge=0)
    """How often the campaign had been taken up again: a review of a later take is newer, whatever its round."""
    verdict: Verdict
    score: float = Field(ge=0, le=10)
    """Weighted rubric score, 0-10."""
    dimensions: tuple[DimensionScore, ...] = ()
    findings: tuple[Finding, ...] = ()
    """New flaws, and earlier ones that are still there, under their old ids."""
    mended: tuple[str, ...] = ()
    """Ids of earlier findings that are mended in this version, with evidence from its text."""
    summary: str = Field(default="", max_length=2000)
    created_at: datetime


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVISE = "revise"
    CLOSED = "closed"
    """Nobody's answer: what it asked about is gone (sent, sent back, replaced, or asked no more). `note` says which."""


class ApprovalReason(StrEnum):
    """Why a person is asked."""

    BUDGET_THRESHOLD = "budget_threshold"
    BRAND_CHANGE = "brand_change"
    LEGAL_RISK = "legal_risk"
    PRICING_CHANGE = "pricing_change"
    LOOP_DETECTED = "loop_detected"
    CASCADING_FAILURE = "cascading_failure"
    WORK_FAILED = "work_failed"
    """A campaign's run was stopped: by an unsound plan, a refusal, a fault, a killed process."""
    PUBLICATION_FAILED = "publication_failed"
    """A tool refused a publication for good."""
    GOAL_UNMET = "goal_unmet"
    APPROVAL_REQUIRED = "approval_required"
    SOURCE_BROKEN = "source_broken"
    """A source of figures is silent, stale or impossible: only a person can mend it."""
    RECOMMENDED_GOAL = "recommended_goal"
    """The Director's review of a period recommends a goal."""
    NOT_APPROVED = "not_approved"
    """Reviewers did not approve within the allowed revisions."""


class Approval(Value):
    """An item of the inbox and its decision. `subject` is the id of what is decided on: an artefact version,
    a publication, a signal, or a recommendation of the Director."""

    id: ApprovalId
    tenant: TenantId
    campaign: CampaignKey
    """The campaign it belongs to; empty for what concerns the tenant as a whole."""
    subject: str
    reason: ApprovalReason
    title: str = Field(max_length=300)
    detail: str = Field(default="", max_length=4000)
    state: ApprovalState = ApprovalState.PENDING
    note: str = Field(default="", max_length=2000)
    decided_by: str = ""
    created_at: datetime
    decided_at: datetime | None = None
