-- Traffic and conversions by day and landing page. A page is its path: query strings and trailing slashes are dropped.
-- tenant: Tenant's id.
-- date: Day in the property's time zone.
-- page: Path, for instance /pricing.
-- sessions: Sessions that began there (count).
-- engaged_sessions: Engaged sessions that began there (count).
-- conversions: Conversions of these sessions (count, may be fractional); null when unknown.
-- revenue: Revenue of these sessions (in the tenant's currency); null when the account may not see it.
-- conversion_rate: conversions / sessions (share); null without sessions.
-- simulated: True for figures of the sandbox's market.
SELECT
    tenant,
    date,
    coalesce(nullif(rtrim(split_part(split_part(landing_page, '?', 1), '#', 1), '/'), ''), '/') AS page,
    sum(sessions)::BIGINT AS sessions,
    sum(engaged_sessions)::BIGINT AS engaged_sessions,
    sum(conversions) AS conversions,
    sum(revenue) AS revenue,
    sum(conversions) / nullif(sum(sessions), 0) AS conversion_rate,
    bool_or(simulated) AS simulated
FROM ga4_daily
GROUP BY ALL
ORDER BY tenant, date, page
