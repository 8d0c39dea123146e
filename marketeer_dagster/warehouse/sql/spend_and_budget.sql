-- Claude and advertising spend against each tenant's monthly limits.
-- tenant: Tenant's id.
-- month: Calendar month, YYYY-MM, in the tenant's time zone.
-- calls: Claude calls that are or may be billed (count).
-- input_tokens: Full-price input tokens (count).
-- output_tokens: Output tokens (count).
-- cache_read_tokens: Input tokens read from the prompt cache (count).
-- cache_write_tokens: Input tokens written to the prompt cache (count).
-- full_price_share: Full-price input tokens / all input tokens (share); null without tokens.
-- cost_usd: Claude cost (USD); a call that was cut counts as the most it can have cost.
-- reserved_usd: Worst case of calls under way (USD).
-- budget_usd: Claude budget of the month (USD).
-- used_share: (cost + reserved) / budget (share); null for a budget of zero.
-- allowed_priorities: Priorities that may still spend at that share.
-- ad_cost: Advertising spend (in the ad account's currency).
-- ad_budget_usd: Advertising budget of the month (USD).
-- simulated: True for figures of the sandbox's market.
WITH claude AS (
    SELECT
        tenant,
        month,
        count(*) FILTER (state IN ('settled', 'cut')) AS calls,
        sum(input_tokens)::BIGINT AS input_tokens,
        sum(output_tokens)::BIGINT AS output_tokens,
        sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
        sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
        coalesce(sum(cost_usd) FILTER (state IN ('settled', 'cut')), 0)::DECIMAL(18, 9) AS cost_usd,
        coalesce(sum(reserved_usd) FILTER (state = 'reserved'), 0)::DECIMAL(18, 9) AS reserved_usd
    FROM llm_calls
    GROUP BY tenant, month
),
ads AS (
    SELECT tenant, strftime(date, '%Y-%m') AS month, sum(cost) AS ad_cost FROM ads_daily GROUP BY ALL
),
months AS (
    SELECT tenant, month FROM claude UNION SELECT tenant, month FROM ads
),
joined AS (
    SELECT
        m.tenant,
        m.month,
        coalesce(c.calls, 0) AS calls,
        coalesce(c.input_tokens, 0) AS input_tokens,
        coalesce(c.output_tokens, 0) AS output_tokens,
        coalesce(c.cache_read_tokens, 0) AS cache_read_tokens,
        coalesce(c.cache_write_tokens, 0) AS cache_write_tokens,
        coalesce(c.cost_usd, 0)::DECIMAL(18, 9) AS cost_usd,
        coalesce(c.reserved_usd, 0)::DECIMAL(18, 9) AS reserved_usd,
        t.llm_budget_usd AS budget_usd,
        (coalesce(c.cost_usd, 0) + coalesce(c.reserved_usd, 0))::DOUBLE / nullif(t.llm_budget_usd, 0) AS used_share,
        coalesce(a.ad_cost, 0) AS ad_cost,
        t.ad_budget_usd,
        t.simulated
    FROM months AS m
    JOIN tenants AS t USING (tenant)
    LEFT JOIN claude AS c USING (tenant, month)
    LEFT JOIN ads AS a USING (tenant, month)
)
SELECT
    tenant,
    month,
    calls,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    input_tokens / nullif(input_tokens + cache_read_tokens + cache_write_tokens, 0) AS full_price_share,
    cost_usd,
    reserved_usd,
    budget_usd,
    used_share,
    CASE
        WHEN used_share IS NULL OR used_share >= 1 THEN 'none'
        WHEN used_share >= 0.95 THEN 'P0 on the cheapest tier'
        WHEN used_share >= 0.90 THEN 'P0-P1'
        WHEN used_share >= 0.80 THEN 'P0-P2'
        ELSE 'all'
    END AS allowed_priorities,
    ad_cost,
    ad_budget_usd,
    simulated
FROM joined
ORDER BY tenant, month
