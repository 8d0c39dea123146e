-- Traffic and conversions by day and landing page. A page is its path below the site's root, whatever its spelling (macro page_of); pages elsewhere keep their address.
-- tenant: Tenant's id.
-- date: Day in the property's time zone.
-- page: Path, for instance /pricing; (not set) where the session had no page.
-- sessions: Sessions that began there (count).
-- engaged_sessions: Engaged sessions that began there (count).
-- conversions: Conversions of these sessions (count, may be fractional); null when unknown.
-- revenue: Revenue of these sessions (in the tenant's currency); null when the account may not see it.
-- conversion_rate: conversions / sessions (share); null without sessions.
-- simulated: True for figures of the sandbox's market.
WITH spelt AS (
    SELECT DISTINCT tenant, landing_page FROM ga4_daily
),
pages AS (
    SELECT s.tenant, s.landing_page, page_of(s.landing_page, coalesce(t.site, t.website)) AS page
    FROM spelt AS s
    LEFT JOIN tenants AS t USING (tenant)
)
SELECT
    tenant,
    date,
    page,
    sum(sessions)::BIGINT AS sessions,
    sum(engaged_sessions)::BIGINT AS engaged_sessions,
    sum(conversions) AS conversions,
    sum(revenue) AS revenue,
    sum(conversions) / nullif(sum(sessions), 0) AS conversion_rate,
    bool_or(simulated) AS simulated
FROM ga4_daily
JOIN pages USING (tenant, landing_page)
GROUP BY ALL
ORDER BY tenant, date, page
