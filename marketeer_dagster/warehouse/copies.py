"""Tables copied from the operational store, so that analysts can join what was made with what came of it."""

from marketeer_dagster.warehouse.decisions import APPROVALS, SKILLS
from marketeer_dagster.warehouse.tables import (
    SIMULATED,
    TENANT,
    Column,
    Table,
    count,
    date_of,
    moment,
    name,
    number,
    text,
    usd,
)  # fmt: skip

_CREATED = moment("created_at", "When it was recorded (UTC).")
_TOKENS = (
    count("calls", "Claude calls (count)."),
    count("input_tokens", "Full-price input tokens (count)."),
    count("output_tokens", "Output tokens (count)."),
    count("cache_read_tokens", "Input tokens read from the prompt cache (count)."),
    count("cache_write_tokens", "Input tokens written to the prompt cache (count)."),
    usd("cost_usd", "Price of these calls (USD)."),
)


TENANTS = Table(
    "tenants",
    "Customers' workspaces and their money limits.",
    (
        TENANT,
        text("name", "Display name."),
        text("website", "Public website."),
        text("site", "Root of the site whose pages are published: the content system's, else the website."),
        text("timezone", "IANA time zone in which the tenant's days and months are counted."),
        text("currency", "ISO 4217 code of the amounts in the daily facts."),
        usd("llm_budget_usd", "Claude spend allowed per calendar month (USD)."),
        usd("ad_budget_usd", "Advertising spend allowed per calendar month (USD)."),
        _CREATED,
        SIMULATED,
    ),
)

