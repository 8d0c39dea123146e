"""What must add up in any home's snapshot, whatever happened there: each query finds the rows in which it does not.

Each is told from the vendors' rows and the ledger, by another way than the mart goes.
"""

from typing import Final

import duckdb

_SUMS = "sum(sessions) AS sessions, round(sum(conversions), 6) AS conversions, round(sum(revenue), 4) AS revenue"
_DIFFER = """
    a.sessions IS DISTINCT FROM b.sessions OR abs(coalesce(a.conversions, -1) - coalesce(b.conversions, -1)) > 1e-6
    OR abs(coalesce(a.revenue, -1) - coalesce(b.revenue, -1)) > 1e-3"""


def _same(left: str, right: str, by: str) -> str:
    return f"SELECT * FROM ({left}) AS a FULL JOIN ({right}) AS b USING ({by}) WHERE {_DIFFER}"


_BY_DAY = f"SELECT tenant, date, {_SUMS} FROM {{}} GROUP BY ALL"
_SINCE = """
    SELECT tenant, page, min(live_from) AS since FROM artefact_performance WHERE page IS NOT NULL GROUP BY ALL"""

RECONCILIATIONS: Final[dict[str, str]] = {
    "pages are GA4": _same(_BY_DAY.format("page_performance"), _BY_DAY.format("ga4_daily"), "tenant, date"),
    "channels are GA4": _same(_BY_DAY.format("channel_performance"), _BY_DAY.format("ga4_daily"), "tenant, date"),
    "versions of a page are the page since our first publication": _same(
        f"SELECT tenant, page, {_SUMS} FROM artefact_performance WHERE days > 0 AND page IS NOT NULL GROUP BY ALL",
        f"SELECT p.tenant, p.page, {_SUMS} FROM page_performance AS p JOIN ({_SINCE}) AS s "
        "ON s.tenant = p.tenant AND s.page = p.page AND p.date >= s.since GROUP BY ALL",
        "tenant, page",
    ),
    "control and challengers are the page under test": _same(
        f"SELECT tenant, publication, {_SUMS} FROM artefact_performance WHERE arm <> '' AND days > 0 GROUP BY ALL",
        f"""SELECT w.tenant, w.publication, {_SUMS} FROM page_performance AS p JOIN (
            SELECT DISTINCT tenant, publication, page, live_from, live_to FROM artefact_performance WHERE arm <> ''
        ) AS w ON w.tenant = p.tenant AND w.page = p.page AND p.date >= w.live_from
            AND p.date <= coalesce(w.live_to, DATE '9999-12-31') GROUP BY ALL""",
        "tenant, publication",
    ),
    "every arm of a test has its row, and shares are whole": """
        SELECT a.publication, any_value(a.shares), any_value(a.arms), count(x.variant) FROM (
            SELECT tenant, publication, sum(share) AS shares, count(*) AS arms FROM artefact_performance
            WHERE arm IS NOT NULL GROUP BY ALL
        ) AS a JOIN publications AS p USING (tenant, publication)
        LEFT JOIN experiment_arms AS x ON x.tenant = p.tenant AND x.experiment = p.experiment
        GROUP BY a.publication HAVING abs(any_value(a.shares) - 1) > 1e-9 OR any_value(a.arms) <> count(x.variant)""",
    "an email's visits are those of its utm_campaign": _same(
        f"SELECT tenant, publication, {_SUMS} FROM artefact_performance WHERE step > 0 AND sessions > 0 GROUP BY ALL",
        f"""SELECT p.tenant, p.publication, {_SUMS} FROM ga4_daily AS g JOIN publications AS p
            ON p.tenant = g.tenant AND p.utm_campaign = g.campaign AND p.state = 'published'
            WHERE g.medium = 'email' GROUP BY ALL""",
        "tenant, publication",
    ),
    "an email's readers are those of the email tool, from the day it was sent": """
        SELECT * FROM artefact_performance AS a JOIN publications AS p USING (tenant, publication) JOIN (
            SELECT tenant, campaign_id, min(date) FILTER (sends > 0) AS sent_on, sum(sends) AS sends,
                sum(clicks) AS clicks
            FROM email_daily GROUP BY ALL
        ) AS e ON e.tenant = a.tenant AND e.campaign_id = p.external_id
        WHERE a.page IS NULL AND (a.sends, a.clicks, a.live_from) IS DISTINCT FROM (e.sends, e.clicks, e.sent_on)""",
    "credited visits are counted once": _same(
        "SELECT tenant, sum(credited_sessions) AS sessions, sum(credited_conversions) AS conversions, "
        "sum(credited_revenue) AS revenue FROM artefact_performance GROUP BY tenant HAVING sum(credited_sessions) > 0",
        f"""SELECT g.tenant, {_SUMS} FROM ga4_daily AS g JOIN tenants AS t USING (tenant)
            WHERE (g.medium = 'email' AND g.campaign IN (SELECT utm_campaign FROM publications AS p
                   WHERE p.tenant = g.tenant AND p.state = 'published'))
               OR EXISTS (FROM ({_SINCE}) AS s WHERE s.tenant = g.tenant AND g.date >= s.since
                   AND s.page = page_of(g.landing_page, coalesce(t.site, t.website))) GROUP BY ALL""",
        "tenant",
    ),
    "a campaign is the sum of its artefacts": _same(
        f"SELECT tenant, campaign, {_SUMS} FROM campaign_roi WHERE sessions > 0 GROUP BY ALL",
        "SELECT tenant, campaign, sum(credited_sessions) AS sessions, sum(credited_conversions) AS conversions, "
        "sum(credited_revenue) AS revenue FROM artefact_performance GROUP BY ALL HAVING sum(credited_sessions) > 0",
        "tenant, campaign",
    ),
    "artefacts cost what the ledger has of their skills": """
        SELECT * FROM (SELECT tenant, campaign, skill, sum(cost_usd) AS usd, sum(calls) AS calls FROM artefacts
            GROUP BY ALL) AS a
        JOIN (SELECT tenant, campaign, skill, sum(cost_usd) AS usd, sum(calls) AS calls FROM llm_calls
            WHERE state IN ('settled', 'cut') GROUP BY ALL) AS l USING (tenant, campaign, skill)
        WHERE a.usd <> l.usd OR a.calls <> l.calls""",
    "heads and published rows cost what their versions cost": """
        SELECT * FROM (SELECT tenant, artefact, sum(cost_usd) AS usd FROM artefacts GROUP BY ALL) AS v
        LEFT JOIN artefact_heads AS h USING (tenant, artefact)
        LEFT JOIN (SELECT tenant, artefact, sum(cost_usd) AS usd FROM artefact_performance GROUP BY ALL) AS p
            USING (tenant, artefact)
        WHERE v.usd <> coalesce(h.cost_usd, v.usd) OR v.usd <> coalesce(p.usd, v.usd)""",
    "the ledger is the month's spend and what campaigns cost": """
        SELECT * FROM (SELECT tenant, sum(cost_usd) AS usd, sum(cost_usd) FILTER (campaign IN (
                SELECT campaign FROM campaigns)) AS of_campaigns
            FROM llm_calls WHERE state IN ('settled', 'cut') GROUP BY tenant) AS l
        FULL JOIN (SELECT tenant, sum(cost_usd) AS usd FROM spend_and_budget GROUP BY tenant) AS s USING (tenant)
        FULL JOIN (SELECT tenant, sum(cost_usd) AS usd FROM campaign_roi GROUP BY tenant) AS r USING (tenant)
        WHERE coalesce(l.usd, 0) <> coalesce(s.usd, 0) OR coalesce(l.of_campaigns, 0) <> coalesce(r.usd, 0)""",
    "MRR moves by its movements": """
        SELECT * FROM (SELECT *, lag(date) OVER plan AS day_before, coalesce(lag(mrr) OVER plan, 0) AS before
            FROM stripe_daily WINDOW plan AS (PARTITION BY tenant, plan ORDER BY date))
        WHERE new_mrr IS NOT NULL AND date > (SELECT min(date) FROM stripe_daily) AND (
            day_before IS NULL OR day_before = date - 1) AND abs(mrr - before - new_mrr - expansion_mrr
            + contraction_mrr + churned_mrr - moved_in_mrr + moved_out_mrr) > 1e-6""",
    "what moves between plans leaves one for another": """
        SELECT tenant, date FROM stripe_daily GROUP BY ALL HAVING abs(sum(moved_in_mrr) - sum(moved_out_mrr)) > 1e-6""",
    "a test's lift is that of its people": """
        SELECT e.experiment, e.lift, (b.conversions / b.visitors) / (c.conversions / c.visitors) - 1
        FROM experiments AS e
        JOIN experiment_daily AS b ON b.tenant = e.tenant AND b.experiment = e.experiment AND b.date = e.measured_on
            AND b.variant = e.compared
        JOIN experiment_daily AS c ON c.tenant = e.tenant AND c.experiment = e.experiment AND c.date = e.measured_on
            AND c.variant = 'control'
        JOIN experiment_arms AS x ON x.tenant = b.tenant AND x.experiment = b.experiment AND x.variant = b.variant
        WHERE (x.visitors, x.conversions) IS DISTINCT FROM (b.visitors, b.conversions) OR (
            b.conversions > 0 AND c.conversions > 0
            AND abs(e.lift + 1 - (b.conversions / b.visitors) / (c.conversions / c.visitors)) > 1e-9)""",
}
"""What it says -> the query for what contradicts it."""


def contradictions(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Every reconciliation that does not hold, with its first rows."""
    found = {name: connection.execute(f"{query} LIMIT 5").fetchall() for name, query in RECONCILIATIONS.items()}
    return {name: rows for name, rows in found.items() if rows}
