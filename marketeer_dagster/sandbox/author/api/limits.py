"""Rate limits per account: a minute's requests and tokens, refilled continuously, told in the answer's headers."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from marketeer_dagster.sandbox.author.api.errors import ApiError

REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS = 4_000, 10_000_000, 2_000_000
"""Per minute, as a large account has them: the sandbox limits by faults on demand, not by accident."""


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

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        requests: int = REQUESTS,
        input_tokens: int = INPUT_TOKENS,
        output_tokens: int = OUTPUT_TOKENS,
    ) -> None:
        self._clock = clock
        self._sizes = {"requests": requests, "input-tokens": input_tokens, "output-tokens": output_tokens}
        self._lock = threading.Lock()
        self._buckets: dict[str, dict[str, _Bucket]] = {}

    def take(self, account: str, input_tokens: int) -> None:
        """Count one request; raises a 429 with Retry-After when the account's minute is used up."""
        with self._lock:
            buckets = self._of(account)
            wanted = {"requests": 1, "input-tokens": min(input_tokens, self._sizes["input-tokens"]), "output-tokens": 1}
            for name, amount in wanted.items():
                wait = buckets[name].seconds_until(amount)
                if wait > 0:
                    message = f"This request would exceed your organization's rate limit of {self._sizes[name]:,} "
                    headers = {**self._headers(buckets), "retry-after": str(max(1, round(wait + 0.5)))}
                    raise ApiError(429, message + f"{name.replace('-', ' ')} per minute.", headers)
            buckets["requests"].level -= 1
            buckets["input-tokens"].level -= wanted["input-tokens"]

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

    def _headers(self, buckets: dict[str, _Bucket]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, bucket in buckets.items():
            full = datetime.now(UTC) + timedelta(seconds=bucket.seconds_until(bucket.size))
            found[f"anthropic-ratelimit-{name}-limit"] = str(bucket.size)
            found[f"anthropic-ratelimit-{name}-remaining"] = str(max(0, int(bucket.level)))
            found[f"anthropic-ratelimit-{name}-reset"] = full.isoformat(timespec="seconds").replace("+00:00", "Z")
        return found
