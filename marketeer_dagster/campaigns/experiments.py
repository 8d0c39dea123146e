"""When a new page version is tested instead of put in place, and what follows from a decision."""

from collections.abc import Collection

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.artefacts.experiment_plan import ExperimentPlan
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.model.experiment import SLOTS, Decision, Experiment, ExperimentState, Variant
from marketeer_dagster.model.ids import ExperimentId, TenantId, derived
from marketeer_dagster.model.pages import page_of
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.policy import takes_the_place
from marketeer_dagster.publishing.standing import occupies, was_begun
from marketeer_dagster.store import Store


def starts_experiment(store: Store, artefact: Artefact) -> bool:
    """Whether `experiment_for` would begin a test now, which has to be measurable first."""
    path = artefact.parsed().target_page()
    return _begun(store, artefact, path) is not None and _stored(store, artefact, path) is None


def free_slots(store: Store, tenant: TenantId) -> frozenset[int]:
    """The user properties that no running test of the tenant keeps its visitors' arms in."""
    running = store.experiments.list(tenant=tenant, state=ExperimentState.RUNNING)
    return frozenset(SLOTS) - {experiment.slot for experiment in running}


def experiment_for(store: Store, clock: Clock, artefact: Artefact, slots: Collection[int] = SLOTS) -> Experiment | None:
    """The experiment that `artefact` enters as challenger, stored as running; None where it simply goes live.

    It is one when its campaign has an approved experiment plan for the same page and another artefact of ours is live
    there. One page has one experiment at a time: ask `page_under_test` first. It takes the first of `slots` that is
    free; raises Conflict when none is. Until one was shown, a newer version takes its challenger's place; afterwards
    it is returned with the challenger it has.
    """
    path = artefact.parsed().target_page()
    begun = _begun(store, artefact, path)
    stored = _stored(store, artefact, path)
    if stored is not None:
        return _with_challenger(store, stored, artefact)
    if begun is None:
        return None
    plan, control = begun
    slot = min(free_slots(store, artefact.tenant).intersection(slots), default=None)
    if slot is None:
        raise Conflict(
            f"{len(slots)} tests of {artefact.tenant} run already, one in each user property that can be measured: "
            f"{path} cannot be tested now",
            hint="wait until one is decided",
        )
    from marketeer_dagster.optimise.experiment_model import Mode
    from marketeer_dagster.optimise.experiment_plan import sample_size  # bring numpy along

    day = today(clock, store.tenants.get(artefact.tenant).timezone)
    challenger = next(arm for arm in plan.arms[1:])
    share = challenger.share / (plan.arms[0].share + challenger.share)
    return store.experiments.add(
        Experiment(
            id=_free_id(store, artefact, path),
            tenant=artefact.tenant,
            campaign=artefact.campaign,
            subject=path,
            hypothesis=plan.hypothesis[:1200],
            variants=(
                Variant(name="control", artefact=control.artefact, version=control.version, share=1 - share),
                Variant(name="b", artefact=artefact.id, version=artefact.version, share=share),
            ),
            max_days=plan.max_days,
            # The plan's own figure is an agent's arithmetic; the engine's holds for a test that may be looked at daily.
            sample_per_arm=sample_size(plan.baseline_rate, plan.minimum_effect, mode=Mode.ANYTIME).per_arm,
            minimum_effect=plan.minimum_effect,
            slot=slot,
            started_on=day,
            created_at=clock.now(),
        )
    )


def _with_challenger(store: Store, experiment: Experiment, artefact: Artefact) -> Experiment:
    """The experiment with `artefact` as challenger, unless it has ended or visitors may have seen another."""
    control, challenger = experiment.variants[:2]
    if experiment.state is not ExperimentState.RUNNING or experiment.tests(artefact.id, artefact.version):
        return experiment
    if control.artefact == artefact.id or _shown(store, experiment):
        return experiment
    newer = challenger.model_copy(update={"artefact": artefact.id, "version": artefact.version})
    return store.experiments.challenge(experiment.id, newer)


def _shown(store: Store, experiment: Experiment) -> bool:
    return any(p.published_at is not None or was_begun(p) for p in parts_of(store, experiment))


def _begun(store: Store, artefact: Artefact, path: str) -> tuple[ExperimentPlan, Publication] | None:
    """The plan of a test of `path` with the page it is to be tested against; None where there is nothing to test."""
    plan = _plan(store, artefact, path)
    control = live_publication(store, artefact, path)
    return None if plan is None or control is None or control.artefact == artefact.id else (plan, control)


def page_under_test(store: Store, artefact: Artefact) -> Experiment | None:
    """The experiment of another campaign that keeps the page which `artefact` is about."""
    path = artefact.parsed().target_page()
    others = (e for e in store.experiments.list(tenant=artefact.tenant) if e.campaign != artefact.campaign)
    return next((e for e in others if page_of(e.subject) == path and occupies(store, e, parts_of(store, e))), None)


