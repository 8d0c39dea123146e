"""What WordPress, and what stands before it, means by a refusal: read from codes and status, never from messages.

Messages come in the site's language, so only `code` is relied on. An answer without WordPress's JSON came from
something before it (firewall, browser check, web server): that says nothing of the user's rights and nothing of the
page, so it is an outage that a later run tries again, never a verdict on a publication.
Codes: WordPress core 6.1 (`wp-includes/rest-api`, `wp_authenticate_application_password`), recorded in tests/contract.
"""

import json
import re
from typing import Any, Final

import httpx

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

TOOL: Final = "wordpress"
BLOCKED_WAIT_S: Final = 900.0
"""After a firewall's refusal nothing is asked again within the same run: repeating it gets an address banned. Ours."""

_LOGIN_CODES: Final = frozenset(
    {"incorrect_password", "invalid_username", "invalid_email", "invalid_application_password", "invalidcombo",
     "rest_not_logged_in", "application_passwords_disabled", "application_passwords_disabled_for_user"}
)  # fmt: skip
_LOGIN: Final = "check user and application_password (Users > Profile > Application Passwords)"
_STRIPPED: Final = (
    "or the web server drops the Authorization header: let it pass it on (CGIPassAuth, HTTP_AUTHORIZATION)"
)
_RIGHTS: Final = "give the user a role that may edit and publish pages (Editor or Administrator)"
_HINTS: Final = {
    "rest_not_logged_in": f"{_LOGIN}; {_STRIPPED}",
    "rest_forbidden_status": f"the site takes us for a visitor: {_LOGIN}; {_STRIPPED}",
    "application_passwords_disabled": "application passwords are switched off: serve the site over https, and allow "
    "them in the security plugin that forbids them",
    "application_passwords_disabled_for_user": "application passwords are switched off for this user",
    "rest_no_route": "check base_url and that no plugin removes the REST API's routes",
    "rest_already_trashed": "somebody deleted the page; it is looked up again",
    "rest_post_invalid_id": "somebody deleted the page; it is looked up again",
}
_KIND_HINTS: Final = {
    ToolErrorKind.AUTH: _RIGHTS,
    ToolErrorKind.MISSING: "check base_url: it must be the site's root, its folder included",
    ToolErrorKind.QUOTA: "the host limits requests; this is tried again later",
    ToolErrorKind.OUTAGE: "check that the site is up; this is tried again later",
}
_BLOCKED: Final = (
    "a firewall, browser check or plugin before the site refused this; allow {what} for this machine's address there. "
    "It is tried again later"
)
_NOTICE: Final = re.compile(r"(?:<b>)?(?:PHP )?(?:Notice|Warning|Deprecated|Strict Standards)(?:</b>)?\s*:")
_MARKUP: Final = re.compile(r"<[^>]+>")


class WordPressError(ToolError):
    """A ToolError with WordPress's own code; empty where something before WordPress answered."""

    def __init__(self, kind: ToolErrorKind, message: str, *, code: str = "", **facts: Any) -> None:
        super().__init__(TOOL, kind, message, **facts)
        self.code = code

    @property
    def gone(self) -> bool:
        """Whether the page it was about is no longer there."""
        return self.code in ("rest_post_invalid_id", "rest_already_trashed")


def document(answer: httpx.Response) -> Any:
    """The JSON of an answer, also behind a byte order mark or PHP's notices. Raises ValueError where there is none."""
    text = answer.content.decode("utf-8-sig", errors="replace").strip()
    try:
        return json.loads(text)
    except ValueError:
        if not _NOTICE.search(text):
            raise
    for start in re.finditer(r"^\s*([\[{])", text, re.MULTILINE):
        try:
            found, end = json.JSONDecoder().raw_decode(text, start.start(1))
        except ValueError:
            continue
        if not text[end:].strip() or _NOTICE.search(text[end:]):
            return found
    raise ValueError("no JSON after PHP's notices")


def refusal(answer: httpx.Response) -> WordPressError:
    """What an answer that is no success means."""
    body = _error_body(answer)
    wait = retry_after_seconds(answer.headers.get("retry-after"))
    if body is None:
        return _from_before(answer, wait)
    code = str(body.get("code", ""))
    inner = _inner_code(body)
    kind = _kind(answer.status_code, code, inner)
    said = " ".join(_MARKUP.sub(" ", str(body.get("message", ""))).split())
    hint = _HINTS.get(inner) or _HINTS.get(code) or (_LOGIN if code in _LOGIN_CODES else None)
    if hint is None and kind is ToolErrorKind.AUTH:
        # A 401 with rights' words or a plugin's: the site did not take us for the user.
        hint = f"{_RIGHTS}; {_LOGIN}; {_STRIPPED}" if answer.status_code == 401 else _RIGHTS
    return WordPressError(
        kind,
        f"{_details(body) or said} [{code}]",
        code=code,
        hint=hint or _KIND_HINTS.get(kind),
        status=answer.status_code,
        retry_after_s=wait,
    )


