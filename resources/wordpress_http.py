"""How WordPress's REST API is reached: where it is, as whom, and what an answer holds.

Where: `/wp-json/` below base_url, as most sites have it. Where that is no API, the site itself is asked, without the
password: it names its API in a Link header (`rel="https://api.w.org/"`), for instance `/?rest_route=/` when permalinks
are plain, or another prefix. Only an API of the same scheme and host is used; a redirect is reported, never followed,
because a POST would lose its body and another host would be handed the password.
Source: developer.wordpress.org/rest-api/using-the-rest-api/discovery.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ConfigError, ToolErrorKind
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.endpoints import reach_of
from resources.wordpress_errors import TOOL, WordPressError, document, redirect, refusal, transport, unreadable

TIMEOUT_S: Final = 30.0
_API_LINK: Final = re.compile(r'<([^>]+)>;[^,]*rel="https://api\.w\.org/"')
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PLAIN: Final = "rest_route"
_ASKED: Final = {"Accept": "application/json", "User-Agent": "marketeer-dagster"}


class WordPressHttp:
    """One site, as one user. Needs settings `base_url` and `user` and secret `application_password`.

    Raises ConfigError for a connection that lacks one of them, or that would send the password over plain HTTP to a
    host other than this machine (a simulated site excepted). Every method raises ToolError.
    """

    def __init__(
        self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.base_url = _root(connection)
        self._connection, self._limiter = connection, limiter
        self._http = httpx.Client(
            auth=(_needed(connection, "user"), _password(connection)), timeout=timeout_s, headers=_ASKED
        )
        self._open = httpx.Client(timeout=timeout_s, headers=_ASKED)
        """For what is asked without the password."""
        self._api = httpx.URL(f"{self.base_url}/wp-json/")
        self._found = False

    def close(self) -> None:
        self._http.close()
        self._open.close()

    def read(self, path: str, query: Mapping[str, str] | None = None, *, counted: bool = False) -> httpx.Response:
        """The answer to a GET; `counted` refuses a list that comes without its count."""

        def send() -> httpx.Response:
            answer = self._sent("GET", path, query)
            if counted and "x-wp-total" not in answer.headers:
                # A broken cache or proxy answered: trusting it would make a page twice.
                raise unreadable("a list of pages came without X-WP-Total", answer.status_code)
            return answer

        return self._call(send, attempts=READ_ATTEMPTS)

    def write(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """The answer to a POST, which is not repeated after an outage: it may have arrived."""
        return self._call(lambda: self._sent("POST", path, body=body), repeatable=False)

    def delete(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        return self._call(lambda: self._sent("DELETE", path, query), repeatable=False)

    def _call(self, send: Callable[[], httpx.Response], **how: Any) -> httpx.Response:
        return call(
            TOOL,
            send,
            translate=transport,
            limiter=self._limiter,
            account=self._connection.tenant,
            reach=reach_of(self._connection),
            **how,
        )

    def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> httpx.Response:
        answer = self._asked(method, path, query, body)
        if answer.is_success:
            self._found = True
            return answer
        if answer.is_redirect:
            raise redirect(answer, self.base_url)
        said = refusal(answer)
        if said.kind is ToolErrorKind.MISSING and not said.code and not self._found:
            # A 404 without WordPress's words: nothing was done, so the same may be asked where the API really is.
            if self._discovered():
                return self._sent(method, path, query, body)
            raise self._no_api(said)
        raise said

    def _asked(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> httpx.Response:
        if _PLAIN in self._api.params:
            url = self._api.copy_merge_params({_PLAIN: path, **(query or {})})
        else:
            url = self._api.copy_with(path=self._api.path.rstrip("/") + path).copy_merge_params(query or {})
        return self._http.request(method, url, json=body)

    def _discovered(self) -> bool:
        """Ask the site where its API is; True when that is elsewhere than was thought."""
        for place in (self._named_by_the_site(), httpx.URL(f"{self.base_url}/", params={_PLAIN: "/"})):
            if place is not None and place != self._api and self._is_api(place):
                self._api, self._found = place, True
                return True
        return False

    def _named_by_the_site(self) -> httpx.URL | None:
        answer = self._open.get(f"{self.base_url}/")
        if answer.is_redirect:
            raise redirect(answer, self.base_url)
        named = _API_LINK.search(", ".join(answer.headers.get_list("link")))
        return answer.request.url.join(named[1]) if named else None

    def _is_api(self, place: httpx.URL) -> bool:
        own = httpx.URL(self.base_url)
        if (place.scheme, place.host, place.port) != (own.scheme, own.host, own.port):
            raise WordPressError(
                ToolErrorKind.INVALID,
                f"{self.base_url} says that its API is at {place.copy_with(query=None)}",
                hint=f"set base_url to the site's own address, such as {place.scheme}://{place.netloc.decode()}",
            )
        answer = self._open.get(place)
        try:
            found = document(answer)
        except ValueError:
            return False
        if not isinstance(found, dict) or "namespaces" not in found:
            # A closed API refuses visitors in WordPress's words: it is there all the same.
            return isinstance(found, dict) and "code" in found and answer.status_code in (401, 403)
        roots = [str(found[name]) for name in ("url", "home") if found.get(name)]
        if roots and not any(httpx.URL(root).path.rstrip("/") == own.path.rstrip("/") for root in roots):
            # WordPress answers ?rest_route= below any address.
            raise WordPressError(
                ToolErrorKind.MISSING, f"{self.base_url} is not the site's root", hint=f"set base_url to {roots[0]}"
            )
        return True

    def _no_api(self, said: WordPressError) -> WordPressError:
        return WordPressError(
            ToolErrorKind.MISSING,
            f"{said.message.removeprefix(f'{TOOL}: missing: ')}, and {self.base_url}/?rest_route=/ is no API either",
            hint="check base_url: it must be the site's root, its folder included; then Settings > Permalinks "
            "(save once), and whether a plugin removes the REST API",
            status=said.status,
        )


def parsed(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises ToolError where something else came, as a page with status 200 does."""
    try:
        return document(answer)
    except ValueError:
        raise unreadable(
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code} without JSON",
            answer.status_code,
        ) from None


def _root(connection: Connection) -> str:
    url = httpx.URL(_needed(connection, "base_url"))
    where = f"{connection.tenant}/{TOOL} base_url"
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f"not a web address: {url}", where=where)
    if url.query or url.fragment:
        raise ConfigError(
            "holds a query or fragment", where=where, expected="the site's root, such as https://a.example"
        )
    if url.scheme == "http" and url.host not in _LOOPBACK and not connection.simulated:
        raise ConfigError("would send the application password unencrypted", where=where, expected="an https address")
    return re.sub(r"/(?:wp-json|wp-admin|wp-login\.php|index\.php)?/*$", "", str(url).rstrip("/"))


def _needed(connection: Connection, name: str) -> str:
    value = connection.settings.get(name, "")
    if not value:
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --set {name}=…"
        raise ConfigError(f"{name} is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return value


def _password(connection: Connection) -> str:
    secret = connection.secrets.get("application_password")
    if secret is None or not secret.get_secret_value():
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --secret application_password=ENVVAR"
        raise ConfigError("application_password is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return secret.get_secret_value()
