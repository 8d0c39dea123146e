"""Every tool that a tenant can be connected to: the settings and secrets it takes, and how to see that it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput


@dataclass(frozen=True)
class Connector:
    """What a connection to one tool may and must hold. Every tool takes `base_url`."""

    tool: str
    settings: tuple[str, ...]
    secrets: tuple[str, ...]
    required: tuple[str, ...]
    """Keys without which nothing works."""
    one_of: tuple[str, ...] = ()
    """Keys of which at least one is needed."""

    def validate_keys(self, settings: Mapping[str, str], secrets: Mapping[str, SecretStr]) -> None:
        """Raises BadInput for an unknown key, one given in the wrong way, or a missing one; lists what is known."""
        known_settings = ("base_url", *self.settings)
        for key in settings:
            if key in self.secrets:
                raise BadInput(f"{key} is a secret", where=f"{self.tool} --set", hint=f"--secret {key}=ENVVAR")
            if key not in known_settings:
                raise BadInput(f"unknown key {key!r}", where=f"{self.tool} --set", expected=", ".join(known_settings))
        for key in secrets:
            if key not in self.secrets:
                expected = ", ".join(self.secrets)
                raise BadInput(f"unknown key {key!r}", where=f"{self.tool} --secret", expected=expected)
        given = {*settings, *secrets}
        missing = [key for key in self.required if key not in given]
        if missing:
            raise BadInput(f"missing {', '.join(missing)}", where=f"connect {self.tool}")
        if self.one_of and not given & set(self.one_of):
            raise BadInput("no credentials", where=f"connect {self.tool}", expected=f"one of {', '.join(self.one_of)}")


_GOOGLE = ("service_account_json", "refresh_token", "access_token", "client_id", "client_secret")
_GOOGLE_ONE_OF = ("service_account_json", "refresh_token", "access_token")

CONNECTORS: Mapping[str, Connector] = {
    c.tool: c
    for c in (
        Connector("ga4", ("property_id", "token_uri", "key_event"), _GOOGLE, ("property_id",), _GOOGLE_ONE_OF),
        Connector("search_console", ("site_url", "token_uri", "data_state"), _GOOGLE, ("site_url",), _GOOGLE_ONE_OF),
        Connector("stripe", ("currency", "timezone", "fx_rates"), ("api_key",), ("api_key",)),
        Connector(
            "wordpress",
            ("user", "site_url", "template", "description_meta"),
            ("application_password",),
            ("base_url", "user", "application_password"),
        ),
        Connector("mailchimp", ("list_id", "server"), ("api_key",), ("api_key", "list_id")),
    )
}


def check(connection: Connection) -> None:
    """Ask the tool for something small, reading only. Raises ToolError with what to do."""
    _CHECKS[connection.tool](connection)


def advice(connection: Connection) -> str:
    """What works, but not for everything: what a person could set up; empty when nothing. Raises ToolError."""
    if connection.tool != "ga4":
        return ""
    from resources.ga4 import Ga4Client
    from resources.ga4_experiments import UNREGISTERED

    return "" if Ga4Client(connection).registered_slots() else UNREGISTERED


def _ga4(connection: Connection) -> None:
    from resources.ga4 import Ga4Client

    Ga4Client(connection).check()


def _search_console(connection: Connection) -> None:
    from resources.search_console import SearchConsoleClient

    SearchConsoleClient(connection).check()


def _stripe(connection: Connection) -> None:
    from resources.stripe import StripeClient_

    StripeClient_(connection).check()


def _wordpress(connection: Connection) -> None:
    from resources.wordpress_rest import WordPressClient

    WordPressClient(connection).pages("home")


def _mailchimp(connection: Connection) -> None:
    from resources.mailchimp import MailchimpClient

    MailchimpClient(connection).ping()


_CHECKS: Mapping[str, Callable[[Connection], None]] = {
    "ga4": _ga4,
    "search_console": _search_console,
    "stripe": _stripe,
    "wordpress": _wordpress,
    "mailchimp": _mailchimp,
}
