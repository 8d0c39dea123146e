"""One metered Claude call in a process of its own: `python -m tests.support.claude_once DATABASE_URL SANDBOX_URL`.

Prints what was answered, whether it was replayed, and its price. MARKETEER_CRASH_AT kills it on the way.
"""

import asyncio
import json
import sys
from pathlib import Path

from marketeer_dagster.agents.author import Author
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.store import Store
from resources.claude import Claude
from tests.support import marketing


async def main(database_url: str, sandbox_url: str) -> None:
    catalog = Catalog.load()
    settings = Settings(home=Path(), database_url=database_url, warehouse="w.duckdb", sandbox_url=sandbox_url)
    with Store.open(database_url) as store:
        claude = Claude(settings, store, catalog.prices, FixedClock(marketing.NOW))
        drafted = await Author(claude).draft(marketing.assignment(catalog, "ab-test-setup"))
        await claude.aclose()
    text = drafted.content.model_dump_json()
    print(json.dumps({"text": text, "replayed": drafted.replayed, "usd": str(drafted.spend.cost_usd)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
