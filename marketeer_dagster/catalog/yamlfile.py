"""YAML files that can tell on which line each of their keys stands."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from marketeer_dagster.model.errors import ConfigError

Key = str | int
Model = TypeVar("Model", bound=BaseModel)

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 1024 * 1024


def read_text(path: Path) -> str:
    """The file's text; ConfigError when it is missing, unreadable, too large or not UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(
                f"{path.stat().st_size:,} bytes", where=str(path), expected=f"at most {MAX_BYTES:,} bytes"
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path), expected="a readable file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 at byte {error.start}", where=str(path), expected="UTF-8 text") from None


@dataclass(frozen=True)
class YamlFile:
    """A parsed document and where its keys stand. `offset` lines precede it in its file (frontmatter)."""

    path: Path
    data: dict[str, Any]
    node: Any
    offset: int = 0

    @classmethod
    def read(cls, path: Path) -> "YamlFile":
        """Parse a file whose top level is a mapping; raises ConfigError with the line of a syntax error."""
        return cls.parse(read_text(path), path)

    @classmethod
    def parse(cls, text: str, path: Path, *, offset: int = 0) -> "YamlFile":
        """Parse `text`, which begins after `offset` lines of `path`."""
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if not isinstance(node, yaml.MappingNode):
                raise ConfigError("is empty or no mapping", where=str(path), expected="`key: value` lines")
            _reject_repeated_keys(node, path, offset)
            return cls(path, loader.construct_document(node), node, offset)
        except yaml.YAMLError as error:
            raise _syntax_error(error, path, offset) from None
        finally:
            loader.dispose()

    def line(self, keys: Sequence[Key]) -> int:
        """The 1-based line of the deepest key of `keys` that exists."""
        node, line = self.node, 0
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            line, node = found
        return line + 1 + self.offset

    def error(
        self, keys: Sequence[Key], problem: str, *, expected: str | None = None, hint: str | None = None
    ) -> ConfigError:
        """A ConfigError that names this file, the line and the key."""
        spelled = ".".join(str(key) for key in keys)
        where = f"{self.path} line {self.line(keys)}" + (f", {spelled}" if spelled else "")
        return ConfigError(problem, where=where, expected=expected, hint=hint)

    def build(self, model: type[Model], data: object, keys: Sequence[Key] = ()) -> Model:
        """`data`, found below `keys`, as `model`; the first thing wrong becomes a ConfigError."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise self._explained(error, model, tuple(keys)) from None

    def check(self, keys: Sequence[Key], test: Callable[[], object]) -> None:
        """Run `test`; a ValueError of it becomes a ConfigError about `keys`."""
        try:
            test()
        except ValueError as error:
            raise self.error(keys, str(error)) from None

    def mapping(self, key: str) -> dict[str, Any]:
        """The mapping below a top-level key; ConfigError when it is missing or something else."""
        value = self.data.get(key)
        if not isinstance(value, dict) or not value:
            raise self.error(
                [key],
                "missing or empty" if not value else f"is {_kind(value)}",
                expected=f"`{key}:` with entries below it",
            )
        return value  # pyright: ignore[reportUnknownVariableType]

    def only(self, *keys: str) -> None:
        """Refuse top-level keys other than `keys`."""
        for key in self.data:
            if key not in keys:
                raise self.error([key], f"unknown key {key!r}", expected=listed(keys), hint=did_you_mean(key, keys))

    def _explained(self, error: ValidationError, model: type[BaseModel], keys: tuple[Key, ...]) -> ConfigError:
        first = error.errors(include_url=False)[0]
        path = (*keys, *first["loc"])
        if first["type"] == "extra_forbidden":
            fields = tuple(model.model_fields) if len(first["loc"]) == 1 else ()
            name = str(first["loc"][-1])
            return self.error(
                path,
                f"unknown key {name!r}",
                expected=listed(fields) if fields else None,
                hint=did_you_mean(name, fields),
            )
        if first["type"] == "missing":
            return self.error(path, "missing", expected=f"a value for `{first['loc'][-1]}`")
        problem, semicolon, expected = first["msg"].removeprefix("Value error, ").partition("; expected ")
        if semicolon:
            return self.error(path, problem, expected=expected)
        return self.error(path, f"{first['input']!r}: {problem[:1].lower()}{problem[1:]}"[:400])


def did_you_mean(name: str, known: Sequence[str]) -> str | None:
    """A hint with the closest of `known`, or None when nothing is close."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else None


def listed(names: Sequence[str]) -> str:
    """`one of a, b, c`."""
    return "one of " + ", ".join(names)


def _kind(value: object) -> str:
    names: dict[type[Any], str] = {
        list: "a list",
        str: "text",
        int: "a number",
        float: "a number",
        bool: "yes or no",
        dict: "a mapping",
    }
    return names.get(type(value), type(value).__name__)


def _child(node: Any, key: Key) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:  # pyright: ignore[reportUnknownVariableType]
            if key_node.value == str(key):
                return key_node.start_mark.line, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line, node.value[key]
    return None


def _reject_repeated_keys(node: Any, path: Path, offset: int) -> None:
    children: list[Any] = []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:  # pyright: ignore[reportUnknownVariableType]
            name, line = str(key.value), int(key.start_mark.line) + 1 + offset
            if name in seen:
                raise ConfigError(
                    f"key {name!r} appears twice",
                    where=f"{path} line {line}",
                    expected=f"only the one on line {seen[name]}",
                )
            seen[name] = line
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = list(node.value)
    for child in children:
        _reject_repeated_keys(child, path, offset)


def _syntax_error(error: yaml.YAMLError, path: Path, offset: int) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"{path} line {mark.line + 1 + offset}" if mark else str(path)
    return ConfigError(f"is not YAML: {problem}", where=where, expected="valid YAML")
