"""Reads docker-compose.yml as Docker Compose would, as far as the file goes: variables, commands, order of need."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<word>[^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service with its variables filled in."""

    name: str
    body: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        """The command; empty for an image's own."""
        return list(self.body.get("command", ()))

    @property
    def environment(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.body.get("environment", {}).items()}

    @property
    def needs(self) -> dict[str, str]:
        """Service -> the condition that is waited for."""
        return {name: entry["condition"] for name, entry in self.body.get("depends_on", {}).items()}

    @property
    def health_check(self) -> list[str] | None:
        """The command that says whether the service is healthy."""
        test = self.body.get("healthcheck", {}).get("test")
        if test is None:
            return None
        assert test[0] == "CMD", f"{self.name}: a health check is a list that starts with CMD"
        return list(test[1:])

    @property
    def ends(self) -> bool:
        """Whether it does its work and ends."""
        return self.body.get("restart") == "no"


@dataclass(frozen=True)
class Compose:
    """The whole file."""

    services: Mapping[str, Service]
    document: Mapping[str, Any]

    @classmethod
    def load(cls, variables: Mapping[str, str]) -> "Compose":
        """The file with `variables` in place; KeyError for one that must be set and is not."""
        document = _filled(yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8")), variables)
        return cls({name: Service(name, body) for name, body in document["services"].items()}, document)

    @property
    def order(self) -> tuple[Service, ...]:
        """Every service after all it needs."""
        done: list[str] = []
        while len(done) < len(self.services):
            ready = [n for n, s in self.services.items() if n not in done and set(s.needs) <= set(done)]
            assert ready, f"services need each other in a circle: {set(self.services) - set(done)}"
            done += ready
        return tuple(self.services[name] for name in done)

    def config(self, name: str) -> str:
        """The text of an inline config file."""
        return str(self.document["configs"][name]["content"])


def variables_named() -> dict[str, str | None]:
    """Variables the file asks for -> their default; None where they must be set."""
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    found = (m for m in _VARIABLE.finditer(text) if m["name"])
    return {m["name"]: m["word"] if m["how"] == "-" else None for m in found}


def image_environment() -> dict[str, str]:
    """What the Dockerfile's last stage sets."""
    last_stage = _dockerfile().rpartition("\nFROM ")[2]
    block = re.search(r"^ENV (.*?)\n(?=\S)", last_stage, re.MULTILINE | re.DOTALL)
    assert block is not None, "the last stage sets no ENV"
    return dict(re.findall(r"(\w+)=(\S+)", block[1].replace("\\\n", " ")))


def copied_into_image() -> Iterator[tuple[list[str], str, bool]]:
    """Every COPY: its sources, its target, whether they come from an earlier stage."""
    for line in re.findall(r"^COPY (.*)$", _dockerfile(), re.MULTILINE):
        *words, target = line.split()
        yield [word for word in words if not word.startswith("--")], target, words[0].startswith("--from")


def _dockerfile() -> str:
    return (PROJECT / "Dockerfile").read_text(encoding="utf-8")


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, variables), value)
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["name"] is None:
        return "$"
    given = variables.get(match["name"])
    if given:
        return given
    if match["how"] == "-":
        return match["word"]
    raise KeyError(f"{match['name']}: {match['word'] or 'must be set'}")
