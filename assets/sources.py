"""What a stored artefact was allowed to state facts from, for checks that run long after it was written."""

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.quality.claims import Sources
from marketeer_dagster.store import Store


def keep_sources(store: Store, artefact: Artefact, sources: Sources) -> None:
    """Keep the metrics and texts that `artefact`'s author was handed."""
    kept = sources.model_dump_json(exclude={"context"})
    store.step_outputs.put(artefact.id, "sources", str(artefact.version), artefact.campaign, kept)


def claim_sources(store: Store, artefact: Artefact) -> Sources:
    """The very sources its author was handed, with the context version it was written from."""
    context = store.contexts.get(artefact.tenant, artefact.context_version).context
    kept = store.step_outputs.get(artefact.id, "sources", str(artefact.version), artefact.campaign)
    if kept is None:
        return Sources(context=context, metrics="", texts=())
    return Sources.model_validate({**Sources.model_validate_json(kept).model_dump(), "context": context})
