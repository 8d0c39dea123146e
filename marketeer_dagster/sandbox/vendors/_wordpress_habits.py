"""In which ways a WordPress site and what stands before it can be unkind; answers as recorded in tests/contract."""

import json
import re
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, JSONResponse, Response

from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.world import World

HABITS: Final[Mapping[str, Habit]] = {
    "firewall": Habit("A firewall plugin takes script tags in a write for an attack: 403 as HTML."),
    "challenge": Habit("A content network checks browsers: every call gets 403 with cf-mitigated, as HTML."),
    "rest_closed": Habit("A plugin closes the REST API to visitors: 401 rest_cannot_access."),
    "header_stripped": Habit("The web server drops the Authorization header: every caller is a visitor."),
    "no_passwords": Habit("A security plugin switched application passwords off: 501."),
    "plain_permalinks": Habit("No pretty permalinks: /wp-json/ is the theme's 404, ?rest_route= works."),
    "writer": Habit("The user may publish pages but not post unfiltered HTML nor change settings."),
    "german": Habit("Messages come in German; only codes stay."),
    "redirect": Habit("The API redirects to the site's other spelling (https, www)."),
    "notices": Habit("PHP prints notices before the JSON."),
    "bom": Habit("A theme file saved with a byte order mark puts it before the JSON."),
    "cache": Habit("A page cache answers lists of pages: without X-WP-Total."),
    "maintenance": Habit("The site is being updated: 503 as HTML with Retry-After 600."),
    "script_filter": Habit("A plugin removes scripts when pages are shown, not when they are stored."),
}

_HTML: Final = (
    "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
)
_NOTICE: Final = (
    "<br />\n<b>Deprecated</b>:  Creation of dynamic property Example::$x is deprecated in "
    "<b>/var/www/html/wp-content/plugins/example/a.php</b> on line <b>12</b><br />\n"
)
_SCRIPT: Final = re.compile(rb"<\s*script\b|\\u003c\s*script\b", re.IGNORECASE)
_FORBIDDEN_TAGS: Final = re.compile(r"</?(?:script|form|input|iframe|style|object|embed)\b[^>]*>", re.IGNORECASE)
_SCRIPTS: Final = re.compile(r"<script\b.*?</script>", re.IGNORECASE | re.DOTALL)
_GERMAN: Final = {
    "rest_forbidden": "Du bist leider nicht berechtigt, das zu tun.",
    "rest_not_logged_in": "Du bist derzeit nicht angemeldet.",
    "rest_post_invalid_id": "Ungültige Beitrags-ID.",
    "rest_no_route": "Es wurde keine Route gefunden, die mit der URL und der Request-Methode übereinstimmt.",
    "rest_cannot_create": "Du bist leider nicht berechtigt, als dieser Benutzer Beiträge zu erstellen.",
    "rest_invalid_param": "Ungültiger Parameter: status",
}


def refused(world: World, tenant: str, method: str, path: str, query: str, body: bytes) -> Response | None:
    """What stands before WordPress answers in its place; None when the call gets through."""

    def has(name: str) -> bool:
        return world.habits.on(tenant, "wordpress", name)

    if has("redirect"):
        place = f"https://www.{tenant}.example{path.removeprefix(f'/wordpress/{tenant}')}{f'?{query}' if query else ''}"
        return Response(status_code=301, headers={"Location": place, "X-Redirect-By": "WordPress"})
    if has("maintenance"):
        text = "Briefly unavailable for scheduled maintenance. Check back in a minute."
        return html(503, "Maintenance", text, {"Retry-After": "600"})
    if has("challenge"):
        return html(403, "Just a moment...", "Enable JavaScript and cookies to continue", {"cf-mitigated": "challenge"})
    if has("firewall") and method != "GET" and _SCRIPT.search(body):
        return html(
            403, "403 Forbidden", "A potentially unsafe operation has been detected in your request to this site"
        )
    return None


def spoiled(world: World, tenant: str, path: str, answer: Response) -> Response:
    """`answer` as it leaves such a site."""

    def has(name: str) -> bool:
        return world.habits.on(tenant, "wordpress", name)

    content = bytes(answer.body)
    headers = {key: value for key, value in answer.headers.items() if key != "content-length"}
    if has("german") and answer.status_code >= 400:
        content = _in_german(content)
    if has("cache") and path.endswith("/wp/v2/pages"):
        headers = {key: value for key, value in headers.items() if not key.startswith("x-wp-")}
        headers |= {"x-cache": "HIT", "age": "3311"}
    if has("notices"):
        content = _NOTICE.encode() + content
    if has("bom"):
        content = "\ufeff".encode() + content
    return Response(content, status_code=answer.status_code, headers=headers)


def kept(content: str, *, unfiltered: bool) -> str:
    """What WordPress stores of HTML: for users without `unfiltered_html` some tags are gone, their content is not."""
    return content if unfiltered else _FORBIDDEN_TAGS.sub("", content)


def shown(content: str, *, scripts: bool) -> str:
    """What visitors get of stored HTML."""
    return content if scripts else _SCRIPTS.sub("", content)


def html(status: int, title: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page of the theme, a firewall or a web server."""
    return HTMLResponse(_HTML.format(title=title, text=text), status_code=status, headers=dict(headers or {}))


def no_passwords() -> Response:
    body = {"code": "application_passwords_disabled", "message": "Application passwords are not available."}
    return JSONResponse({**body, "data": {"status": 501}}, status_code=501)


def _in_german(content: bytes) -> bytes:
    body: Json = json.loads(content)
    body["message"] = _GERMAN.get(str(body.get("code")), "Entschuldigung, das ist fehlgeschlagen.")
    return json.dumps(body, ensure_ascii=False).encode()
