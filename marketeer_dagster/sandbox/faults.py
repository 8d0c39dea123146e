"""Faults on demand: which vendor misbehaves how, how often, and for how long."""

import math
import threading
import time
from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from marketeer_dagster.sandbox.chance import uniform


class FaultKind(StrEnum):
    TOO_MANY = "429"
    SERVER_ERROR = "500"
    OVERLOADED = "529"
    HANG = "hang"
    """Accept the request and never answer."""
    CUT = "cut"
    """Close the connection before anything is done."""
    CUT_AFTER_WRITE = "cut_after_write"
    """Do what was asked, then close the connection instead of answering."""
    CUT_STREAM = "cut_stream"
    """Do what was asked and begin to answer, then close the connection in the middle of the answer."""
    STREAM_ERROR = "stream_error"
    """Begin to stream an answer with status 200, then say that it cannot be given (Anthropic)."""
    NO_CREDIT = "no_credit"
    """Refuse because the account has no money left (Anthropic)."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a fault's name
    EMPTY = "empty"
    """Answer as if there were nothing."""
    STALE = "stale"
    """Answer with data three days older than they should be."""


class FaultSpec(BaseModel):
    """What is asked of POST /_sandbox/faults."""

    model_config = ConfigDict(extra="forbid")

    vendor: str
    """anthropic, ga4, searchconsole, stripe, wordpress, mailchimp, oauth; "*" is every vendor."""
    kind: FaultKind
    rate: float = Field(default=1.0, gt=0, le=1)
    """Probability per request."""
    count: int | None = Field(default=None, ge=1)
    """How many times at most; None is no end."""
    retry_after_s: float = Field(default=1.0, ge=0)
    """What a 429 tells the caller."""
    lasts_s: float | None = Field(default=None, gt=0)
    """Seconds on the wall after which the fault is over; None is no end."""
    hang_s: float = Field(default=120.0, gt=0)
    """When a hanging connection is closed after all."""


class Faults:
    """The faults in force. Draws come from one seeded stream per vendor, in order of its requests."""

    def __init__(self, seed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._specs: list[FaultSpec] = []
        self._left: list[int | None] = []
        self._fired: list[int] = []
        self._ends: list[float] = []
        self._clock = clock
        self._requests: dict[str, int] = {}
        self._server_errors: list[tuple[float, str, str]] = []

    def add(self, spec: FaultSpec) -> None:
        with self._lock:
            self._specs.append(spec)
            self._left.append(spec.count)
            self._fired.append(0)
            self._ends.append(math.inf if spec.lasts_s is None else self._clock() + spec.lasts_s)

    def clear(self) -> None:
        with self._lock:
            self._specs, self._left, self._fired, self._ends = [], [], [], []
            self._server_errors = []

    def fired(self) -> "list[tuple[FaultSpec, int]]":
        """Each fault in force and how often it has happened."""
        with self._lock:
            return list(zip(self._specs, self._fired, strict=True))

    def note_server_error(self, vendor: str, path: str) -> None:
        """Remember that a request to `path` was answered with a 5xx: some vendors count those."""
        with self._lock:
            self._server_errors.append((time.monotonic(), vendor, path))

    def server_errors(self, vendor: str, part: str, *, since: float) -> int:
        """Server errors of a vendor's paths with `part` in them, since a moment of time.monotonic."""
        with self._lock:
            return sum(at >= since and who == vendor and part in path for at, who, path in self._server_errors)

    def draw(self, vendor: str) -> FaultSpec | None:
        """The fault that this request meets, if any. The first that strikes wins."""
        with self._lock:
            number = self._requests[vendor] = self._requests.get(vendor, 0) + 1
            for index, spec in enumerate(self._specs):
                if spec.vendor not in (vendor, "*") or self._left[index] == 0 or self._ends[index] <= self._clock():
                    continue
                if uniform(self._seed, "fault", vendor, spec.kind, index, number) < spec.rate:
                    self._fired[index] += 1
                    left = self._left[index]
                    self._left[index] = None if left is None else left - 1
                    return spec
            return None
