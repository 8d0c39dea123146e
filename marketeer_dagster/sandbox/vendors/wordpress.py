"""WordPress's REST API for one site per tenant: index, pages, revisions, autosaves, settings, the user.

Routes, shapes, status codes, headers and error bodies as WordPress 6.1 answers them. A caller with wrong credentials is
a visitor, as it is there: what it may not do answers 401 `rest_cannot_create`, `rest_forbidden_context` and so on.
"""

import base64
import binascii
import json
from collections.abc import Callable
from math import ceil
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _wordpress_shapes as shapes
from marketeer_dagster.sandbox.vendors._wordpress_pages import REGISTERED_META, STATUSES, SitePages
from marketeer_dagster.sandbox.world import World

MOST_ROWS: Final = 100
TEMPLATES: Final = ("blog-alternative", "blank")
_EDIT_ERROR: Final = ("rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.", 401)
_INVALID_ID: Final = ("rest_post_invalid_id", "Invalid post ID.", 404)
_ORDERS: Final = {"id": "id", "date": "created", "modified": "modified", "title": "title", "slug": "slug"}


class RestError(Exception):
    """A refusal in WordPress's words."""

    def __init__(self, code: str, message: str, status: int, **data: Any) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}
        self.status = status


class Call:
    """One request: whose site, by whom, and with what."""

    def __init__(self, world: World, request: Request, body: bytes) -> None:
        self.world = world
        self.tenant: str = request.path_params["tenant"]
        self.query = request.query_params
        try:
            self.account = world.account(self.tenant)
        except NotFound:
            raise RestError("rest_no_route", "No route was found matching the URL and request method.", 404) from None
        self.signed_in = self._signed_in(request.headers.get("authorization", ""))
        self.pages = SitePages(world, self.tenant)
        self.urls = shapes.Urls(f"{world.base_url}/wordpress/{self.tenant}/wp-json", world.public_url(self.tenant, ""))
        self._body = body

    @property
    def fields(self) -> Json:
        """The JSON body; an absent one is empty."""
        if not self._body.strip():
            return {}
        try:
            found = json.loads(self._body)
        except ValueError as error:
            raise RestError(
                "rest_invalid_json",
                "Invalid JSON body passed.",
                400,
                json_error_code=4,
                json_error_message="Syntax error",
            ) from error
        return found if isinstance(found, dict) else {}

    @property
    def edits(self) -> bool:
        return self.query.get("context") == "edit"

    def must_edit(self, code: str = _EDIT_ERROR[0], message: str = _EDIT_ERROR[1]) -> None:
        if not self.signed_in:
            raise RestError(code, message, 401)

    def page(self, id: int) -> Page:
        """The page a caller may see; drafts exist for editors only."""
        page = self.pages.get(id)
        if page is None:
            raise RestError(*_INVALID_ID)
        if page.status != "publish" and not self.signed_in:
            raise RestError("rest_forbidden", "Sorry, you are not allowed to do that.", 401)
        return page

    def shown(self, page: Page, *, edits: bool) -> Json:
        return shapes.page(page, self.urls, len(self.pages.revisions(page.id)), edits=edits)

    def _signed_in(self, header: str) -> bool:
        keys = self.world.credentials(self.tenant)
        try:
            user, _, password = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return user == keys.wordpress_user and _plain(password) == _plain(keys.wordpress_password)


