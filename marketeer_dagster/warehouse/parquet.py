"""Every table as Parquet: a folder that is there whole or not at all."""

import json
import secrets
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import BadInput, ConfigError
from marketeer_dagster.warehouse.marts import MARTS, mart
from marketeer_dagster.warehouse.schema import TABLES
from marketeer_dagster.warehouse.tables import quoted
from marketeer_dagster.warehouse.warehouse import Warehouse

CONTENTS = "contents.json"
_YEAR = "year"


@dataclass(frozen=True)
class Exported:
    """One table as it was written."""

    table: str
    rows: int


def export_parquet(warehouse: Warehouse, folder: Path, tables: Iterable[str] = ()) -> tuple[Exported, ...]:
    """Write the snapshot's `tables` (default: all, marts too) as `folder/<table>/tenant=…[/year=…]/….parquet`.

    All are of one snapshot. `folder` must not exist, or be empty: it appears when everything is written. Columns keep
    their types, the partitions' columns stand in the files too. `contents.json` says what the tables and columns mean.
    Raises BadInput for a table that there is none of and for a folder in use, ConfigError when it cannot be written.
    """
    wanted = tuple(dict.fromkeys(tables)) or (*TABLES, *MARTS)
    unknown = [name for name in wanted if name not in TABLES and name not in MARTS]
    if unknown:
        raise BadInput(
            f"no table {', '.join(unknown)}", where="table", expected=f"one of {', '.join((*TABLES, *MARTS))}"
        )
    if (folder.is_dir() and any(folder.iterdir())) or (folder.exists() and not folder.is_dir()):
        raise BadInput("is there already", where=str(folder), expected="a new folder for each export, or an empty one")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        made.mkdir()
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(folder)) from None
    try:
        exported = _write(warehouse, made, wanted)
        made.replace(folder)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(folder)) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return exported


def _write(warehouse: Warehouse, folder: Path, tables: Iterable[str]) -> tuple[Exported, ...]:
    with closing(warehouse.open_for_export(folder)) as connection:
        contents = [_copy(connection, name, folder / name) for name in tables]
    about = {"exported_at": SystemClock().now().isoformat(), "tables": contents}
    (folder / CONTENTS).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return tuple(Exported(str(one["table"]), int(str(one["rows"]))) for one in contents)


def _copy(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> dict[str, object]:
    types: dict[str, str] = dict(
        connection.execute(f'SELECT column_name, column_type FROM (DESCRIBE "{name}")').fetchall()
    )
    dated = types.get("date") == "DATE"
    by = ["tenant", *([_YEAR] if dated else [])]
    select = f'SELECT *{f", year(date)::INTEGER AS {_YEAR}" if dated else ""} FROM "{name}"'
    folder.mkdir()
    (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0]
    if rows:
        connection.execute(
            f"COPY ({select}) TO {quoted(str(folder))} "
            f"(FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({', '.join(by)}), WRITE_PARTITION_COLUMNS true, "
            "OVERWRITE_OR_IGNORE true)"
        )
    else:  # partitions of nothing are no file at all, and then not even the columns would be known
        connection.execute(f"COPY ({select}) TO {quoted(str(folder / 'empty.parquet'))} (FORMAT parquet)")
    comment, meanings = _meaning(name)
    columns = [{"name": column, "type": kind, "meaning": meanings.get(column, "")} for column, kind in types.items()]
    return {"table": name, "rows": rows, "meaning": comment, "partitioned_by": by, "columns": columns}


def _meaning(name: str) -> tuple[str, dict[str, str]]:
    if name in TABLES:
        return TABLES[name].comment, {column.name: column.comment for column in TABLES[name].columns}
    return mart(name).comment, mart(name).columns
