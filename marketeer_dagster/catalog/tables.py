"""The warehouse tables a skill may read.

Only facts that come from outside, and the marts made of them alone. What is made of the store (reviews, publications,
artefact_performance) comes after the skills: reading it would close a loop in the asset graph, and loops close through
sensors and learnings.
"""

READABLE_TABLES: tuple[str, ...] = (
    "ga4_daily",
    "gsc_daily",
    "stripe_daily",
    "email_daily",
    "ads_daily",
    "social_daily",
    "pagespeed_daily",
    "experiment_daily",
    "channel_performance",
    "page_performance",
)
AFTER_SKILLS: tuple[str, ...] = (
    "artefacts",
    "artefact_heads",
    "reviews",
    "publications",
    "signals",
    "learnings",
    "llm_calls",
    "experiments",
    "experiment_arms",
    "campaigns",
    "goals",
    "artefact_performance",
    "campaign_roi",
    "quality_trend",
    "spend_and_budget",
)
