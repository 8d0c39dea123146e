"""The stage of a day: which pages are public, what they are like, and how they stand against the site's beginnings."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.demand import PageDemand, new_page_share
from marketeer_dagster.sandbox.documents import Documents
from marketeer_dagster.sandbox.intents import intents_of
from marketeer_dagster.sandbox.legacy import seed_pages
from marketeer_dagster.sandbox.response import Audience, Drift
from marketeer_dagster.sandbox.shocks import Shock, ShockKind, Shocks
from marketeer_dagster.sandbox.site import Page, Site, normal_path
from marketeer_dagster.sandbox.state import State
from marketeer_dagster.sandbox.traits import Traits, traits_of
from marketeer_dagster.sandbox.variants import arms_of

_STRENGTH = {"/pricing": 1.5, "/": 0.85}
"""How near to signing up the visitors of a page are, relative to other pages."""
_AUTHORITY_DAYS = 20
"""How slowly search notices that a page has become better or worse."""
_STALE_PER_YEAR = 0.15
"""What a page loses of its organic traffic in a year without being touched."""


@dataclass(frozen=True)
class Arm:
    """What a share of a page's visitors sees, and the rate at which they sign up on an ordinary day."""

    name: str
    share: float
    traits: Traits
    rate: float


@dataclass(frozen=True)
class LivePage:
    """One public page on one day."""

    demand: PageDemand
    experiment: str
    user_property: str
    """In which analytics are told a visitor's arm; empty without a test."""
    arms: tuple[Arm, ...]
    drift: Drift | None

    @property
    def path(self) -> str:
        return self.demand.path


class Stage:
    """One account's site, seen by its audience."""

    def __init__(self, seed: int, state: State, account: Account) -> None:
        self._account = account
        self._pages = Site(state, account.tenant).pages
        self._memory = Documents(state, account.tenant, "market")
        self._shocks = Shocks(state, account.tenant)
        self.audience = Audience(seed, account.tenant, intents_of(seed, account.spec))

    def set_up(self, first: date) -> None:
        """Publish the seed pages and remember how they do: the measure of everything that replaces them."""
        rate = pull = 0.0
        moment = datetime.combine(first, time(8), UTC)
        for seed_page in seed_pages(self._account.spec):
            path, share = normal_path(seed_page.path), seed_page.share or 0.0
            self._pages.save(
                Page(
                    id=self._pages.next_id(),
                    slug=path.rsplit("/", 1)[-1] or "home",
                    path=path,
                    title=seed_page.title,
                    content=seed_page.html,
                    status="publish",
                    created=moment,
                    modified=moment,
                )
            )
            self._memory.put("seed_page", path, {"share": share})
            traits = traits_of(seed_page.title, seed_page.html)
            rate += share * _STRENGTH.get(path, 1.0) * self.audience.appeal(traits, path)
            pull += share * self.audience.pull(traits, path)
        self._memory.put("anchor", "site", {"rate": rate, "pull": pull})

    def pages(self, day: date) -> list[LivePage]:
        """Every public page on `day`, oldest first. Drifts that begin today take their measure from what is live."""
        anchor = self._memory.get("anchor", "site") or {"rate": 1.0, "pull": 1.0}
        shocks = self._shocks.active(day)
        return [
            self._page(page, day, shocks, anchor["rate"], anchor["pull"]) for page in self._pages.list(status="publish")
        ]

    def _page(self, page: Page, day: date, shocks: tuple[Shock, ...], rate: float, pull: float) -> LivePage:
        path = normal_path(page.path)
        split = arms_of(page.content)
        seen = [traits_of(page.title, html) for html in split.html]
        drift = self._drift(path, seen[0], shocks)
        usual = self._account.spec.conversion_rate * _STRENGTH.get(path, 1.0) / rate
        arms = tuple(
            Arm(
                name,
                share,
                traits,
                usual * self.audience.appeal(traits, path) * self.audience.drift_factor(traits, drift),
            )
            for name, share, traits in zip(split.names, split.shares, seen, strict=True)
        )
        authority = self._authority(path, seen[0], page.modified.date(), day, pull)
        demand = PageDemand(path, self._share(page, path, day), authority, page.modified.date())
        return LivePage(demand, split.experiment, split.user_property, arms, drift)

    def _share(self, page: Page, path: str, day: date) -> float:
        known = self._memory.get("seed_page", path)
        return float(known["share"]) if known else new_page_share(max(0, (day - page.created.date()).days))

    def _authority(self, path: str, traits: Traits, modified: date, day: date, anchor: float) -> float:
        """Moves slowly towards what the content deserves; remembered from day to day."""
        stale = 1 - _STALE_PER_YEAR * min(1.0, max(0, (day - modified).days) / 365)
        deserved = self.audience.pull(traits, path) / anchor * stale
        before = self._memory.get("authority", path)
        value = deserved if before is None else before["value"] + (deserved - before["value"]) / _AUTHORITY_DAYS
        self._memory.put("authority", path, {"value": value})
        return float(value)

    def _drift(self, path: str, traits: Traits, shocks: tuple[Shock, ...]) -> Drift | None:
        """What the page's visitors have drifted to: each drift takes the place of the one before."""
        drift: Drift | None = None
        for shock in sorted(shocks, key=lambda shock: shock.start):
            if shock.spec.kind is not ShockKind.INTENT_DRIFT or normal_path(shock.spec.page) != path:
                continue
            if shock.intent is None:
                left = self.audience.drift_factor(traits, drift)
                drift = self.audience.drift_onto(traits, path, 1 - left * (1 - shock.spec.size))
                self._shocks.save(shock.model_copy(update={"intent": drift.intent.name, "share": drift.share}))
            else:
                intent = next(intent for intent in self.audience.intents if intent.name == shock.intent)
                drift = Drift(intent, shock.share)
        return drift
