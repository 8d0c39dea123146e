"""What of a campaign goes to a channel, and when a new page is tested instead of put in place."""

import pytest
from pydantic import SecretStr

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.experiments import experiment_for, page_under_test
from marketeer_dagster.campaigns.publishing import Intents, Measuring, intend_all, publishable
from marketeer_dagster.campaigns.status import settle
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.experiment_plan import Arm, ExperimentPlan
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.optimise.experiment_model import Mode
from marketeer_dagster.optimise.experiment_plan import sample_size
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.store import Store
from resources.wordpress import WordPressPublisher
from tests.store import values
from tests.support.publishing import NOW, a_page, an_artefact, an_email_sequence, approved

OLD, NEW = CampaignKey("acme:old"), CampaignKey("acme:new")


@pytest.fixture(autouse=True)
def campaigns(store: Store) -> None:
    for key in (OLD, NEW):
        store.campaigns.add(values.campaign(key))


def edited(path: str = "/pricing", headline: str = "Edited") -> EditedCopy:
    return EditedCopy(page=a_page(path, headline), changes=(), summary="Shorter.")


def plan_of_test(path: str = "/pricing", control: float = 0.5) -> ExperimentPlan:
    return ExperimentPlan(
        path=path,
        hypothesis="Naming the price lifts sign-ups.",
        primary_metric="conversion rate",
        arms=(
            Arm(name="control", description="as it is", share=control),
            Arm(name="b", description="new", share=0.25),
            Arm(name="c", description="another", share=0.25),
        ),
        baseline_rate=0.03,
        minimum_effect=0.2,
        sample_per_arm=17,
        max_days=28,
        stopping_rule="When the always-valid test decides.",
        analysis="Ratio of rates.",
    )


def live(store: Store, artefact: Artefact) -> None:
    """`artefact` is published on its page."""
    row = values.publication(
        f"live-{artefact.id}", campaign=artefact.campaign, artefact=artefact.id, version=artefact.version,
        state=PublicationState.WRITING, target=artefact.parsed().target_page(),
    )  # fmt: skip
    row = store.publications.intend(row)
    store.publications.transition(row.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=NOW)


def old_page(store: Store) -> Artefact:
    made = approved(store, an_artefact(a_page(), campaign="old"))
    live(store, made)
    return made


def challenger(store: Store, *, planned: str | None = "/pricing", control: float = 0.5) -> Artefact:
    if planned is not None:
        approved(store, an_artefact(plan_of_test(planned, control), campaign="new", skill="ab-test-setup"))
    return approved(store, an_artefact(a_page(headline="Priced for your floor"), campaign="new"))


def test_an_edited_page_takes_its_drafts_place(store: Store, catalog: Catalog) -> None:
    approved(store, an_artefact(a_page(), campaign="new"))
    approved(store, an_artefact(a_page("/other"), campaign="new", skill="page-cro"))
    final = approved(store, an_artefact(edited(), campaign="new", skill="copy-editing"))
    assert publishable(store, catalog, NEW, "wordpress") == (final,)


@pytest.mark.parametrize("status", [ArtefactStatus.ESCALATED, ArtefactStatus.REJECTED, ArtefactStatus.DRAFT])
def test_only_approved_work_is_published(store: Store, catalog: Catalog, status: ArtefactStatus) -> None:
    draft = approved(store, an_artefact(a_page(), campaign="new"))
    approved(store, an_artefact(edited(), campaign="new", skill="copy-editing", status=status))
    assert publishable(store, catalog, NEW, "wordpress") == (draft,)


def test_a_channel_gets_its_own_kind_from_its_own_campaign(store: Store, catalog: Catalog) -> None:
    page = approved(store, an_artefact(a_page(), campaign="new"))
    emails = approved(store, an_artefact(an_email_sequence(), campaign="new", skill="email-sequence"))
    approved(store, an_artefact(a_page("/features"), campaign="old"))
    assert publishable(store, catalog, NEW, "wordpress") == (page,)
    assert publishable(store, catalog, NEW, "mailchimp") == (emails,)


