"""A copy of the shipped catalog that a test may break."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from marketeer_dagster.catalog.catalog import DATA, PROJECT


@dataclass(frozen=True)
class CatalogCopy:
    """A catalog folder with `skills/` and `catalog/`, and ways to change it."""

    root: Path

    def path(self, name: str) -> Path:
        return self.root / name

    def replace(self, name: str, old: str, new: str) -> int:
        """Put `new` in place of the first `old`; returns the 1-based line on which it stands."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.path(name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def set(self, skill: str, **values: object) -> None:
        """Change keys of a skill's skill.yaml."""
        path = self.path(f"skills/{skill}/skill.yaml")
        data = yaml.safe_load(path.read_text(encoding="utf-8")) | values
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def add_skill(self, name: str, like: str, **values: object) -> None:
        """A new skill folder, made as a person would: copy one, change name and keys."""
        shutil.copytree(self.path(f"skills/{like}"), self.path(f"skills/{name}"))
        self.replace(f"skills/{name}/SKILL.md", f"name: {like}", f"name: {name}")
        self.set(name, **({"aliases": []} | values))


def said(message: str, *parts: str) -> None:
    """The message holds every part."""
    missing = [part for part in parts if part not in message]
    assert not missing, f"{missing} not in: {message}"


@pytest.fixture
def copy(tmp_path: Path) -> CatalogCopy:
    shutil.copytree(PROJECT / "skills", tmp_path / "skills")
    shutil.copytree(DATA, tmp_path / "catalog")
    return CatalogCopy(tmp_path)


@pytest.fixture
def refused(copy: CatalogCopy) -> Callable[[], str]:
    """The message of the one error with which the copy is refused, the same from `load` and `validate`."""
    from marketeer_dagster.catalog import Catalog, validate
    from marketeer_dagster.model.errors import ConfigError

    def message() -> str:
        with pytest.raises(ConfigError) as caught:
            Catalog.load(copy.root)
        assert caught.value.exit_code == 2
        assert str(caught.value) in [str(problem) for problem in validate(copy.root)]
        return str(caught.value)

    return message
