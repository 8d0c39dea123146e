"""What a campaign's input costs beside no cache: `python -m benchmarks.prompt_cache [--context FILE]`.

One campaign of every skill of the catalog runs through the real agents, the real SDK and a real store against the
sandbox's Messages API, which accounts for caches as the vendor documents it (prefix match by model, smallest
cacheable size, five minutes to live, the answer's schema is part of the prefix).

Goals: the input costs at most .60 of what it costs without a cache, and at most .35 of its tokens are paid at the full
price. Beside ours stand, from the same requests, the former order with the skill first and no cache
(benchmarks/cache_orders.py), and the share of the task itself, which no order can cache because it is different in
every call.
"""

import argparse
import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cache_orders import Sent, input_costs
from benchmarks.rows import Row
from marketeer_dagster.agents.protocols import Answer, CallScope, LanguageModel, Prompt, Tier, Usage
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.context import ContextVersion, ProductContext
from marketeer_dagster.model.settings import ModelTiers, Settings
from marketeer_dagster.sandbox.author.api.tokens import estimate
from marketeer_dagster.sandbox.server import run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.store.llm import LlmCall
from resources.claude import Claude
from resources.claude.request import EFFORT, build
from resources.claude.schema import schema_of
from tests.support import marketing
from tests.support.small_campaign import run_campaign

GROUP = "prompt-cache"
NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
GOAL = 0.35
COST_GOAL = 0.60
CONTEXT = Path(__file__).parents[1] / "examples/threlby/context.md"


def main() -> int:
    """Run, print, and end with 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--context", type=Path, default=CONTEXT)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    document = _read(options.context)
    calls, weighed = asyncio.run(measured(document))
    total = sum((call.spend for call in calls), Spend())
    print_table(by_role(calls), total)
    costs = input_costs(weighed.sent, Catalog.load().prices, NOW.date())
    ratio = float(costs["ours"] / costs["no cache"])
    figures = {
        "full_price_ratio": round(full_price_ratio(total), 4),
        "goal": GOAL,
        "bound_tasks_only": round(weighed.share, 4),
        "bound_no_cache": 1.0,
        **{f"input_usd {name}": round(float(usd), 4) for name, usd in costs.items()},
        "input_cost_ratio": round(ratio, 4),
        "cost_goal": COST_GOAL,
        "calls": len(calls),
    }
    print("\n" + "\n".join(f"{name:<20}{value}" for name, value in figures.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if full_price_ratio(total) <= GOAL and ratio <= COST_GOAL else 1


def run() -> list[Row]:
    """The example company's campaign."""
    calls, weighed = asyncio.run(measured(_read(CONTEXT)))
    ratio = full_price_ratio(sum((call.spend for call in calls), Spend()))
    costs = input_costs(weighed.sent, Catalog.load().prices, NOW.date())
    cost = float(costs["ours"] / costs["no cache"])
    former = float(costs["skill first"] / costs["no cache"])
    tokens, bound = (
        "full-price input tokens / all input tokens of a campaign",
        f"no cache 1; tasks alone {weighed.share:.3f}",
    )
    dear, beside = (
        "cost of input / without a cache, USD",
        f"no cache 1 (${costs['no cache']:.3f}); skill first {former:.3f}",
    )
    return [
        Row(GROUP, tokens, f"<= {GOAL}", bound, f"{ratio:.3f} ({len(calls)} calls)", ratio <= GOAL),
        Row(GROUP, dear, f"<= {COST_GOAL}", beside, f"{cost:.3f} (${costs['ours']:.3f})", cost <= COST_GOAL),
    ]


def _read(path: Path) -> ProductContext:
    return ProductContext.parse(path.read_text(encoding="utf-8"), where=str(path))


class Weighed:
    """A model that notes what is sent, and how much of it is the task itself, in tokens."""

    def __init__(self, model: LanguageModel, models: ModelTiers) -> None:
        self._model = model
        self._models = models
        self._task = 0
        self._all = 0
        self.sent: list[Sent] = []

    @property
    def share(self) -> float:
        """Of the tasks in all that was sent."""
        return self._task / self._all

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        task = sum(estimate(turn.text) for turn in prompt.turns)
        shared = [*(block.text for block in prompt.system), *(turn.shared for turn in prompt.turns)]
        self._task += task
        self._all += task + sum(map(estimate, shared)) + estimate(json.dumps(schema_of(answer)))
        value, usage = await self._model.complete(prompt, answer, tier=tier, scope=scope)
        model, room = getattr(self._models, tier), prompt.max_tokens
        request = build(prompt, answer, model=model, effort=EFFORT[tier], tenant=scope.tenant, max_tokens=room)
        self.sent.append(Sent(dict(request.params), usage.spend.output_tokens))
        return value, usage

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        await self._model.reject(calls, why, scope=scope)


async def measured(document: ProductContext) -> tuple[tuple[LlmCall, ...], Weighed]:
    """The ledger of one campaign of all skills, and what was sent for it."""
    catalog = Catalog.load()
    now = NOW
    context = ContextVersion(tenant=marketing.TENANT, version=1, context=document, created_at=now)
    with tempfile.TemporaryDirectory() as folder, run_in_thread(seed=7) as sandbox:
        home = Path(folder)
        settings = Settings(
            home=home, database_url=f"sqlite:///{home / 's.db'}", warehouse=str(home / "w"), sandbox_url=sandbox.url
        )
        with Store.open(settings.database_url) as store:
            store.migrate()
            store.tenants.add(marketing.tenant())
            claude = Claude(settings, store, catalog.prices, FixedClock(now))
            weighed = Weighed(claude, settings.models)
            await run_campaign(weighed, store, catalog, None, tuple(catalog.skills), context=context)
            await claude.aclose()
            return store.llm.list(), weighed


def full_price_ratio(spend: Spend) -> float:
    """Input tokens that were neither read from nor written to the cache, over all input tokens."""
    everything = spend.input_tokens + spend.cache_read_tokens + spend.cache_write_tokens
    return spend.input_tokens / everything if everything else 0.0


def by_role(calls: tuple[LlmCall, ...]) -> Mapping[str, Spend]:
    """Spend by role: draft, revise, review-…, plan."""
    found: dict[str, Spend] = defaultdict(Spend)
    for call in calls:
        found[call.purpose.partition("/")[2]] += call.spend
    return dict(sorted(found.items()))


def print_table(roles: Mapping[str, Spend], total: Spend) -> None:
    """Print one line per role and one for the campaign."""
    print(f"{'role':<28}{'calls':>6}{'full':>9}{'read':>9}{'written':>9}{'output':>9}{'full/all':>10}{'USD':>9}")
    for name, spend in [*roles.items(), ("campaign", total)]:
        print(
            f"{name:<28}{spend.calls:>6}{spend.input_tokens:>9}{spend.cache_read_tokens:>9}{spend.cache_write_tokens:>9}"
            f"{spend.output_tokens:>9}{full_price_ratio(spend):>10.3f}{spend.cost_usd:>9.4f}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
