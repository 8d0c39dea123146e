"""What a campaign has cost so far, by the kind of work: its calls in the ledger, each in exactly one part."""

from collections.abc import Iterable
from decimal import Decimal

from marketeer_dagster.agents.prompt import DIRECTOR
from marketeer_dagster.model.base import Value
from marketeer_dagster.store import LlmCall, Store
from marketeer_dagster.store.llm_rows import BILLED

PARTS = ("plan", "drafts", "revisions", "reviews", "direction", "other")
"""In the order of work. Direction is the Director's last look at each artefact; other is what no role names."""


class Part(Value):
    """One kind of work."""

    work: str
    calls: int
    cost_usd: Decimal


class CampaignCost(Value):
    """All parts, those of no call too. Their sum is the ledger's, to its last digit."""

    parts: tuple[Part, ...]

    @property
    def calls(self) -> int:
        return sum(part.calls for part in self.parts)

    @property
    def cost_usd(self) -> Decimal:
        return sum((part.cost_usd for part in self.parts), start=Decimal(0))


def part_of(purpose: str) -> str:
    """Which part a call belongs to, by its purpose `<skill>/<role>`, which may carry a step after its role."""
    skill, _, role = purpose.partition("/")
    if skill == DIRECTOR and role.startswith("plan"):
        return "plan"
    for beginning, part in (("draft", "drafts"), ("revise", "revisions"), (f"review-{DIRECTOR}", "direction")):
        if role.startswith(beginning):
            return part
    return "reviews" if role.startswith("review") else "other"


def cost_of_calls(calls: Iterable[LlmCall]) -> CampaignCost:
    """The parts of some calls; those that are not billed count nothing."""
    counts: dict[str, int] = dict.fromkeys(PARTS, 0)
    sums: dict[str, Decimal] = dict.fromkeys(PARTS, Decimal(0))
    for call in calls:
        if call.state in BILLED:
            part = part_of(call.purpose)
            counts[part] += call.spend.calls
            sums[part] += call.spend.cost_usd
    return CampaignCost(parts=tuple(Part(work=part, calls=counts[part], cost_usd=sums[part]) for part in PARTS))


def campaign_cost(store: Store, campaign: str) -> CampaignCost:
    """What the campaign has cost by now, over all its runs and months."""
    return cost_of_calls(store.llm.list(campaign=campaign))
