"""Where an artefact went and what came of it: observations of its asset, so that its page in the UI leads on.

One when a publication is written, goes public or is replaced, saying by what and since when; and, whenever new figures
were read, one with what it has brought so far.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import AssetObservation, MetadataValue

from assets.names import CAMPAIGN_PLAN, asset_key
from assets.tables import markdown_table
from marketeer_dagster.campaigns.costs import CampaignCost
from marketeer_dagster.campaigns.results import Result, Standing, standing
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.store import Store


def observations(store: Store, publications: Sequence[Publication]) -> Iterator[AssetObservation]:
    """One for each publication that a tool has acknowledged, on its artefact, in its campaign's partition."""
    for publication in publications:
        if publication.external_id:
            stands = standing(store, publication)
            yield AssetObservation(
                asset_key=asset_key(publication.skill),
                partition=publication.campaign,
                description=f"v{publication.version} in {publication.tool}: {stands.said}",
                metadata=_place(publication) | _standing(stands),
            )


def outcome(
    store: Store, publication: Publication, result: Result, series: Sequence[tuple[date, float, float]]
) -> AssetObservation:
    """What a publication has brought so far, with its traffic by day where it is a page."""
    stands = standing(store, publication)
    figures = {
        name: value
        for name in ("days", "sessions", "conversions", "sends", "opens", "clicks", "revenue")
        if (value := getattr(result, name)) is not None
    }
    return AssetObservation(
        asset_key=asset_key(publication.skill),
        partition=publication.campaign,
        description=f"v{publication.version} in {publication.tool}: {result.said}",
        metadata={
            **_place(publication),
            **_standing(stands),
            **{f"{name}_so_far": value for name, value in figures.items()},
            "live_from": result.live_from.isoformat() if result.live_from else "not yet",
            **({"live_to": result.live_to.isoformat()} if result.live_to else {}),
            **({"traffic": MetadataValue.md(_plot(publication, series))} if series else {}),
            "more": MetadataValue.md(f"`marketeer trace {publication.artefact}`"),
        },
    )


def spent(campaign: CampaignKey, cost: CampaignCost) -> AssetObservation:
    """What a campaign has cost so far, on its plan: all of its work in one place, as the ledger has it."""
    rows = [(part.work, part.calls, f"{part.cost_usd:.4f}") for part in cost.parts]
    return AssetObservation(
        asset_key=CAMPAIGN_PLAN,
        partition=campaign,
        description=f"the campaign has cost USD {cost.cost_usd:.4f} so far",
        metadata={
            "campaign_cost_usd": float(cost.cost_usd),
            "campaign_calls": cost.calls,
            "campaign_cost": MetadataValue.md(
                markdown_table(("Work", "Calls", "USD"), [*rows, ("total", cost.calls, f"{cost.cost_usd:.4f}")])
            ),
        },
    )


def _place(publication: Publication) -> dict[str, Any]:
    return {
        "tool": publication.tool,
        "kind": publication.kind,
        "target": publication.target,
        "external_id": publication.external_id,
        "url": MetadataValue.url(publication.url) if publication.url else "none",
        "version": publication.version,
        "publication": publication.id,
        "simulated": publication.simulated,
    }


def _standing(stands: Standing) -> dict[str, Any]:
    told = {"state": stands.state, "replaced_by": stands.replaced_by, "experiment": stands.verdict}
    since = f"{stands.since:%Y-%m-%d %H:%M} UTC" if stands.since else ""
    return {name: value for name, value in {**told, "since": since}.items() if value}


def _plot(publication: Publication, series: Sequence[tuple[date, float, float]]) -> str:
    from marketeer_dagster.optimise import plots  # brings matplotlib along

    dates, sessions, conversions = zip(*series, strict=True)
    caption = f"v{publication.version} on {publication.target}, while it was live"
    return "\n\n".join(
        plots.markdown(plots.days(dates, values, metric=name, caption=caption), f"{name} by day")
        for name, values in (("sessions", sessions), ("conversions", conversions))
    )


def changed(before: Sequence[Publication], after: Sequence[Publication]) -> tuple[Publication, ...]:
    """The publications that are not as they were: newly written, gone public, or superseded."""
    known = frozenset(before)
    return tuple(publication for publication in after if publication not in known)
