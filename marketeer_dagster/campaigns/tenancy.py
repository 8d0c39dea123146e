"""Facts about a tenant as somebody gave them, before they are stored."""

from collections.abc import Mapping

from pydantic import ValidationError

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.placeholders import placeholders
from marketeer_dagster.model.tenant import Tenant


def checked_tenant(facts: Mapping[str, object]) -> Tenant:
    """The tenant of these facts; BadInput names the first that is wrong."""
    for key in ("name", "website"):
        if waiting := placeholders(str(facts.get(key, ""))):
            raise BadInput(
                f"{waiting[0].found} is still to be replaced", where=f"tenant {key}", expected=f"its {key} itself"
            )
    try:
        return Tenant.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{first['msg']} (got {first['input']!r})", where=f"tenant {key}") from None