def test_a_new_version_of_a_live_page_with_a_plan_becomes_an_experiment(store: Store, clock: FixedClock) -> None:
    control, new = old_page(store), challenger(store)
    experiment = experiment_for(store, clock, new)
    assert experiment is not None
    first, second = experiment.variants
    assert (first.artefact, first.version) == (control.id, control.version)
    assert (second.artefact, second.version) == (new.id, new.version)
    assert experiment.subject == "/pricing"
    assert experiment.state is ExperimentState.RUNNING
    assert experiment.sample_per_arm == sample_size(0.03, 0.2, mode=Mode.ANYTIME).per_arm, (
        "the engine's, not an agent's"
    )
    assert experiment_for(store, clock, new) == experiment
    assert len(store.experiments.list()) == 1


def test_a_plan_of_a_test_counts_whichever_skill_made_it(store: Store, clock: FixedClock) -> None:
    old_page(store)
    approved(store, an_artefact(plan_of_test(), campaign="new", skill="fast-tests"))
    assert experiment_for(store, clock, challenger(store, planned=None)) is not None


def test_two_of_a_plans_arms_share_all_visitors(store: Store, clock: FixedClock) -> None:
    old_page(store)
    experiment = experiment_for(store, clock, challenger(store, control=0.75))
    assert experiment is not None
    assert [variant.share for variant in experiment.variants] == [0.75, 0.25]


def test_without_a_live_page_or_a_plan_for_it_the_page_simply_goes_live(store: Store, clock: FixedClock) -> None:
    first = challenger(store)
    assert experiment_for(store, clock, first) is None, "nothing of ours is live there"
    old_page(store)
    other = approved(store, an_artefact(a_page(headline="Priced for your floor"), campaign="old", skill="copy-editing"))
    assert experiment_for(store, clock, other) is None, "its campaign plans no test"
    assert store.experiments.list() == ()


def test_a_plan_for_another_page_tests_nothing_here(store: Store, clock: FixedClock) -> None:
    old_page(store)
    assert experiment_for(store, clock, challenger(store, planned="/features")) is None


def test_a_page_under_test_is_left_alone_by_other_campaigns(store: Store, clock: FixedClock) -> None:
    old_page(store)
    new = challenger(store)
    experiment = experiment_for(store, clock, new)
    assert page_under_test(store, new) is None
    third = an_artefact(a_page(headline="A third headline"), campaign="third")
    assert page_under_test(store, third) == experiment
    assert page_under_test(store, an_artefact(a_page("/features"), campaign="third")) is None


READY = Measuring(frozenset({1}), "")


def outbox_of(store: Store, clock: FixedClock) -> Outbox:
    """With one WordPress, to which nothing is sent by an intent."""
    connection = Connection(
        tenant=values.tenant().id,
        tool="wordpress",
        settings={"base_url": "https://acme.example", "user": "editor"},
        secrets={"application_password": SecretStr("pass")},
    )
    return Outbox(store, {"wordpress": WordPressPublisher(connection)}, clock)


def intended(store: Store, catalog: Catalog, clock: FixedClock, measuring: Measuring) -> Intents:
    """What the new campaign puts into the outbox when analytics say this."""
    return intend_all(store, catalog, clock, outbox_of(store, clock), NEW, "wordpress", lambda: measuring)


def test_a_test_that_cannot_be_measured_does_not_begin_and_a_person_is_asked(
    store: Store, catalog: Catalog, clock: FixedClock
) -> None:
    old_page(store)
    challenger(store)
    intents = intended(store, catalog, clock, Measuring(frozenset(), "register the dimension marketeer_test_1"))
    (held,) = intents.publications
    assert held.state is PublicationState.HELD and store.experiments.list() == ()
    assert "cannot be measured" in intents.held[0]
    (question,) = store.approvals.list(campaign=NEW)
    assert held.held_by == question.id
    assert question.subject == NEW and "Register the dimension marketeer_test_1" in question.detail
    assert settle(store, clock, NEW).status is CampaignStatus.ESCALATED
    decide(store, clock, question.id, ApprovalState.APPROVED, by="jo")
    assert intended(store, catalog, clock, Measuring(frozenset({3}), "")).held == ()
    (experiment,) = store.experiments.list()
    assert experiment.slot == 3
    plain, test = store.publications.list(campaign=NEW)
    assert (plain.state, test.kind) == (PublicationState.WITHDRAWN, "page_variant"), "it goes on as the test"


