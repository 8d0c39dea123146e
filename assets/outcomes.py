"""What came of everything that was published, told on the assets of the artefacts whenever new figures were read.

The asset `outcomes` is the list of all of them; its run also tells, as observations, each artefact's page in the UI
what its publications have brought so far and where they stand, and each campaign's plan what the campaign has cost.
"""

from collections.abc import Iterator

import duckdb
from dagster import AssetExecutionContext, AssetKey, AssetObservation, MaterializeResult, MetadataValue, asset

from assets.failures import explained
from assets.tables import markdown_table
from assets.whereabouts import outcome, spent
from marketeer_dagster.campaigns.costs import campaign_cost
from marketeer_dagster.campaigns.results import daily, results, standing
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

OUTCOMES = AssetKey("outcomes")
SHOWN = 40
"""Rows of the list in the metadata, newest first."""


@asset(
    key=OUTCOMES,
    deps=[AssetKey("artefact_performance"), AssetKey("page_performance")],
    group_name="marts",
    kinds={"duckdb", "markdown"},
    owners=["team:measure"],
    required_resource_keys={"store", "warehouse"},
    description="Every publication with what it has brought so far and where it stands. Told again on each artefact's "
    "asset, and what a campaign has cost on its plan.",
)
def outcomes(context: AssetExecutionContext) -> MaterializeResult:
    store: Store = context.resources.store.store()
    with explained(), context.resources.warehouse.warehouse().reading() as snapshot:
        told = [one for tenant in store.tenants.list() for one in _told(store, snapshot, tenant)]
        for observation in told:
            context.log_event(observation)
        rows = [row for tenant in store.tenants.list() for row in _rows(store, snapshot, tenant)]
    head = ("Campaign", "Artefact", "Tool", "Stands", "Brought")
    return MaterializeResult(
        metadata={
            "publications": len(rows),
            "preview": MetadataValue.md(
                markdown_table(head, rows[-SHOWN:][::-1]) if rows else "Nothing published yet."
            ),
        }
    )


def _told(store: Store, snapshot: duckdb.DuckDBPyConnection, tenant: Tenant) -> Iterator[AssetObservation]:
    figures = results(snapshot, tenant.id)
    touched: dict[str, Publication] = {}
    for publication in store.publications.list(tenant=tenant.id):
        result = figures.get(publication.id)
        if result is not None:
            touched[publication.campaign] = publication
            yield outcome(store, publication, result, daily(snapshot, publication.id))
    for publication in touched.values():
        yield spent(publication.campaign, campaign_cost(store, publication.campaign))


def _rows(store: Store, snapshot: duckdb.DuckDBPyConnection, tenant: Tenant) -> Iterator[tuple[object, ...]]:
    figures = results(snapshot, tenant.id)
    for publication in store.publications.list(tenant=tenant.id):
        result = figures.get(publication.id)
        brought = result.said if result is not None else "nothing yet"
        artefact = f"{publication.skill} v{publication.version}"
        where = f"{publication.tool} {publication.target}".strip()
        yield publication.campaign, artefact, where, standing(store, publication).said, brought
