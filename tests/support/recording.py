"""The agents' Recorder on a real store, as a run of the platform would have it."""

from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend, dump_content
from marketeer_dagster.model.review import Review, Verdict
from marketeer_dagster.store import Store
from tests.support import marketing


class StoreRecorder:
    """Keeps versions and reviews of one assignment."""

    def __init__(self, store: Store, work: Assignment) -> None:
        self._store = store
        self._work = work

    def version(self, drafted: Drafted) -> int:
        text, fingerprint = dump_content(drafted.content)
        work = self._work
        made = Artefact(
            id=work.artefact_id, tenant=work.tenant.id, campaign=work.campaign.key, brief=work.brief.id,
            skill=work.skill.name, kind=drafted.content.kind, version=1, title=work.skill.name, content=text,
            content_hash=fingerprint, context_version=work.context.version, prompt_hash=drafted.prompt_hash,
            spend=drafted.spend, created_at=marketing.NOW,
        )  # fmt: skip
        return self._store.artefacts.put(made).version

    def review(self, reviewed: Reviewed) -> None:
        self._store.reviews.add(reviewed.review)

    def finalise(self, version: int, review: Review, revisions: int, spend: Spend, prompt_hash: str) -> Artefact:
        approved = review.verdict is Verdict.APPROVE
        return self._store.artefacts.finalise(
            self._work.artefact_id, version, status=ArtefactStatus.APPROVED if approved else ArtefactStatus.ESCALATED,
            score=review.score, verdict=review.verdict, revisions=revisions, spend=spend, prompt_hash=prompt_hash,
        )  # fmt: skip
