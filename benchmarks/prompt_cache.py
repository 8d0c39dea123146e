"""How much of a campaign's input is paid at the full price: `python -m benchmarks.prompt_cache [--context FILE]`.

One campaign of every skill of the catalog runs through the real agents, the real SDK and a real store against the
sandbox's Messages API, which accounts for caches as the vendor documents it (prefix match by model, smallest
cacheable size, five minutes to live, the answer's schema is part of the prefix). Goal: at most .35.

Two bounds stand beside ours: 1, what no caching pays, and the share of the task itself, which no order of the prompt
can cache because it is different in every call.
"""

import argparse
import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.rows import Row
from marketeer_dagster.agents.protocols import Answer, CallScope, LanguageModel, Prompt, Tier, Usage
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.context import ContextVersion, ProductContext
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.server import run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.store.llm import LlmCall
from resources.claude import Claude
from resources.claude.request import schema_of
from tests.support import marketing
from tests.support.small_campaign import run_campaign

GROUP = "prompt-cache"
GOAL = 0.35
CONTEXT = Path(__file__).parents[1] / "examples/threlby/context.md"


def main() -> int:
    """Run, print, and end with 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--context", type=Path, default=CONTEXT)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    document = _read(options.context)
    calls, tasks = asyncio.run(measured(document))
    total = sum((call.spend for call in calls), Spend())
    print_table(by_role(calls), total)
    figures = {
        "full_price_ratio": round(full_price_ratio(total), 4),
        "goal": GOAL,
        "bound_tasks_only": round(tasks, 4),
        "bound_no_cache": 1.0,
        "input_cost_ratio": round(input_cost_ratio(calls), 4),
        "calls": len(calls),
    }
    print("\n" + "\n".join(f"{name:<20}{value}" for name, value in figures.items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if full_price_ratio(total) <= GOAL else 1


def run() -> list[Row]:
    """The example company's campaign."""
    calls, tasks = asyncio.run(measured(_read(CONTEXT)))
    ratio = full_price_ratio(sum((call.spend for call in calls), Spend()))
    measure, bound = "full-price input tokens / all input tokens of a campaign", f"no cache 1; tasks alone {tasks:.3f}"
    dear, ours = "cost of input / without a cache, USD", f"{ratio:.3f} ({len(calls)} calls)"
    return [
        Row(GROUP, measure, f"<= {GOAL}", bound, ours, ratio <= GOAL),
        Row(GROUP, dear, "", "1", f"{input_cost_ratio(calls):.3f}"),
    ]


def _read(path: Path) -> ProductContext:
    return ProductContext.parse(path.read_text(encoding="utf-8"), where=str(path))


class Weighed:
    """A model that notes how much of each prompt is the task itself, in characters."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.task = 0
        self.all = 0

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        task = sum(len(turn.text) for turn in prompt.turns)
        self.task += task
        self.all += task + sum(len(block.text) for block in prompt.system) + len(json.dumps(schema_of(answer)))
        return await self._model.complete(prompt, answer, tier=tier, scope=scope)

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        await self._model.reject(calls, why, scope=scope)


async def measured(document: ProductContext) -> tuple[tuple[LlmCall, ...], float]:
    """The ledger of one campaign of all skills, and the share of the tasks in all that was sent."""
    catalog = Catalog.load()
    now = datetime(2026, 10, 5, 9, tzinfo=UTC)
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
            weighed = Weighed(claude)
            await run_campaign(weighed, store, catalog, None, tuple(catalog.skills), context=context)
            await claude.aclose()
            return store.llm.list(), weighed.task / weighed.all


def full_price_ratio(spend: Spend) -> float:
    """Input tokens that were neither read from nor written to the cache, over all input tokens."""
    everything = spend.input_tokens + spend.cache_read_tokens + spend.cache_write_tokens
    return spend.input_tokens / everything if everything else 0.0


def input_cost_ratio(calls: tuple[LlmCall, ...]) -> float:
    """USD paid for input, cache writes and reads included, over what the same tokens cost without a cache."""
    prices = Catalog.load().prices
    paid = plain = Decimal(0)
    for call in calls:
        spend, price = call.spend, prices.price(call.model, call.reserved_at.date())
        cached = {"cache_read_tokens": spend.cache_read_tokens, "cache_write_5m_tokens": spend.cache_write_tokens}
        paid += price.cost(input_tokens=spend.input_tokens, **cached)
        plain += price.cost(input_tokens=spend.input_tokens + spend.cache_read_tokens + spend.cache_write_tokens)
    return float(paid / plain) if plain else 1.0


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
