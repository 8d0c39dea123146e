"""Artefacts: numbered versions of what a skill made for a campaign, one of them the head.

The head is the version that the last finished round of work chose (the best one, not necessarily the newest).
"""

from sqlalchemy import ColumnElement, Connection, update

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_ARTEFACTS = Records(schema.artefacts, Artefact, noun="artefact")
_C = schema.artefacts.c


class Artefacts:
    """Every version of every artefact."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, artefact: Artefact) -> Artefact:
        """Store a version; its number is given here, whatever the argument says.

        Content already stored for the same campaign and skill returns that version unchanged, so a retried step
        writes nothing twice. BadInput when the pair is known under another artefact id.
        """
        pair = (_C.campaign == artefact.campaign, _C.skill == artefact.skill)
        with self._db.writing("artefacts", artefact.campaign, artefact.skill) as connection:
            newest = _ARTEFACTS.first(connection, *pair, newest=True)
            if newest is None:
                return _ARTEFACTS.insert(connection, changed(artefact, version=1), is_head=False)
            if newest.id != artefact.id:
                raise BadInput(
                    f"artefact id {artefact.id}", where=f"{artefact.campaign} {artefact.skill}", expected=newest.id
                )
            same = _ARTEFACTS.first(connection, *pair, _C.content_hash == artefact.content_hash)
            if same is not None:
                return same
            return _ARTEFACTS.insert(connection, changed(artefact, version=newest.version + 1), is_head=False)

    def finalise(
        self,
        id: str,
        version: int,
        *,
        status: ArtefactStatus,
        score: float,
        verdict: Verdict,
        revisions: int,
        spend: Spend,
        prompt_hash: str,
    ) -> Artefact:
        """Record how the work on a version ended and make it the artefact's head, in place of any other."""
        with self._db.writing("artefact", id) as connection:
            stored = _version(connection, id, version, lock=True)
            done = changed(
                stored,
                status=status,
                score=score,
                verdict=verdict,
                revisions=revisions,
                spend=spend,
                prompt_hash=prompt_hash,
            )
            connection.execute(update(schema.artefacts).where(_C.id == id, _C.is_head).values(is_head=False))
            return _ARTEFACTS.update(connection, done, _C.id == id, _C.version == version, is_head=True)

    def set_status(self, id: str, version: int, status: ArtefactStatus) -> Artefact:
        """Change the status of one version, for instance after a person's decision."""
        with self._db.writing("artefact", id) as connection:
            stored = _version(connection, id, version, lock=True)
            return _ARTEFACTS.update(connection, changed(stored, status=status), _C.id == id, _C.version == version)

    def get(self, id: str, version: int | None = None) -> Artefact:
        """One version; without a number the head, or the newest while there is no head. NotFound."""
        with self._db.reading() as connection:
            if version is not None:
                return _version(connection, id, version)
            head = _ARTEFACTS.first(connection, _C.id == id, _C.is_head)
            found = head or _ARTEFACTS.first(connection, _C.id == id, newest=True)
            if found is None:
                raise _ARTEFACTS.missing(connection, id)
            return found

    def head(self, campaign: str, skill: str) -> Artefact | None:
        """The head of a campaign's artefact of one skill; None before any was finalised."""
        with self._db.reading() as connection:
            return _ARTEFACTS.first(connection, _C.campaign == campaign, _C.skill == skill, _C.is_head)

    def heads(self, campaign: str) -> tuple[Artefact, ...]:
        """The heads of all of a campaign's artefacts, in order of arrival."""
        return self.list(campaign=campaign)

    def latest_approved(self, tenant: str, skill: str, campaign: str | None = None) -> Artefact | None:
        """What downstream work may read: the campaign's approved head, else the tenant's newest approved version."""
        approved = (_C.tenant == tenant, _C.skill == skill, _C.status == ArtefactStatus.APPROVED.value)
        with self._db.reading() as connection:
            if campaign is not None:
                own = _ARTEFACTS.first(connection, *approved, _C.campaign == campaign, _C.is_head)
                if own is not None:
                    return own
            newest = _ARTEFACTS.all(connection, *approved, order=[_C.created_at.desc(), _C.seq.desc()], limit=1)
            return newest[0] if newest else None

    def list(
        self,
        tenant: str | None = None,
        campaign: str | None = None,
        skill: str | None = None,
        status: ArtefactStatus | None = None,
        heads_only: bool = True,
    ) -> tuple[Artefact, ...]:
        """Heads (or every version) in order of arrival."""
        where: list[ColumnElement[bool]] = _ARTEFACTS.matching(
            tenant=tenant, campaign=campaign, skill=skill, status=status
        )
        if heads_only:
            where.append(_C.is_head.is_(True))
        with self._db.reading() as connection:
            return _ARTEFACTS.all(connection, *where)

    def versions(self, id: str) -> tuple[Artefact, ...]:
        """All versions, oldest first; NotFound."""
        with self._db.reading() as connection:
            found = _ARTEFACTS.all(connection, _C.id == id, order=[_C.version])
            if not found:
                raise _ARTEFACTS.missing(connection, id)
            return found


def _version(connection: Connection, id: str, version: int, *, lock: bool = False) -> Artefact:
    found = _ARTEFACTS.first(connection, _C.id == id, _C.version == version, lock=lock)
    if found is not None:
        return found
    newest = _ARTEFACTS.first(connection, _C.id == id, newest=True)
    if newest is None:
        raise _ARTEFACTS.missing(connection, id)
    raise NotFound(f"artefact {id} has no version {version}", hint=f"its versions go up to {newest.version}")
