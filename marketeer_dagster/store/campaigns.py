"""Campaigns, their plans, and the briefs those plans consist of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from marketeer_dagster.model.campaign import ENDED, REASON_LIMIT, Brief, Campaign, CampaignStatus, Plan
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import SLUG, campaign_key, slugify
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.model.tenant import TenantId
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_CAMPAIGNS = Records(schema.campaigns, Campaign, noun="campaign", key="key")
_BRIEFS = Records(schema.briefs, Brief, noun="brief")

SLUG_LIMIT = 40


class Campaigns:
    """One plan for one tenant each; the keys are Dagster's partition keys."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, campaign: Campaign) -> Campaign:
        """Store a new campaign; BadInput when its key is taken."""
        with self._db.writing("campaigns", campaign.tenant) as connection:
            if _CAMPAIGNS.first(connection, schema.campaigns.c.key == campaign.key):
                raise BadInput(f"campaign {campaign.key!r} exists already", hint="choose another slug")
            stored = _CAMPAIGNS.insert(connection, campaign)
            if campaign.plan is not None:
                _write_briefs(connection, campaign, campaign.plan)
            return stored

    def get(self, key: str, tenant: str | None = None) -> Campaign:
        """The campaign with this key; NotFound with near matches of the same tenant.

        A key names its tenant; with `tenant`, another's campaign is not there.
        """
        owner, separator, _ = key.partition(":")
        with self._db.reading() as connection:
            return _CAMPAIGNS.get(connection, key, tenant=tenant or (owner if separator else None))

    def list(
        self, tenant: str | None = None, status: CampaignStatus | None = None, signal: str | None = None
    ) -> tuple[Campaign, ...]:
        """Campaigns in order of arrival."""
        with self._db.reading() as connection:
            return _CAMPAIGNS.all(connection, *_CAMPAIGNS.matching(tenant=tenant, status=status, signal=signal))

    def save_plan(self, key: str, plan: Plan, at: datetime) -> Campaign:
        """Give a campaign its plan (again) and store the briefs; a DRAFTED campaign becomes PLANNED.

        Briefs of an earlier plan stay readable by id, since artefacts name them, but leave `briefs.for_campaign`.
        Raises BadInput when a brief is of another campaign.
        """
        with self._db.writing() as connection:
            campaign = _CAMPAIGNS.get(connection, key, lock=True)
            status = campaign.status
            if status is CampaignStatus.DRAFTED:
                status = CampaignStatus.PLANNED
            _write_briefs(connection, campaign, plan)
            return _CAMPAIGNS.update(connection, changed(campaign, plan=plan, status=status, updated_at=at))

    def set_status(self, key: str, status: CampaignStatus, at: datetime, reason: str | None = None) -> Campaign:
        """Move a campaign to a status, with the reason why it stands there (None leaves what is noted); NotFound."""
        with self._db.writing() as connection:
            campaign = _CAMPAIGNS.get(connection, key, lock=True)
            why = campaign.reason if reason is None else redact(reason)[:REASON_LIMIT]
            ended = {"resume_at": None, "postponed": 0} if status in ENDED else {}
            return _CAMPAIGNS.update(connection, changed(campaign, status=status, reason=why, updated_at=at, **ended))

    def note(self, key: str, reason: str) -> Campaign:
        """Keep what stopped a step of the campaign's run; the status follows when the run has ended.

        Steps run side by side: each cause is kept once, in order of arrival, as far as there is room.
        """
        with self._db.writing() as connection:
            campaign = _CAMPAIGNS.get(connection, key, lock=True)
            known = campaign.reason.splitlines()
            wanted = [line for line in redact(reason).splitlines() if line not in known]
            return _CAMPAIGNS.update(connection, changed(campaign, reason="\n".join((*known, *wanted))[:REASON_LIMIT]))

    def postpone(self, key: str, resume_at: datetime) -> Campaign:
        """Wish a campaign whose run cannot go on to be taken up again later; of two wishes the later counts."""
        with self._db.writing() as connection:
            campaign = _CAMPAIGNS.get(connection, key, lock=True)
            later = max(resume_at, campaign.resume_at or resume_at)
            count = campaign.postponed if campaign.resume_at else campaign.postponed + 1
            return _CAMPAIGNS.update(connection, changed(campaign, resume_at=later, postponed=count))

    def reopen(self, key: str, at: datetime) -> Campaign:
        """Have a campaign worked on once more: waiting again, in its next round. NotFound when it is not there."""
        with self._db.writing() as connection:
            campaign = _CAMPAIGNS.get(connection, key, lock=True)
            return _CAMPAIGNS.update(connection, _reopened(campaign, at))

    def unique_slug(self, tenant: str, wanted: str) -> str:
        """A slug near `wanted` that the tenant does not use yet: itself, or with -2, -3 … at its end."""
        slug = wanted if SLUG.match(wanted) and len(wanted) <= SLUG_LIMIT else slugify(wanted, limit=SLUG_LIMIT)
        with self._db.reading() as connection:
            statement = select(schema.campaigns.c.key).where(schema.campaigns.c.tenant == tenant)
            taken = set(connection.execute(statement).scalars())
        number, candidate = 1, slug
        while campaign_key(TenantId(tenant), candidate) in taken:
            number += 1
            ending = f"-{number}"
            candidate = slug[: SLUG_LIMIT - len(ending)].rstrip("-") + ending
        return candidate


