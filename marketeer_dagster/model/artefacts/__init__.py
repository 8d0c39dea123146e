"""Typed artefacts: one module per kind, each with its channel's limits as validators."""

from marketeer_dagster.model.artefacts.base import (
    Artefact,
    ArtefactContent,
    ArtefactStatus,
    Spend,
    artefact_kinds,
    dump_content,
)

__all__ = ["Artefact", "ArtefactContent", "ArtefactStatus", "Spend", "artefact_kinds", "dump_content"]
