"""Stripe API v1, the reading part that revenue needs: subscriptions, events, customers, products and prices."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.freshness import STALE_DAYS
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.subscriptions import Subscription, SubscriptionEvent
from marketeer_dagster.sandbox.vendors._stripe_objects import API_VERSION_FALLBACK, Objects, seconds
from marketeer_dagster.sandbox.world import World

_EVENT_DAYS = 30
"""Stripe lists events of the last 30 days only."""
_MOST, _DEFAULT = 100, 10
_CREATED = re.compile(r"^created(?:\[(gte|gt|lte|lt)\])?$")
_STATUSES = frozenset(
    {
        "active",
        "all",
        "canceled",
        "ended",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "paused",
        "trialing",
        "unpaid",
    }
)


class _Invalid(Exception):
    """A parameter is wrong: Stripe's message and the parameter's name."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.message, self.param = message, param


@dataclass(frozen=True)
class _Asked:
    """One authenticated request."""

    account: Account
    objects: Objects
    request: Request
    now: int
    """The moment the answer speaks of, seconds since 1970."""
    api_version: str

    def param(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def params(self, name: str) -> list[str]:
        """A list parameter, in either of Stripe's spellings (name[]=a or name[0]=a)."""
        pattern = re.compile(rf"^{name}\[\d*\]$")
        return [value for key, value in self.request.query_params.multi_items() if pattern.match(key)]


_T = TypeVar("_T")
_Handler = Callable[[_Asked], dict[str, Any]]
_COMPARE = {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}


def routes(world: World) -> list[BaseRoute]:
    """Lists and retrievals below /v1; anything else is Stripe's 404."""
    api = _Api(world)
    return [
        Route("/v1/subscriptions", api.endpoint(api.subscriptions)),
        Route("/v1/subscriptions/{id}", api.endpoint(api.subscription)),
        Route("/v1/events", api.endpoint(api.events)),
        Route("/v1/customers", api.endpoint(api.customers)),
        Route("/v1/customers/{id}", api.endpoint(api.customer)),
        Route("/v1/products", api.endpoint(api.products)),
        Route("/v1/prices", api.endpoint(api.prices)),
        Route("/{path:path}", api.unknown, methods=["GET", "POST", "DELETE"]),
    ]


class _Api:
    def __init__(self, world: World) -> None:
        self._world = world

    def endpoint(self, handler: _Handler) -> Callable[[Request], Response]:
        """Check the key, answer, and put Stripe's headers on whatever comes out."""

        def answer(request: Request) -> Response:
            return self._headed(request, self._answer(request, handler))

        return answer

    def unknown(self, request: Request) -> Response:
        path = request.path_params["path"]
        message = (
            f"Unrecognized request URL ({request.method}: /{path}). Please see https://stripe.com/docs or we can help "
            "at https://support.stripe.com/."
        )
        return self._headed(request, error_response("stripe", 404, message))

    def _headed(self, request: Request, response: Response) -> Response:
        number = self._world.documents("", "stripe").next_id("request")
        response.headers["Request-Id"] = f"req_{token(14, self._world.seed, 'stripe-request', number)}"
        response.headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION_FALLBACK)
        if key := request.headers.get("idempotency-key"):
            response.headers["Idempotency-Key"] = key
        return response

    def _answer(self, request: Request, handler: _Handler) -> Response:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        account = self._world.tenant_with(lambda keys: keys.stripe_key == key) if scheme == "Bearer" else None
        if account is None:
            hidden = f"{key[:8]}{'*' * 12}{key[-4:]}" if len(key) > 16 else key
            return error_response("stripe", 401, f"Invalid API Key provided: {hidden}")
        day = self._world.clock.day
        fault = fault_of(request)
        now = day - timedelta(days=STALE_DAYS) if fault is FaultKind.STALE else day
        asked = _Asked(
            account,
            Objects(self._world.seed, account),
            request,
            # The day that has begun holds nothing yet: what is known ends with the day before.
            seconds(now) - 1,
            request.headers.get("stripe-version", API_VERSION_FALLBACK),
        )
        try:
            if fault is FaultKind.EMPTY and "id" not in request.path_params:
                return JSONResponse({"object": "list", "data": [], "has_more": False, "url": request.url.path})
            return JSONResponse(handler(asked))
        except _Invalid as error:
            return JSONResponse(
                {"error": {"message": error.message, "param": error.param, "type": "invalid_request_error"}}, 400
            )
        except KeyError as error:
            message = f"No such {error.args[0]}: '{request.path_params.get('id')}'"
            body = {"code": "resource_missing", "message": message, "param": "id", "type": "invalid_request_error"}
            return JSONResponse({"error": body}, 404)

    def subscriptions(self, asked: _Asked) -> dict[str, Any]:
        status = asked.param("status")
        if status is not None and status not in _STATUSES:
            raise _Invalid(f"Invalid status: must be one of {', '.join(sorted(_STATUSES))}", "status")
        found = [s for s in self._existing(asked) if asked.param("customer") in (None, s.customer)]
        wanted = [s for s in found if _has_status(asked.objects.status(s, asked.now), status)]
        return _listed(
            asked,
            "/v1/subscriptions",
            wanted,
            lambda s: s.id,
            lambda s: seconds(s.created, s.second),
            lambda s: asked.objects.subscription(s, asked.now),
        )

    def subscription(self, asked: _Asked) -> dict[str, Any]:
        for subscription in self._existing(asked):
            if subscription.id == asked.request.path_params["id"]:
                return asked.objects.subscription(subscription, asked.now)
        raise KeyError("subscription")

    def events(self, asked: _Asked) -> dict[str, Any]:
        oldest = asked.now - _EVENT_DAYS * 86_400
        types = asked.params("types") + ([asked.param("type") or ""] if asked.param("type") else [])
        found = [
            event
            for event in self._world.market.book(asked.account).events()
            if oldest <= seconds(event.day, event.second) <= asked.now and _has_type(event, types)
        ]
        by_id = {s.id: s for s in self._world.market.book(asked.account).subscriptions}
        return _listed(
            asked,
            "/v1/events",
            found,
            asked.objects.event_id,
            lambda e: seconds(e.day, e.second),
            lambda e: asked.objects.event(e, by_id[e.subscription], asked.api_version),
        )

    def customers(self, asked: _Asked) -> dict[str, Any]:
        return _listed(
            asked,
            "/v1/customers",
            self._existing(asked),
            lambda s: s.customer,
            lambda s: seconds(s.created, s.second),
            asked.objects.customer,
        )

    def customer(self, asked: _Asked) -> dict[str, Any]:
        for subscription in self._existing(asked):
            if subscription.customer == asked.request.path_params["id"]:
                return asked.objects.customer(subscription)
        raise KeyError("customer")

    def products(self, asked: _Asked) -> dict[str, Any]:
        objects = asked.objects
        plans = range(len(asked.account.spec.plans))
        made = {plan: objects.product(plan) for plan in plans}
        return _listed(
            asked, "/v1/products", plans, lambda p: made[p]["id"], lambda p: made[p]["created"], lambda p: made[p]
        )

    def prices(self, asked: _Asked) -> dict[str, Any]:
        plans = range(len(asked.account.spec.plans))
        made = {plan: asked.objects.price(plan) for plan in plans}
        return _listed(
            asked, "/v1/prices", plans, lambda p: made[p]["id"], lambda p: made[p]["created"], lambda p: made[p]
        )

    def _existing(self, asked: _Asked) -> list[Subscription]:
        book = self._world.market.book(asked.account)
        return [s for s in book.subscriptions if seconds(s.created, s.second) <= asked.now]


