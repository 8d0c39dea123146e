-- Traffic and conversions by day and channel. Channels follow GA4's default channel grouping, told by source and medium.
-- tenant: Tenant's id.
-- date: Day in the property's time zone.
-- channel: Direct, Organic Search, Paid Search, Paid Social, Organic Social, Email, Display, Affiliates, Referral or Unassigned.
-- source: Session source.
-- medium: Session medium.
-- sessions: Sessions begun (count).
-- users: Users, summed over landing pages and campaigns: an upper bound (count).
-- engaged_sessions: Engaged sessions (count).
-- conversions: Key events counted as conversion (count, may be fractional); null when unknown.
-- revenue: Revenue (in the tenant's currency); null when the account may not see it.
-- conversion_rate: conversions / sessions (share); null without sessions.
-- simulated: True for figures of the sandbox's market.
WITH told AS (
    SELECT *, lower(source) AS s, lower(medium) AS m,
        regexp_matches(lower(source), '(^|\.)(google|bing|yahoo|duckduckgo|ecosia|baidu|yandex|qwant|brave)(\.|$)') AS engine,
        regexp_matches(lower(source), '(^|\.)(facebook|instagram|linkedin|twitter|t\.co|reddit|youtube|tiktok|pinterest|threads|bluesky|mastodon|lnkd)(\.|$)|^(www\.)?(x|fb)(\.com)?$') AS network,
        regexp_matches(lower(medium), '^(.*cp.*|ppc|retargeting|paid.*)$') AS paid
    FROM ga4_daily
)
SELECT
    tenant,
    date,
    CASE
        WHEN s IN ('(direct)', '') AND m IN ('(none)', '(not set)', '') THEN 'Direct'
        WHEN paid AND engine THEN 'Paid Search'
        WHEN paid AND network THEN 'Paid Social'
        WHEN m IN ('display', 'banner', 'expandable', 'interstitial', 'cpm') THEN 'Display'
        WHEN m = 'organic' OR (engine AND m NOT IN ('email', 'referral')) THEN 'Organic Search'
        WHEN network OR m IN ('social', 'social-network', 'social-media', 'sm') THEN 'Organic Social'
        WHEN s IN ('email', 'e-mail', 'newsletter', 'mailchimp') OR m IN ('email', 'e-mail', 'e_mail', 'newsletter') THEN 'Email'
        WHEN m = 'affiliate' THEN 'Affiliates'
        WHEN m IN ('referral', 'app', 'link') THEN 'Referral'
        ELSE 'Unassigned'
    END AS channel,
    source,
    medium,
    sum(sessions)::BIGINT AS sessions,
    sum(users)::BIGINT AS users,
    sum(engaged_sessions)::BIGINT AS engaged_sessions,
    sum(conversions) AS conversions,
    sum(revenue) AS revenue,
    sum(conversions) / nullif(sum(sessions), 0) AS conversion_rate,
    bool_or(simulated) AS simulated
FROM told
GROUP BY ALL
ORDER BY tenant, date, channel, source, medium
