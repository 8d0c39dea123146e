"""WordPress's REST API for one site per tenant: index, pages, revisions, autosaves, settings, the user.

Routes, shapes, status codes, headers and error bodies as WordPress 6.1 answers them. A caller with wrong credentials is
a visitor, as it is there: what it may not do answers 401 `rest_cannot_create`, `rest_forbidden_context` and so on.
"""

import re
from collections.abc import Callable
from math import ceil
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _wordpress_habits as habits
from marketeer_dagster.sandbox.vendors import _wordpress_shapes as shapes
from marketeer_dagster.sandbox.vendors._wordpress_call import NO_ROUTE, Call, RestError
from marketeer_dagster.sandbox.vendors._wordpress_habits import HABITS
from marketeer_dagster.sandbox.vendors._wordpress_pages import REGISTERED_META, STATUSES
from marketeer_dagster.sandbox.world import World

__all__ = ["HABITS", "routes"]

MOST_ROWS: Final = 100
TEMPLATES: Final = ("blog-alternative", "blank")
_ORDERS: Final = {"id": "id", "date": "created", "modified": "modified", "title": "title", "slug": "slug"}
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Call], Response]
Fault = tuple[str, str, Json | None]
"""Code, message and data of one refused parameter."""


def routes(world: World) -> list[BaseRoute]:
    """Below /wordpress/{tenant}: the API at /wp-json/ and /?rest_route=, and the site's front door, which names it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answered, world, request, body)

    return [
        Route("/wp-json/{rest:path}", answer, methods=_METHODS),
        Route("/wp-json", answer, methods=_METHODS),
        Route("/{rest:path}", answer, methods=_METHODS),
    ]


def _answered(world: World, request: Request, body: bytes) -> Response:
    tenant: str = request.path_params["tenant"]
    method = "POST" if request.method in ("PUT", "PATCH") else request.method
    blocked = habits.refused(world, tenant, method, request.url.path, request.url.query, body)
    if blocked is not None:
        return blocked
    plain = world.habits.on(tenant, "wordpress", "plain_permalinks")
    pretty = request.url.path.partition(f"/wordpress/{tenant}/wp-json")
    route = request.query_params.get("rest_route") if plain or not pretty[1] else pretty[2] or "/"
    if route is None:
        return _theme(world, tenant, request.path_params.get("rest", ""), plain)
    try:
        with world.lock:
            found = _routed(world, request, body, method, route)
    except RestError as error:
        found = JSONResponse(error.body, status_code=error.status)
    return habits.spoiled(world, tenant, route, found)


def _theme(world: World, tenant: str, path: str, plain: bool) -> Response:
    """What is no API: the front door and the theme's 404. Both name the API, as WordPress does on every page."""
    root = f"{world.base_url}/wordpress/{tenant}"
    place = f"{root}/?rest_route=/" if plain else f"{root}/wp-json/"
    link = {"Link": f'<{place}>; rel="https://api.w.org/"'}
    if path.strip("/"):
        return habits.html(404, "Page not found", "It looks like nothing was found at this location.", link)
    return habits.html(200, tenant, "Welcome.", link)


def _routed(world: World, request: Request, body: bytes, method: str, route: str) -> Response:
    for pattern, handlers in _ROUTES:
        matched = re.fullmatch(pattern, route.rstrip("/") or "/")
        if matched is None or method not in handlers:
            continue
        call = Call(world, request, body, {name: int(value) for name, value in matched.groupdict().items()})
        if call.has("no_passwords") and call.with_password:
            return habits.no_passwords()
        if call.has("rest_closed") and not call.signed_in:
            raise RestError("rest_cannot_access", "DRA: Only authenticated users can access the REST API.", 401)
        return handlers[method](call)
    raise RestError(*NO_ROUTE)


def _index(call: Call) -> Response:
    return JSONResponse(shapes.index(call.account.spec.name, call.urls))


