"""A streamed answer, gathered: what has come so far, whether it is whole, and the most it can have cost.

The vendor's SDK has a helper for this that stops at the first event it does not know and forgets what was billed when a
stream breaks; what matters here are exactly the streams that break.
"""

import json
from collections.abc import Mapping
from typing import Any

_GROWS = ("text", "thinking")
"""Keys of a delta by which the same key of its block grows. Tools' inputs are none of ours: no tool is offered."""


class Gathered:
    """The events of one stream, in order. Unknown events, blocks and deltas are no error."""

    def __init__(self) -> None:
        self.message: dict[str, Any] | None = None
        """The Messages API answer so far; None before the first event of one."""
        self.whole = False
        """Whether the answer has ended: its reason to stop, and with it what is billed, is known."""

    @classmethod
    def of_body(cls, body: str) -> "Gathered":
        """An answer that came in one piece, from a server that does not stream. Not whole when it is no JSON object."""
        gathered = cls()
        try:
            said = json.loads(body)
        except ValueError:
            return gathered
        if isinstance(said, dict):
            gathered.message, gathered.whole = said, True
        return gathered

    def take(self, event: Mapping[str, Any]) -> None:
        """Read one event."""
        kind = event.get("type")
        if kind == "message_start":
            self.message = {**_mapping(event.get("message")), "content": []}
        elif self.message is None:
            return
        elif kind == "content_block_start":
            self.message["content"].append(_started(event))
        elif kind == "content_block_delta":
            self._grow(event.get("index"), _mapping(event.get("delta")))
        elif kind == "message_delta":
            self._end(_mapping(event.get("delta")), _mapping(event.get("usage")))

    @property
    def began(self) -> bool:
        """Whether the model has begun to write (or to think)."""
        return bool(self.message and self.message.get("content"))

    @property
    def usage(self) -> Mapping[str, Any]:
        """The usage told so far; counts are totals, and the output's is final only at the end."""
        return _mapping(self.message.get("usage")) if self.message else {}

    @property
    def body(self) -> str:
        """The answer as one JSON document, as the API gives it to those who do not stream."""
        return json.dumps(self.message, ensure_ascii=False)

    def _grow(self, index: object, delta: Mapping[str, Any]) -> None:
        content = self.message["content"] if self.message else []
        if not isinstance(index, int) or not 0 <= index < len(content):
            return
        for key in _GROWS:
            more = delta.get(key)
            if isinstance(more, str):
                content[index][key] = str(content[index].get(key) or "") + more

    def _end(self, delta: Mapping[str, Any], usage: Mapping[str, Any]) -> None:
        if self.message is None:
            return
        # A later one need not repeat the reason to stop, and its null takes none back.
        self.message.update(
            (key, value) for key, value in delta.items() if value is not None or key not in self.message
        )
        # Totals that overwrite; one that is left out keeps the value of the start.
        told = {key: value for key, value in usage.items() if value is not None}
        self.message["usage"] = {**self.usage, **told}
        self.whole = self.whole or delta.get("stop_reason") is not None


def _started(event: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_mapping(event.get("content_block")))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
