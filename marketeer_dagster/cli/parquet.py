"""`marketeer export`: the warehouse's tables as Parquet files, for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, print_json, print_table


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("export", help="Write every warehouse table as Parquet. Example: marketeer export exports/2026-11-28")
    def export(
        folder: Annotated[Path, typer.Argument(help="New folder; it appears when everything is written.")],
        table: Annotated[
            list[str] | None, typer.Option("--table", help="Only this table or mart; may be given several times.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        from marketeer_dagster.warehouse.parquet import export_parquet

        home = open_home()
        freshen(home)
        exported = export_parquet(home.warehouse, folder, table or ())
        if as_json:
            print_json({"folder": str(folder.absolute()), "rows": {one.table: one.rows for one in exported}})
        else:
            rows = [(one.table, f"{one.rows:,}") for one in exported]
            print_table(f"written to {folder}", ("Table", "Rows"), rows, "Nothing.")
