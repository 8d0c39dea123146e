-- What each campaign cost and what was earned on what it published: the sums of its artefacts' credited figures in
-- artefact_performance. Each visit counts for one campaign: for that whose email brought it, else for that whose version
-- of the page it met. So campaigns may be added up. Revenue is what came while its versions were live, not what came
-- because of them: experiments tell that apart.
-- tenant: Tenant's id.
-- campaign: Campaign's key.
-- title: Title.
-- status: Where the campaign stands.
-- artefacts: Artefacts made (count).
-- approved: Artefacts approved (count).
-- publications: Its pages that became public and its emails that were sent (count).
-- sessions: Sessions on its pages while they were live and by its emails (count).
-- conversions: Conversions of these sessions (count, may be fractional); null when unknown.
-- revenue: Revenue of these sessions (in the tenant's currency); null when the account may not see it.
-- cost_usd: Claude cost (USD), planning included; a call that was cut counts as the most it can have cost.
-- roi: (revenue - cost) / cost (ratio), for tenants that account in USD; null otherwise or without cost.
-- simulated: True for figures of the sandbox's market.
WITH made AS (
    SELECT tenant, campaign, count(*) AS artefacts, count(*) FILTER (status = 'approved') AS approved
    FROM artefact_heads GROUP BY tenant, campaign
),
spent AS (
    SELECT tenant, campaign, sum(cost_usd)::DECIMAL(18, 9) AS cost_usd
    FROM llm_calls WHERE state IN ('settled', 'cut') GROUP BY tenant, campaign
),
published AS (
    SELECT p.tenant, p.campaign, count(DISTINCT p.publication) AS publications
    FROM artefact_performance AS a
    JOIN publications AS p USING (tenant, publication)
    WHERE a.live_from IS NOT NULL
    GROUP BY p.tenant, p.campaign
),
earned AS (
    SELECT tenant, campaign, sum(credited_sessions)::BIGINT AS sessions,
        sum(credited_conversions) AS conversions, sum(credited_revenue) AS revenue
    FROM artefact_performance GROUP BY tenant, campaign
)
SELECT
    c.tenant,
    c.campaign,
    c.title,
    c.status,
    coalesce(m.artefacts, 0) AS artefacts,
    coalesce(m.approved, 0) AS approved,
    coalesce(p.publications, 0) AS publications,
    coalesce(e.sessions, 0) AS sessions,
    CASE WHEN e.campaign IS NULL THEN 0 ELSE e.conversions END AS conversions,
    CASE WHEN e.campaign IS NULL THEN 0 ELSE e.revenue END AS revenue,
    coalesce(s.cost_usd, 0)::DECIMAL(18, 9) AS cost_usd,
    CASE WHEN t.currency = 'USD' THEN (CASE WHEN e.campaign IS NULL THEN 0 ELSE e.revenue END - s.cost_usd) / nullif(s.cost_usd, 0) END AS roi,
    c.simulated
FROM campaigns AS c
LEFT JOIN tenants AS t USING (tenant)
LEFT JOIN made AS m USING (tenant, campaign)
LEFT JOIN spent AS s USING (tenant, campaign)
LEFT JOIN published AS p USING (tenant, campaign)
LEFT JOIN earned AS e USING (tenant, campaign)
ORDER BY c.tenant, c.campaign
