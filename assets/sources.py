"""What a stored artefact was allowed to state facts from, for checks that run long after it was written."""

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.base import Value
from marketeer_dagster.quality.claims import Sources
from marketeer_dagster.store import Store

STEP = "sources"


class KeptSources(Value):
    """Sources without the context, of which the store keeps every version anyway."""

    metrics: str = ""
    texts: tuple[str, ...] = ()


def keep_sources(store: Store, artefact: Artefact, sources: Sources) -> None:
    """Keep the metrics and texts that `artefact`'s author was handed."""
    kept = KeptSources(metrics=sources.metrics, texts=sources.texts)
    store.step_outputs.put(artefact.id, STEP, str(artefact.version), artefact.campaign, kept.model_dump_json())


def claim_sources(store: Store, artefact: Artefact) -> Sources:
    """The very sources its author was handed, with the context version it was written from."""
    context = store.contexts.get(artefact.tenant, artefact.context_version).context
    payload = store.step_outputs.get(artefact.id, STEP, str(artefact.version), artefact.campaign)
    kept = KeptSources.model_validate_json(payload) if payload else KeptSources()
    return Sources(context=context, metrics=kept.metrics, texts=kept.texts)
