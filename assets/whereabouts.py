"""Where an artefact went: an observation of its asset for every publication, so that its page in the UI links there."""

from collections.abc import Iterator, Sequence

from dagster import AssetObservation, MetadataValue

from assets.names import asset_key
from marketeer_dagster.model.publication import Publication


def observations(publications: Sequence[Publication]) -> Iterator[AssetObservation]:
    """One for each publication that a tool has acknowledged, on its artefact, in its campaign's partition."""
    for publication in publications:
        if publication.external_id:
            yield AssetObservation(
                asset_key=asset_key(publication.skill),
                partition=publication.campaign,
                description=f"{publication.state.value} in {publication.tool}",
                metadata={
                    "tool": publication.tool,
                    "kind": publication.kind,
                    "target": publication.target,
                    "external_id": publication.external_id,
                    "url": MetadataValue.url(publication.url) if publication.url else "none",
                    "state": publication.state.value,
                    "version": publication.version,
                    "publication": publication.id,
                    "simulated": publication.simulated,
                },
            )


def changed(before: Sequence[Publication], after: Sequence[Publication]) -> tuple[Publication, ...]:
    """The publications that are not as they were: newly written, gone public, or superseded."""
    known = frozenset(before)
    return tuple(publication for publication in after if publication not in known)
