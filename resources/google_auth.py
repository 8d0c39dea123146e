"""Credentials that all of Google's APIs share, and what a connection without them is told."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.google_token import Granted, ask_token, signed

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
TIMEOUT_S = 30.0
"""Longest wait for one answer of a Google API; reports of a large property take seconds."""
_READONLY = ".readonly"


class SignIn:
    """A connection's credentials with Google: service account, refresh token or bare access token, in this order.

    `settings.token_uri` overrides where tokens are fetched. Raises ToolError(auth) when the connection holds none of
    them or the key file cannot be read; using them raises it for whatever the token endpoint refuses.
    """

    def __init__(self, connection: Connection, scopes: Iterable[str]) -> None:
        self._connection = connection
        self._scopes = tuple(scopes)
        self._secrets = {name: value.get_secret_value() for name, value in connection.secrets.items()}
        self._notes: dict[str, None] = {}
        self._token_uri = connection.settings.get("token_uri") or GOOGLE_TOKEN_URI
        self._account: Any = None
        if "service_account_json" in self._secrets:
            self._account = self._service_account(self._secrets["service_account_json"])
        elif "refresh_token" not in self._secrets and "access_token" not in self._secrets:
            raise self._refused(
                f"{connection.tenant} is connected without credentials",
                f"marketeer connect {connection.tool} --tenant {connection.tenant} --secret service_account_json=VAR",
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the token endpoint said that somebody must know, so far."""
        return tuple(self._notes)

    def credentials(self) -> Any:
        """google.auth credentials that get their tokens here.

        google-auth's own ask the endpoint several times by themselves, and those of a service account look up a
        regional access boundary at iamcredentials.googleapis.com, whatever the token endpoint is.
        """
        from google.oauth2.credentials import Credentials

        def fetch(request: Any, scopes: Any) -> tuple[str, datetime]:
            granted = self._fetched()
            return granted.token, granted.expires

        held = None if self._account is not None else self._secrets.get("access_token")
        return Credentials(token=held, refresh_handler=fetch, scopes=list(self._scopes))

    def _fetched(self) -> Granted:
        granted = ask_token(self._connection.tool, self._token_uri, self._form(), TIMEOUT_S)
        if granted.note:
            self._notes[granted.note] = None
        missing = [scope for scope in self._scopes if not _covered(scope, granted.scopes)]
        if granted.scopes and missing:
            raise self._refused(
                f"the sign-in does not include {', '.join(missing)}",
                "sign in again and tick every box of Google's consent page: "
                f"marketeer connect {self._connection.tool} --tenant {self._connection.tenant}",
            )
        return granted

    def _form(self) -> dict[str, str]:
        """What the token endpoint is sent."""
        if self._account is not None:
            return signed(self._account, self._token_uri, self._scopes)
        names = ("refresh_token", "client_id", "client_secret")
        if "refresh_token" not in self._secrets:
            raise self._refused(
                "the access token has ended (they live for an hour) and there is no refresh token",
                "connect a service account or a refresh token instead: "
                f"marketeer connect {self._connection.tool} --tenant {self._connection.tenant} "
                "--secret service_account_json=VAR",
            )
        missing = [name for name in names if name not in self._secrets]
        if missing:
            raise self._refused(
                f"a refresh token needs {' and '.join(missing)} of the client it was made with",
                " ".join(f"--secret {name}=VAR" for name in names),
            )
        return {"grant_type": "refresh_token", **{name: self._secrets[name] for name in names}}

    def _service_account(self, key_file: str) -> Any:
        from google.oauth2 import service_account

        try:
            info = json.loads(key_file)
            # The key file names its own endpoint, unless the connection does; it is also who the assertion is for.
            self._token_uri = self._connection.settings.get("token_uri") or str(info["token_uri"])
            return service_account.Credentials.from_service_account_info(info)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._refused(
                f"the service account key of {self._connection.tenant} cannot be read ({type(error).__name__})",
                "it must be the whole JSON key file that Google Cloud hands out",
            ) from None

    def _refused(self, message: str, hint: str) -> ToolError:
        return ToolError(self._connection.tool, ToolErrorKind.AUTH, message, hint=hint)


def require_setting(connection: Connection, name: str, example: str) -> str:
    """A setting that the tool cannot do without; raises ToolError(invalid) that says how to set it."""
    value = connection.settings.get(name, "")
    if not value:
        raise ToolError(
            connection.tool,
            ToolErrorKind.INVALID,
            f"{connection.tenant} is connected without {name}",
            hint=f"marketeer connect {connection.tool} --tenant {connection.tenant} --set {name}={example}",
        )
    return value


def _covered(scope: str, granted: frozenset[str]) -> bool:
    """Whether a scope, or the wider one that includes reading, was granted."""
    return scope in granted or (scope.endswith(_READONLY) and scope.removesuffix(_READONLY) in granted)
