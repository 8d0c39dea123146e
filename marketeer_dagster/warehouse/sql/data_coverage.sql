-- Where figures are there, where they are missing, and why: one row per daily fact and day, from the tenant's first day that was asked for to the newest.
-- tenant: Tenant's id.
-- table_name: Daily fact.
-- tool: Connector that is asked for it.
-- date: Day.
-- state: By the newest reading: landed, silent (the vendor answered, without rows: nothing happened, or nothing was recorded), kept (it no longer tells the day, earlier rows stay), failed (no usable answer), or not asked (nobody read that day, for instance because the tool was not connected).
-- rows: Rows the table holds of the day by the newest reading that brought an answer (count); null when none did.
-- reason: Why the newest reading failed or kept, or what the vendor held back; empty otherwise.
-- read_at: When it was last read (UTC, by the clock on the wall); null when it was not asked for.
-- readings: How often it was read (count).
-- run_id: Dagster run of the newest reading; null when it was not asked for.
-- simulated: True for figures of the sandbox's market.
WITH days AS (
    SELECT tenant, unnest(generate_series(min(date)::TIMESTAMP, max(date)::TIMESTAMP, INTERVAL 1 DAY))::DATE AS date,
        bool_or(simulated) AS simulated
    FROM landings GROUP BY tenant
),
facts AS (
    SELECT DISTINCT table_name, tool FROM landings
),
newest AS (
    SELECT tenant, table_name, date, arg_max(state, read_at) AS state, arg_max(reason, read_at) AS reason,
        arg_max(run_id, read_at) AS run_id, arg_max(rows, read_at) FILTER (state <> 'failed') AS rows,
        max(read_at) AS read_at, count(*) AS readings, bool_or(simulated) AS simulated
    FROM landings GROUP BY tenant, table_name, date
)
SELECT
    d.tenant,
    f.table_name,
    f.tool,
    d.date,
    coalesce(n.state, 'not asked') AS state,
    n.rows,
    coalesce(n.reason, '') AS reason,
    n.read_at,
    coalesce(n.readings, 0) AS readings,
    n.run_id,
    coalesce(n.simulated, d.simulated) AS simulated
FROM days AS d
CROSS JOIN facts AS f
LEFT JOIN newest AS n ON n.tenant = d.tenant AND n.table_name = f.table_name AND n.date = d.date
ORDER BY d.tenant, f.table_name, d.date
