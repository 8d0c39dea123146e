"""The routes that only callers of the sandbox itself use: health, clock, accounts, faults, habits, shocks, ledger."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.sandbox import vendors
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.connections import connections
from marketeer_dagster.sandbox.faults import FaultSpec
from marketeer_dagster.sandbox.habits import HabitSpec, known_habits
from marketeer_dagster.sandbox.shocks import ShockSpec
from marketeer_dagster.sandbox.world import World


class Advance(BaseModel):
    """What is asked of POST /_sandbox/advance."""

    model_config = ConfigDict(extra="forbid")

    days: int = 1


class _Admin:
    def __init__(self, world: World) -> None:
        self.world = world

    def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "simulated": True, **self.world.face.model_dump()})

    def clock(self, request: Request) -> Response:
        now = self.world.told_now()
        return JSONResponse(
            {"now": now.isoformat(), "day": now.date().isoformat(), "room_days": self.world.clock.room()}
        )

    def advance(self, request: Request, body: bytes) -> Response:
        self.world.advance(Advance.model_validate_json(body).days)
        return self.clock(request)

    def accounts(self, request: Request, body: bytes) -> Response:
        account = self.world.open_account(AccountSpec.model_validate_json(body))
        found = connections(self.world, account)
        return JSONResponse({tool: connection.model_dump() for tool, connection in found.items()})

    def list_accounts(self, request: Request) -> Response:
        return JSONResponse([account.model_dump(mode="json") for account in self.world.accounts()])

    def faults(self, request: Request, body: bytes) -> Response:
        spec = FaultSpec.model_validate_json(body)
        if spec.vendor not in ("*", *vendors.names()):
            known = ", ".join(vendors.names())
            raise BadInput(f"no vendor {spec.vendor!r} here", where="vendor", expected=f"* or one of {known}")
        self.world.faults.add(spec)
        return self.list_faults(request)

    def list_faults(self, request: Request) -> Response:
        fired = self.world.faults.fired()
        return JSONResponse([{**spec.model_dump(mode="json"), "fired": times} for spec, times in fired])

    def clear_faults(self, request: Request) -> Response:
        self.world.faults.clear()
        return self.list_faults(request)

    def habits(self, request: Request, body: bytes) -> Response:
        spec = HabitSpec.model_validate_json(body)
        if spec.tenant:
            self.world.account(spec.tenant)
        self.world.habits.turn(spec)
        return self.list_habits(request)

    def list_habits(self, request: Request) -> Response:
        tenant = request.query_params.get("tenant", "")
        return JSONResponse(
            [
                {"vendor": vendor, "name": name, "means": habit.means, "on": self.world.habits.on(tenant, vendor, name)}
                for vendor, habits in known_habits().items()
                for name, habit in habits.items()
            ]
        )

    def shocks(self, request: Request, body: bytes) -> Response:
        shock = self.world.shock(ShockSpec.model_validate_json(body))
        return JSONResponse(shock.model_dump(mode="json"))

    def ledger(self, request: Request) -> Response:
        query = request.query_params
        entries = self.world.ledger.entries(vendor=query.get("vendor"), tenant=query.get("tenant"))
        return JSONResponse([entry.model_dump(mode="json") for entry in entries])


def _reading(handler: Any) -> Any:
    """Give a synchronous handler the request's body, and turn bad input into a 400 that says what was expected."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            return await run_in_threadpool(handler, request, body or b"{}")
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            return JSONResponse({"error": faults}, status_code=400)
        except (BadInput, NotFound) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


def routes(world: World) -> list[BaseRoute]:
    """The admin routes, below /_sandbox."""
    admin = _Admin(world)
    return [
        Route("/_sandbox/health", admin.health),
        Route("/_sandbox/clock", admin.clock),
        Route("/_sandbox/advance", _reading(admin.advance), methods=["POST"]),
        Route("/_sandbox/accounts", _reading(admin.accounts), methods=["POST"]),
        Route("/_sandbox/accounts", admin.list_accounts),
        Route("/_sandbox/faults", _reading(admin.faults), methods=["POST"]),
        Route("/_sandbox/faults", admin.clear_faults, methods=["DELETE"]),
        Route("/_sandbox/faults", admin.list_faults),
        Route("/_sandbox/habits", _reading(admin.habits), methods=["POST"]),
        Route("/_sandbox/habits", admin.list_habits),
        Route("/_sandbox/shocks", _reading(admin.shocks), methods=["POST"]),
        Route("/_sandbox/ledger", admin.ledger),
    ]
