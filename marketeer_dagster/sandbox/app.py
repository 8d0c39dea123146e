"""The sandbox as one web application: every vendor below its prefix, the public sites, and the admin routes."""

import importlib
import pkgutil

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from marketeer_dagster.sandbox import admin, public, vendors
from marketeer_dagster.sandbox.misbehaviour import Misbehaviour
from marketeer_dagster.sandbox.world import World

PREFIXES = {"wordpress": "/wordpress/{tenant}"}
"""Vendors that are not mounted below their own module's name."""


def create_app(world: World) -> Starlette:
    """The whole sandbox over `world`.

    A vendor is a module in `sandbox/vendors/` with `routes(world) -> list[BaseRoute]`, relative to its prefix
    (`/<module name>` unless PREFIXES says otherwise). `on_day(world, tenant, day)`, where a vendor has one, is called
    before each day is lived.
    """
    routes: list[BaseRoute] = [*admin.routes(world), *public.routes(world)]
    for name in vendor_names():
        module = importlib.import_module(f"{vendors.__name__}.{name}")
        if not hasattr(module, "routes"):
            continue
        routes.append(Mount(PREFIXES.get(name, f"/{name}"), routes=module.routes(world)))
        if hasattr(module, "on_day"):
            world.day_hooks.append(lambda tenant, day, hook=module.on_day: hook(world, tenant, day))
    app = Starlette(routes=routes)
    app.state.world = world
    app.add_middleware(Misbehaviour, world=world, vendors=frozenset(vendor_names()))
    return app


def vendor_names() -> tuple[str, ...]:
    """The vendor modules present, by name."""
    return tuple(
        sorted(module.name for module in pkgutil.iter_modules(vendors.__path__) if not module.name.startswith("_"))
    )
