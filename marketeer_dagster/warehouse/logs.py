"""What the warehouse says of itself: what was asked of vendors, and how fresh its copies are."""

from marketeer_dagster.warehouse.tables import SIMULATED, TENANT, Table, count, day, moment, name, text

LANDINGS = Table(
    "landings",
    "Every reading of every day of a daily fact, also the ones that brought nothing: silence (0 rows), failure and a "
    "day that nobody asked for (no row here) are three things. The mart data_coverage "
    "has the newest state of each day.",
    (
        TENANT,
        name("table_name", "Daily fact that was read for."),
        day("Day that was asked for."),
        moment("read_at", "When the vendor had answered or failed (UTC, by the clock on the wall).", key=True),
        text("tool", "Connector that was asked: ga4, stripe …"),
        text(
            "state",
            "landed (rows as the vendor tells them), silent (it answered, without rows), kept (it no longer tells the "
            "day, earlier rows stay) or failed (no usable answer).",
        ),
        count("rows", "Rows the table holds of the day by this reading (count); null when it failed.", nullable=True),
        text("reason", "Why it failed or was kept, or what the vendor held back; empty otherwise. No secrets."),
        text("run_id", "Dagster run that read it; empty outside of runs."),
        SIMULATED,
    ),
)

COPIED = Table(
    "copied",
    "How fresh each copy of the store is. A copy is brought up to date when something changed: within half a minute "
    "while the daemon runs, and whenever `marketeer sql` or `marketeer export` reads.",
    (
        TENANT,
        name("table_name", "Table of the section Copies of the store."),
        count("rows", "The tenant's rows in it (count)."),
        moment("changed_at", "When rows of it were last copied, of any tenant (UTC, by the clock on the wall)."),
        moment("as_of", "All changes of the store up to this moment are in it (UTC, by the clock on the wall)."),
        SIMULATED,
    ),
)

LOGS = (LANDINGS, COPIED)
