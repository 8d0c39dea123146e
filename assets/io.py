"""How the ops of one artefact hand their work on: a small JSON value in the operational store.

Pickles on a local disk would tie a run to one machine; rows let a re-execution on another one continue.
"""

from dagster import InputContext, IOManager, OutputContext, io_manager
from pydantic import Field

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ArtefactId, CampaignKey, ReviewId
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.store import Store


class WorkingCopy(Value):
    """Where the work on one artefact stands between two ops: which stored version is best so far, and what it took."""

    artefact: ArtefactId
    campaign: CampaignKey
    skill: str
    version: int
    revisions: int = Field(default=0, ge=0)
    spend: Spend = Spend()
    settled: bool = False
    """Whether it is a version approved earlier, which nobody works on again."""
    reviews: tuple[ReviewId, ...] = ()
    """This take's reviews, in order: a step that runs again asks the very questions it asked before."""
    ended: Verdict | None = None
    """What ended the chain of reviewers before all of them approved; nobody works on it again, a person is asked."""
    cause: str = ""
    """Why, for that person."""


class StoreIOManager(IOManager):
    """Keeps each op's WorkingCopy in the store under (run, step, output)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def handle_output(self, context: OutputContext, obj: WorkingCopy | None) -> None:
        if obj is not None:
            self._store.step_outputs.put(context.run_id, _step(context), context.name, "", obj.model_dump_json())

    def load_input(self, context: InputContext) -> WorkingCopy:
        upstream = context.upstream_output
        if upstream is None:
            raise ValueError(f"input {context.name} has no upstream output to load")
        payload = self._store.step_outputs.get(upstream.run_id, _step(upstream), upstream.name, "")
        if payload is None:
            raise ValueError(f"run {upstream.run_id} stored no output {upstream.name} of step {_step(upstream)}")
        return WorkingCopy.model_validate_json(payload)


def _step(context: OutputContext) -> str:
    if context.step_key is None:
        raise ValueError("only outputs of a running step can be stored")
    return context.step_key


@io_manager(required_resource_keys={"store"}, description="Hands work between ops through the operational store.")
def store_io_manager(context) -> StoreIOManager:
    return StoreIOManager(context.resources.store.store())
