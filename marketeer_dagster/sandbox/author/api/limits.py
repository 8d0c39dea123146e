"""Rate limits per account: a minute's requests and tokens, refilled continuously, told in the answer's headers."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from marketeer_dagster.sandbox.author.api.errors import ApiError


@dataclass(frozen=True)
class Allowance:
    """What an account may do in a minute."""

    requests: int
    input_tokens: int
    output_tokens: int
    sent_away_s: int | None = None
    """Seconds that a 429 tells the caller to stay away; None: as long as the limit needs to refill."""


LARGE = Allowance(4_000, 10_000_000, 2_000_000)
"""As a large account has them."""
SMALL = Allowance(50, 30_000, 8_000, sent_away_s=505)
"""As seen of a new account (recorded: `error-429-input-tokens`); the output limit is that of its documented tier."""


class _Bucket:
    def __init__(self, size: int, now: float) -> None:
        self.size, self.level, self.at = size, float(size), now

    def refill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) * self.size / 60)
        self.at = now

    def seconds_until(self, amount: float) -> float:
        return max(0.0, (amount - self.level) * 60 / self.size)


class RateLimits:
    """Token buckets of all accounts. Thread-safe."""

    def __init__(self, allowance: Allowance = LARGE, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sizes = {
            "requests": allowance.requests,
            "input-tokens": allowance.input_tokens,
            "output-tokens": allowance.output_tokens,
        }
        self._sent_away_s = allowance.sent_away_s
        self._lock = threading.Lock()
        self._buckets: dict[str, dict[str, _Bucket]] = {}

    def take(self, account: str, input_tokens: int) -> None:
        """Count one request; raises a 429 with Retry-After when the account's minute is used up.

        A prompt that is longer than a minute's allowance never passes.
        """
        with self._lock:
            buckets = self._of(account)
            wanted = {"requests": 1, "input-tokens": input_tokens, "output-tokens": 1}
            for name, amount in wanted.items():
                wait = buckets[name].seconds_until(amount)
                if wait > 0:
                    raise ApiError(429, _used_up(name), self._sent_away(buckets, wait))
            buckets["requests"].level -= 1
            buckets["input-tokens"].level -= input_tokens

    def _sent_away(self, buckets: Mapping[str, _Bucket], wait_s: float) -> dict[str, str]:
        seconds = max(1, round(wait_s + 0.5)) if self._sent_away_s is None else self._sent_away_s
        return {**self._headers(buckets), "retry-after": str(seconds), "x-should-retry": "true"}

    def spend_output(self, account: str, tokens: int) -> None:
        """Count an answer's tokens."""
        with self._lock:
            self._of(account)["output-tokens"].level -= tokens

    def headers(self, account: str) -> dict[str, str]:
        """anthropic-ratelimit-* as they stand now."""
        with self._lock:
            return self._headers(self._of(account))

    def _of(self, account: str) -> dict[str, _Bucket]:
        now = self._clock()
        buckets = self._buckets.setdefault(account, {name: _Bucket(size, now) for name, size in self._sizes.items()})
        for bucket in buckets.values():
            bucket.refill(now)
        return buckets

    def _headers(self, buckets: Mapping[str, _Bucket]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, bucket in buckets.items():
            full = datetime.now(UTC) + timedelta(seconds=bucket.seconds_until(bucket.size))
            found[f"anthropic-ratelimit-{name}-limit"] = str(bucket.size)
            found[f"anthropic-ratelimit-{name}-remaining"] = str(max(0, int(bucket.level)))
            found[f"anthropic-ratelimit-{name}-reset"] = full.isoformat(timespec="seconds").replace("+00:00", "Z")
        return found


def _used_up(name: str) -> str:
    what = name.replace("-", " ")
    return (
        f"Number of {what} has exceeded the per-minute rate limit. Please reduce the rate at which you send "
        f"{what.split()[-1]}, or contact us to discuss your use case."
    )
