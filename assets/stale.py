"""What is out of date, in one place: the table `stale_artefacts`, and a check that warns while it has rows."""

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    MaterializeResult,
    MetadataValue,
    asset,
)

from assets.failures import explained
from assets.marts import STORE_TABLES
from assets.names import NEXT_STEP
from assets.tables import markdown_table, table_metadata
from marketeer_dagster.campaigns.stale import Stale, stale_artefacts
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from marketeer_dagster.warehouse.stale import STALE_ARTEFACTS, put_stale

UP_TO_DATE = "all_up_to_date"
SHOWN = 30


def build_stale_artefacts(catalog: Catalog):
    """The asset `stale_artefacts` with its check. Needs resources `store`, `warehouse` and `clock`."""

    @asset(
        name=STALE_ARTEFACTS.name,
        deps=[STORE_TABLES],
        group_name="marts",
        kinds={"duckdb"},
        owners=["team:measure"],
        metadata=table_metadata(STALE_ARTEFACTS.name),
        description="Artefacts that were made from an older context, brand, skill, upstream work or learnings than "
        "today's, and why. What changes by the day (figures, live pages) makes nothing stale. `marketeer stale` lists "
        "the same.",
        check_specs=[
            AssetCheckSpec(
                UP_TO_DATE,
                asset=STALE_ARTEFACTS.name,
                description="No current artefact was made from something older than today's.",
            )
        ],
        required_resource_keys={"store", "warehouse", "clock"},
    )
    def stale(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        warehouse: Warehouse = context.resources.warehouse.warehouse()
        clock: Clock = context.resources.clock.clock()
        with explained():
            owners = store.tenants.list()
            found = [
                one
                for owner in owners
                for one in stale_artefacts(store, catalog, today(clock, owner.timezone), owner.id)
            ]
            with warehouse.writing() as writer:
                rows = put_stale(writer, found, clock.now(), {owner.id: owner.simulated for owner in owners})
        return MaterializeResult(
            metadata={"dagster/row_count": rows, "preview": MetadataValue.md(_table(found))},
            check_results=[_check(found)],
        )

    return stale


def _check(found: list[Stale]) -> AssetCheckResult:
    artefacts = dict.fromkeys(one.artefact for one in found)
    steps = dict.fromkeys(one.next_step for one in found)
    return AssetCheckResult(
        check_name=UP_TO_DATE,
        passed=not found,
        severity=AssetCheckSeverity.WARN,
        description=f"{len(artefacts)} artefacts are out of date" if found else "nothing is out of date",
        metadata={
            "looked_at": "the current version of every artefact, with what it was made from",
            "found": MetadataValue.md(_table(found)),
            "tenants": ", ".join(dict.fromkeys(one.tenant for one in found)) or "none",
            **({NEXT_STEP: MetadataValue.text("\n".join(steps))} if found else {}),
        },
    )


def _table(found: list[Stale]) -> str:
    rows = [(o.campaign, f"{o.skill} v{o.version}", "yes" if o.live else "no", o.ground.value, o.why) for o in found]
    head = ("Campaign", "Artefact", "Live", "Older", "Why")
    return markdown_table(head, rows[:SHOWN]) if rows else "Nothing is out of date."
