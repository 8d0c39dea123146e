"""What is ingested: one entry per metric table, from which its asset, checks and metadata are built.

A new source is one more entry here and a client in resources/ that brings its rows home as `Collected`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from marketeer_dagster.model.connection import Connection
from resources.calling import CallLimiter
from resources.collected import Collected

Collect = Callable[[Connection, CallLimiter, date, date], Collected]


@dataclass(frozen=True)
class MetricSource:
    """One metric table and where its rows come from."""

    table: str
    """Warehouse table and asset name."""
    tool: str
    """Connector whose connection is read; a tenant without one is left out."""
    kinds: frozenset[str]
    """What the asset shows as icons in the UI."""
    description: str
    collect: Collect
    """Rows of [first, last] for one connection; raises ToolError."""
    measures: tuple[str, ...]
    """Columns that add up over rows: revisions are told by their daily sums."""
    lag_days: int
    """Days after which the vendor has usually reported a day; freshness is judged against it."""
    every_day: bool
    """Whether a day without rows means that something is broken."""
    impossible: tuple[tuple[str, str], ...]
    """(SQL condition on a row, what it would mean): no row may satisfy one."""


class _Counted:
    """A limiter that also counts the calls it lets through."""

    def __init__(self, limits: CallLimiter) -> None:
        self._limits = limits
        self.calls = 0

    def acquire(self, tool: str, account: str) -> None:
        self._limits.acquire(tool, account)
        self.calls += 1


def _ga4(connection: Connection, limits: CallLimiter, first: date, last: date) -> Collected:
    from resources.ga4 import Ga4Client

    return Ga4Client(connection, limiter=limits).collect_daily(first, last)


def _experiments(connection: Connection, limits: CallLimiter, first: date, last: date) -> Collected:
    from resources.ga4 import Ga4Client

    return Ga4Client(connection, limiter=limits).collect_experiments(first, last)


def _search(connection: Connection, limits: CallLimiter, first: date, last: date) -> Collected:
    from resources.search_console import SearchConsoleClient

    return SearchConsoleClient(connection, limiter=limits).collect_daily(first, last)


def _stripe(connection: Connection, limits: CallLimiter, first: date, last: date) -> Collected:
    from resources.stripe import StripeClient_

    return StripeClient_(connection, limiter=limits).collect_daily(first, last)


def _email(connection: Connection, limits: CallLimiter, first: date, last: date) -> Collected:
    from resources.mailchimp import MailchimpClient

    counted = _Counted(limits)
    rows = MailchimpClient(connection, limiter=counted).reports(first, last)
    return Collected(rows, api_calls=counted.calls)


SOURCES = (
    MetricSource(
        table="ga4_daily",
        tool="ga4",
        kinds=frozenset({"googleanalytics", "duckdb"}),
        description="Sessions, users, sign-ups and revenue by day, landing page, source, medium and campaign, from "
        "Google Analytics 4. Recent days are revised by Google for about two days.",
        collect=_ga4,
        measures=("sessions", "users", "engaged_sessions", "conversions", "revenue"),
        lag_days=2,
        every_day=True,
        impossible=(
            ("least(sessions, users, engaged_sessions, conversions) < 0", "a count below zero"),
            # GA4 estimates counts of large rows by themselves, so that a part may come out a little above its whole.
            # More conversions than sessions are nothing odd: GA4 counts events, and a session may have several.
            ("engaged_sessions > 1.05 * sessions + 2", "more engaged sessions than sessions"),
            ("isnan(conversions) or isinf(conversions) or isnan(revenue) or isinf(revenue)", "a figure that is none"),
        ),
    ),
    MetricSource(
        table="gsc_daily",
        tool="search_console",
        kinds=frozenset({"google", "duckdb"}),
        description="Clicks, impressions and positions by day, page, query, country and device, from Google Search "
        "Console. What rare queries brought stands under one row of the page; the newest days are provisional.",
        collect=_search,
        measures=("clicks", "impressions"),
        lag_days=4,
        every_day=True,
        impossible=(
            ("least(clicks, impressions) < 0", "a count below zero"),
            ("clicks > impressions", "more clicks than impressions"),
            ("position < 1 - 1e-6", "a position above the first"),
            ("isnan(position) or isinf(position)", "a figure that is none"),
        ),
    ),
    MetricSource(
        table="stripe_daily",
        tool="stripe",
        kinds=frozenset({"stripe", "duckdb"}),
        description="Monthly recurring revenue by day and plan with its movements, trials and churn, computed from "
        "Stripe's subscriptions and events. Of a change of plan the smaller price moves; the rest is expansion or "
        "contraction.",
        collect=_stripe,
        measures=("mrr", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "trials_started"),
        lag_days=1,
        every_day=True,
        impossible=(
            (
                "least(mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, moved_in_mrr, moved_out_mrr) < 0",
                "an amount below zero",
            ),
            ("least(active, trials_started, trials_converted, churned) < 0", "a count below zero"),
            ("mrr > 0 and active = 0", "revenue without a paying subscription"),
        ),
    ),
    MetricSource(
        table="email_daily",
        tool="mailchimp",
        kinds=frozenset({"mailchimp", "duckdb"}),
        description="Sends, opens, clicks, bounces and unsubscribes by day and email, from Mailchimp's reports.",
        collect=_email,
        measures=("sends", "opens", "clicks"),
        lag_days=1,
        every_day=False,
        impossible=(
            ("least(sends, opens, clicks, bounces, unsubscribes) < 0", "a count below zero"),
            ("sends > 0 and bounces > sends", "more bounces than emails sent"),
        ),
    ),
    MetricSource(
        table="experiment_daily",
        tool="ga4",
        kinds=frozenset({"googleanalytics", "duckdb"}),
        description="People, sign-ups and revenue of each variant of an experiment up to each day, from the user "
        "property in which our pages keep a visitor's variant in Google Analytics 4.",
        collect=_experiments,
        measures=("visitors", "conversions", "revenue"),
        lag_days=2,
        every_day=False,
        impossible=(
            ("least(visitors, conversions) < 0", "a count below zero"),
            ("conversions > visitors", "more sign-ups than visitors"),
        ),
    ),
)