def _has_status(status: str, wanted: str | None) -> bool:
    """Without a wish everything but the cancelled is listed."""
    if wanted is None:
        return status != "canceled"
    return wanted == "all" or status == wanted or (wanted == "ended" and status == "canceled")


def _has_type(event: SubscriptionEvent, types: Sequence[str]) -> bool:
    kind = {"created": "created", "ended": "deleted"}.get(event.what, "updated")
    return not types or any(
        wanted in (f"customer.subscription.{kind}", "customer.subscription.*", "*") for wanted in types
    )


def _listed(
    asked: _Asked,
    url: str,
    found: Sequence[_T],
    id_of: Callable[[_T], str],
    created_of: Callable[[_T], int],
    render: Callable[[_T], dict[str, Any]],
) -> dict[str, Any]:
    """Stripe's list: newest first, `created` filters, cursors by id."""
    limit = _limit(asked.param("limit"))
    holds = _in_time(asked)
    newest_first = sorted((one for one in found if holds(created_of(one))), key=created_of, reverse=True)
    begin, end = 0, len(newest_first)
    if after := asked.param("starting_after"):
        begin = _cursor(map(id_of, newest_first), after, "starting_after") + 1
    page = newest_first[begin : min(end, begin + limit)]
    if before := asked.param("ending_before"):
        end = _cursor(map(id_of, newest_first), before, "ending_before")
        page = newest_first[max(begin, end - limit) : end]
        return {"object": "list", "data": [render(one) for one in page], "has_more": end > limit, "url": url}
    return {"object": "list", "data": [render(one) for one in page], "has_more": begin + limit < end, "url": url}


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT
    if not text.isdigit():
        raise _Invalid(f"Invalid integer: {text}", "limit")
    if not 1 <= int(text) <= _MOST:
        raise _Invalid(f"This value must be between 1 and {_MOST}.", "limit")
    return int(text)


def _cursor(ids: Iterable[str], id: str, param: str) -> int:
    for place, known in enumerate(ids):
        if known == id:
            return place
    raise _Invalid(f"No such object: '{id}'", param)


def _in_time(asked: _Asked) -> Callable[[int], bool]:
    """Whether a second of creation is within the bounds asked for."""
    bounds: list[tuple[str, int]] = []
    for key, text in asked.request.query_params.multi_items():
        bound = _CREATED.match(key)
        if bound and not text.isdigit():
            raise _Invalid(f"Invalid integer: {text}", key)
        if bound:
            bounds.append((bound[1], int(text)))
    return lambda created: all(_COMPARE.get(name, operator.eq)(created, value) for name, value in bounds)
