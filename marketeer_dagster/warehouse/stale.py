"""The list of what is out of date as a table: one row for each reason of each artefact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from marketeer_dagster.warehouse.tables import SIMULATED, TENANT, Column, Table, moment, name, text

if TYPE_CHECKING:
    import pandas as pd

    from marketeer_dagster.campaigns.stale import Stale
    from marketeer_dagster.warehouse.writer import Writer

STALE_ARTEFACTS = Table(
    "stale_artefacts",
    "Artefacts made from something older than what there was at as_of: one row for each reason. Figures make none.",
    (
        TENANT,
        name("artefact", "Artefact's id."),
        Column("version", "INTEGER", "Its current version.", key=True),
        text("campaign", "Campaign's key."),
        text("skill", "Skill that made it."),
        text("title", "Title."),
        name("ground", "What has moved on: context, brand, skill, upstream or learnings."),
        name("made_from", "What it was made from: a version, a fingerprint, ids."),
        name("current", "What there is instead."),
        text("why", "Both in one sentence."),
        Column("live", "BOOLEAN", "Whether this version was in its channel then."),
        moment("as_of", "When it was looked up (UTC)."),
        SIMULATED,
    ),
)


def put_stale(writer: Writer, found: Sequence[Stale], at: datetime, simulated: Mapping[str, bool]) -> int:
    """Replace the table by `found`; `simulated` says of each tenant whether it is. Returns the rows."""
    return writer.replace_all(STALE_ARTEFACTS.name, _frame(found, at, simulated))


def _frame(found: Sequence[Stale], at: datetime, simulated: Mapping[str, bool]) -> pd.DataFrame:
    import pandas as pd  # half a second that a process which only loads the definitions need not pay

    rows = [
        {**one.model_dump(mode="json"), "as_of": at.replace(tzinfo=None), "simulated": simulated[one.tenant]}
        for one in found
    ]
    columns = [column.name for column in STALE_ARTEFACTS.columns]
    return pd.DataFrame(rows, columns=columns).astype("object")