def routes(world: World) -> list[BaseRoute]:
    """Below /wordpress/{tenant}."""

    def route(path: str, **handlers: Callable[[Call, Request], Response]) -> Route:
        async def answer(request: Request) -> Response:
            body = await request.body()
            handler = handlers["POST" if request.method in ("PUT", "PATCH") else request.method]
            return await run_in_threadpool(_answered, world, handler, request, body)

        methods = [*handlers, *(["PUT", "PATCH"] if "POST" in handlers and "{id" in path else [])]
        return Route(f"/wp-json{path}", answer, methods=methods)

    return [
        route("/", GET=_index),
        route("/wp/v2/pages", GET=_list, POST=_create),
        route("/wp/v2/pages/{id:int}", GET=_show, POST=_update, DELETE=_delete),
        route("/wp/v2/pages/{id:int}/revisions", GET=_revisions),
        route("/wp/v2/pages/{id:int}/autosaves", GET=_autosaves, POST=_autosave),
        route("/wp/v2/settings", GET=_settings, POST=_change_settings),
        route("/wp/v2/users/me", GET=_me),
        Route("/wp-json/{rest:path}", _no_route, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _answered(world: World, handler: Callable[[Call, Request], Response], request: Request, body: bytes) -> Response:
    try:
        with world.lock:
            return handler(Call(world, request, body), request)
    except RestError as error:
        return JSONResponse(error.body, status_code=error.status)


def _no_route(request: Request) -> Response:
    error = RestError("rest_no_route", "No route was found matching the URL and request method.", 404)
    return JSONResponse(error.body, status_code=404)


def _index(call: Call, request: Request) -> Response:
    return JSONResponse(shapes.index(call.account.spec.name, call.urls))


def _list(call: Call, request: Request) -> Response:
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
    for status in statuses:
        if status not in (*STATUSES, "any"):
            _invalid("status", f"status[0] is not one of {_listing(('publish', *STATUSES[1:]))}.", "rest_not_in_enum")
        if status != "publish" and not call.signed_in:
            _invalid("status", "Status is forbidden.", "rest_forbidden_status", {"status": 401})
    rows = call.query.get("per_page", "10")
    if not rows.isdigit() or not 1 <= int(rows) <= MOST_ROWS:
        _invalid(
            "per_page", f"per_page must be between 1 (inclusive) and {MOST_ROWS} (inclusive)", "rest_out_of_bounds"
        )


def _create(call: Call, request: Request) -> Response:
    call.must_edit("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    fields = call.fields
    _check_fields(call, fields)
    page = call.pages.create(fields)
    location = f"{call.urls.api}/wp/v2/pages/{page.id}"
    return JSONResponse(call.shown(page, edits=True), status_code=201, headers={"Location": location})


def _show(call: Call, request: Request) -> Response:
    page = call.page(request.path_params["id"])
    if call.edits:
        call.must_edit("rest_forbidden_context", "Sorry, you are not allowed to edit this post.")
    return JSONResponse(call.shown(page, edits=call.edits))


def _update(call: Call, request: Request) -> Response:
    page = _editable(call, request, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    fields = call.fields
    _check_fields(call, fields)
    return JSONResponse(call.shown(call.pages.update(page, fields), edits=True))


def _delete(call: Call, request: Request) -> Response:
    page = _editable(call, request, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    if call.query.get("force") not in ("true", "1"):
        return JSONResponse(call.shown(call.pages.trash(page), edits=True))
    previous = call.shown(page, edits=True)
    previous.pop("_links")
    call.pages.delete(page)
    return JSONResponse({"deleted": True, "previous": previous})


def _revisions(call: Call, request: Request) -> Response:
    page = _editable(call, request, "rest_cannot_read", "Sorry, you are not allowed to view revisions of this post.")
    shown = [shapes.revision(kept, call.urls, "revision", edits=call.edits) for kept in call.pages.revisions(page.id)]
    return JSONResponse(shown, headers={"X-WP-Total": str(len(shown)), "X-WP-TotalPages": "1"})


def _autosaves(call: Call, request: Request) -> Response:
    page = _editable(call, request, "rest_cannot_read", "Sorry, you are not allowed to view autosaves of this post.")
    kept = call.pages.autosaves(page.id)
    return JSONResponse([shapes.revision(one, call.urls, "autosave", edits=call.edits) for one in kept])


def _autosave(call: Call, request: Request) -> Response:
    page = _editable(call, request, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    kept = call.pages.autosave(page, call.fields)
    if "draft" in kept:
        return JSONResponse(call.shown(call.page(int(kept["draft"])), edits=True))
    return JSONResponse(shapes.revision(kept, call.urls, "autosave", edits=True))


def _editable(call: Call, request: Request, code: str, message: str) -> Page:
    page = call.pages.get(request.path_params["id"])
    if page is None:
        raise RestError(*_INVALID_ID)
    call.must_edit(code, message)
    return page


def _settings(call: Call, request: Request) -> Response:
    call.must_edit("rest_forbidden", "Sorry, you are not allowed to do that.")
    return JSONResponse(shapes.settings(call.account.spec.name, call.urls, call.pages.front_page()))


def _change_settings(call: Call, request: Request) -> Response:
    call.must_edit("rest_forbidden", "Sorry, you are not allowed to do that.")
    chosen = call.fields.get("page_on_front")
    if chosen:
        call.pages.set_front_page(int(chosen))
    return _settings(call, request)


def _me(call: Call, request: Request) -> Response:
    if not call.signed_in:
        raise RestError("rest_not_logged_in", "You are not currently logged in.", 401)
    return JSONResponse(shapes.user(call.world.credentials(call.tenant).wordpress_user, call.urls))


def _check_fields(call: Call, fields: Json) -> None:
    if "status" in fields and fields["status"] not in STATUSES:
        _invalid("status", f"status is not one of {_listing(STATUSES)}.", "rest_not_in_enum")
    if fields.get("template") and fields["template"] not in TEMPLATES:
        _invalid("template", f"template is not one of {', '.join(TEMPLATES)}.", "rest_invalid_param")
    if fields.get("parent") and call.pages.get(int(fields["parent"])) is None:
        raise RestError("rest_post_invalid_id", "Invalid post parent ID.", 400)
    for name, value in fields.get("meta", {}).items():
        if name in REGISTERED_META and not isinstance(value, str):
            raise RestError("rest_invalid_type", f"meta.{name} is not of type string.", 400)


def _invalid(parameter: str, message: str, code: str, data: Json | None = None) -> None:
    details = {parameter: {"code": code, "message": message, "data": data}}
    text = f"Invalid parameter(s): {parameter}"
    raise RestError("rest_invalid_param", text, 400, params={parameter: message}, details=details)


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, "")
    return int(value) if value.isdigit() and int(value) else default


def _listing(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _plain(password: str) -> str:
    return password.replace(" ", "")
