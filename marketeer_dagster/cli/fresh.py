"""Reading figures as they are now: copies of the store are brought up to date first, or their age is said."""

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import warn
from marketeer_dagster.model.errors import MarketeerError

LONGEST_WAIT_S = 3.0
"""How long a reader waits for whoever writes the warehouse: an ingest may take longer, and old figures can be read."""


def freshen(home: Home) -> bool:
    """Bring the copies up to date; where that cannot be, say so on standard error and how old they are.

    Whether they are up to date. Never raises for that: what is there can be read all the same.
    """
    from marketeer_dagster.warehouse import catch_up

    if not home.is_there:
        return False
    try:
        catch_up(home.store, home.warehouse, home.catalog.skills, timeout_s=LONGEST_WAIT_S)
    except MarketeerError as error:
        warn(f"copies of the store are {_age(home)}; newer changes are missing: {error}")
        return False
    return True


def _age(home: Home) -> str:
    with home.warehouse.reading() as connection:
        row = connection.execute("SELECT max(as_of) FROM copied").fetchone()
    return f"as of {row[0]:%Y-%m-%d %H:%M:%S} UTC" if row and row[0] else "not there yet"
