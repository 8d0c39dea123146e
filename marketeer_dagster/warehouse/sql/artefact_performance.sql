-- What came of each published artefact version: of a page while that version was shown, of an email by its links. While
-- a page is under test each arm has a row of its own. The rows of one page add up to page_performance since our first
-- publication there. An email's visits land on pages, which have them too: credited_sessions, credited_conversions and
-- credited_revenue count each visit once, and may be added up over everything.
-- tenant: Tenant's id.
-- campaign: Key of the campaign that made the artefact.
-- skill: Skill that made the artefact.
-- artefact: Artefact's id.
-- version: Version that was shown.
-- title: The artefact's title.
-- score: Weighted rubric score, 0-10; null when none was given.
-- cost_usd: An even share of what the artefact cost in all its versions (USD): each of the artefact's rows here has one, so that sums are right.
-- publication: Publication's id.
-- arm: Arm of the test that it was shown as, control or a short name such as b; null when it was shown alone.
-- tool: Connector it was published with.
-- target: Page path or list.
-- page: The page, as page_performance names it; null for emails.
-- step: The email's place in its sequence, from 1; null for pages.
-- url: Where it can be seen.
-- live_from: First day it was live, in the tenant's time zone; for an email the day it was sent, in UTC, null before. A day belongs to what was live when it ended.
-- live_to: Last day it was live; null while it still is, and for emails. Earlier than live_from when it was replaced on the same day.
-- days: Days with figures while it was live (count).
-- share: Share of the page's sessions that this row has: 1 when it was shown alone; null for emails.
-- shared_by: How a page under test is shared among its arms: measured (people of experiment_daily in these days) or planned (nobody was measured yet); null when it was shown alone.
-- sessions: Sessions that began on the page while it was live, or that the email's links brought (count); null without figures.
-- conversions: Conversions of these sessions (count, may be fractional); null when unknown.
-- conversion_rate: conversions / sessions (share).
-- sends: Emails sent (count); null for pages.
-- opens: People who opened (count); null for pages.
-- clicks: People who clicked (count); null for pages.
-- revenue: Revenue of these sessions (in the tenant's currency); null when the account may not see it.
-- tool_revenue: Revenue that the email tool itself attributes to the email, by rules of its own and not part of revenue (in the tenant's currency); null for pages.
-- credited_sessions: Sessions that count for the artefact: of a page those that no email of ours brought (count).
-- credited_conversions: Conversions of the credited sessions (count, may be fractional); null when unknown.
-- credited_revenue: Revenue of the credited sessions (in the tenant's currency); null when the account may not see it.
-- simulated: True for figures of the sandbox's market.
WITH placed AS MATERIALIZED (
    -- Materialized: page identity is a long expression, and one that is written out wherever it is used is slow to plan.
    SELECT p.*, published_page(p.kind, p.url, p.target, coalesce(t.site, t.website)) AS page
    FROM publications AS p
    LEFT JOIN tenants AS t USING (tenant)
    WHERE published_on IS NOT NULL AND state IN ('published', 'superseded')
),
live AS MATERIALIZED (
    SELECT *,
        -- On a page the next publication takes over, whichever tool wrote it; emails stand beside each other.
        lead(published_on) OVER (
            PARTITION BY tenant, coalesce(page, publication) ORDER BY published_at, created_at, publication
        ) - INTERVAL 1 DAY AS replaced_on
    FROM placed
),
-- What came by links of our emails. A campaign name that was used again belongs to the newer email from its day on.
named AS (
    SELECT tenant, publication, utm_campaign, published_on,
        row_number() OVER same = 1 AS oldest,
        lead(published_on) OVER same AS used_again_on
    FROM live
    WHERE utm_campaign <> ''
    WINDOW same AS (PARTITION BY tenant, utm_campaign ORDER BY published_at, created_at, publication)
),
brought AS MATERIALIZED (
    SELECT n.publication, g.tenant, g.date, page_of(g.landing_page, coalesce(t.site, t.website)) AS page,
        sum(g.sessions) AS sessions, sum(g.conversions) AS conversions, sum(g.revenue) AS revenue
    FROM ga4_daily AS g
    JOIN named AS n
        ON n.tenant = g.tenant AND n.utm_campaign = g.campaign
        AND (n.oldest OR g.date >= n.published_on) AND (n.used_again_on IS NULL OR g.date < n.used_again_on)
    LEFT JOIN tenants AS t ON t.tenant = g.tenant
    WHERE lower(g.medium) = 'email'
    GROUP BY ALL
),
-- What each publication showed: one artefact, or every arm of a test.
shown AS (
    SELECT l.*, a.variant AS arm, a.share AS planned,
        coalesce(a.artefact, l.artefact) AS shown_artefact, coalesce(a.version, l.version) AS shown_version
    FROM live AS l
    LEFT JOIN experiment_arms AS a
        ON l.kind = 'page_variant' AND a.tenant = l.tenant AND a.experiment = l.experiment
),
-- People of each arm in these days: to date at their end, without those to date at their beginning.
counted AS (
    SELECT s.publication, s.arm, s.planned,
        greatest(coalesce(arg_max(e.visitors, e.date), 0)
            - coalesce(arg_max(e.visitors, e.date) FILTER (e.date < s.published_on), 0), 0) AS visitors,
        greatest(coalesce(arg_max(e.conversions, e.date), 0)
            - coalesce(arg_max(e.conversions, e.date) FILTER (e.date < s.published_on), 0), 0) AS conversions,
        greatest(coalesce(arg_max(e.revenue, e.date), 0)
            - coalesce(arg_max(e.revenue, e.date) FILTER (e.date < s.published_on), 0), 0) AS revenue
    FROM shown AS s
    LEFT JOIN experiment_daily AS e
        ON e.tenant = s.tenant AND e.experiment = s.experiment AND e.variant = s.arm
        AND (s.replaced_on IS NULL OR e.date <= s.replaced_on)
    WHERE s.arm IS NOT NULL
    GROUP BY s.publication, s.arm, s.planned
),
weighed AS (
    SELECT publication, arm, sum(visitors) OVER test > 0 AS measured,
        CASE WHEN sum(visitors) OVER test > 0 THEN visitors / sum(visitors) OVER test ELSE planned / sum(planned) OVER test END AS of_sessions,
        CASE WHEN sum(conversions) OVER test > 0 THEN conversions / sum(conversions) OVER test END AS by_conversions,
        CASE WHEN sum(revenue) OVER test > 0 THEN revenue / sum(revenue) OVER test END AS by_revenue
    FROM counted
    WINDOW test AS (PARTITION BY publication)
),
shares AS (
    SELECT publication, arm, measured, of_sessions,
        coalesce(by_conversions, of_sessions) AS of_conversions,
        coalesce(by_revenue, by_conversions, of_sessions) AS of_revenue,
        -- Sessions are whole: each arm ends where the next begins, so that nothing is lost by rounding.
        coalesce(sum(of_sessions) OVER (
            PARTITION BY publication ORDER BY arm <> 'control', arm ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS begins
    FROM weighed
),
figures AS (
    SELECT l.publication, count(DISTINCT f.date) AS days, sum(f.sessions) AS sessions,
        sum(f.conversions) AS conversions, sum(f.revenue) AS revenue
    FROM live AS l
    JOIN page_performance AS f
        ON f.tenant = l.tenant AND f.page = l.page
        AND f.date >= l.published_on AND (l.replaced_on IS NULL OR f.date <= l.replaced_on)
    GROUP BY l.publication
),
emailed AS (
    SELECT l.publication, sum(b.sessions) AS sessions, sum(b.conversions) AS conversions, sum(b.revenue) AS revenue
    FROM live AS l
    JOIN brought AS b
        ON b.tenant = l.tenant AND b.page = l.page
        AND b.date >= l.published_on AND (l.replaced_on IS NULL OR b.date <= l.replaced_on)
    GROUP BY l.publication
),
pages AS (
    SELECT s.publication, s.arm, f.days, coalesce(h.of_sessions, 1) AS share,
        CASE WHEN h.measured THEN 'measured' WHEN NOT h.measured THEN 'planned' END AS shared_by,
        round(f.sessions * (coalesce(h.begins, 0) + coalesce(h.of_sessions, 1)))
            - round(f.sessions * coalesce(h.begins, 0)) AS sessions,
        f.conversions * coalesce(h.of_conversions, 1) AS conversions,
        f.revenue * coalesce(h.of_revenue, 1) AS revenue,
        round((f.sessions - coalesce(e.sessions, 0)) * (coalesce(h.begins, 0) + coalesce(h.of_sessions, 1)))
            - round((f.sessions - coalesce(e.sessions, 0)) * coalesce(h.begins, 0)) AS credited_sessions,
        (f.conversions - coalesce(e.conversions, 0)) * coalesce(h.of_conversions, 1) AS credited_conversions,
        (f.revenue - coalesce(e.revenue, 0)) * coalesce(h.of_revenue, 1) AS credited_revenue
    FROM shown AS s
    LEFT JOIN shares AS h ON h.publication = s.publication AND h.arm = s.arm
    LEFT JOIN figures AS f ON f.publication = s.publication
    LEFT JOIN emailed AS e ON e.publication = s.publication
    WHERE s.page IS NOT NULL
),
read_until AS (
    SELECT tenant, max(date) AS newest FROM ga4_daily GROUP BY tenant
),
visits AS (
    SELECT publication, sum(sessions) AS sessions, sum(conversions) AS conversions, sum(revenue) AS revenue
    FROM brought GROUP BY publication
),
mailed AS (
    SELECT l.publication, min(f.date) FILTER (f.sends > 0) AS sent_on, count(DISTINCT f.date) AS days,
        sum(f.sends) AS sends, sum(f.opens) AS opens, sum(f.clicks) AS clicks, sum(f.revenue) AS revenue
    FROM live AS l
    JOIN email_daily AS f ON f.tenant = l.tenant AND f.campaign_id = l.external_id
    WHERE l.page IS NULL
    GROUP BY l.publication
),
emails AS (
    SELECT l.publication, m.sent_on, m.days, m.sends, m.opens, m.clicks, m.revenue AS tool_revenue,
        -- No visit by an email's link is none, once analytics have told of the days since it went out.
        CASE WHEN v.publication IS NOT NULL THEN v.sessions WHEN r.newest >= l.published_on THEN 0 END AS sessions,
        CASE WHEN v.publication IS NOT NULL THEN v.conversions WHEN r.newest >= l.published_on THEN 0 END AS conversions,
        CASE WHEN v.publication IS NOT NULL THEN v.revenue WHEN r.newest >= l.published_on THEN 0 END AS revenue
    FROM live AS l
    LEFT JOIN mailed AS m ON m.publication = l.publication
    LEFT JOIN visits AS v ON v.publication = l.publication
    LEFT JOIN read_until AS r ON r.tenant = l.tenant
    WHERE l.page IS NULL
),
costs AS (
    SELECT tenant, artefact, sum(cost_usd) AS cost_usd FROM artefacts GROUP BY tenant, artefact
),
numbered AS (
    SELECT publication, arm, count(*) OVER one AS rows_of_artefact,
        row_number() OVER (one ORDER BY published_at, publication, arm <> 'control', arm) AS row_of_artefact
    FROM shown
    WINDOW one AS (PARTITION BY tenant, shown_artefact)
)
SELECT
    s.tenant,
    coalesce(a.campaign, s.campaign) AS campaign,
    coalesce(a.skill, s.skill) AS skill,
    s.shown_artefact AS artefact,
    s.shown_version AS version,
    a.title,
    a.score,
    -- A remainder of the division stays with the last rows, so that the shares add up to the cost.
    (round(c.cost_usd * n.row_of_artefact / n.rows_of_artefact, 9)
        - round(c.cost_usd * (n.row_of_artefact - 1) / n.rows_of_artefact, 9))::DECIMAL(18, 9) AS cost_usd,
    s.publication,
    s.arm,
    s.tool,
    s.target,
    s.page,
    s.step,
    s.url,
    CASE WHEN s.page IS NULL THEN m.sent_on ELSE s.published_on END AS live_from,
    CASE WHEN s.page IS NOT NULL THEN s.replaced_on::DATE END AS live_to,
    coalesce(p.days, m.days, 0) AS days,
    p.share,
    p.shared_by,
    coalesce(p.sessions, m.sessions)::BIGINT AS sessions,
    coalesce(p.conversions, m.conversions) AS conversions,
    coalesce(p.conversions, m.conversions) / nullif(coalesce(p.sessions, m.sessions), 0) AS conversion_rate,
    m.sends::BIGINT AS sends,
    m.opens::BIGINT AS opens,
    m.clicks::BIGINT AS clicks,
    coalesce(p.revenue, m.revenue) AS revenue,
    m.tool_revenue,
    coalesce(p.credited_sessions, m.sessions)::BIGINT AS credited_sessions,
    coalesce(p.credited_conversions, m.conversions) AS credited_conversions,
    coalesce(p.credited_revenue, m.revenue) AS credited_revenue,
    s.simulated
FROM shown AS s
JOIN numbered AS n ON n.publication = s.publication AND n.arm IS NOT DISTINCT FROM s.arm
LEFT JOIN artefacts AS a ON a.tenant = s.tenant AND a.artefact = s.shown_artefact AND a.version = s.shown_version
LEFT JOIN costs AS c ON c.tenant = s.tenant AND c.artefact = s.shown_artefact
LEFT JOIN pages AS p ON p.publication = s.publication AND p.arm IS NOT DISTINCT FROM s.arm
LEFT JOIN emails AS m ON m.publication = s.publication
ORDER BY s.tenant, live_from, s.publication, s.arm <> 'control', s.arm