GOALS = Table(
    "goals",
    "What people asked for, in their own words.",
    (
        TENANT,
        name("goal", "Goal's id."),
        text("text", "The goal as stated."),
        usd(
            "budget_usd", "Most that may be spent on it (USD); null when only the tenant's limits hold.", nullable=True
        ),
        date_of("deadline", "Day by which it should be met; null when none was given.", nullable=True),
        _CREATED,
        SIMULATED,
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "Plans under way and done: one row per campaign.",
    (
        TENANT,
        name("campaign", "Campaign's key, tenant:slug; the Dagster partition."),
        text("goal", "Goal it serves; null for a pipeline or signal.", nullable=True),
        text("pipeline", "Named pipeline that was asked for; null when the Director chose.", nullable=True),
        text("signal", "Signal that it answers; null otherwise.", nullable=True),
        text("parent", "Campaign whose work it improves; null otherwise.", nullable=True),
        text("title", "Title."),
        Column("priority", "INTEGER", "0 (most urgent) to 3."),
        text(
            "status",
            "drafted, planned, running, approved (waits for a release), held (by a test), postponed, published, failed "
            "or escalated.",
        ),
        text("reason", "Why it stands where it stands; empty while it is worked on and when all went well."),
        text("skills", "Chosen skills in plan order, separated by commas; null before planning.", nullable=True),
        text("kpi_metric", "Metric the plan is held to; null before planning.", nullable=True),
        number("kpi_baseline", "Its level when planned, in its own unit; null before planning.", nullable=True),
        number("kpi_target", "The level aimed at, in its own unit; null before planning.", nullable=True),
        usd("budget_usd", "Money the plan may use (USD); null before planning.", nullable=True),
        date_of("deadline", "Day by which the target should be met; null before planning.", nullable=True),
        _CREATED,
        moment("updated_at", "When it last changed (UTC)."),
        SIMULATED,
    ),
)

ARTEFACTS = Table(
    "artefacts",
    "Every version of everything written. The head is the version that the last finished round of work chose; "
    "artefact_heads has it alone. Calls, tokens and cost are a version's own, so that sums are right: what writing it "
    "took, and on the version with which a round of work ended the reviews too.",
    (
        TENANT,
        name("artefact", "Artefact's id."),
        Column("version", "INTEGER", "Version, from 1.", key=True),
        text("campaign", "Campaign's key."),
        text("brief", "Brief it answers."),
        text("skill", "Skill that made it."),
        text("kind", "Type of content, for instance page_copy."),
        text("title", "Title."),
        text("status", "draft, approved, escalated or rejected."),
        Column("is_head", "BOOLEAN", "Whether this is the artefact's current version."),
        number(
            "score",
            "Weighted rubric score with which the work on it ended, 0-10; null for a version that was revised further "
            "(reviews has what was said of it), and where nobody gave one.",
            nullable=True,
        ),
        text("verdict", "How the work on it ended: APPROVE, REVISE, REJECT or NONE; NONE also while it has not."),
        Column(
            "revisions", "INTEGER", "Revisions on the way to this version when the work ended on it, else 0 (count)."
        ),
        Column("context_version", "INTEGER", "Version of the product context it was written from."),
        text("skill_hash", "Fingerprint of the skill's folder."),
        text("prompt_hash", "Fingerprint of the prompt."),
        text("content_hash", "Fingerprint of the content."),
        *_TOKENS,
        _CREATED,
        SIMULATED,
    ),
)

REVIEWS = Table(
    "reviews",
    "What each reviewer said of each version in each round.",
    (
        TENANT,
        name("review", "Review's id."),
        text("campaign", "Campaign's key."),
        text("artefact", "Artefact's id."),
        Column("version", "INTEGER", "Version reviewed."),
        text("reviewer", "Reviewing skill, or director."),
        Column("round", "INTEGER", "Round of review, from 1."),
        text("verdict", "APPROVE, REVISE, REJECT or NONE; NONE approves nothing."),
        number("score", "Weighted rubric score, 0-10; null where nobody gave one.", nullable=True),
        count("findings", "Flaws named (count)."),
        count("blockers", "Flaws that alone prevent approval (count)."),
        text("summary", "The reviewer's summary."),
        _CREATED,
        SIMULATED,
    ),
)

PUBLICATIONS = Table(
    "publications",
    "Artefact versions in channels, from intent to receipt.",
    (
        TENANT,
        name("publication", "Publication's id."),
        text("campaign", "Campaign's key."),
        text("artefact", "Artefact's id."),
        Column("version", "INTEGER", "Version published."),
        text("skill", "Skill that made it."),
        text("tool", "Connector: wordpress, mailchimp …"),
        text("kind", "What it is in the tool: page, page_variant, email_campaign …"),
        text("target", "Page path or list it is addressed to."),
        Column("step", "INTEGER", "The email's place in its sequence, from 1; null for pages.", nullable=True),
        text("utm_campaign", "What its links are counted by: campaign in ga4_daily; null for pages.", nullable=True),
        text("state", "pending, held, approved, writing, draft, published, rejected, withdrawn, failed or superseded."),
        text("external_id", "The tool's id; empty before the write."),
        text("url", "Where it can be seen; empty before the write."),
        text("experiment", "Experiment it is part of; null otherwise.", nullable=True),
        text("error", "Why the tool refused; empty otherwise."),
        _CREATED,
        moment("updated_at", "When it last changed (UTC)."),
        moment("published_at", "When it first became public (UTC); null before.", nullable=True),
        date_of("published_on", "Day it first became public, in the tenant's time zone; null before.", nullable=True),
        SIMULATED,
    ),
)

SIGNALS = Table(
    "signals",
    "Things that happened, the figures behind them, what answered them and whether the metric came back.",
    (
        TENANT,
        name("signal", "Signal's id."),
        text("name", "Entry of the signal catalog, for instance conversion_drop."),
        text("subject", "Page path, channel, experiment or plan it is about."),
        text("metric", "Metric that was off."),
        number("observed", "Its level, in its own unit."),
        number("expected", "The level expected, same unit."),
        number("low", "Lower end of the expected interval, same unit."),
        number("high", "Upper end of the expected interval, same unit."),
        number("relative_change", "observed / expected - 1 (ratio)."),
        date_of("since", "First day it was off."),
        date_of("until", "Newest day looked at."),
        text("campaign", "Campaign that answers it; null while unanswered.", nullable=True),
        text("run_id", "Dagster run that planned the answer; empty before, and for what a person answers."),
        Column("recovered", "BOOLEAN", "Whether the metric came back; null until measured.", nullable=True),
        number(
            "recovery_observed", "The metric's level after the answer, same unit; null until measured.", nullable=True
        ),
        number("recovery_expected", "The level expected then, same unit; null until measured.", nullable=True),
        date_of("recovery_since", "First day of that measurement; null until measured.", nullable=True),
        date_of("recovery_until", "Last day of that measurement; null until measured.", nullable=True),
        _CREATED,
        moment("measured_at", "When recovery was measured (UTC); null before.", nullable=True),
        SIMULATED,
    ),
)

EXPERIMENTS = Table(
    "experiments",
    "Tests of variants on a page and how they ended; daily results are in experiment_daily.",
    (
        TENANT,
        name("experiment", "Experiment's id."),
        text("campaign", "Campaign's key."),
        text("subject", "Page path under test."),
        text("hypothesis", "What was expected and why."),
        text("metric", "Metric that decides."),
        text("state", "running, decided, inconclusive or stopped."),
        Column("arms", "INTEGER", "Variants including the control (count)."),
        Column("max_days", "INTEGER", "Longest duration (days)."),
        count("sample_per_arm", "Planned visitors per arm (count)."),
        date_of("started_on", "First day."),
        date_of("decided_on", "Day of the decision; null while running.", nullable=True),
        text("winner", "Arm that won; null while running.", nullable=True),
        date_of(
            "measured_on",
            "Day of experiment_daily whose figures decided; null while running and where nothing could be said.",
            nullable=True,
        ),
        text(
            "compared",
            "Challenger that lift is about, the best one; null while running and without any.",
            nullable=True,
        ),
        number(
            "lift",
            "(conversions / visitors of that challenger) / (conversions / visitors of the control) - 1, from the rows "
            "of experiment_daily on measured_on, as experiment_arms has them too (ratio, 0.12 is +12 %); where one of "
            "them has no conversion, with half a one and one visitor more on both sides; null while running and "
            "without people in every arm.",
            nullable=True,
        ),
        number("low", "Lower end of its always-valid interval (ratio); null as lift is.", nullable=True),
        number("high", "Upper end of its always-valid interval (ratio); null as lift is.", nullable=True),
        number("confidence", "Coverage of that interval (share); null as lift is.", nullable=True),
        _CREATED,
        SIMULATED,
    ),
)

EXPERIMENT_ARMS = Table(
    "experiment_arms",
    "What the arms of tests show, and the figures of each on which the test was decided: those of experiment_daily on "
    "the day experiments.measured_on.",
    (
        TENANT,
        name("experiment", "Experiment's id."),
        name("variant", "Arm: control or a short name such as b."),
        text("artefact", "Artefact it shows."),
        Column("version", "INTEGER", "Version it shows."),
        number("share", "Planned share of visitors (share)."),
        count("visitors", "People who were shown it when the test was decided (count); null before.", nullable=True),
        count("conversions", "Of these, people who converted (count); null before.", nullable=True),
        SIMULATED,
    ),
)

LEARNINGS = Table(
    "learnings",
    "What experiments taught, for how long it may be cited.",
    (
        TENANT,
        name("learning", "Learning's id."),
        text("statement", "What works, as one sentence."),
        text("skill", "Skill it applies to."),
        text("subject", "Page or audience it was found on."),
        text("experiment", "Experiment that showed it; null otherwise.", nullable=True),
        number("lift", "Relative lift (ratio)."),
        number("low", "Lower end of its interval (ratio)."),
        number("high", "Upper end of its interval (ratio)."),
        text("state", "candidate, validated or expired."),
        date_of("expires_on", "Last day it may be cited."),
        _CREATED,
        SIMULATED,
    ),
)

LLM_CALLS = Table(
    "llm_calls",
    "The Claude ledger: every call with its price. Settled calls cost money; those that were cut count at their most.",
    (
        TENANT,
        name("call", "Call's id."),
        text("campaign", "Campaign's key."),
        text("skill", "Skill it was made for."),
        text("role", "What was asked in the skill's name, as the ledger has it: draft, revise, review-<reviewer> …"),
        text(
            "purpose",
            "The same in one word: plan, draft, revision, review, direction (the Director's look back), repair (of an "
            "answer of another form, or against a rule) or other.",
        ),
        text("run_id", "Dagster run."),
        text("model", "Claude model."),
        text("month", "Month it is booked to, YYYY-MM, in the tenant's time zone."),
        Column("priority", "INTEGER", "0 (most urgent) to 3."),
        text(
            "state",
            "reserved, settled, released (failed, not billed), lost (never sent) or cut (sent, no whole answer).",
        ),
        usd("reserved_usd", "Worst case held back before the call (USD)."),
        *_TOKENS,
        text("stop_reason", "Why the answer ended; empty before."),
        number("latency_s", "Duration of the call (seconds); null where it has not ended.", nullable=True),
        text("error", "What went wrong, or why the answer was judged bad; empty otherwise."),
        moment("reserved_at", "When the call began (UTC)."),
        moment("finished_at", "When it ended (UTC); null while under way.", nullable=True),
        SIMULATED,
    ),
)

COPIES = (
    TENANTS, GOALS, CAMPAIGNS, ARTEFACTS, REVIEWS, APPROVALS, PUBLICATIONS, SIGNALS, EXPERIMENTS, EXPERIMENT_ARMS,
    LEARNINGS, LLM_CALLS, SKILLS,
)  # fmt: skip
