-- What Claude cost, by campaign and purpose: plans, drafts, revisions, reviews, directions and repairs in one place. Sums over any columns are the ledger's: each call is in one row.
-- tenant: Tenant's id.
-- month: Month it is booked to, YYYY-MM, in the tenant's time zone.
-- campaign: Campaign's key; null for what belongs to none.
-- purpose: plan, draft, revision, review, direction (the Director's look back), repair (of an answer of another form, or against a rule) or other.
-- skill: Skill it was made for; director for plans and directions.
-- model: Claude model.
-- calls: Claude calls that are or may be billed (count).
-- input_tokens: Full-price input tokens (count).
-- output_tokens: Output tokens (count).
-- cache_read_tokens: Input tokens read from the prompt cache (count).
-- cache_write_tokens: Input tokens written to the prompt cache (count).
-- cost_usd: Price of these calls (USD); a call that was cut counts as the most it can have cost.
-- reserved_usd: Worst case of calls under way (USD).
-- simulated: True for figures of the sandbox's market.
SELECT
    tenant,
    month,
    nullif(campaign, '') AS campaign,
    purpose,
    skill,
    model,
    count(*) FILTER (state IN ('settled', 'cut')) AS calls,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
    sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
    coalesce(sum(cost_usd) FILTER (state IN ('settled', 'cut')), 0)::DECIMAL(18, 9) AS cost_usd,
    coalesce(sum(reserved_usd) FILTER (state = 'reserved'), 0)::DECIMAL(18, 9) AS reserved_usd,
    bool_or(simulated) AS simulated
FROM llm_calls
GROUP BY ALL
ORDER BY tenant, month, campaign, purpose, skill, model
