"""Any schema filled from the context: what no writer of ours knows is still answered with true, readable text."""

import re
from datetime import UTC, datetime

from marketeer_dagster.sandbox.author.facts import Statement
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.schema import Node, bounds, fit, matches
from marketeer_dagster.sandbox.author.text import bare, cut, first_fitting, joined, tidy
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_LONG = re.compile(r"body|text|description|summary|answer|rationale|reason|detail|content|why|analysis|note", re.I)
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "09:00:00", "duration": "P7D",
    "email": "hello@example.com", "hostname": "example.com", "uri": "https://example.com/", "ipv4": "127.0.0.1",
    "ipv6": "::1", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
_SAMPLES = (
    "/",
    "/signup",
    "a",
    "ab",
    "item",
    "item_1",
    "abc-1",
    "A",
    "Aa",
    "1",
    "12",
    "2026-01-01",
    "AB",
    "USD",
    "en",
    "#112233",
    "https://example.com/",
)
_DEEPEST = 12


class Filler:
    """Fills a schema. Statements are used in turn, so that no two fields say the same."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._turn = 0
        self._depth = 0

    def __call__(self, name: str, node: Node) -> object:
        """A value for the field `name`."""
        self._depth += 1
        try:
            return self._value(name, node)
        finally:
            self._depth -= 1

    def _value(self, name: str, node: Node) -> object:
        if node.choices:
            return self._choice(name, node)
        if node.variants:
            plain = [variant for variant in node.variants if variant.type != "null"] or node.variants
            nullable = len(plain) < len(node.variants)
            return None if nullable and self._depth > _DEEPEST else self(name, plain[0])
        makers = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._number,
            "number": self._number,
        }
        if node.type in makers:
            return makers[node.type](name, node)
        return self.work.dice.chance(f"bool/{name}", 50) if node.type == "boolean" else None

    def _choice(self, name: str, node: Node) -> object:
        text = f"{name} {self.work.brief.text('objective')} {self.work.task.user[-2000:]}".lower()
        named = [c for c in node.choices if isinstance(c, str) and len(c) > 2 and c.replace("_", " ").lower() in text]
        return named[0] if named else self.work.dice.pick(f"choice/{name}/{self._turn}", node.choices)

    def _object(self, name: str, node: Node) -> object:
        wanted = {k: v for k, v in node.properties.items() if k in node.required or self._depth <= 3}
        return {key: self(key, child) for key, child in wanted.items()}

    def _array(self, name: str, node: Node) -> object:
        least = int(node.number("minItems") or 0)
        most = node.number("maxItems")
        count = 0 if self._depth > _DEEPEST else max(least, 3)
        count = min(count, int(most)) if most is not None else count
        found: list[object] = []
        for _ in range(count * 3):
            if len(found) >= count:
                break
            entry = self(name, node.items)
            if entry not in found or node.items.choices or node.items.type in ("boolean", "number", "integer"):
                found.append(entry)
        while len(found) < least:
            found.append(_numbered(self(name, node.items), len(found)))
        return found

    def _number(self, name: str, node: Node) -> object:
        low, high = bounds(node)
        wanted = 1.0 if low <= 1 <= high else low if low > 1 else high
        if re.search(r"score|rating|impact|effort", name) and high < 1000:
            wanted = low + (high - low) * 0.6 if low > float("-inf") else high * 0.6
        if node.type == "integer":
            return round(wanted)
        return wanted

    def _string(self, name: str, node: Node) -> object:
        kind = str(node.schema.get("format", ""))
        if kind in _FORMATS:
            return self._formatted(kind)
        pattern = node.text("pattern")
        if pattern:
            return self._patterned(name, pattern)
        most, least = int(node.number("maxLength") or 600), int(node.number("minLength") or 0)
        return self._text(name, node, most, least)

    def _formatted(self, kind: str) -> str:
        if kind in ("date", "date-time"):
            today = self.work.task.record("limits").text("today") or datetime(2026, 1, 1, tzinfo=UTC).date().isoformat()
            return today if kind == "date" else f"{today}T00:00:00Z"
        return _FORMATS[kind]

    def _patterned(self, name: str, pattern: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "item"
        options = (self.work.path, slug, slug.replace("_", "-"), self.work.name, *_SAMPLES)
        return next((text for text in options if matches(pattern, text)), slug)

    def _text(self, name: str, node: Node, most: int, least: int) -> str:
        special = self._known(name, most)
        if special and len(special) >= least:
            return special
        statement = self._next(f"{name} {node.meaning}")
        if statement is None:
            return cut(self.work.name, most).ljust(least, ".")
        if _LONG.search(name) and most > 200:
            second = self._next(statement.text)
            return cut(tidy(joined([statement.sentence, second.sentence if second else ""])), most)
        short = Lines(self.work).short(statement.section, limit=most)
        turned = short[self._turn % len(short) :] + short if short else []
        text = first_fitting([*turned, bare(statement.text)], most, least=max(least, 1))
        return (
            text if len(text) >= least else f"{text} {self.work.name} {self.work.action.label}"[:most].ljust(least, ".")
        )

    def _known(self, name: str, most: int) -> str:
        lowered = name.lower()
        if re.search(r"(?:^|_)(?:url|link|href)$", lowered):
            return cut(self.work.action.url, most)
        if re.search(r"cta|button|call_to_action", lowered):
            return cut(self.work.action.label, most)
        if re.search(r"brand|company|product|(?:^|_)name$", lowered):
            return cut(self.work.name, most)
        if re.search(r"audience|persona", lowered):
            return cut(self.work.audience, most)
        return cut(self.work.path, most) if lowered in ("path", "page") else ""

    def _next(self, subject: str) -> Statement | None:
        pool = self.work.facts.public
        if not pool:
            return None
        wanted = terms(subject)
        close = sorted(pool, key=lambda s: -len(s.terms & wanted)) if wanted else pool
        lead = [s for s in close if s.terms & wanted] or pool
        self._turn += 1
        return lead[(self._turn - 1) % len(lead)]


def _numbered(value: object, index: int) -> object:
    return f"{value} ({chr(97 + index % 26)})" if isinstance(value, str) else value


def conformed(value: object, schema: Node, work: Work) -> object:
    """`value` in the form of `schema`, gaps filled from the context."""
    return fit(value, schema, Filler(work))
