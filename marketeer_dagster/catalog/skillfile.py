"""Reading SKILL.md as the open Agent Skills format defines it, with its references and the folder's fingerprint."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from marketeer_dagster.catalog.yamlfile import YamlFile, did_you_mean, listed, read_text
from marketeer_dagster.model.errors import ConfigError

NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
NAME_LIMIT = 64
DESCRIPTION_LIMIT = 1024
COMPATIBILITY_LIMIT = 500
BODY_LINES = 500
"""The body must stay below this many lines."""
BODY_TOKENS = 5000
"""And below about this many tokens, counted as UTF-8 bytes / 4."""
FRONTMATTER_KEYS = ("name", "description", "license", "compatibility", "allowed-tools", "metadata")
_REFERENCE_LINK = re.compile(r"\breferences/([\w./-]+)")


@dataclass(frozen=True)
class SkillDocument:
    """A validated SKILL.md: frontmatter's name and description, the body, and the references beside it."""

    name: str
    description: str
    body: str
    references: tuple[tuple[str, str], ...]


def read_skill_document(folder: Path) -> SkillDocument:
    """Read and validate `folder`/SKILL.md and `folder`/references; raises ConfigError naming file, line and rule."""
    path = folder / "SKILL.md"
    if not path.is_file():
        raise ConfigError("missing", where=str(path), expected="a file in the Agent Skills format")
    front, body, body_line = _split(read_text(path), path)
    front.only(*FRONTMATTER_KEYS)
    name = _name(front, folder.name)
    description = _description(front)
    _optional_keys(front)
    _body_limits(body, path, body_line)
    references = _references(folder)
    _links(body, path, body_line, {name for name, _ in references})
    return SkillDocument(name, description, body.strip(), references)


def folder_hash(folder: Path) -> str:
    """Fingerprint of every file below `folder` (names and contents, line ends as LF): 16 hex digits.

    Hidden files, editors' backups and bytecode do not count.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        relative = path.relative_to(folder)
        if any(part.startswith((".", "__pycache__")) for part in relative.parts) or path.name.endswith("~"):
            continue
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _split(text: str, path: Path) -> tuple[YamlFile, str, int]:
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        raise ConfigError("does not begin with frontmatter", where=f"{path} line 1", expected="a line `---`")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise ConfigError("frontmatter is not closed", where=f"{path} line 1", expected="a second line `---` after it")
    front = YamlFile.parse("\n".join(lines[1:end]), path, offset=1)
    return front, "\n".join(lines[end + 1 :]), end + 2


def _name(front: YamlFile, folder: str) -> str:
    name = front.data.get("name")
    if not isinstance(name, str) or not name:
        raise front.error(["name"], "missing", expected=f"`name: {folder}`")
    if len(name) > NAME_LIMIT or not NAME.match(name):
        raise front.error(
            ["name"],
            f"{name!r} is not a skill name",
            expected="1-64 of a-z, 0-9 and single hyphens, no hyphen at either end",
        )
    if name != folder:
        raise front.error(["name"], f"{name!r} differs from its folder {folder!r}", expected="the folder's name")
    return name


def _description(front: YamlFile) -> str:
    text = front.data.get("description")
    expected = f"1-{DESCRIPTION_LIMIT} characters: what it does and when to use it"
    if not isinstance(text, str) or not text.strip():
        raise front.error(["description"], "missing", expected=expected)
    text = text.strip()
    if len(text) > DESCRIPTION_LIMIT:
        raise front.error(["description"], f"{len(text)} characters", expected=expected)
    if "<" in text or ">" in text:
        raise front.error(["description"], "contains an angle bracket", expected="text without < and >")
    return text


def _optional_keys(front: YamlFile) -> None:
    for key in ("license", "compatibility", "allowed-tools"):
        value = front.data.get(key, "x")
        if not isinstance(value, str) or not value.strip():
            raise front.error([key], f"{value!r} is not text", expected="a line of text")
    if len(front.data.get("compatibility", "")) > COMPATIBILITY_LIMIT:
        raise front.error(["compatibility"], "is too long", expected=f"at most {COMPATIBILITY_LIMIT} characters")
    metadata = front.data.get("metadata", {})
    if not isinstance(metadata, dict):
        raise front.error(["metadata"], "is no mapping", expected="text keys with text values")
    for key, value in metadata.items():  # pyright: ignore[reportUnknownVariableType]
        if not (isinstance(key, str) and isinstance(value, str)):
            raise front.error(["metadata", str(key)], f"{value!r} is not text", expected="text; put numbers in quotes")


def _body_limits(body: str, path: Path, line: int) -> None:
    where = f"{path} line {line}, body"
    lines, tokens = len(body.strip().splitlines()), len(body.encode()) // 4
    if not body.strip():
        raise ConfigError("is empty", where=where, expected="the method, in Markdown")
    if lines >= BODY_LINES:
        raise ConfigError(
            f"{lines} lines", where=where, expected=f"fewer than {BODY_LINES}; move detail to references/"
        )
    if tokens > BODY_TOKENS:
        raise ConfigError(
            f"about {tokens:,} tokens", where=where, expected=f"at most {BODY_TOKENS:,}; move detail to references/"
        )


def _references(folder: Path) -> tuple[tuple[str, str], ...]:
    root = folder / "references"
    if not root.exists():
        return ()
    found: list[tuple[str, str]] = []
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir():
            raise ConfigError("is a folder", where=str(path), expected="references one level deep: files only")
        found.append((path.name, read_text(path)))
    return tuple(found)


def _links(body: str, path: Path, first: int, known: set[str]) -> None:
    for number, line in enumerate(body.splitlines(), first):
        for target in _REFERENCE_LINK.findall(line):
            name = target.rstrip(".")
            if name not in known:
                names = tuple(sorted(known))
                raise ConfigError(
                    f"names references/{name}, which does not exist",
                    where=f"{path} line {number}",
                    expected=listed(names) if names else "a file in references/",
                    hint=did_you_mean(name, names),
                )
