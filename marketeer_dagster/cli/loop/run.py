"""The script of the demo. It states a goal and plants a shock; everything else is done by sensors and runs."""

import json
import os
from pathlib import Path

from marketeer_dagster.campaigns.intake import take_goal, take_pipeline
from marketeer_dagster.cli.demo import LEAST_DAYS
from marketeer_dagster.cli.drive import dagster_instance
from marketeer_dagster.cli.home import Home, create_home
from marketeer_dagster.cli.loop.ending import print_ending
from marketeer_dagster.cli.loop.result import Span, result_of
from marketeer_dagster.cli.loop.stage import Stage
from marketeer_dagster.cli.market import open_account
from marketeer_dagster.cli.output import console, print_json, say
from marketeer_dagster.cli.platform import Platform
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.errors import ConfigError, NotFound
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.seeds import chosen_seed
from marketeer_dagster.sandbox.shocks import ShockKind, ShockSpec

EXAMPLE = Path(__file__).parents[3] / "examples" / "threlby"
GOAL = "Increase trial signups by 20 % this quarter"
NEXT = "email-refresh"
"""A small pipeline after the loop, whose brief can cite what was learnt."""
SETTLING_DAYS = 22
"""Three full weeks of a new page, which then is the level that the loops hold it to."""
SHOCK_SIZE = 0.45
LOOK_DAYS = 4
TEST_DAYS = 7
RECOVERY_DAYS = 8