def redirect(answer: httpx.Response, base_url: str) -> WordPressError:
    """What a redirect means. It is not followed.

    A POST would lose its body, and another host would be handed the password.
    """
    asked, target = answer.request.url, answer.headers.get("location", "")
    said = f"{asked.copy_with(query=None)} redirects to {target or 'nowhere'}"
    route = asked.path.removeprefix(httpx.URL(base_url).path.rstrip("/")).rstrip("/")
    led = asked.join(target).copy_with(query=None, fragment=None) if target else None
    if led is None or not led.path.rstrip("/").endswith(route):
        hint = _BLOCKED.format(what=asked.path)
        status = answer.status_code
        return WordPressError(ToolErrorKind.OUTAGE, said, hint=hint, status=status, retry_after_s=BLOCKED_WAIT_S)
    root = str(led).rstrip("/").removesuffix(route)
    hint = f"set base_url to {root} (marketeer connect {TOOL} … --set base_url={root})"
    return WordPressError(ToolErrorKind.INVALID, said, hint=hint, status=answer.status_code)


def unreadable(what: str, status: int | None = None) -> WordPressError:
    """An answer that cannot be what WordPress said."""
    hint = "a cache, firewall, proxy or plugin stands between; it is tried again later"
    return WordPressError(ToolErrorKind.OUTAGE, what, hint=hint, status=status)


def transport(error: Exception) -> WordPressError | None:
    """A connection that failed; None for anything else."""
    if not isinstance(error, httpx.TransportError):
        return None
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return WordPressError(ToolErrorKind.OUTAGE, said, hint=_KIND_HINTS[ToolErrorKind.OUTAGE])


def _from_before(answer: httpx.Response, wait: float | None) -> WordPressError:
    """A refusal without WordPress's JSON."""
    status, path = answer.status_code, answer.request.url.path
    said = f"{answer.request.method} {path} answered {status} without WordPress's JSON"
    if status == 401:
        scheme = answer.headers.get("www-authenticate", "")
        hint = f"the web server itself asks for a password ({scheme or 'no scheme named'}): let {path} pass without it"
        return WordPressError(ToolErrorKind.AUTH, said, hint=hint, status=status)
    if status in (404, 410, 413, 414, 429) or status >= 500:
        kind = kind_of_status(status)
        hint = (
            "the site is in maintenance; it is tried again later" if status == 503 and wait else _KIND_HINTS.get(kind)
        )
        if status == 413:
            hint = "the web server takes no request of this size: raise its limit (client_max_body_size)"
        return WordPressError(kind, said, hint=hint, status=status, retry_after_s=wait)
    challenge = answer.headers.get("cf-mitigated")
    said = f"{said} ({challenge})" if challenge else said
    hint = _BLOCKED.format(what=f"{answer.request.method} {path}")
    return WordPressError(ToolErrorKind.OUTAGE, said, hint=hint, status=status, retry_after_s=wait or BLOCKED_WAIT_S)


def _kind(status: int, code: str, inner: str) -> ToolErrorKind:
    if code in _LOGIN_CODES or inner == "rest_forbidden_status":
        return ToolErrorKind.AUTH
    return kind_of_status(status)


def _error_body(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = document(answer)
    except ValueError:
        return None
    return body if isinstance(body, dict) and "code" in body else None


def _inner_code(body: dict[str, Any]) -> str:
    """The code of the first parameter that was refused: asked for drafts by a visitor, `status` is forbidden."""
    found = _parameters(body)
    return str(next(iter(found.values())).get("code", "")) if found else ""


def _details(body: dict[str, Any]) -> str:
    """Each refused parameter with the reason; empty where none is named."""
    return "; ".join(f"{name}: {said.get('message', said)}" for name, said in _parameters(body).items())


def _parameters(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    data = body.get("data")
    details = data.get("details") if isinstance(data, dict) else None
    if not isinstance(details, dict):
        return {}
    return {str(name): said for name, said in details.items() if isinstance(said, dict)}
