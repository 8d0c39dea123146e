"""A catalog of twelve skills: the ten of the project and two more folders, as a user would add them."""

import shutil
from pathlib import Path

import yaml

from marketeer_dagster.catalog import Catalog
from tests.support.campaign_home import ROOT

PIPELINE = "everything"
_ADDED = {"nurture-sequence": "email-sequence", "retargeting-ads": "paid-ads"}
"""New skill: the one whose folder it is copied from. Both produce artefact types that exist."""


def lay_out(folder: Path) -> Path:
    """Write the catalog into `folder`, with one pipeline more that names every skill; returns `folder`."""
    shutil.copytree(ROOT / "skills", folder / "skills")
    for name, like in _ADDED.items():
        _copy_skill(folder / "skills" / like, folder / "skills" / name)
    shipped = ROOT / "marketeer_dagster/catalog/data/pipelines.yaml"
    document = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    skills = [*Catalog.load().selection_order(), *_ADDED]  # nothing reads the added ones
    document["pipelines"][PIPELINE] = {
        "description": "One artefact of every skill.", "skills": skills, "priority": "P2",
    }  # fmt: skip
    (folder / "catalog").mkdir()
    (folder / "catalog" / shipped.name).write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder


def _copy_skill(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    body = (target / "SKILL.md").read_text(encoding="utf-8")
    (target / "SKILL.md").write_text(body.replace(f"name: {source.name}", f"name: {target.name}", 1), encoding="utf-8")
    # Short names and channels are its model's: two skills cannot share an alias, nor should two write to one list.
    facts = yaml.safe_load((target / "skill.yaml").read_text(encoding="utf-8")) | {"aliases": [], "publishes_to": []}
    (target / "skill.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
