"""The market: what visitors, readers and customers do on each day, given what is published on that day.

A day is lived once and never changes afterwards: its outcome is stored, and everything random in it is drawn from a
stream named by seed, tenant, day and purpose. Vendors read the stored outcome.
"""

from datetime import date, timedelta

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.crowd import Crowd, PaidRow, PeopleRow, paid_by_arm, recorded_people
from marketeer_dagster.sandbox.mailing import Mailing
from marketeer_dagster.sandbox.readers import EmailVisit, read
from marketeer_dagster.sandbox.response import Audience
from marketeer_dagster.sandbox.searches import SearchRow, searches
from marketeer_dagster.sandbox.shocks import Shocks
from marketeer_dagster.sandbox.stage import LivePage, Stage
from marketeer_dagster.sandbox.state import State
from marketeer_dagster.sandbox.subscriptions import Book, Origin
from marketeer_dagster.sandbox.visits import VisitRow, email_visits, payments, recorded, web_visits

_CLICKS_PER_SESSION = 0.93
"""Search reports count clicks, analytics sessions: some sessions come from several clicks, some clicks never load."""
_FATIGUE_DAYS = 7


class Market:
    """Lives days and remembers them. One instance per world."""

    def __init__(self, seed: int, state: State) -> None:
        self._seed, self._state = seed, state
        self._books: dict[str, Book] = {}

    def open(self, account: Account) -> None:
        """Publish the seed pages and live through the account's history with them."""
        first = account.opened - timedelta(days=account.spec.history_days)
        Stage(self._seed, self._state, account).set_up(first)
        self.book(account).open(first)
        for offset in range(account.spec.history_days):
            self.live(account, first + timedelta(days=offset))

    def book(self, account: Account) -> Book:
        """The account's subscriptions."""
        if account.tenant not in self._books:
            self._books[account.tenant] = Book(self._seed, account, self._state)
        return self._books[account.tenant]

    def forget(self) -> None:
        """Drop what is cached in memory; after a rollback it no longer agrees with what is stored."""
        self._books.clear()

    def visits(self, tenant: str, day: date) -> tuple[VisitRow, ...]:
        """What web analytics recorded on a lived day; empty for any other."""
        return tuple(VisitRow._make(row) for row in self._state.get_day(tenant, "visits", day.isoformat()) or ())

    def people(self, tenant: str, day: date) -> tuple[PeopleRow, ...]:
        """Whom web analytics recorded on pages under test on a lived day; empty for any other."""
        return tuple(PeopleRow._make(row) for row in self._state.get_day(tenant, "people", day.isoformat()) or ())

    def paid(self, tenant: str, day: date) -> tuple[PaidRow, ...]:
        """What the people of tests paid first on a lived day; empty for any other."""
        return tuple(PaidRow._make(row) for row in self._state.get_day(tenant, "paid", day.isoformat()) or ())

    def searches(self, tenant: str, day: date) -> tuple[SearchRow, ...]:
        """What search recorded on a lived day; empty for any other."""
        return tuple(SearchRow._make(row) for row in self._state.get_day(tenant, "searches", day.isoformat()) or ())

    def live(self, account: Account, day: date) -> None:
        """Let `day` happen with what is published now. Each day once."""
        stage = Stage(self._seed, self._state, account)
        pages = stage.pages(day)
        shocks = Shocks(self._state, account.tenant).active(day)
        crowd = Crowd(self._state, account.tenant)
        visits = web_visits(self._seed, account, day, pages, shocks, crowd)
        mailed = self._read_emails(account, day, stage.audience)
        found = self._searches(account, day, pages, visits, stage.audience)
        visits += email_visits(self._seed, account, day, pages, mailed, shocks, crowd)
        kept_in = {page.experiment: page.user_property for page in pages if page.experiment}
        signups = [
            Origin(
                row.page, row.source, row.medium, row.campaign,
                row.experiment, row.variant, kept_in.get(row.experiment, ""),
            )
            for row in visits for _ in range(row.conversions)
        ]  # fmt: skip
        paid = self.book(account).live(day, signups)
        visits += payments(paid)
        seen = recorded(self._seed, account, day, visits, shocks)
        self._state.put_day(account.tenant, "visits", day.isoformat(), seen)
        people = recorded_people(self._seed, account.tenant, day, crowd.rows(), shocks)
        if people:
            self._state.put_day(account.tenant, "people", day.isoformat(), people)
        if by_arm := paid_by_arm(paid):
            self._state.put_day(account.tenant, "paid", day.isoformat(), by_arm)
        self._state.put_day(account.tenant, "searches", day.isoformat(), found)

    def _read_emails(self, account: Account, day: date, audience: Audience) -> list[EmailVisit]:
        mailing = Mailing(self._state, account.tenant)
        sent = mailing.sent()
        visits: list[EmailVisit] = []
        for email in sent:
            days_apart = [(email.sent_at.date() - other.sent_at.date()).days for other in sent if other.id != email.id]
            recent = sum(0 <= apart < _FATIGUE_DAYS for apart in days_apart)
            outcome = read(self._seed, account.tenant, day, email, recent, audience)
            if outcome is not None:
                mailing.record(outcome[0])
                visits.append(outcome[1])
        return visits

    def _searches(
        self, account: Account, day: date, pages: list[LivePage], visits: list[VisitRow], audience: Audience
    ) -> list[SearchRow]:
        found: list[SearchRow] = []
        for page in pages:
            came = sum(v.sessions for v in visits if (v.page, v.source, v.medium) == (page.path, "google", "organic"))
            if came:
                clicks = came * _CLICKS_PER_SESSION
                traits = page.arms[0].traits
                found += searches(self._seed, account.tenant, day, page.path, clicks, audience, traits, page.drift)
        return found