def parts_of(store: Store, experiment: Experiment) -> tuple[Publication, ...]:
    """Everything that was, or is to be, published for an experiment."""
    return tuple(p for p in store.publications.list(tenant=experiment.tenant) if p.experiment == experiment.id)


def lost(experiment: Experiment, artefact: Artefact) -> bool:
    """Whether this very version was tested and is not what the test ended with: then it is not published alone."""
    if experiment.state is ExperimentState.RUNNING or not experiment.tests(artefact.id, artefact.version):
        return False
    winners = (arm for arm in experiment.variants if experiment.decision and arm.name == experiment.decision.winner)
    return all((arm.artefact, arm.version) != (artefact.id, artefact.version) for arm in winners)


def waits_to_be_served(store: Store, experiment: Experiment) -> bool:
    """Whether a test has ended, and what it ended with is not on its way to the page yet: a crash came between."""
    ended = experiment.state is not ExperimentState.RUNNING
    return ended and occupies(store, experiment, parts_of(store, experiment))


def end_unseen(store: Store, clock: Clock, campaign: Campaign) -> tuple[Experiment, ...]:
    """Stop the campaign's running tests that nobody will ever see, so that their pages are free; returns them.

    Of a test that was not shown yet, that is so once its challenger was rejected for good, or once the campaign has
    ended with nothing of the test on its way.
    """
    ended: list[Experiment] = []
    for experiment in store.experiments.list(campaign=campaign.key, state=ExperimentState.RUNNING):
        why = _why_unseen(store, experiment, campaign)
        if why:
            day = today(clock, store.tenants.get(experiment.tenant).timezone)
            control = experiment.variants[0].name
            said = f"Stopped before anybody saw it: {why}. The page stays as it is."
            decision = Decision(
                winner=control, lift=0, low=0, high=0, confidence=0, looks=0, summary=said[:2000], decided_on=day
            )
            try:
                ended.append(store.experiments.decide(experiment.id, decision, ExperimentState.STOPPED))
            except Conflict:
                continue  # somebody else ended it in this very moment
    return tuple(ended)


def _why_unseen(store: Store, experiment: Experiment, campaign: Campaign) -> str:
    parts = parts_of(store, experiment)
    if _shown(store, experiment):
        return ""
    challenger = experiment.variants[1]
    head = store.artefacts.get(challenger.artefact)
    refused = next((p for p in parts if p.refused_by), None)
    if refused is not None:
        return f"its challenger was {refused.error or 'rejected'}"
    if head.status is ArtefactStatus.REJECTED:
        return f"its challenger, {head.skill} version {head.version}, was rejected"
    over = campaign.status in (CampaignStatus.PUBLISHED, CampaignStatus.FAILED)
    if over and all(p.state in FINAL for p in parts):
        return f"its campaign {campaign.key} ended ({campaign.status.value})"
    return ""


def live_publication(store: Store, artefact: Artefact, path: str) -> Publication | None:
    """The newest publication of ours that is live on `path`, other than an arm of a running experiment."""
    live = store.publications.list(tenant=artefact.tenant, state=PublicationState.PUBLISHED)
    found = (p for p in live if takes_the_place(p.kind) and page_of(p.target) == path)
    return max(found, key=lambda p: p.published_at or p.updated_at, default=None)


def _free_id(store: Store, artefact: Artefact, path: str) -> ExperimentId:
    """A campaign's first test of a page is named by both; a later one, of another version, by that version too."""
    if not _of_page(store, artefact, path):
        return ExperimentId(derived("exp", artefact.campaign, path))
    return ExperimentId(derived("exp", artefact.campaign, path, artefact.id, str(artefact.version)))


def _of_page(store: Store, artefact: Artefact, path: str) -> list[Experiment]:
    mine = store.experiments.list(tenant=artefact.tenant, campaign=artefact.campaign)
    return [experiment for experiment in mine if page_of(experiment.subject) == path]


def _stored(store: Store, artefact: Artefact, path: str) -> Experiment | None:
    """The campaign's test that runs on the page, or the one that this very version was in."""
    mine = _of_page(store, artefact, path)
    running = [experiment for experiment in mine if experiment.state is ExperimentState.RUNNING]
    took_part = [e for e in mine if e.tests(artefact.id, artefact.version) and not _given_up(store, e)]
    return next(reversed([*took_part, *running]), None)


def _given_up(store: Store, experiment: Experiment) -> bool:
    """Whether it was stopped unseen because its campaign ended: a campaign taken up again tests anew."""
    unseen = experiment.state is ExperimentState.STOPPED and experiment.decision and experiment.decision.looks == 0
    return bool(unseen) and not any(part.refused_by for part in parts_of(store, experiment))


def _plan(store: Store, artefact: Artefact, path: str) -> ExperimentPlan | None:
    """The campaign's approved plan for a test of `path`, whichever skill made it."""
    approved = (head for head in store.artefacts.heads(artefact.campaign) if head.status is ArtefactStatus.APPROVED)
    plans = (head.parsed() for head in approved if path and head.kind == ExperimentPlan.kind)
    return next((plan for plan in plans if isinstance(plan, ExperimentPlan) and plan.path == path), None)
