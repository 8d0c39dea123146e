"""A market's seed: whose it is is chosen once, when its memory is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

from marketeer_dagster.model.errors import ConfigError

DEFAULT = 7


def chosen_seed(state: Path | None, wanted: int | None) -> int:
    """The seed of the market that remembers in `state`, or of a new one: the wanted one, else the default.

    Raises ConfigError when the market has another seed than is wanted.
    """
    known = _seed_of(state) if state is not None and state.exists() else None
    if known is None:
        return DEFAULT if wanted is None else wanted
    if wanted not in (None, known):
        raise ConfigError(
            f"this market has seed {known}, not {wanted}",
            where=str(state),
            hint="leave the seed out to go on with it; another MARKETEER_HOME gets a market of its own",
        )
    return known


def _seed_of(state: Path) -> int | None:
    try:
        with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'seed'").fetchone()
    except sqlite3.Error:
        return None  # no market of ours: who opens it says what is wrong
    return None if row is None else int(row[0])