def run_demo(*, headless: bool, days: int, seed: int | None, json_file: Path | None) -> int:
    """Run the loop in the home that the environment names; returns the exit code.

    The result goes to `json_file`, or to standard output where that is `-`: what people read goes to the other then.
    """
    as_json = str(json_file) == "-"
    console.stderr = as_json
    os.environ.setdefault("MARKETEER_SENSOR_INTERVAL", "4")
    settings = Settings.load()
    create_home(settings)
    home = Home(Settings.load())
    if home.settings.sandbox_url is None:
        raise ConfigError("this home has no sandbox", hint="use another MARKETEER_HOME for the demo")
    chosen_seed(home.sandbox_state, seed)  # another seed than the market's is refused before anything is started
    with Platform(home, ui_port=0, seed=seed) as platform, dagster_instance(home) as instance:
        market = SandboxAdmin(home.settings.sandbox_url)
        days = _days(market, days)
        stage = Stage(home, market, instance, _tenant(home, market))
        result = _play(stage, days)
        result["ui_url"] = platform.ui_url
        if as_json:
            print_json(result)
        elif json_file is not None:
            json_file.write_text(json.dumps(result, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
        print_ending(home, result)
        if not headless:
            platform.await_ui()
            say("\nThe UI stays open; Ctrl-C ends it.")
            try:
                platform.wait()
            except KeyboardInterrupt:
                say(f"ended; everything is kept in {home.settings.home}")
    return 0 if result["ok"] else 1


def _days(market: SandboxAdmin, wanted: int) -> int:
    """The days that the loop may take: no market passes the real today."""
    room = market.clock().room_days
    if room < LEAST_DAYS:
        raise ConfigError(
            f"the market of this home is {room} days from today and the loop takes {LEAST_DAYS} or more",
            hint="start afresh in another MARKETEER_HOME",
        )
    return min(wanted, room)


def _tenant(home: Home, market: SandboxAdmin) -> TenantId:
    """The sample tenant with its context and its account in the market; found again on a second run."""
    id_ = TenantId("threlby")
    context = ProductContext.parse((EXAMPLE / "context.md").read_text(encoding="utf-8"), where="examples/threlby")
    try:
        tenant = home.store.tenants.get(id_)
    except NotFound:
        tenant = home.store.tenants.add(
            Tenant.model_validate(
                {
                    "id": id_,
                    "name": context.name,
                    "website": "https://www.threlby.example",
                    "autonomy": Autonomy.AUTOPILOT,
                    "simulated": True,
                    "created_at": SystemClock().now(),
                }
            )
        )
    home.store.contexts.add(tenant.id, context, "the sample tenant", SystemClock().now())
    open_account(home, market, tenant, EXAMPLE / "account.yaml")
    return tenant.id


def _play(stage: Stage, days: int) -> dict[str, object]:
    with stage.scene("Reading 90 days of metrics"):
        last = stage.await_figures()
        stage.say(f"figures up to {last} are in the warehouse")
    before_until = last
    campaign = _goal(stage)
    tested = _conclude_tests(stage, days)
    page = _published_page(stage, campaign)
    signal = sprint = None
    if page is not None:
        _settle(stage, page, tested)
        signal = _drop(stage, page, days)
    if signal is not None:
        sprint = _answer(stage, signal)
        _conclude_tests(stage, days)
        with stage.scene("A week later, the loop measures whether the metric came back"):
            stage.advance(RECOVERY_DAYS)
            measured = stage.wait_for(
                lambda: next((s for s in _signals(stage) if s.id == signal.id and s.measured_at), None), "recovery"
            )
            stage.say("recovered" if measured and measured.recovered else "not recovered")
    after_until = stage.await_figures()
    following = _next_campaign(stage) if stage.home.store.learnings.list(stage.tenant) else None
    span = Span(before_until, after_until, page.target if page else None)
    return result_of(stage, span, [c for c in (campaign, sprint, following) if c is not None])


def _goal(stage: Stage) -> Campaign:
    with stage.scene(f"Goal: {GOAL}"):
        taken = take_goal(stage.home.store, stage.home.clock, tenant=stage.tenant, text=GOAL)
        stage.wait_for(lambda: stage.home.store.campaigns.get(taken.key).plan, "the plan")
        plan = stage.home.store.campaigns.get(taken.key).plan
        if plan is not None:
            stage.say(f"planned: {', '.join(plan.skills)}")
        campaign = stage.campaign_ended(taken.key)
        _say_what_came(stage, campaign)
    return campaign


def _say_what_came(stage: Stage, campaign: Campaign) -> None:
    store = stage.home.store
    for artefact in store.artefacts.heads(campaign.key):
        revisions = f" after {artefact.revisions} revision(s)" if artefact.revisions else ""
        stage.say(f"{artefact.title}: {artefact.verdict.value} at {artefact.score:.1f}{revisions}")
    for publication in store.publications.list(campaign=campaign.key):
        stage.say(f"{publication.tool} {publication.target}: {publication.state.value} {publication.url}")
    stage.say(f"campaign {campaign.key}: {campaign.status.value}")


def _published_page(stage: Stage, campaign: Campaign) -> Publication | None:
    live = stage.home.store.publications.list(tenant=stage.tenant, tool="wordpress", state=PublicationState.PUBLISHED)
    own = [p for p in live if p.campaign == campaign.key] or list(live)
    return own[-1] if own else None


def _settle(stage: Stage, page: Publication, tested: Experiment | None) -> None:
    """Days of a page as it is; those of a test that changed nothing count."""
    kept = tested is not None and tested.state is ExperimentState.INCONCLUSIVE
    days = SETTLING_DAYS - (stage.days_used if kept else 0)
    if days > 0:
        with stage.scene(f"Visitors come to the new {page.target} for {days} days"):
            stage.advance(days)


def _drop(stage: Stage, page: Publication, days: int) -> Signal | None:
    shock = ShockSpec(tenant=stage.tenant, kind=ShockKind.INTENT_DRIFT, page=page.target, size=SHOCK_SIZE)
    with stage.scene(f"The market shifts: visitors of {page.target} now come with another concern"):
        stage.market.shock(shock)
        known = {signal.id for signal in _signals(stage)}
        while stage.days_used + LOOK_DAYS + RECOVERY_DAYS <= days:
            day = stage.advance(LOOK_DAYS)
            fresh = [s for s in _signals(stage) if s.id not in known and s.subject == page.target]
            if fresh:
                evidence = fresh[0].evidence
                stage.say(
                    f"signal {fresh[0].name} on {fresh[0].subject}: {evidence.observed:.2%} where "
                    f"{evidence.expected:.2%} was expected ({evidence.relative_change:+.0%})"
                )
                return fresh[0]
            stage.say(f"{day}: nothing out of the ordinary yet")
    stage.say("no loop fired within the days of this demo")
    return None


def _signals(stage: Stage) -> tuple[Signal, ...]:
    return stage.home.store.signals.list(tenant=stage.tenant, name="conversion_drop")


def _answer(stage: Stage, signal: Signal) -> Campaign | None:
    with stage.scene("The answer: a conversion sprint"):

        def answered() -> Campaign | None:
            key = stage.home.store.signals.get(signal.id).campaign
            return stage.home.store.campaigns.get(key) if key else None

        opened = stage.wait_for(answered, "the sprint")
        campaign = stage.campaign_ended(opened.key) if opened else None
        if campaign is not None:
            _say_what_came(stage, campaign)
    return campaign


def _conclude_tests(stage: Stage, days: int) -> Experiment | None:
    """Live until the running test has ended or the days are over; returns it as it stands then, None without one."""
    experiment = stage.running_experiment()
    if experiment is None:
        return None
    with stage.scene(f"The test on {experiment.subject} runs until it is decided"):
        while stage.home.store.experiments.get(experiment.id).state is ExperimentState.RUNNING:
            if stage.days_used + TEST_DAYS > days:
                stage.say("the demo's days are over before the test has decided")
                break
            day = stage.advance(TEST_DAYS)
            stage.await_look(experiment, day)
            stage.wait_for(lambda: not stage.busy(), "the readout")
            stage.say(f"{day}: {_standing(stage.home.store.experiments.get(experiment.id))}")
    return stage.home.store.experiments.get(experiment.id)


def _standing(experiment: Experiment) -> str:
    if experiment.decision is None:
        return "not decided yet"
    return f"{experiment.state.value}: {experiment.decision.summary}"


def _next_campaign(stage: Stage) -> Campaign:
    with stage.scene("The next campaign starts from what was learnt"):
        taken = take_pipeline(
            stage.home.store, stage.home.catalog, stage.home.clock, tenant=stage.tenant, pipeline=NEXT
        )
        campaign = stage.campaign_ended(taken.key)
        cited = sorted(
            {learning for brief in (campaign.plan.briefs if campaign.plan else ()) for learning in brief.learnings}
        )
        stage.say(f"its briefs cite {', '.join(cited) or 'no learning'}")
    return campaign
