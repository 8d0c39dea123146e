"""One request on the wire: streamed to its last event, with a short limit on silence.

A whole answer may take many minutes; a connection that says nothing for a minute and a half is dead. The server's pings
count as life: they are all that comes while a model thinks. So silence is limited tightly, and the whole generously.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.claude.answer import Message
from resources.claude.endpoint import Line
from resources.claude.errors import Fate, fate_of, request_id_of, says_no_retry, translate
from resources.claude.request import Request
from resources.claude.stream import Gathered

if TYPE_CHECKING:
    from anthropic import AsyncAPIResponse

_LIMIT = re.compile(r"anthropic-ratelimit-(?P<kind>[a-z-]+)-limit$")
_OK_STATUS, _QUOTA_STATUS = 200, 429


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire."""

    body: str
    message: Message
    request_id: str
    latency_s: float
    limits: Mapping[str, str]
    """What the account may do in a minute, by kind (requests, input-tokens …), where the vendor told it."""


class Failed(Exception):
    """A request that brought no answer, and what is known of it."""

    def __init__(self, error: ToolError, fate: Fate, gathered: Gathered, request_id: str, *, pointless: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.fate = fate
        self.gathered = gathered
        """What had come of the answer."""
        self.request_id = request_id
        self.pointless = pointless
        """Whether the vendor says that a repetition will not do for now."""
        self.told = False
        """Whether the vendor itself said that the answer would not come to its end."""

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.error.kind in (ToolErrorKind.QUOTA, ToolErrorKind.OUTAGE)


async def send(line: Line, request: Request, now: Callable[[], float]) -> Reply:
    """The whole answer to `request`. Raises Failed; a cancelled request is closed. `now` is the time of the pace."""
    gathered = Gathered()
    began = time.perf_counter()
    request_id = ""
    limits: Mapping[str, str] = {}
    try:
        async with asyncio.timeout(line.endpoint.timeout_s):
            params: Any = {**request.params, "stream": True}
            async with line.client().messages.with_streaming_response.create(**params) as response:
                request_id = response.request_id or ""
                line.pace.note(response.headers, now())
                limits = limits_of(response.headers)
                await _read(response, gathered)
        message = _whole(gathered)
    except Exception as error:
        if gathered.whole and not isinstance(error, ToolError):
            # All that counts has come; how the connection ended after it does not matter.
            return Reply(gathered.body, Message.read(gathered.body), request_id, time.perf_counter() - began, limits)
        failed = _failed(error, gathered, request_id, line, now())
        if failed is None:
            raise
        raise failed from error
    return Reply(gathered.body, message, request_id, time.perf_counter() - began, limits)


def limits_of(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The `anthropic-ratelimit-*-limit` headers, by kind."""
    found = ((_LIMIT.match(name), value) for name, value in headers.items())
    return {match["kind"]: value for match, value in found if match}


class _BrokenOff(Exception):
    """The answer ended before its end."""


class _NoAnswer(Exception):
    """The response is none of the Messages API."""


async def _read(response: "AsyncAPIResponse[Any]", gathered: Gathered) -> None:
    kind = response.headers.get("content-type", "")
    if "text/event-stream" in kind:
        async for event in await response.parse():
            gathered.take(event.to_dict(mode="json", warnings=False))  # of kinds that the SDK does not know yet
        return
    body = await response.text()
    said = Gathered.of_body(body) if "json" in kind else Gathered()
    if said.message is None:
        raise _NoAnswer(f"{kind or 'no content type'}: {body.strip()[:80]!r}")
    gathered.message, gathered.whole = said.message, said.whole


def _whole(gathered: Gathered) -> Message:
    if not gathered.whole:
        raise _BrokenOff
    return Message.read(gathered.body)


def _failed(error: Exception, gathered: Gathered, request_id: str, line: Line, now: float) -> Failed | None:
    """What an exception on the way means; None for one that is no matter of the wire."""
    from anthropic import APIStatusError

    if isinstance(error, APIStatusError):
        line.pace.note(error.response.headers, now, turned_away=error.status_code == _QUOTA_STATUS)
    meaning, fate = _meaning(error, gathered, line)
    if meaning is None:
        return None
    named = request_id_of(error) or request_id
    failed = Failed(meaning, fate, gathered, named, pointless=says_no_retry(error))
    failed.told = isinstance(error, APIStatusError) and error.status_code == _OK_STATUS
    return failed


def _meaning(error: Exception, gathered: Gathered, line: Line) -> tuple[ToolError | None, Fate]:
    if isinstance(error, ToolError):  # an answer that is whole and cannot be read: it was generated all the same
        return error, Fate.CUT
    if isinstance(error, _NoAnswer):
        said = f"a response that is no Messages API answer ({error})"
        return ToolError("claude", ToolErrorKind.INVALID, said, hint="check ANTHROPIC_BASE_URL"), Fate.TURNED_AWAY
    if isinstance(error, _BrokenOff):
        return ToolError("claude", ToolErrorKind.OUTAGE, "the answer broke off before its end"), Fate.CUT
    if isinstance(error, TimeoutError):
        said = f"no whole answer within {line.endpoint.timeout_s:g} s"
        return ToolError("claude", ToolErrorKind.OUTAGE, said), Fate.CUT
    meaning = translate(error)
    if meaning is None and isinstance(error, ValueError | LookupError):  # an event that is no JSON
        return ToolError("claude", ToolErrorKind.OUTAGE, f"the answer broke off in an event: {error}"), Fate.CUT
    fate = fate_of(error)
    # An error that comes first thing after the headers is one in place of an answer, as with a status of its own.
    in_stream = getattr(error, "status_code", None) == _OK_STATUS
    return meaning, Fate.TURNED_AWAY if in_stream and gathered.message is None else fate
