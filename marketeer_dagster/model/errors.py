"""The one error family. Every error names what failed, for whom, and what to do next."""

from enum import StrEnum

from marketeer_dagster.model.redaction import redact


class MarketeerError(Exception):
    """Base of every error this project raises on purpose.

    `message` says what failed and for whom, `hint` what to do next, `exit_code` is what the
    command line ends with (1 work failed, 2 bad input or configuration, 3 waits for a person).
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        # At birth, so that no path of an error to a log, a store or a screen can forget it.
        self.message = redact(message)
        self.hint = redact(hint) if hint else hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class BadInput(MarketeerError):
    """Input refused before anything was spent or written. `where` locates it: file, key, field."""

    exit_code = 2

    def __init__(
        self, message: str, *, where: str | None = None, expected: str | None = None, hint: str | None = None
    ) -> None:
        parts = [message if where is None else f"{where}: {message}"]
        if expected is not None:
            parts.append(f"expected {expected}")
        super().__init__("; ".join(parts), hint=hint)
        self.where = where
        self.expected = expected


class ConfigError(BadInput):
    """Settings, home folder, catalog or connections cannot be used as they are."""


class NotFound(BadInput):
    """A name or id that does not exist (for this tenant)."""


class Conflict(MarketeerError):
    """The store's state changed under the caller, or the step asked for is not allowed from this state."""


class WaitsForPerson(MarketeerError):
    """Work is done as far as policy allows; a person decides next (`marketeer inbox`)."""

    exit_code = 3


class BudgetExceeded(MarketeerError):
    """A reservation would pass a budget; nothing was sent and nothing spent."""


class TryLater(MarketeerError):
    """Nothing is wrong that anybody could mend, and a short wait did not help: an outage, an overloaded model.

    The work is not lost and not failed. A campaign whose run ends so is postponed and taken up by itself, after
    `retry_after_s` seconds of the clock on the wall (an outage does not know the market's days) or longer.
    """

    def __init__(self, message: str, *, retry_after_s: float, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Paused(TryLater):
    """The tenant is paused: what runs ends with its step, nothing new starts, nothing is published.

    Its campaigns are postponed, and taken up when a person or the pause's own end resumes the tenant.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, retry_after_s=0.0, hint=hint)


class NoVerdict(MarketeerError):
    """A language model gave no usable answer (refusal, truncation, unreadable). Never approves anything."""


class ToolErrorKind(StrEnum):
    """Why a vendor said no: auth, invalid, missing are permanent; quota and outage pass; conflict needs a look-up;
    budget ends when a person pays."""

    AUTH = "auth"
    QUOTA = "quota"
    INVALID = "invalid"
    MISSING = "missing"
    CONFLICT = "conflict"
    OUTAGE = "outage"
    BUDGET = "budget"
    """The account's money at the vendor is used up, not ours: nothing is wrong with the request."""


class ToolError(MarketeerError):
    """An external tool failed. `retry_after_s` is the vendor's own wish, in seconds, where it gave one."""

    def __init__(
        self,
        tool: str,
        kind: ToolErrorKind,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{tool}: {kind.value}: {message}", hint=hint)
        self.tool = tool
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def permanent(self) -> bool:
        """Whether trying again unchanged is pointless."""
        return self.kind in (ToolErrorKind.AUTH, ToolErrorKind.INVALID, ToolErrorKind.MISSING, ToolErrorKind.BUDGET)