def _reopened(campaign: Campaign, at: datetime) -> Campaign:
    status = CampaignStatus.PLANNED if campaign.plan else CampaignStatus.DRAFTED
    fresh = {"reason": "", "resume_at": None, "round": campaign.round + 1}
    return changed(campaign, status=status, updated_at=at, **fresh)


class Briefs:
    """Tasks of single skills; written by `campaigns.save_plan`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, id: str) -> Brief:
        """The brief with this id, of the present plan or an earlier one; NotFound."""
        with self._db.reading() as connection:
            return _BRIEFS.get(connection, id)

    def for_campaign(self, key: str) -> tuple[Brief, ...]:
        """The briefs of the campaign's present plan, in plan order; empty before it has one."""
        table = schema.briefs.c
        with self._db.reading() as connection:
            where = (table.campaign == key, table.position.is_not(None))
            return _BRIEFS.all(connection, *where, order=[table.position])

    def amend(self, id: str, must_address: Sequence[str], at: datetime, *, reopen: bool = False) -> Brief:
        """Add what a person wants dealt with to a brief and to the plan that holds it; repeated words stay once.

        With `reopen` the campaign waits for its next round in the same moment: no crash comes between the two.
        """
        with self._db.writing() as connection:
            brief = _BRIEFS.get(connection, id, lock=True)
            wanted = tuple(dict.fromkeys((*brief.must_address, *must_address)))
            amended = _BRIEFS.update(connection, changed(brief, must_address=wanted))
            campaign = _CAMPAIGNS.get(connection, brief.campaign, lock=True)
            if campaign.plan is not None:
                briefs = tuple(amended if b.id == id else b for b in campaign.plan.briefs)
                campaign = changed(campaign, plan=changed(campaign.plan, briefs=briefs), updated_at=at)
            if reopen:
                campaign = _reopened(campaign, at)
            _CAMPAIGNS.update(connection, campaign)
            return amended


def _write_briefs(connection: Connection, campaign: Campaign, plan: Plan) -> None:
    table = schema.briefs
    connection.execute(update(table).where(table.c.campaign == campaign.key).values(position=None))
    for position, brief in enumerate(plan.briefs):
        if brief.campaign != campaign.key or brief.tenant != campaign.tenant:
            raise BadInput(f"brief {brief.id} belongs to {brief.campaign}", where=f"plan of {campaign.key}")
        if _BRIEFS.first(connection, table.c.id == brief.id):
            _BRIEFS.update(connection, brief, position=position)
        else:
            _BRIEFS.insert(connection, brief, position=position)
