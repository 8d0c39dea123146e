"""Stripe API v1, the reading part that revenue needs: subscriptions and their lines, events, customers, products,
prices and coupons."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.freshness import STALE_DAYS
from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.subscriptions import Subscription
from marketeer_dagster.sandbox.vendors._stripe_events import OLDER, Happening, happenings, rendered
from marketeer_dagster.sandbox.vendors._stripe_lists import AskedOf, Invalid, NotAllowed, expanded, listed
from marketeer_dagster.sandbox.vendors._stripe_objects import API_VERSION_FALLBACK, Objects, seconds
from marketeer_dagster.sandbox.world import World

VARIED = ("charges", "currencies", "discounts", "troubles")
_RIGHTS = {
    "subscriptions": "rak_subscription_read", "subscription_items": "rak_subscription_read", "events": "rak_event_read",
    "customers": "rak_customer_read", "products": "rak_product_read", "prices": "rak_plan_read",
    "coupons": "rak_coupon_read",
}  # fmt: skip
"""What a restricted key needs, by the first part of the path below /v1; prices are plans still."""
HABITS = {
    "charges": Habit("Some customers pay by year, week, seat, package or line, and for usage besides.", on=True),
    "currencies": Habit("Some customers pay in another of a price's currencies.", on=True),
    "discounts": Habit("Some subscriptions, lines and customers have a discount, its coupon an id.", on=True),
    "troubles": Habit("Some customers pay late, some pause, some change what is not about money.", on=True),
    "older_events": Habit(f"Events look as in version {OLDER}, in which the account was made.", on=True),
    "lock_timeouts": Habit("Every third request of a kind finds its object locked: 429 that is no rate limit."),
    **{
        f"without_{right}": Habit(f"The key is restricted and lacks {right}.")
        for right in sorted(set(_RIGHTS.values()))
    },
}
_EVENT_DAYS = 30
"""Stripe lists events of the last 30 days only."""
_STATUSES = ("active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused",
             "trialing", "unpaid")  # fmt: skip
_LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. "
    "If you see this error intermittently, retry the request."
)
_Handler = Callable[[AskedOf], dict[str, Any]]


def routes(world: World) -> list[BaseRoute]:
    """Lists and retrievals below /v1; anything else is Stripe's 404."""
    api = _Api(world)
    return [
        Route("/v1/subscriptions", api.endpoint(api.subscriptions)),
        Route("/v1/subscriptions/{id}", api.endpoint(api.subscription)),
        Route("/v1/subscription_items", api.endpoint(api.items)),
        Route("/v1/events", api.endpoint(api.events)),
        Route("/v1/customers", api.endpoint(api.customers)),
        Route("/v1/customers/{id}", api.endpoint(api.customer)),
        Route("/v1/products", api.endpoint(api.goods("products"))),
        Route("/v1/prices", api.endpoint(api.goods("prices"))),
        Route("/v1/prices/{id}", api.endpoint(api.one_of("prices"))),
        Route("/v1/coupons", api.endpoint(api.goods("coupons"))),
        Route("/v1/coupons/{id}", api.endpoint(api.one_of("coupons"))),
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
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
            return response
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
            return error_response("stripe", 401, f"Invalid API Key provided: {_masked(key)}")
        fault = fault_of(request)
        if fault is FaultKind.EMPTY and "id" not in request.path_params:
            return JSONResponse({"object": "list", "data": [], "has_more": False, "url": request.url.path})
        asked = self._asked(request, account, stale=fault is FaultKind.STALE)
        try:
            right = _RIGHTS[request.url.path.split("/v1/")[1].split("/")[0]]
            if not asked.may(right):
                raise NotAllowed(right)
            if self._locked(asked):
                return _refusal(429, _LOCKED, code="lock_timeout")
            return JSONResponse(expanded(asked, handler(asked), lambda name, id: self._find(asked, name, id)))
        except NotAllowed as error:
            return _refusal(403, _not_allowed(key, account, error.args[0]))
        except Invalid as error:
            return _refusal(400, error.message, param=error.param, code=error.code)
        except KeyError as error:
            message = f"No such {error.args[0]}: '{request.path_params.get('id')}'"
            return _refusal(404, message, param="id", code="resource_missing")

    def _asked(self, request: Request, account: Account, *, stale: bool) -> AskedOf:
        habits, tenant = self._world.habits, account.tenant
        varied = [name for name in VARIED if habits.on(tenant, "stripe", name)]
        day = self._world.clock.day - timedelta(days=STALE_DAYS if stale else 0)
        return AskedOf(
            account,
            Objects(self._world.seed, account, varied),
            request,
            # The day that has begun holds nothing yet: what is known ends with the day before.
            seconds(day) - 1,
            lambda right: not habits.on(tenant, "stripe", f"without_{right}"),
        )

    def _locked(self, asked: AskedOf) -> bool:
        tenant = asked.account.tenant
        if not self._world.habits.on(tenant, "stripe", "lock_timeouts"):
            return False
        return int(self._world.documents(tenant, "stripe").next_id(f"lock{asked.request.url.path}")) % 3 == 1

    def subscriptions(self, asked: AskedOf) -> dict[str, Any]:
        status = asked.param("status")
        if status is not None and status not in _STATUSES:
            raise Invalid(f"Invalid status: must be one of {', '.join(_STATUSES)}", "status")
        found = [s for s in self._existing(asked) if asked.param("customer") in (None, s.customer)]
        wanted = [s for s in found if _has_status(asked.objects.status(s, asked.now), status)]
        return listed(
            asked,
            "/v1/subscriptions",
            wanted,
            lambda s: s.id,
            lambda s: seconds(s.created, s.second),
            lambda s: asked.objects.subscription(s, asked.now),
        )

    def subscription(self, asked: AskedOf) -> dict[str, Any]:
        return asked.objects.subscription(self._subscription(asked, asked.request.path_params["id"]), asked.now)

    def items(self, asked: AskedOf) -> dict[str, Any]:
        id = asked.param("subscription")
        if id is None:
            raise Invalid("Missing required param: subscription.", "subscription", "parameter_missing")
        try:
            lines = asked.objects.items(self._subscription(asked, id), asked.now)
        except KeyError:
            raise Invalid(f"No such subscription: '{id}'", "subscription", "resource_missing") from None
        return listed(asked, "/v1/subscription_items", lines, lambda i: i["id"], lambda i: i["created"], lambda i: i)

    def events(self, asked: AskedOf) -> dict[str, Any]:
        types = asked.params("types") + ([asked.param("type") or ""] if asked.param("type") else [])
        book = self._world.market.book(asked.account)
        span = (asked.now - _EVENT_DAYS * 86_400, asked.now)
        found = happenings(asked.objects, self._existing(asked), book.events(), span)
        older = self._world.habits.on(asked.account.tenant, "stripe", "older_events")
        version = OLDER if older else asked.request.headers.get("stripe-version", API_VERSION_FALLBACK)
        return listed(
            asked,
            "/v1/events",
            [one for one in found if _has_type(one, types)],
            lambda e: e.id,
            lambda e: e.at,
            lambda e: rendered(asked.objects, e, version),
        )

    def customers(self, asked: AskedOf) -> dict[str, Any]:
        return listed(
            asked,
            "/v1/customers",
            self._existing(asked),
            lambda s: s.customer,
            lambda s: seconds(s.created, s.second),
            lambda s: asked.objects.customer(s, asked.now),
        )

    def customer(self, asked: AskedOf) -> dict[str, Any]:
        return self._customer(asked, asked.request.path_params["id"])

    def goods(self, kind: str) -> _Handler:
        """The list of what the account sells: products, coupons, or the prices that are not archived."""

        def answer(asked: AskedOf) -> dict[str, Any]:
            made: list[dict[str, Any]] = getattr(asked.objects.goods, kind)()
            if kind == "prices":
                active = asked.request.query_params.get("active", "true") == "true"
                made = [price for price in made if price["active"] is active]
            return listed(asked, f"/v1/{kind}", made, lambda p: p["id"], lambda p: p["created"], lambda p: p)

        return answer

    def one_of(self, kind: str) -> _Handler:
        """One of the list `kind`, by its id."""

        def answer(asked: AskedOf) -> dict[str, Any]:
            id = asked.request.path_params["id"]
            for body in getattr(asked.objects.goods, kind)():
                if body["id"] == id:
                    return body
            raise KeyError(kind.removesuffix("s"))

        return answer

    def _find(self, asked: AskedOf, name: str, id: str) -> dict[str, Any]:
        """The object that stands in field `name`."""
        if name == "customer":
            return self._customer(asked, id)
        if name == "product":
            return next(body for body in asked.objects.goods.products() if body["id"] == id)
        if name == "coupon":
            return asked.objects.coupon(id)
        if name == "discounts":
            held = self._known(asked, "discount", lambda one: asked.objects.goods.id("di", one.id))[id]
            rebate = asked.objects.terms(held).rebate
            assert rebate is not None, "only discounts that there are have ids"
            return asked.objects.discount(held, rebate)
        raise Invalid(f"This property cannot be expanded ({name}).", "expand")

    def _customer(self, asked: AskedOf, id: str) -> dict[str, Any]:
        held = self._known(asked, "customer", lambda one: one.customer)
        if id not in held:
            raise KeyError("customer")
        return asked.objects.customer(held[id], asked.now)

    def _subscription(self, asked: AskedOf, id: str) -> Subscription:
        held = self._known(asked, "subscription", lambda one: one.id)
        if id not in held:
            raise KeyError("subscription")
        return held[id]

    def _known(self, asked: AskedOf, what: str, key: Callable[[Subscription], str]) -> dict[str, Subscription]:
        if what not in asked.found:
            asked.found[what] = {key(one): one for one in self._existing(asked)}
        return asked.found[what]

    def _existing(self, asked: AskedOf) -> list[Subscription]:
        book = self._world.market.book(asked.account)
        return [s for s in book.subscriptions if seconds(s.created, s.second) <= asked.now]


def _refusal(status: int, message: str, *, param: str | None = None, code: str | None = None) -> Response:
    error = {"code": code, "message": message, "param": param, "type": "invalid_request_error"}
    if code:
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    return JSONResponse({"error": {name: value for name, value in error.items() if value is not None}}, status)


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 12}{key[-4:]}" if len(key) > 16 else key


def _not_allowed(key: str, account: Account, right: str) -> str:
    return (
        f"The provided key 'rk_test_{'*' * 80}{key[-6:]}' does not have the required permissions for this endpoint on "
        f"account 'acct_{token(16, account.tenant)}'. Having the '{right}' permission would allow this request to "
        "continue."
    )


def _has_status(status: str, wanted: str | None) -> bool:
    """Without a wish everything but the cancelled is listed."""
    if wanted is None:
        return status != "canceled"
    return wanted == "all" or status == wanted or (wanted == "ended" and status == "canceled")


def _has_type(event: Happening, types: Sequence[str]) -> bool:
    family = event.type.rsplit(".", 1)[0]
    return not types or any(wanted in (event.type, f"{family}.*", "*") for wanted in types)
