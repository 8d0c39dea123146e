"""The end of an experiment: the decision, the winner put in place, and what was learnt."""

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from assets.failures import campaign_asked, explained, explained_or_asked
from assets.partitions import campaigns
from assets.publications import publication_key
from assets.whereabouts import changed, observations
from marketeer_dagster.campaigns.readout import Look, decision_of, learning_of, look_at
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.store import Store


def build_experiment_readout(catalog: Catalog) -> AssetsDefinition:
    """The asset `experiment_readout`."""
    spec = catalog.signal("ab_test_significant")

    @asset(
        key=AssetKey("experiment_readout"),
        partitions_def=campaigns,
        deps=[publication_key("wordpress"), AssetKey("experiment_daily")],
        group_name="measure",
        kinds={"duckdb", "markdown"},
        owners=["team:measure"],
        required_resource_keys={"store", "warehouse", "clock", "publishers"},
        description=(
            "The campaign's experiment, read out when its always-valid test has decided: the winner takes the page, "
            "the learning is stored with its interval, and the next plan can cite it."
        ),
    )
    def experiment_readout(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        key = CampaignKey(context.partition_key)
        with explained_or_asked(context.op_execution_context):
            tenant = campaign_asked(store, key).tenant
        mine = [e for e in store.experiments.list(tenant=tenant) if e.campaign == key]
        if not mine:
            return MaterializeResult(metadata={"state": "this campaign has no experiment"})
        experiment = mine[-1]
        with context.resources.warehouse.warehouse().reading() as connection:
            look = look_at(connection, experiment, spec)
        if look is None:
            return MaterializeResult(metadata={"state": "no figures yet"})
        if experiment.state is ExperimentState.RUNNING and look.over:
            experiment = _conclude(store, clock, look)
        metadata = _metadata(experiment, look)
        if experiment.state is not ExperimentState.RUNNING:
            with explained():
                before = store.publications.list(tenant=tenant)
                put = _serve_winner(store, clock, context.resources.publishers.of(tenant), experiment)
                for observation in observations(store, changed(before, store.publications.list(tenant=tenant))):
                    context.log_event(observation)
            metadata["serving"] = ", ".join(f"{p.target} {p.state.value}" for p in put) or "nothing to change"
        return MaterializeResult(metadata=metadata)

    return experiment_readout


def _conclude(store: Store, clock: Clock, look: Look) -> Experiment:
    """Learning first, decision second: a crash in between repeats both, and equal ids make that harmless."""
    decision, state = decision_of(look)
    learning = learning_of(store, look.experiment, decision, state, clock.now())
    if learning is not None:
        store.learnings.add(learning)
    return store.experiments.decide(look.experiment.id, decision, state)


def _serve_winner(store: Store, clock: Clock, publishers, experiment: Experiment) -> tuple[Publication, ...]:
    if experiment.decision is None:
        return ()
    winner = next(v for v in experiment.variants if v.name == experiment.decision.winner)
    artefact = store.artefacts.get(winner.artefact, winner.version)
    outbox = Outbox(store, publishers, clock)
    intended = outbox.intend(store.tenants.get(experiment.tenant), artefact, experiment)
    outbox.deliver_due(experiment.tenant)
    return tuple(store.publications.get(publication.id) for publication in intended)


def _metadata(experiment: Experiment, look: Look) -> dict[str, object]:
    from marketeer_dagster.optimise import plots  # brings matplotlib along

    metadata: dict[str, object] = {
        "experiment": experiment.id,
        "subject": experiment.subject,
        "state": experiment.state.value,
        "hypothesis": experiment.hypothesis,
        "looks": look.looks,
        "as_of": look.as_of.isoformat(),
    }
    if look.evaluation is not None:
        metadata["verdict"] = look.evaluation.summary
        metadata["progress"] = look.evaluation.progress
        rows = [
            f"| {c.name} | {c.value:.3%} | {c.control_value:.3%} | {c.lift:+.1%} | {c.low:+.1%} to {c.high:+.1%} |"
            for c in look.evaluation.comparisons
        ]
        head = ["| Variant | Rate | Control | Lift | Interval |", "|---|---|---|---|---|"]
        metadata["results"] = MetadataValue.md("\n".join([*head, *rows]))
        metadata["plot"] = MetadataValue.md(plots.markdown(plots.experiment(look.evaluation), "Lift over control"))
    if experiment.decision is not None:
        metadata["winner"] = experiment.decision.winner
    return metadata
