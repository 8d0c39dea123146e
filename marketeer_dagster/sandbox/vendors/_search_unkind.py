"""How Search Console bends what happened: rare queries withheld, addresses in many spellings, rights and quotas."""

from collections.abc import Iterable

from starlette.responses import JSONResponse, Response

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import uniform
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.searches import SearchRow
from marketeer_dagster.sandbox.world import World

HABITS = {
    "rare_queries": Habit(
        "A day's rare queries (below 3 impressions or 1.5 % of the site's) are left out of rows by query.", on=True
    ),
    "spellings": Habit(
        "Pages come with #fragments and query strings, in a domain property also as http, www and subdomains.", on=True
    ),
    "unverified_user": Habit("The account lists the site but may not read it (siteUnverifiedUser)."),
    "only_domain": Habit("The account has the site as sc-domain:… only; the https:// spelling is refused."),
    "no_sites": Habit("The account has no property at all."),
    "load_quota": Habit(
        "The load quota of page and query is spent: 403 quotaExceeded, for a quarter of an hour or a day."
    ),
}
_FEW, _FEW_SHARE = 3, 0.015
_FRAGMENT, _PARAMETER, _WWW, _HTTP, _SUBDOMAIN = 0.03, 0.05, 0.08, 0.10, 0.11
"""Shares of rows up to which an address is spelled so."""
_LOAD = "Search Analytics load quota exceeded. Learn about usage limits: https://developers.google.com/webmaster-tools/v3/limits."


class Unkind:
    """The habits towards one account."""

    def __init__(self, world: World, account: Account) -> None:
        self._world, self._account = world, account

    def on(self, name: str) -> bool:
        return self._world.habits.on(self._account.tenant, "searchconsole", name)

    def state(self) -> tuple[bool, ...]:
        """What reports depend on: one made under other habits is another."""
        return self.on("rare_queries"), self.on("spellings")

    def sites(self) -> list[dict[str, str]]:
        """The account's properties."""
        if self.on("no_sites"):
            return []
        site = f"sc-domain:{self.host}" if self.on("only_domain") else self._account.site_url
        right = "siteUnverifiedUser" if self.on("unverified_user") else "siteFullUser"
        return [{"siteUrl": site, "permissionLevel": right}]

    @property
    def host(self) -> str:
        return self._account.site_url.split("//")[1].rstrip("/")

    def has(self, site: str) -> bool:
        """Whether the account has the property, readable or not, in this spelling."""
        if self.on("no_sites"):
            return False
        whole = self._account.site_url.rstrip("/")
        return site == f"sc-domain:{self.host}" or (site.rstrip("/") == whole and not self.on("only_domain"))

    def refusal(self, site: str, dimensions: Iterable[str]) -> Response | None:
        """Why a query is refused although it is a good one; None when it is not."""
        if self.on("unverified_user"):
            return forbidden(site)
        if self.on("load_quota") and {"page", "query"} <= set(dimensions):
            part = {"message": _LOAD, "domain": "usageLimits", "reason": "quotaExceeded"}
            return JSONResponse({"error": {"code": 403, "message": _LOAD, "errors": [part]}}, status_code=403)
        return None

    def withheld(self, rows: Iterable[SearchRow]) -> frozenset[str]:
        """The day's queries that no row may name."""
        if not self.on("rare_queries"):
            return frozenset()
        shown: dict[str, int] = {}
        for row in rows:
            shown[row.query] = shown.get(row.query, 0) + row.impressions
        least = max(_FEW, _FEW_SHARE * sum(shown.values()))
        return frozenset(query for query, times in shown.items() if times < least)

    def address(self, row: SearchRow, domain: bool) -> str:
        """The row's page as Google spells it; `domain` is a property of all hosts and schemes."""
        usual = f"{self._account.site_url.rstrip('/')}{row.page}"
        if not self.on("spellings"):
            return usual
        luck = uniform(self._world.seed, self._account.tenant, "spelling", row.page, row.query, row.country, row.device)
        if luck < _FRAGMENT:
            return f"{usual}#details"
        if luck < _PARAMETER:
            return f"{usual}?ref=newsletter"
        if not domain or luck >= _SUBDOMAIN:
            return usual
        if luck < _WWW:
            return f"https://www.{self.host}{row.page}"
        return f"http://{self.host}{row.page}" if luck < _HTTP else f"https://help.{self.host}{row.page}"


def forbidden(site: str) -> Response:
    """The refusal of a site, also of one that is in the account under its other spelling."""
    return error_response(
        "searchconsole",
        403,
        f"User does not have sufficient permission for site '{site}'. "
        "See also: https://support.google.com/webmasters/answer/2451999.",
    )
