"""Stripe's events: how an object was after a change, and how the change found it."""

from typing import Any

from pydantic import Field

from resources.stripe_models import StripeObject


class EventData(StripeObject):
    after: dict[str, Any] = Field(alias="object")
    previous_attributes: dict[str, Any] = Field(default_factory=dict)


class StripeEvent(StripeObject):
    """A change: how the object was afterwards, and what differed before."""

    id: str = ""
    type: str
    created: int
    data: EventData

    @property
    def before(self) -> dict[str, Any]:
        """The object as the event found it."""
        return _overlaid(self.data.after, _with_lines(self.data.after, self.data.previous_attributes))


def _with_lines(after: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What differed, with a former `plan` or `quantity` of the whole put into its only line."""
    lines = (after.get("items") or {}).get("data") or []
    if "items" in before or len(lines) != 1 or not before.keys() & {"plan", "quantity"}:
        return before
    line = dict(lines[0])
    if before.get("quantity") is not None:
        line["quantity"] = before["quantity"]
    if isinstance(before.get("plan"), dict):
        line = {**line, "price": None, "plan": _overlaid(line.get("plan") or {}, before["plan"])}
    return {**before, "items": {"data": [line]}}


def _overlaid(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    merged = dict(now)
    for name, old in before.items():
        new = merged.get(name)
        merged[name] = _overlaid(new, old) if isinstance(old, dict) and isinstance(new, dict) else old
    return merged
