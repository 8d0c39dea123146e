"""Small outputs of pipeline steps, so that a re-executed run on any machine finds what earlier steps returned."""

from sqlalchemy import insert, select, update

from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database

_T = schema.step_outputs


class StepOutputs:
    """JSON by (run, step, output name, partition)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, run_id: str, step_key: str, name: str, partition: str | None, payload_json: str) -> None:
        """Store an output, in place of an earlier one of the same step."""
        key = _key(run_id, step_key, name, partition)
        here = [_T.c[column] == value for column, value in key.items()]
        with self._db.writing("step_outputs", *key.values()) as connection:
            if connection.execute(update(_T).where(*here).values(body=payload_json)).rowcount == 0:
                connection.execute(insert(_T).values(**key, body=payload_json))

    def get(self, run_id: str, step_key: str, name: str, partition: str | None = None) -> str | None:
        """The stored JSON; None when the step left nothing."""
        here = [_T.c[column] == value for column, value in _key(run_id, step_key, name, partition).items()]
        with self._db.reading() as connection:
            return connection.execute(select(_T.c.body).where(*here)).scalar()


def _key(run_id: str, step_key: str, name: str, partition: str | None) -> dict[str, str]:
    return {"run_id": run_id, "step_key": step_key, "name": name, "partition": partition or ""}
