"""`marketeer` alone: where this home stands, and the one command that leads on."""

from dataclasses import dataclass

from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import say
from marketeer_dagster.model.context import unfilled
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.review import ApprovalState


@dataclass(frozen=True)
class Step:
    """What to do next, and why."""

    stands: str
    command: str
    also: tuple[str, ...] = ()


def print_next_step() -> None:
    """Say where the home stands and what leads on. Creates nothing."""
    step = next_step(open_home())
    say(step.stands)
    for command in (step.command, *step.also):
        say(f"  {command}")
    say("All commands: marketeer --help")


def next_step(home: Home) -> Step:
    """The step after the last one that was taken: home, tenant, context, goal, answers, results."""
    settings = home.settings
    if settings.database_url.startswith("sqlite") and not settings.config_file.exists():
        stands = f"There is no home at {settings.home} yet. Make one, or see a whole loop on a sample company first:"
        return Step(stands, "marketeer init", ("marketeer demo",))
    if due := home.store.migration_due():
        return Step(f"The store is not of this version ({due}).", "marketeer init")
    tenants = home.store.tenants.list()
    if not tenants:
        return Step(
            "This home has no tenant yet: the company whose marketing it runs.",
            "marketeer tenant add acme --name Acme --website https://acme.example",
        )
    for tenant in tenants:
        try:
            gaps = unfilled(home.store.contexts.latest(tenant.id).context)
        except NotFound:
            stands = f"{tenant.id} has no product context yet, the only source of facts that may be published."
            fill = f"Copy examples/context-template.md, fill it in, and import it as {tenant.id}'s:"
            return Step(f"{stands} {fill}", f"marketeer context import FILE --tenant {tenant.id}")
        if gaps:
            stands = (
                f"The product context of {tenant.id} is not filled in: {len(gaps)} places are as the template has them."
            )
            return Step(stands, f"marketeer context import FILE --tenant {tenant.id}")
    return _at_work(home, [tenant.id for tenant in tenants])


def _at_work(home: Home, tenants: list[str]) -> Step:
    waiting = home.store.approvals.list(state=ApprovalState.PENDING)
    if waiting:
        asks = "question waits" if len(waiting) == 1 else "questions wait"
        return Step(
            f"{len(waiting)} {asks} for you.", "marketeer inbox --detail", (f"marketeer approve {waiting[0].id}",)
        )
    campaigns = home.store.campaigns.list()
    wanting = [campaign for campaign in campaigns if campaign.status in OPEN]
    if wanting:
        stands = f"{wanting[0].key} is {wanting[0].status.value}: a daemon works on it, or this command does."
        return Step(stands, "marketeer up", (f"marketeer campaign continue {wanting[0].key}",))
    if campaigns:
        newest = campaigns[-1]
        return Step(
            f"Nothing waits for you. The newest campaign, {newest.key}, is {newest.status.value}.",
            f"marketeer campaign show {newest.key}", (f'marketeer goal "…"{_of(tenants)}', "marketeer up"),
        )  # fmt: skip
    return Step(
        "Everything is ready for a goal:",
        f'marketeer goal "Increase trial signups by 20 % this quarter"{_of(tenants)}',
    )


def _of(tenants: list[str]) -> str:
    return f" -t {tenants[0]}" if len(tenants) > 1 else ""
