-- From signal to answer to recovery, one row per signal: what was off, what answered it and when that went out, and whether the metric came back.
-- tenant: Tenant's id.
-- signal: Signal's id.
-- name: Entry of the signal catalog, for instance conversion_drop.
-- subject: Page path, channel, experiment or plan it is about.
-- metric: Metric that was off.
-- since: First day it was off.
-- until: Newest day looked at when it fired.
-- expected: The level expected, in the metric's own unit.
-- observed: Its level, same unit.
-- relative_change: observed / expected - 1 (ratio).
-- fired_at: When it fired (UTC, in the tenant's world).
-- answered_by: campaign, person (a question in the inbox), or null while nothing answers it.
-- campaign: Campaign that answers it; null for what a person answers.
-- campaign_title: That campaign's title; null without one.
-- campaign_status: Where that campaign stands; null without one.
-- run_id: Dagster run that planned the answer; null before.
-- answered_at: When the campaign was opened, or the person decided (UTC, in the tenant's world); null before.
-- published_on: First day on which something of the answer was public, in the tenant's time zone; null before.
-- cost_usd: What Claude's work on the answer cost (USD).
-- measured_at: When recovery was measured (UTC, in the tenant's world); null before.
-- recovered: Whether the metric came back; null until measured.
-- recovery_observed: The metric's level after the answer, in its own unit; null until measured.
-- recovery_expected: The level expected then, same unit; null until measured.
-- recovery_change: recovery_observed / observed - 1 (ratio): what became of it since the signal; null until measured.
-- simulated: True for figures of the sandbox's market.
WITH asked AS (
    SELECT tenant, subject AS signal, max(decided_at) AS decided_at, true AS inbox
    FROM approvals WHERE about = 'signal' GROUP BY tenant, subject
),
out AS (
    SELECT tenant, campaign, min(published_on) AS published_on
    FROM publications WHERE published_on IS NOT NULL GROUP BY tenant, campaign
),
spent AS (
    SELECT tenant, campaign, arg_min(nullif(run_id, ''), reserved_at) AS run_id,
        coalesce(sum(cost_usd) FILTER (state IN ('settled', 'cut')), 0)::DECIMAL(18, 9) AS cost_usd
    FROM llm_calls GROUP BY tenant, campaign
)
SELECT
    s.tenant,
    s.signal,
    s.name,
    s.subject,
    s.metric,
    s.since,
    s.until,
    s.expected,
    s.observed,
    s.relative_change,
    s.created_at AS fired_at,
    CASE WHEN c.campaign IS NOT NULL THEN 'campaign' WHEN a.inbox THEN 'person' END AS answered_by,
    s.campaign,
    c.title AS campaign_title,
    c.status AS campaign_status,
    coalesce(nullif(s.run_id, ''), l.run_id) AS run_id,
    coalesce(c.created_at, a.decided_at) AS answered_at,
    o.published_on,
    coalesce(l.cost_usd, 0)::DECIMAL(18, 9) AS cost_usd,
    s.measured_at,
    s.recovered,
    s.recovery_observed,
    s.recovery_expected,
    s.recovery_observed / nullif(s.observed, 0) - 1 AS recovery_change,
    s.simulated
FROM signals AS s
LEFT JOIN campaigns AS c ON c.tenant = s.tenant AND c.campaign = s.campaign
LEFT JOIN asked AS a ON a.tenant = s.tenant AND a.signal = s.signal
LEFT JOIN out AS o ON o.tenant = s.tenant AND o.campaign = s.campaign
LEFT JOIN spent AS l ON l.tenant = s.tenant AND l.campaign = s.campaign
ORDER BY s.tenant, s.created_at, s.signal
