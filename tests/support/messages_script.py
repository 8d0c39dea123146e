"""Scripts for the Messages server: what it says to requests of one kind, in order."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from tests.support.messages_server import Reply

Said = BaseModel | str | Reply


def in_order(*said: Said) -> Callable[[dict[str, Any]], Reply]:
    """Answers one after the other; the last one for ever."""
    left = list(said)

    def answer(_body: dict[str, Any]) -> Reply:
        return _reply(left.pop(0) if len(left) > 1 else left[0])

    return answer


def _reply(said: Said) -> Reply:
    if isinstance(said, Reply):
        return said
    return Reply(said if isinstance(said, str) else said.model_dump_json())


def user_turns(bodies: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What was said to the model in each request, turn by turn."""
    return [[said_in(message) for message in body["messages"]] for body in bodies]


def said_in(message: dict[str, Any]) -> str:
    """The text of one message, whether it is one text or several blocks."""
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(block["text"] for block in content)
