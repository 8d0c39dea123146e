-- What came of each published artefact version: a page's traffic while that version was live, an email's results by campaign.
-- tenant: Tenant's id.
-- campaign: Campaign's key.
-- skill: Skill that made the artefact.
-- artefact: Artefact's id.
-- version: Version that was published.
-- title: The artefact's title.
-- score: Weighted rubric score, 0-10.
-- cost_usd: Claude cost of making the artefact (USD).
-- publication: Publication's id.
-- tool: Connector it was published with.
-- target: Page path or list.
-- url: Where it can be seen.
-- live_from: First day it was live, in the tenant's time zone. A day belongs to what was live when it ended.
-- live_to: Last day it was live; null while it still is. Earlier than live_from when it was replaced on the same day.
-- days: Days with figures while it was live (count).
-- sessions: Sessions that began on the page while it was live (count); null for emails.
-- conversions: Conversions of these sessions (count, may be fractional); null for emails and when unknown.
-- conversion_rate: conversions / sessions (share).
-- sends: Emails sent (count); null for pages.
-- opens: People who opened (count); null for pages.
-- clicks: People who clicked (count); null for pages.
-- revenue: Revenue of these sessions or attributed to the email (in the tenant's currency); null when the account may not see it.
-- simulated: True for figures of the sandbox's market.
WITH placed AS (
    SELECT p.*, published_page(p.kind, p.url, p.target, coalesce(t.site, t.website)) AS page
    FROM publications AS p
    LEFT JOIN tenants AS t USING (tenant)
),
live AS (
    SELECT *,
        published_on AS live_from,
        -- On a page the next publication takes over, whichever tool wrote it; emails stand beside each other.
        lead(published_on) OVER (
            PARTITION BY tenant, coalesce(page, publication) ORDER BY published_at, created_at, publication
        ) - INTERVAL 1 DAY AS replaced_on
    FROM placed
    WHERE published_on IS NOT NULL AND state IN ('published', 'superseded')
),
pages AS (
    SELECT l.publication, count(DISTINCT f.date) AS days, sum(f.sessions)::BIGINT AS sessions,
        sum(f.conversions) AS conversions, sum(f.revenue) AS revenue
    FROM live AS l
    JOIN page_performance AS f
        ON f.tenant = l.tenant AND f.page = l.page
        AND f.date >= l.live_from AND (l.replaced_on IS NULL OR f.date <= l.replaced_on)
    GROUP BY l.publication
),
emails AS (
    SELECT l.publication, count(DISTINCT f.date) AS days, sum(f.sends)::BIGINT AS sends, sum(f.opens)::BIGINT AS opens,
        sum(f.clicks)::BIGINT AS clicks, sum(f.revenue) AS revenue
    FROM live AS l
    JOIN email_daily AS f ON f.tenant = l.tenant AND f.campaign_id = l.external_id
    GROUP BY l.publication
)
SELECT
    l.tenant,
    l.campaign,
    l.skill,
    l.artefact,
    l.version,
    a.title,
    a.score,
    a.cost_usd,
    l.publication,
    l.tool,
    l.target,
    l.url,
    l.live_from,
    l.replaced_on::DATE AS live_to,
    coalesce(p.days, e.days, 0) AS days,
    p.sessions,
    p.conversions,
    p.conversions / nullif(p.sessions, 0) AS conversion_rate,
    e.sends,
    e.opens,
    e.clicks,
    CASE WHEN p.publication IS NULL THEN coalesce(e.revenue, 0) ELSE p.revenue END AS revenue,
    l.simulated
FROM live AS l
LEFT JOIN artefacts AS a ON a.tenant = l.tenant AND a.artefact = l.artefact AND a.version = l.version
LEFT JOIN pages AS p ON p.publication = l.publication
LEFT JOIN emails AS e ON e.publication = l.publication
ORDER BY l.tenant, l.live_from, l.publication
