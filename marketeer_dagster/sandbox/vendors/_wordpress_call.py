"""One request to WordPress: whose site, by whom, with what, and how it is refused."""

import base64
import binascii
import json
from typing import Any, Final

from starlette.requests import Request

from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _wordpress_shapes as shapes
from marketeer_dagster.sandbox.vendors._wordpress_habits import kept
from marketeer_dagster.sandbox.vendors._wordpress_pages import SitePages
from marketeer_dagster.sandbox.world import World

INVALID_ID: Final = ("rest_post_invalid_id", "Invalid post ID.", 404)
NO_ROUTE: Final = ("rest_no_route", "No route was found matching the URL and request method.", 404)
WRITER: Final = ("read", "edit_posts", "edit_pages", "edit_others_pages", "edit_published_pages", "publish_pages")
ADMINISTRATOR: Final = (*WRITER, "delete_pages", "unfiltered_html", "manage_options", "edit_theme_options")


class RestError(Exception):
    """A refusal in WordPress's words."""

    def __init__(self, code: str, message: str, status: int, **data: Any) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}
        self.status = status


class Call:
    """One request: whose site, by whom, and with what."""

    def __init__(self, world: World, request: Request, body: bytes, parameters: dict[str, Any]) -> None:
        self.world = world
        self.tenant: str = request.path_params["tenant"]
        self.query = request.query_params
        self.parameters = parameters
        """What the route itself holds, as `id`."""
        try:
            self.account = world.account(self.tenant)
        except NotFound:
            raise RestError(*NO_ROUTE) from None
        header = "" if self.has("header_stripped") else request.headers.get("authorization", "")
        self.with_password = bool(header)
        self.signed_in = self._signed_in(header)
        self.pages = SitePages(world, self.tenant)
        base = f"{world.base_url}/wordpress/{self.tenant}"
        api = f"{base}/?rest_route=" if self.has("plain_permalinks") else f"{base}/wp-json"
        self.urls = shapes.Urls(api, base, world.public_url(self.tenant, ""))
        self._body = body

    def has(self, habit: str) -> bool:
        return self.world.habits.on(self.tenant, "wordpress", habit)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the signed-in user's role gives."""
        return WRITER if self.has("writer") else ADMINISTRATOR

    def may(self, capability: str) -> bool:
        return self.signed_in and capability in self.capabilities

    @property
    def fields(self) -> Json:
        """The JSON body, as WordPress stores it for this user; an absent one is empty."""
        if not self._body.strip():
            return {}
        try:
            found = json.loads(self._body)
        except ValueError as error:
            details = {"json_error_code": 4, "json_error_message": "Syntax error"}
            raise RestError("rest_invalid_json", "Invalid JSON body passed.", 400, **details) from error
        if not isinstance(found, dict):
            return {}
        texts = {name: found[name] for name in ("content", "excerpt") if isinstance(found.get(name), str)}
        unfiltered = self.may("unfiltered_html")
        return {**found, **{name: kept(text, unfiltered=unfiltered) for name, text in texts.items()}}

    @property
    def edits(self) -> bool:
        return self.query.get("context") == "edit"

    def must_edit(
        self,
        code: str = "rest_forbidden_context",
        message: str = "Sorry, you are not allowed to edit posts in this post type.",
    ) -> None:
        if not self.signed_in:
            raise RestError(code, message, 401)

    def must(self, capability: str) -> None:
        """Refuse a caller without a right: 401 for a visitor, 403 for a user."""
        if not self.may(capability):
            raise RestError("rest_forbidden", "Sorry, you are not allowed to do that.", 403 if self.signed_in else 401)

    def page(self) -> Page:
        """The page a caller may see; drafts exist for editors only."""
        page = self.pages.get(self.parameters["id"])
        if page is None:
            raise RestError(*INVALID_ID)
        if page.status != "publish" and not self.signed_in:
            raise RestError("rest_forbidden", "Sorry, you are not allowed to do that.", 401)
        return page

    def editable(self, code: str, message: str) -> Page:
        """The page a caller may change."""
        page = self.pages.get(self.parameters["id"])
        if page is None:
            raise RestError(*INVALID_ID)
        self.must_edit(code, message)
        return page

    def shown(self, page: Page, *, edits: bool) -> Json:
        return shapes.page(
            page,
            self.urls,
            len(self.pages.revisions(page.id)),
            edits=edits,
            unfiltered=self.may("unfiltered_html"),
            scripts=not self.has("script_filter"),
        )

    def _signed_in(self, header: str) -> bool:
        keys = self.world.credentials(self.tenant)
        try:
            user, _, password = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return user == keys.wordpress_user and _plain(password) == _plain(keys.wordpress_password)


def _plain(password: str) -> str:
    return password.replace(" ", "")
