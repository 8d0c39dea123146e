"""An answer's JSON, put right by the form's JSON schema as far as that loses nothing anybody reads.

- Names of an enumeration are read whatever their case, blanks, hyphens and underscores.
- Fields that the form does not have are left out where `drops_fields` allows it, unless they spell one that it has:
  those stay, and are refused.
- null stands for nothing where a field may be left out; empty texts are no items of a list.
- Texts for colleagues are cut at a word (marks.ForColleagues).
- Of alternatives (marks.Alternatives), those that their channel refuses are left out, doubles too, and then those above
  the list's maximum; where fewer than its minimum would remain, nothing is, and validation names the faults.

Everything else stays as it came: texts that customers read are never cut.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketeer_dagster.agents.forms.naming import shown, surplus
from marketeer_dagster.agents.forms.schema import Schema, faults, is_optional, resolved, variant
from marketeer_dagster.model.marks import ALTERNATIVES, FOR_COLLEAGUES
from marketeer_dagster.model.spelling import bare, known

ELLIPSIS = "…"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Controls and half characters: no store and no vendor takes them."""


@dataclass
class Mending:
    """One answer being put right; `notes` say what a reader of the answer would miss or find different."""

    root: Schema
    drops_fields: bool
    notes: list[str] = field(default_factory=list[str])

    def mended(self, value: Any, schema: Schema, where: str = "") -> Any:
        """`value` in the spelling and lengths of `schema`."""
        schema = variant(resolved(schema, self.root), self.root, value)
        names = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
        if isinstance(value, str):
            return self._text(_UNPRINTABLE.sub("", value).strip(), schema, where, names)
        if isinstance(value, dict) and isinstance(schema.get("properties"), Mapping):
            return self._object(value, schema, where)
        if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
            return self._list(value, schema, where)
        # 1e999 is a number to JSON and infinite to Python: no figure of ours is.
        return None if isinstance(value, float) and not math.isfinite(value) else value

    def _text(self, text: str, schema: Schema, where: str, names: list[Any] | None) -> str:
        if names is not None:
            return known(text, (name for name in names if isinstance(name, str))) or text
        most = schema.get("maxLength")
        if most is None or len(text) <= most or not schema.get(FOR_COLLEAGUES):
            return text
        self.notes.append(f"{where}: cut from {len(text)} to {most} characters")
        return shortened(text, most)

    def _object(self, value: dict[str, Any], schema: Schema, where: str) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema["properties"]
        spelled = {bare(name) for name in properties}
        result: dict[str, Any] = {}
        for key, item in value.items():
            name = _UNPRINTABLE.sub("", key)
            place = f"{where}.{name}".lstrip(".")
            if name not in properties:
                if self.drops_fields and bare(name) not in spelled:
                    self.notes.append(f"{place[:80]}: left out, the form has no such field")
                else:
                    result[name] = item
            elif item is not None or not is_optional(name, schema, self.root):
                result[name] = self.mended(item, properties[name], place)
        return result

    def _list(self, value: list[Any], schema: Schema, where: str) -> list[Any]:
        items = [self.mended(item, schema["items"], f"{where}[{index}]") for index, item in enumerate(value)]
        if schema.get(ALTERNATIVES):
            return self._alternatives(items, schema, where)
        return [item for item in items if item != ""]

    def _alternatives(self, items: list[Any], schema: Schema, where: str) -> list[Any]:
        kept: list[Any] = []
        left_out: list[str] = []
        seen: set[str] = set()
        for index, item in enumerate(items):
            same = item.casefold() if isinstance(item, str) else repr(item)
            why = next(faults(item, schema["items"], self.root), "said before" if same in seen else None)
            if why is None:
                kept.append(item)
                seen.add(same)
            else:
                left_out.append(f"{where}[{index}]: left out, {why}")
        most, least = schema.get("maxItems", len(kept)), schema.get("minItems", 0)
        if len(kept) < least:
            return items
        if len(kept) > most:
            dropped = ", ".join(shown(item) for item in kept[most : most + 5])
            left_out.append(f"{where}: {surplus(len(kept), most)}, the last left out: {dropped}")
        self.notes += left_out
        return kept[:most]


def shortened(text: str, most: int) -> str:
    """`text` in at most `most` characters: cut at a word where one ends near enough, and marked with an ellipsis."""
    if len(text) <= most:
        return text
    room = text[: most - len(ELLIPSIS)]
    at_word = room if text[len(room)].isspace() else room.rpartition(" ")[0]
    return f"{(at_word if len(at_word) >= most // 2 else room).rstrip(' ,;:.')}{ELLIPSIS}"