def _list(call: Call) -> Response:
    statuses = [s for s in call.query.get("status", "publish").split(",") if s]
    _check_list(call, statuses)
    if call.edits:
        call.must_edit()
    slugs = [s for s in call.query.get("slug", "").split(",") if s]
    found = [page for page in call.pages.list() if _listed(page, statuses, slugs, call)]
    order = _ORDERS.get(call.query.get("orderby", "date"), "created")
    found.sort(key=lambda page: (getattr(page, order), page.id), reverse=call.query.get("order", "desc") == "desc")
    rows, number = _number(call, "per_page", 10), _number(call, "page", 1)
    total, pages = len(found), ceil(len(found) / rows)
    if number > 1 and number > pages:
        message = "The page number requested is larger than the number of pages available."
        raise RestError("rest_post_invalid_page_number", message, 400)
    shown = [call.shown(page, edits=call.edits) for page in found[(number - 1) * rows : number * rows]]
    return JSONResponse(shown, headers={"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)})


def _listed(page: Page, statuses: list[str], slugs: list[str], call: Call) -> bool:
    parent = call.query.get("parent")
    return (
        ("any" in statuses or page.status in statuses)
        and (not slugs or page.slug in slugs)
        and (parent is None or shapes.parent_of(page) == int(parent))
        and call.query.get("search", "").lower() in f"{page.title} {page.content}".lower()
    )


def _check_list(call: Call, statuses: list[str]) -> None:
    faults: dict[str, Fault] = {}
    for status in statuses:
        if status not in (*STATUSES, "any"):
            allowed = f"status[0] is not one of {_listing(('publish', *STATUSES[1:]))}."
            faults["status"] = ("rest_not_in_enum", allowed, None)
        elif status != "publish" and not call.signed_in:
            faults["status"] = ("rest_forbidden_status", "Status is forbidden.", {"status": 401})
    rows = call.query.get("per_page", "10")
    if not rows.isdigit() or not 1 <= int(rows) <= MOST_ROWS:
        bounds = f"per_page must be between 1 (inclusive) and {MOST_ROWS} (inclusive)"
        faults["per_page"] = ("rest_out_of_bounds", bounds, None)
    _refuse(faults)


def _create(call: Call) -> Response:
    call.must_edit("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    fields = call.fields
    _check_fields(call, fields)
    page = call.pages.create(fields)
    location = f"{call.urls.api}/wp/v2/pages/{page.id}"
    return JSONResponse(call.shown(page, edits=True), status_code=201, headers={"Location": location})


def _show(call: Call) -> Response:
    page = call.page()
    if call.edits:
        call.must_edit("rest_forbidden_context", "Sorry, you are not allowed to edit this post.")
    return JSONResponse(call.shown(page, edits=call.edits))


def _update(call: Call) -> Response:
    page = call.editable("rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    fields = call.fields
    _check_fields(call, fields)
    return JSONResponse(call.shown(call.pages.update(page, fields), edits=True))


def _delete(call: Call) -> Response:
    page = call.editable("rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    if call.query.get("force") not in ("true", "1"):
        if page.status == "trash":
            raise RestError("rest_already_trashed", "The post has already been deleted.", 410)
        return JSONResponse(call.shown(call.pages.trash(page), edits=True))
    previous = call.shown(page, edits=True)
    previous.pop("_links")
    call.pages.delete(page)
    return JSONResponse({"deleted": True, "previous": previous})


def _revisions(call: Call) -> Response:
    page = call.editable("rest_cannot_read", "Sorry, you are not allowed to view revisions of this post.")
    shown = [shapes.revision(kept, call.urls, "revision", edits=call.edits) for kept in call.pages.revisions(page.id)]
    return JSONResponse(shown, headers={"X-WP-Total": str(len(shown)), "X-WP-TotalPages": "1"})


def _autosaves(call: Call) -> Response:
    page = call.editable("rest_cannot_read", "Sorry, you are not allowed to view autosaves of this post.")
    kept = call.pages.autosaves(page.id)
    return JSONResponse([shapes.revision(one, call.urls, "autosave", edits=call.edits) for one in kept])


def _autosave(call: Call) -> Response:
    page = call.editable("rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    if page.status == "draft":  # an autosave of a draft changes the draft itself
        return JSONResponse(call.shown(call.pages.update(page, call.fields), edits=True))
    kept = call.pages.autosave(page, call.fields)
    return JSONResponse(shapes.revision(kept, call.urls, "autosave", edits=True))


def _settings(call: Call) -> Response:
    call.must("manage_options")
    return JSONResponse(shapes.settings(call.account.spec.name, call.urls, call.pages.front_page()))


def _change_settings(call: Call) -> Response:
    call.must("manage_options")
    chosen = call.fields.get("page_on_front")
    if chosen:
        call.pages.set_front_page(int(chosen))
    return _settings(call)


def _me(call: Call) -> Response:
    if not call.signed_in:
        raise RestError("rest_not_logged_in", "You are not currently logged in.", 401)
    name = call.world.credentials(call.tenant).wordpress_user
    role = "page_writer" if call.has("writer") else "administrator"
    return JSONResponse(shapes.user(name, call.urls, role, call.capabilities if call.edits else ()))


def _check_fields(call: Call, fields: Json) -> None:
    faults: dict[str, Fault] = {}
    if "status" in fields and fields["status"] not in STATUSES:
        faults["status"] = ("rest_not_in_enum", f"status is not one of {_listing(STATUSES)}.", None)
    if not str(fields.get("parent") or 0).isdigit():
        faults["parent"] = ("rest_invalid_type", "parent is not of type integer.", {"param": "parent"})
    if fields.get("template") and fields["template"] not in TEMPLATES:
        faults["template"] = ("rest_invalid_param", f"template is not one of {', '.join(TEMPLATES)}.", None)
    _refuse(faults)
    if fields.get("parent") and call.pages.get(int(fields["parent"])) is None:
        raise RestError("rest_post_invalid_id", "Invalid post parent ID.", 400)
    for name, value in fields.get("meta", {}).items():
        if name in REGISTERED_META and not isinstance(value, str):
            raise RestError("rest_invalid_type", f"meta.{name} is not of type string.", 400)


def _refuse(faults: "dict[str, Fault]") -> None:
    """Say everything that is wrong with the parameters, at once."""
    if not faults:
        return
    details = {name: {"code": code, "message": said, "data": data} for name, (code, said, data) in faults.items()}
    messages = {name: said for name, (_, said, _) in faults.items()}
    text = f"Invalid parameter(s): {', '.join(faults)}"
    raise RestError("rest_invalid_param", text, 400, params=messages, details=details)


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, "")
    return int(value) if value.isdigit() and int(value) else default


def _listing(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])}, and {names[-1]}"


_PAGE: Final = r"/wp/v2/pages/(?P<id>\d+)"
_ROUTES: Final[tuple[tuple[str, dict[str, Handler]], ...]] = (
    ("/", {"GET": _index}),
    ("/wp/v2/pages", {"GET": _list, "POST": _create}),
    (_PAGE, {"GET": _show, "POST": _update, "DELETE": _delete}),
    (f"{_PAGE}/revisions", {"GET": _revisions}),
    (f"{_PAGE}/autosaves", {"GET": _autosaves, "POST": _autosave}),
    ("/wp/v2/settings", {"GET": _settings, "POST": _change_settings}),
    ("/wp/v2/users/me", {"GET": _me}),
)
