"""The daily facts: what vendors report, one row per tenant, day and dimension."""

from marketeer_dagster.warehouse.tables import SIMULATED, TENANT, Table, count, day, name, number

_CURRENCY = "in the tenant's currency"
_UNTOLD = "); null on days before Stripe's events reach"
ANONYMIZED = "(rare searches)"
"""What stands for the query of searches that Google withholds because few people made them."""

GA4_DAILY = Table(
    "ga4_daily",
    "Website traffic by day, landing page, source, medium and campaign, from Google Analytics 4. "
    "Google revises the last two days or so; a nightly backfill reads them again.",
    (
        TENANT,
        day("Day in the property's time zone."),
        name(
            "landing_page",
            "Path of the first page of the session, with its query string where there was one; (not set) without a "
            "page view, (other) beyond GA4's cardinality limit.",
        ),
        name("source", "Session source as GA4 reports it, for instance google or (direct)."),
        name("medium", "Session medium as GA4 reports it, for instance organic, cpc or email."),
        name(
            "campaign",
            "Session campaign as GA4 reports it: a utm_campaign, a name of Google Ads, or its own (direct), (organic) "
            "and (referral); empty where GA4 says (not set).",
        ),
        count("sessions", "Sessions begun (count)."),
        count("users", "Users with a session (count); not additive over rows."),
        count("engaged_sessions", "Sessions of 10 s or more, with a key event or two page views (count)."),
        number(
            "conversions",
            "Key events counted as conversion, sign_up unless configured otherwise (count, may be fractional and more "
            "than one a session); null when the property has no such key event.",
            nullable=True,
        ),
        number(
            "revenue",
            f"Total revenue GA4 attributes to the row ({_CURRENCY}); null when the account may not see it.",
            nullable=True,
        ),
        SIMULATED,
    ),
)

GSC_DAILY = Table(
    "gsc_daily",
    "Search results by day, page, query, country and device, from Google Search Console. "
    f"Queries of few people are withheld by Google: what a page got by them stands under '{ANONYMIZED}', so that sums "
    "over a page are its totals.",
    (
        TENANT,
        day("Day in Pacific time, as Search Console counts."),
        name("page", "Path of the page shown in the results."),
        name("query", f"What was searched for; {ANONYMIZED} for all searches of a page that Google withholds."),
        name("country", "Three-letter country code, lower case (ISO 3166-1 alpha-3)."),
        name("device", "desktop, mobile or tablet."),
        count("clicks", "Clicks to the site (count)."),
        count("impressions", "Times the page was shown (count)."),
        number("position", "Mean position of the topmost result, 1 is first; weight by impressions when averaging."),
        SIMULATED,
    ),
)

STRIPE_DAILY = Table(
    "stripe_daily",
    "Monthly recurring revenue by day and plan with its movements, trials and churn, computed from Stripe's "
    "subscriptions and events.",
    (
        TENANT,
        day("Day in the account's time zone."),
        name("plan", "Plan: the price's nickname, or its product's name."),
        number(
            "mrr",
            f"Monthly recurring revenue at the end of the day ({_CURRENCY}); told from what subscriptions are today "
            "where the day's movements are unknown.",
        ),
        number(
            "new_mrr", f"MRR of customers who began to pay that day, or again ({_CURRENCY}{_UNTOLD}.", nullable=True
        ),
        number(
            "expansion_mrr",
            f"MRR that paying customers added that day, on the plans that grew ({_CURRENCY}, positive{_UNTOLD}.",
            nullable=True,
        ),
        number(
            "contraction_mrr",
            "MRR that customers who go on paying took away that day, by downgrades and discounts, on the plans that "
            f"shrank ({_CURRENCY}, positive{_UNTOLD}.",
            nullable=True,
        ),
        number(
            "churned_mrr",
            f"MRR lost with customers who stopped paying that day ({_CURRENCY}, positive{_UNTOLD}.",
            nullable=True,
        ),
        number(
            "moved_in_mrr",
            "MRR that came from other plans of the same customers that day; over all plans of a day the same sum as "
            f"moved_out_mrr ({_CURRENCY}, positive{_UNTOLD}.",
            nullable=True,
        ),
        number(
            "moved_out_mrr",
            f"MRR that went to other plans of the same customers that day ({_CURRENCY}, positive{_UNTOLD}.",
            nullable=True,
        ),
        count("active", "Paying subscriptions at the end of the day (count)."),
        count("trials_started", f"Trials begun that day (count{_UNTOLD}.", nullable=True),
        count("trials_converted", f"Trials that became paying that day (count{_UNTOLD}.", nullable=True),
        count(
            "churned", f"Customers of the plan who stopped paying altogether that day (count{_UNTOLD}.", nullable=True
        ),
        SIMULATED,
    ),
)

EMAIL_DAILY = Table(
    "email_daily",
    "Email results by day and campaign, from the email tool's reports. A person counts once per campaign, on the day "
    "of the first open or click.",
    (
        TENANT,
        day("Day in UTC."),
        name("campaign_id", "The email tool's id of the campaign: `external_id` of a publication."),
        name("campaign", "The campaign's title in the email tool."),
        count("sends", "Emails sent that day (count)."),
        count("opens", "People who first opened that day (count)."),
        count("clicks", "People who first clicked that day (count)."),
        count("unsubscribes", "People who left the list by this campaign that day (count)."),
        count("bounces", "Addresses that bounced that day (count)."),
        number("revenue", f"Revenue the tool attributes to the campaign, on the day of sending ({_CURRENCY})."),
        SIMULATED,
    ),
)
ADS_DAILY = Table(
    "ads_daily",
    "Advertising results by day and ad, from the ad platforms.",
    (
        TENANT,
        day("Day in the ad account's time zone."),
        name("platform", "google_ads, meta_ads or another platform."),
        name("campaign", "Campaign name in the platform."),
        name("ad_group", "Ad group or ad set."),
        name("ad", "Ad."),
        count("impressions", "Times shown (count)."),
        count("clicks", "Clicks (count)."),
        number("cost", f"Money spent ({_CURRENCY})."),
        number("conversions", "Conversions the platform attributes (count, may be fractional)."),
        number("revenue", f"Conversion value the platform attributes ({_CURRENCY})."),
        SIMULATED,
    ),
)

EXPERIMENT_DAILY = Table(
    "experiment_daily",
    "How running experiments stood at the end of each day, by variant, from Google Analytics 4. A day holds everybody "
    "since the start, each once: the newest day is the result, and days are not to be added up.",
    (
        TENANT,
        day("Day in the property's time zone."),
        name("experiment", "Experiment's id, see table experiments."),
        name("variant", "Arm: control or a short name such as b."),
        count("visitors", "People who were shown the arm up to and including that day, each once (count)."),
        count("conversions", "Of these, people who converted up to and including that day, each once (count)."),
        number(
            "revenue",
            f"Revenue of these people up to and including that day ({_CURRENCY}); null when unknown.",
            nullable=True,
        ),
        SIMULATED,
    ),
)

FACTS = (GA4_DAILY, GSC_DAILY, STRIPE_DAILY, EMAIL_DAILY, ADS_DAILY, EXPERIMENT_DAILY)
