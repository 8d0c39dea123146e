"""A Messages server whose reviewers say what a script tells them; author and planner are the sandbox's.

What each reviewer says is one word a review, in order, the last one for ever: an honest APPROVE, REVISE or REJECT, or
one of the ways in which a model is no reviewer at all.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.messages_script import said_in
from tests.support.messages_server import MessagesServer, Reply, messages_server

MARKS = {
    "APPROVE": 4,
    "REVISE": 3,
    "REJECT": 1,
    "LIE": 5,
    "CONTRADICT": 5,
    "FORGET": 5,
    "WAVE_THROUGH": 5,
    "OVERALL": 5,
}
"""LIE quotes what is not there, CONTRADICT gives top marks beside a blocker, FORGET leaves a mark out, WAVE_THROUGH
calls everything mended and shows nothing, OVERALL marks a dimension nobody asked about."""
SILENT = {
    "REFUSE": Reply("", stop_reason="refusal"),
    "MUMBLE": Reply("APPROVE. Great work, publish it."),
    "CUT": Reply('{"earlier": [', stop_reason="max_tokens"),
}


@dataclass
class Rude:
    """The server's state: `script` is what each reviewer says, by its name."""

    server: MessagesServer
    sandbox_url: str = ""
    script: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(who, what it said) of every new question, in order; the author stands as `draft` and `revise`."""
    _known: dict[str, Reply] = field(default_factory=dict)

    def begin(self, **script: Sequence[str]) -> None:
        """A new campaign: underscores in names stand for hyphens."""
        self.script = {name.replace("_", "-"): list(said) for name, said in script.items()}
        self.asked, self._known = [], {}

    def answer(self, body: dict[str, Any]) -> Reply:
        task = said_in(body["messages"][0])
        reviewer = re.search(r'<task role="review" reviewer="([^"]+)"', task)
        if reviewer is None:
            return self._author(body, task)
        if task not in self._known:  # a repair is the same question: the same is said again
            said = self._next(reviewer[1])
            self.asked.append((reviewer[1], said))
            self._known[task] = SILENT.get(said) or Reply(json.dumps(_review(task, said), ensure_ascii=False))
        return self._known[task]

    def _next(self, reviewer: str) -> str:
        left = list(self.script.get(reviewer, ["APPROVE"]))
        before = sum(who == reviewer for who, _ in self.asked)
        return left[min(before, len(left) - 1)]

    def _author(self, body: dict[str, Any], task: str) -> Reply:
        role = re.search(r'<task role="([a-z_]+)"', task)
        self.asked.append((role[1] if role else "", ""))
        if role and role[1] == "revise":  # another version, in words that no customer reads
            content = json.loads(_block(task, "draft"))
            content["notes"] = f"revision {sum(who == 'revise' for who, _ in self.asked)}"
            return Reply(json.dumps(content, ensure_ascii=False))
        headers = {"x-api-key": "none", "anthropic-version": "2023-06-01"}
        passed_on = httpx.post(
            f"{self.sandbox_url}/anthropic/v1/messages", json={**body, "stream": False}, headers=headers, timeout=60
        )
        said = passed_on.raise_for_status().json()
        return Reply(next(part["text"] for part in said["content"] if part["type"] == "text"), usage=said["usage"])


@contextmanager
def rude_reviewers() -> Iterator[Rude]:
    """A running server; set `sandbox_url` before it is asked anything."""
    with messages_server() as server:
        made = Rude(server)
        server.answer = made.answer
        yield made


def _review(task: str, said: str) -> dict[str, object]:
    artefact = json.loads(_block(task, "artefact"))
    words = "Nobody ever wrote these words here" if said == "LIE" else artefact["headline"]
    names = list(json.loads(_block(task, "rubric")))
    marked = names[1:] if said == "FORGET" else ["overall"] if said == "OVERALL" else names
    proof = "These words stand nowhere in it" if said == "WAVE_THROUGH" else artefact["subheadline"]
    earlier = json.loads(_block(task, "earlier") or "[]")
    return {
        "earlier": [{"finding": f["id"], "quote": proof, "reason": "r", "mended": True} for f in earlier],
        "findings": [_finding(names[0], said, artefact)] if said in ("REVISE", "CONTRADICT", "REJECT") else [],
        "dimensions": [{"dimension": n, "quote": words, "reason": "r", "score": MARKS[said]} for n in marked],
        "summary": f"It says {said}.",
    }


def _finding(dimension: str, said: str, artefact: Mapping[str, str]) -> dict[str, object]:
    severity = "major" if said == "REVISE" else "blocker"
    return {
        "dimension": dimension, "where": "headline", "quote": artefact["headline"], "problem": "It is dull.",
        "suggestion": "Say it better.", "severity": severity,
    }  # fmt: skip


def _block(task: str, name: str) -> str:
    found = re.search(rf"<{name}(?: [^>]*)?>\n(.*?)\n</{name}>", task, re.DOTALL)
    return found[1] if found else ""
