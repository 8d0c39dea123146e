"""A GA4 property's quotas: tokens that reports cost, and server errors, which lock it when there are ten in an hour."""

import time
from typing import Any

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.world import World

TOKENS_PER_DAY, TOKENS_PER_HOUR, TOKENS_PER_PROJECT_HOUR = 200_000, 40_000, 14_000
SERVER_ERRORS_PER_HOUR = 10
_HOUR_S = 3600.0
_TOKENS_SPENT = (
    "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour. To increase "
    "your quota, see https://support.google.com/analytics/answer/9143382."
)
_ERRORS_SPENT = (
    "Exhausted server errors quota for a project per hour. This quota will refresh in under an hour. To learn more, "
    "see https://support.google.com/analytics/answer/9384280."
)


class Quota:
    """Counts by real hours: what quotas protect is the server, not the market."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spent: dict[tuple[str, str], int] = {}

    def refusal(self, account: Account) -> str | None:
        """Google's sentence when the property has to wait; None while it may ask."""
        if self._spent.get(_hour(account), 0) >= TOKENS_PER_PROJECT_HOUR:
            return _TOKENS_SPENT
        counts = self._world.habits.on(account.tenant, "ga4", "server_error_quota")
        return _ERRORS_SPENT if counts and self._errors(account) >= SERVER_ERRORS_PER_HOUR else None

    def spend(self, account: Account, tokens: int) -> dict[str, Any]:
        """Take a report's tokens; what `propertyQuota` says then. Figures that are 0 are missing, as Google's are."""
        key = _hour(account)
        spent = self._spent[key] = self._spent.get(key, 0) + tokens
        limits = {
            "tokensPerDay": TOKENS_PER_DAY,
            "tokensPerHour": TOKENS_PER_HOUR,
            "tokensPerProjectPerHour": TOKENS_PER_PROJECT_HOUR,
        }
        quota = {name: {"consumed": tokens, "remaining": max(0, limit - spent)} for name, limit in limits.items()}
        errors = max(0, SERVER_ERRORS_PER_HOUR - self._errors(account))
        quota |= {
            "concurrentRequests": {"remaining": 10},
            "serverErrorsPerProjectPerHour": {"remaining": errors},
            "potentiallyThresholdedRequestsPerHour": {"remaining": 120},
        }
        return {name: {key: value for key, value in said.items() if value} for name, said in quota.items()}

    def _errors(self, account: Account) -> int:
        mark = f"/properties/{self._world.credentials(account.tenant).ga4_property}"
        return self._world.faults.server_errors("ga4", mark, since=time.monotonic() - _HOUR_S)


def _hour(account: Account) -> tuple[str, str]:
    return account.tenant, time.strftime("%Y%m%d%H")
