"""One request to Mailchimp: whose account it is, what it asks, and how it is refused."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.mailing import EmailDay
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _mailchimp_shapes as shapes
from marketeer_dagster.sandbox.vendors._mailchimp_state import EDITABLE, Mail
from marketeer_dagster.sandbox.world import World

MOST_ROWS: Final = 1000
_TYPE: Final = "https://mailchimp.com/developer/marketing/docs/errors/"
_STALE: Final = timedelta(days=3)


class Problem(Exception):
    """A refusal in Mailchimp's words."""

    def __init__(self, status: int, title: str, detail: str, errors: list[Json] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body: Json = {"type": _TYPE, "title": title, "status": status, "detail": detail, "instance": "sandbox"}
        if errors:
            self.body["errors"] = errors


class Call:
    """One request of an account."""

    def __init__(self, world: World, request: Request, body: bytes) -> None:
        self.mail = _mail(world, request.headers.get("authorization", ""))
        self.path, self.query = request.path_params, request.query_params
        self.stale = fault_of(request) is FaultKind.STALE
        self._body = body

    def has(self, habit: str) -> bool:
        return self.mail.world.habits.on(self.mail.tenant, "mailchimp", habit)

    @property
    def fields(self) -> Json:
        try:
            found = json.loads(self._body or b"{}")
        except ValueError as error:
            raise Problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.") from error
        return found if isinstance(found, dict) else {}

    def campaign(self, *, editable: bool = False) -> Json:
        found = self.mail.campaign(self.path["id"])
        if found is None:
            raise missing()
        if editable and found["status"] not in EDITABLE:
            detail = f"Cannot perform this action: the campaign's status is {found['status']!r}."
            raise Problem(400, "Bad Request", detail)
        return found

    def sent(self) -> Json:
        found = self.campaign()
        if found["status"] != "sent":
            raise missing()
        return found

    def days(self, id: str) -> tuple[EmailDay, ...]:
        newest = self.mail.world.clock.day - (_STALE if self.stale else timedelta(0))
        return tuple(day for day in self.mail.results(id) if day.day <= newest)

    def check_list(self) -> None:
        if self.path["list_id"] != self.mail.list_id:
            raise missing()

    def page(self, name: str, rows: list[Json], **extra: Any) -> Response:
        """One page of `rows`, with the fields asked for."""
        return self.page_of(name, len(rows), lambda asked: rows[asked.start : asked.stop], **extra)

    def page_of(self, name: str, total: int, rows: Callable[[range], list[Json]], **extra: Any) -> Response:
        """As `page`, of `total` rows of which only those asked for are made."""
        count, offset = _number(self, "count", 10), _number(self, "offset", 0)
        if not 0 <= count <= MOST_ROWS:
            raise Problem(400, "Bad Request", f"Invalid query string: count must be between 0 and {MOST_ROWS}.")
        asked = range(min(offset, total), min(offset + count, total))
        body = {name: rows(asked), "total_items": total, **extra, "_links": []}
        return JSONResponse(shapes.picked(body, self.query.get("fields", "")))


def missing() -> Problem:
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid(field: str, message: str) -> Problem:
    """A field that Mailchimp will not take."""
    detail = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
    return Problem(400, "Invalid Resource", detail, [{"field": field, "message": message}])


def within(stamp: str, since: str | None, before: str | None) -> bool:
    if since is None and before is None:
        return True
    if not stamp:
        return False
    moment = datetime.fromisoformat(stamp)
    return (since is None or moment >= _moment(since)) and (before is None or moment < _moment(before))


def _moment(text: str) -> datetime:
    # An unescaped "+" of a query string arrives as a space.
    found = datetime.fromisoformat(text.replace(" ", "+"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _mail(world: World, header: str) -> Mail:
    scheme, _, value = header.partition(" ")
    try:
        basic = base64.b64decode(value, validate=True).decode().partition(":")[2] if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        basic = ""
    key = value if scheme == "Bearer" else basic
    account = world.tenant_with(lambda keys: bool(key) and keys.mailchimp_key == key)
    if account is None:
        detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
        raise Problem(401, "API Key Invalid", detail)
    return Mail(world, account.tenant)


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, "")
    return int(value) if value.isdigit() else default
