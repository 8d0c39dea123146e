"""A Messages server whose author is the sandbox's, except for words that it insists on, whatever reviewers say."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.messages_script import said_in
from tests.support.messages_server import MessagesServer, Reply, messages_server

Wanted = Callable[[str], str]
"""From the task's text to a sentence that the author adds to what it writes; empty for none."""


@dataclass
class Headstrong:
    """The server's state: `adds` may be replaced between runs; `tasks` are all tasks asked, in order."""

    server: MessagesServer
    sandbox_url: str = ""
    adds: Wanted = lambda task: ""
    subject: str = ""
    """One subject more for the first email of whatever it writes."""
    same: bool = False
    """Whether whatever it is asked to write is, word for word, what it wrote first."""
    first: str = ""
    tasks: list[str] = field(default_factory=list)

    def asked(self, role: str) -> list[str]:
        """The tasks of one role."""
        return [task for task in self.tasks if f'role="{role}"' in task]

    def answer(self, body: dict[str, Any]) -> Reply:
        task = said_in(body["messages"][-1])
        self.tasks.append(task)
        headers = {"x-api-key": "none", "anthropic-version": "2023-06-01"}
        whole = body | {"stream": False}
        passed_on = httpx.post(f"{self.sandbox_url}/anthropic/v1/messages", json=whole, headers=headers, timeout=60)
        said = passed_on.raise_for_status().json()
        text = next(part["text"] for part in said["content"] if part["type"] == "text")
        if 'role="draft"' in task or 'role="revise"' in task:
            text = _with(text, self.adds(task), self.subject)
            self.first = self.first or text
            text = self.first if self.same else text
        return Reply(text, usage=said["usage"])


@contextmanager
def headstrong_author() -> Iterator[Headstrong]:
    """A running server; set `sandbox_url` before it is asked anything."""
    with messages_server() as server:
        made = Headstrong(server)
        server.answer = made.answer
        yield made


def _with(text: str, sentence: str, subject: str) -> str:
    content = json.loads(text)
    if subject:
        content["emails"][0]["subjects"].append(subject)
    if sentence and sentence not in content["emails"][0]["body"]:
        content["emails"][0]["body"] += f"\n\n{sentence}"
    return json.dumps(content, ensure_ascii=False)
