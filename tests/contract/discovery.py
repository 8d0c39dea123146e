"""Google's discovery documents, as shipped with its client, and small pieces of requests for its SDKs."""

import json
from pathlib import Path
from typing import Any

import googleapiclient
import jsonschema
from google.analytics.data_v1beta import types
from google.oauth2.credentials import Credentials

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.server import Running

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"


class Described:
    """Google's published description of an API."""

    def __init__(self, name: str) -> None:
        self.document = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
        schemas = {key: _as_json_schema(schema) for key, schema in self.document["schemas"].items()}
        self._definitions = {"$defs": schemas}

    def check(self, answer: Any, schema: str) -> None:
        """Fails unless `answer` is an instance of the named schema, without unknown fields."""
        jsonschema.validate(answer, {"$ref": f"#/$defs/{schema}", **self._definitions})


def _as_json_schema(described: Any) -> Any:
    if not isinstance(described, dict):
        return described
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    kept: dict[str, Any] = {key: described[key] for key in ("type", "enum") if key in described}
    if "items" in described:
        kept["items"] = _as_json_schema(described["items"])
    if "properties" in described:
        kept["properties"] = {key: _as_json_schema(value) for key, value in described["properties"].items()}
        kept["additionalProperties"] = False
    if kept.get("type") == "any":
        del kept["type"]
    if "enum" in kept:
        # Documents write some enums in capitals that the API writes in camel case (siteFullUser, byPage).
        kept["enum"] = [*kept["enum"], *(_camel(value) for value in kept["enum"])]
    return kept


def _camel(name: str) -> str:
    head, *rest = name.lower().split("_")
    return head + "".join(part.capitalize() for part in rest)


def matching(name: str, value: str, kind: types.Filter.StringFilter.MatchType) -> types.FilterExpression:
    rule = types.Filter.StringFilter(value=value, match_type=kind)
    return types.FilterExpression(filter=types.Filter(field_name=name, string_filter=rule))


def refreshed(sandbox: Running, connection: Connection) -> Credentials:
    secrets = {key: value.get_secret_value() for key, value in connection.secrets.items()}
    return Credentials(token=None, token_uri=f"{sandbox.url}/oauth/token", **secrets)
