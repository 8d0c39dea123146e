"""The sandbox as one web application: every vendor below its prefix, the public sites, and the admin routes."""

import importlib

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from marketeer_dagster.sandbox import admin, public, vendors
from marketeer_dagster.sandbox.misbehaviour import Misbehaviour
from marketeer_dagster.sandbox.world import World

PREFIXES = {"wordpress": "/wordpress/{tenant}"}
"""Vendors that are not mounted below their own module's name."""


def create_app(world: World) -> ASGIApp:
    """The whole sandbox over `world`.

    A vendor is a module in `sandbox/vendors/` with `routes(world) -> list[BaseRoute]`, relative to its prefix
    (`/<module name>` unless PREFIXES says otherwise). `on_day(world, tenant, day)`, where a vendor has one, is called
    before each day is lived.
    """
    routes: list[BaseRoute] = [*admin.routes(world), *public.routes(world)]
    for name in vendors.names():
        module = importlib.import_module(f"{vendors.__name__}.{name}")
        if not hasattr(module, "routes"):
            continue
        routes.append(Mount(PREFIXES.get(name, f"/{name}"), routes=module.routes(world)))
        if hasattr(module, "on_day"):
            world.day_hooks.append(lambda tenant, day, hook=module.on_day: hook(world, tenant, day))
    app = Starlette(routes=routes)
    # Outside of Starlette's own middleware, which would hide the connection that some faults cut.
    return Misbehaviour(app, world, frozenset(vendors.names()))