def test_tests_at_once_keep_their_arms_in_properties_of_their_own(store: Store, clock: FixedClock) -> None:
    """One property holds one value: a second test in it would take the first one's visitors away."""
    slots: list[int] = []
    for path in ("/a", "/b", "/c"):
        old = approved(store, an_artefact(a_page(path), campaign=f"old{path[1:]}"))
        live(store, old)
        approved(store, an_artefact(plan_of_test(path), campaign=f"new{path[1:]}", skill="ab-test-setup"))
        new = approved(store, an_artefact(a_page(path, "Priced for your floor"), campaign=f"new{path[1:]}"))
        if path == "/c":
            with pytest.raises(Conflict, match="2 tests of acme run already"):
                experiment_for(store, clock, new, {1, 4})
        else:
            made = experiment_for(store, clock, new, {1, 4})
            assert made is not None
            slots.append(made.slot)
    assert slots == [1, 4]


def sent_back(store: Store, catalog: Catalog, clock: FixedClock) -> tuple[Artefact, Publication]:
    """The challenger whose test waited for a release when a person sent it back, and that publication."""
    store.tenants.save(store.tenants.get(values.tenant().id).model_copy(update={"autonomy": Autonomy.APPROVE}))
    old_page(store)
    brief = values.brief("copywriting", NEW)
    store.campaigns.save_plan(NEW, values.plan(brief), NOW)
    approved(store, an_artefact(plan_of_test(), campaign="new", skill="ab-test-setup"))
    page = an_artefact(a_page(headline="Priced for your floor"), campaign="new")
    first = approved(store, page.model_copy(update={"brief": brief.id}))
    (row,) = intended(store, catalog, clock, READY).publications
    assert row.state is PublicationState.PENDING and "Priced for your floor" in row.payload
    decide(store, clock, row.id, ApprovalState.REVISE, by="jo", note="name the price")
    return first, row


def test_what_was_sent_back_never_goes_live_under_its_successors_approval(
    store: Store, catalog: Catalog, clock: FixedClock
) -> None:
    _, row = sent_back(store, catalog, clock)
    (before,) = store.experiments.list()
    second = approved(store, an_artefact(a_page(headline="49 USD a month"), campaign="new"))
    (next_row,) = intended(store, catalog, clock, READY).publications
    assert (next_row.version, next_row.state) == (second.version, PublicationState.PENDING) and next_row.id != row.id
    assert "49 USD a month" in next_row.payload and "Priced for your floor" not in next_row.payload
    (after,) = store.experiments.list()
    assert (after.variants[1].artefact, after.variants[1].version) == (second.id, second.version)
    assert after.model_copy(update={"variants": before.variants}) == before, "the plan is the same"
    assert after.variants[0] == before.variants[0]


def test_a_test_that_was_shown_keeps_its_challenger_and_a_newer_version_waits(
    store: Store, catalog: Catalog, clock: FixedClock
) -> None:
    old_page(store)
    challenger(store)
    (row,) = intended(store, catalog, clock, READY).publications
    store.publications.transition(row.id, {row.state}, PublicationState.WRITING, at=NOW, attempts=1)
    (before,) = store.experiments.list()
    approved(store, an_artefact(a_page(headline="49 USD a month"), campaign="new"))
    later = intended(store, catalog, clock, READY)
    (held,) = later.publications
    assert (held.state, held.held_by) == (PublicationState.HELD, before.id)
    assert f"until {before.id} is decided" in later.held[0]
    assert store.experiments.list() == (before,)


def test_the_outbox_takes_no_test_of_another_version(store: Store, clock: FixedClock) -> None:
    old_page(store)
    experiment = experiment_for(store, clock, challenger(store))
    second = approved(store, an_artefact(a_page(headline="49 USD a month"), campaign="new"))
    with pytest.raises(Conflict, match="version 1, not version 2"):
        outbox_of(store, clock).intend(store.tenants.get(second.tenant), second, experiment)
    assert store.publications.list(campaign=NEW) == ()
