"""The world: one seed, one clock, the accounts in it, what they published, and everything vendors remember.

What a vendor module needs:

- `world.account(tenant)`, `world.credentials(tenant)`, `world.accounts()`; whose a secret is: `world.tenant_with(…)`
- `world.site(tenant).pages`: `Page`s (id, kind, slug, path, title, content, status, meta, created, modified)
- `world.documents(tenant, vendor)`: free JSON documents by (kind, id), and id sequences
- `world.mailing(tenant)`: emails that went out, and their daily results once days have been lived
- `world.ledger.record(vendor, action, key, tenant, amount)`: every accepted write and billed call
- `world.clock.day` / `world.now()`; `world.public_url(tenant, path)`
- `world.habits.on(tenant, vendor, name)`: whether the vendor is unkind to this tenant in that way
- `world.lock`: hold it around read-then-write sequences
"""

import secrets
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path

from marketeer_dagster.model.errors import BadInput, ConfigError, NotFound
from marketeer_dagster.sandbox.accounts import Account, AccountSpec, Credentials
from marketeer_dagster.sandbox.clock import WorldClock
from marketeer_dagster.sandbox.documents import Documents
from marketeer_dagster.sandbox.faults import Faults
from marketeer_dagster.sandbox.habits import Habits
from marketeer_dagster.sandbox.identity import MarketFace, place_of
from marketeer_dagster.sandbox.ledger import Ledger
from marketeer_dagster.sandbox.mailing import Mailing
from marketeer_dagster.sandbox.market import Market
from marketeer_dagster.sandbox.shocks import Shock, ShockKind, Shocks, ShockSpec
from marketeer_dagster.sandbox.site import Site
from marketeer_dagster.sandbox.state import State

DayHook = Callable[[str, date], None]
"""Called with (tenant, day) just before that day is lived: scheduled sends happen here."""
_VENDOR = "world"


class World:
    """Everything the sandbox knows. Thread-safe: every method is one transaction.

    `state` None keeps it in memory; otherwise a file that a restart continues from. A state file belongs to
    the seed it was made with: another seed raises ConfigError.
    """

    def __init__(self, seed: int = 7, state: Path | None = None, start: date | None = None) -> None:
        self.state = State(state)
        self.seed = self._own_seed(seed, state)
        self.face = MarketFace(id=self._own_id(), place=place_of(state) if state else "", seed=seed)
        """Who this market is: the same after a restart, another after a reset."""
        self.clock = WorldClock(self.state, start)
        self.ledger = Ledger(self.state, self.clock.now)
        self.faults = Faults(seed)
        self.habits = Habits(self.state)
        self.market = Market(seed, self.state)
        self.base_url = "http://127.0.0.1"
        """Where this sandbox is reached; the server sets it when it knows its port."""
        self.day_hooks: list[DayHook] = []
        self._left: datetime | None = None

    def _own_seed(self, seed: int, path: Path | None) -> int:
        known = self.state.meta("seed")
        if known is None:
            self.state.set_meta("seed", str(seed))
        elif known != str(seed):
            raise ConfigError(
                f"this market has seed {known}, not {seed}", where=str(path), hint="use its own seed or a new file"
            )
        return seed

    def _own_id(self) -> str:
        with self.state.transaction():
            known = self.state.meta("id")
            if known is None:
                known = secrets.token_hex(16)
                self.state.set_meta("id", known)
            return known

    @property
    def lock(self) -> AbstractContextManager[None]:
        """One transaction: hold it around read-then-write sequences; an exception undoes the writes."""
        return self.state.transaction()

    @contextmanager
    def _living(self) -> Generator[None]:
        """A transaction in which the market lives; when it fails, what the market has in memory goes too."""
        try:
            with self.lock:
                yield
        except BaseException:
            self.market.forget()
            raise

    def now(self) -> datetime:
        """Business time, UTC."""
        return self.clock.now()

    def told_now(self) -> datetime:
        """Business time as its callers may know it: a walk through several days is one step to them.

        Who saw a day of the middle would read figures up to there while the calendar runs on, and find them stale.
        """
        return self._left or self.now()

    def close(self) -> None:
        self.state.close()

    def open_account(self, spec: AccountSpec) -> Account:
        """The tenant's account; made on the first call (its history is lived through), returned as it is later."""
        with self._living():
            known = self.state.get("", _VENDOR, "account", spec.tenant)
            if known is not None:
                return Account.model_validate(known)
            account = Account(spec=spec, opened=self.clock.day)
            self.state.put("", _VENDOR, "account", spec.tenant, account.model_dump(mode="json"))
            self.market.open(account)
            return account

    def account(self, tenant: str) -> Account:
        """Raises NotFound for a tenant without an account here."""
        body = self.state.get("", _VENDOR, "account", tenant)
        if body is None:
            raise NotFound(
                f"no account for tenant {tenant!r} in this sandbox", hint="POST /_sandbox/accounts makes one"
            )
        return Account.model_validate(body)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, oldest first."""
        return tuple(Account.model_validate(body) for body in self.state.list("", _VENDOR, "account"))

    def credentials(self, tenant: str) -> Credentials:
        return Credentials.of(self.seed, tenant)

    def tenant_with(self, holds: Callable[[Credentials], bool]) -> Account | None:
        """The account whose credentials satisfy `holds`; None when nobody's do."""
        return next((a for a in self.accounts() if holds(self.credentials(a.tenant))), None)

    def site(self, tenant: str) -> Site:
        return Site(self.state, tenant)

    def documents(self, tenant: str, vendor: str) -> Documents:
        """A vendor's own store for one tenant; tenant "" is for what belongs to nobody."""
        return Documents(self.state, tenant, vendor)

    def mailing(self, tenant: str) -> Mailing:
        return Mailing(self.state, tenant)

    def public_url(self, tenant: str, path: str) -> str:
        """Where a browser finds a tenant's page."""
        return f"{self.base_url}/sites/{tenant}/{path.strip('/')}"

    def shock(self, spec: ShockSpec) -> Shock:
        """Plant an event; it begins with the day `start_in_days` from now.

        Raises NotFound for an unknown tenant or a page that is not public, BadInput for a drift without a page.
        """
        self.account(spec.tenant)
        if spec.page and self.site(spec.tenant).pages.by_path(spec.page) is None:
            raise NotFound(f"{spec.tenant} has no public page {spec.page!r}", where="page")
        if spec.kind is ShockKind.INTENT_DRIFT and not spec.page:
            raise BadInput("intent_drift happens to one page", where="page", expected="a path such as /pricing")
        return Shocks(self.state, spec.tenant).plant(spec, self.clock.day)

    def advance(self, days: int) -> date:
        """Live through `days` days with what is published now; returns the new day. Raises BadInput past today."""
        self.clock.check(days)
        self._left = self.now()
        try:
            for _ in range(days):
                self._live_day()
        finally:
            self._left = None
        return self.clock.day

    def _live_day(self) -> None:
        with self._living():
            day = self.clock.day
            for account in self.accounts():
                for hook in self.day_hooks:
                    hook(account.tenant, day)
                self.market.live(account, day)
            self.clock.next_day()
