"""What the SDK's exceptions mean."""

from collections.abc import Mapping

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

_HINTS = {
    ToolErrorKind.AUTH: "check ANTHROPIC_API_KEY and that its workspace may use this model",
    ToolErrorKind.MISSING: "check the model names in config.toml and ANTHROPIC_BASE_URL",
    ToolErrorKind.INVALID: "the request itself was refused; trying again unchanged is pointless",
    ToolErrorKind.QUOTA: "lower claude_concurrency in config.toml, or ask Anthropic for higher limits",
    ToolErrorKind.OUTAGE: "nothing was lost: run it again, answers paid for are not paid again",
}


def translate(error: Exception) -> ToolError | None:
    """A ToolError for an exception of the Anthropic SDK, None for anything else."""
    from anthropic import AnthropicError, APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APIStatusError):
        return _of_status(error.status_code, error.api_message or error.message, error.response.headers)
    if isinstance(error, APITimeoutError):
        return _error(ToolErrorKind.OUTAGE, "no answer in time")
    if isinstance(error, APIConnectionError):
        return _error(ToolErrorKind.OUTAGE, f"connection failed: {error.__cause__ or error.message}")
    if isinstance(error, AnthropicError):
        return _error(ToolErrorKind.AUTH, str(error))
    if isinstance(error, TypeError) and "authentication" in str(error):
        return _error(ToolErrorKind.AUTH, "no credentials")
    return None


def _of_status(status: int, message: str, headers: Mapping[str, str]) -> ToolError:
    # 402 is a matter of the account's credit: no retry mends it.
    kind = ToolErrorKind.AUTH if status == 402 else kind_of_status(status)
    wanted = headers.get("retry-after-ms")
    wait = float(wanted) / 1000 if wanted and wanted.isdigit() else retry_after_seconds(headers.get("retry-after"))
    return _error(kind, f"{status} {message}", status=status, retry_after_s=wait)


def _error(
    kind: ToolErrorKind, message: str, *, status: int | None = None, retry_after_s: float | None = None
) -> ToolError:
    return ToolError("claude", kind, message, hint=_HINTS.get(kind), status=status, retry_after_s=retry_after_s)
