"""The request as the author reads it: role, skill, product context and the marked blocks of the task.

Blocks that hold foreign text (a live page, metrics) end at their *last* closing tag, so that a page which contains a
closing tag cannot smuggle in a block of its own; JSON blocks end where their JSON is complete.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_TASK = re.compile(r"(?:<material>\n(?P<material>.*?)\n</material>\s*)?<task\b(?P<attributes>[^>]*)>", re.DOTALL)
"""A task and the material that stands before it; foreign text in either holds no tag of ours."""
_OPEN = re.compile(r"<(?P<tag>[a-z_]+)(?P<attributes>(?:\s+[a-z_]+=\"[^\"]*\")*)\s*>")
_ATTRIBUTE = re.compile(r"(?P<name>[a-z_]+)=\"(?P<value>[^\"]*)\"")
_FOREIGN = frozenset({"live_page", "site_crawl", "external", "page", "search_results", "document"})
_JSON = frozenset(
    {"brief", "upstream", "draft", "findings", "artefact", "rubric", "goal", "catalog", "signal", "reviews", "earlier"}
)
REFUSAL_MARK = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL"
"""Prompts that contain this string are refused, as the vendor documents it for tests of refusal handling."""


@dataclass(frozen=True)
class Block:
    """One marked block of a prompt."""

    tag: str
    text: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    def json(self) -> object:
        """The block's JSON, or None when it holds none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


@dataclass(frozen=True)
class Task:
    """What is asked: the blocks of the whole conversation by tag, first one first."""

    role: str
    attributes: Mapping[str, str]
    blocks: tuple[Block, ...]
    system: str
    user: str

    def all(self, tag: str) -> list[Block]:
        return [block for block in self.blocks if block.tag == tag]

    def block(self, tag: str) -> Block:
        """The first block with this tag; an empty one when there is none."""
        return next((block for block in self.blocks if block.tag == tag), Block(tag, ""))

    def record(self, tag: str) -> "Record":
        """A block's JSON object as a Record; empty when absent or no object."""
        return Record.of(self.block(tag).json())

    def records(self, tag: str) -> list["Record"]:
        """A block's JSON list (or single object) as Records."""
        value = self.block(tag).json()
        if isinstance(value, list):
            return [Record.of(item) for item in value]
        return [Record.of(value)] if isinstance(value, dict) else []

    @property
    def upstream(self) -> dict[str, "Record"]:
        """Content of upstream artefacts by skill."""
        return {b.attributes.get("skill", ""): Record.of(b.json()) for b in self.all("upstream")}

    @property
    def skill(self) -> str:
        return self.block("skill").attributes.get("name", "") or self.record("brief").text("skill")


class Record:
    """Read-only, forgiving access to a JSON object."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    @classmethod
    def of(cls, value: object) -> "Record":
        return cls({str(key): item for key, item in value.items()} if isinstance(value, dict) else {})

    def __bool__(self) -> bool:
        return bool(self.values)

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key)
        return value.strip() if isinstance(value, str) else default

    def number(self, key: str) -> float | None:
        value = self.values.get(key)
        try:
            return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
        except ValueError:
            return None

    def texts(self, key: str) -> list[str]:
        value = self.values.get(key)
        return [str(item) for item in value if item] if isinstance(value, list) else []

    def record(self, key: str) -> "Record":
        return Record.of(self.values.get(key))

    def records(self, key: str) -> list["Record"]:
        value = self.values.get(key)
        return [Record.of(item) for item in value] if isinstance(value, list) else []


def read_task(system: str, turns: Sequence[tuple[str, str]]) -> Task:
    """The task of a conversation given as its system text and (role, text) turns; the last task block counts."""
    user = "\n".join(text for role, text in turns if role == "user")
    tasks = list(_TASK.finditer(user))
    start = tasks[-1] if tasks else None
    attributes = _attributes(start["attributes"]) if start else {}
    # Later turns (a repair request) belong to the task; earlier ones are history.
    material = (start["material"] or "") if start else ""
    blocks = (*_blocks(system), *_blocks(material), *_blocks(user[start.end() :] if start else user))
    return Task(attributes.get("role", ""), attributes, blocks, system, user)


def _attributes(text: str) -> dict[str, str]:
    return {match["name"]: match["value"] for match in _ATTRIBUTE.finditer(text)}


def _blocks(text: str) -> list[Block]:
    found: list[Block] = []
    position = 0
    while match := _OPEN.search(text, position):
        tag = match["tag"]
        end = _end(text, tag, match.end())
        if end is None:
            position = match.end()
            continue
        found.append(Block(tag, text[match.end() : end].strip(), _attributes(match["attributes"])))
        position = end + len(tag) + 3
    return found


def _end(text: str, tag: str, start: int) -> int | None:
    closing = f"</{tag}>"
    if tag in _FOREIGN:
        end = text.rfind(closing, start)
        return end if end >= 0 else None
    end = text.find(closing, start)
    while tag in _JSON and end >= 0:
        try:
            json.loads(text[start:end])
            return end
        except ValueError:
            after = text.find(closing, end + 1)
            if after < 0:
                return text.find(closing, start)
            end = after
    return end if end >= 0 else None
