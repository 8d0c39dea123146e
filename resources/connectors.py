"""Every tool that a tenant can be connected to: the settings and secrets it takes, and how to see that it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.tenant import Tenant
from resources import setting_forms as forms
from resources.setting_forms import Form


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
    values: Mapping[str, Form] = field(default_factory=dict)
    """What the value of a setting must look like, where it can be seen before anything is asked."""

    def validate_keys(self, settings: Mapping[str, str], secrets: Mapping[str, SecretStr]) -> None:
        """Raises BadInput for an unknown key, one given in the wrong way, a missing one, or a value of another form."""
        known_settings = ("base_url", *self.settings)
        for key in settings:
            if key in self.secrets:
                raise BadInput(f"{key} is a secret", where=f"{self.tool} --set", hint=f"--secret {key}=ENVVAR")
            if key not in known_settings:
                raise BadInput(f"unknown key {key!r}", where=f"{self.tool} --set", expected=", ".join(known_settings))
            form = self.values.get(key, forms.WEB_ADDRESS if key == "base_url" else None)
            if form is not None and not form.holds(settings[key]):
                raise BadInput(f"{key}={settings[key]}", where=f"{self.tool} --set", expected=form.expected)
        for key in secrets:
            if key not in self.secrets:
                expected = ", ".join(self.secrets)
                raise BadInput(f"unknown key {key!r}", where=f"{self.tool} --secret", expected=expected)
        given = {*settings, *secrets}
        missing = [key for key in self.required if key not in given or settings.get(key) == ""]
        if missing:
            raise BadInput(f"missing {', '.join(missing)}", where=f"connect {self.tool}")
        if self.one_of and not given & set(self.one_of):
            raise BadInput("no credentials", where=f"connect {self.tool}", expected=f"one of {', '.join(self.one_of)}")


_GOOGLE = ("service_account_json", "refresh_token", "access_token", "client_id", "client_secret")
_GOOGLE_ONE_OF = ("service_account_json", "refresh_token", "access_token")

CONNECTORS: Mapping[str, Connector] = {
    c.tool: c
    for c in (
        Connector(
            "ga4",
            ("property_id", "token_uri", "key_event", "currency"),
            _GOOGLE,
            ("property_id",),
            _GOOGLE_ONE_OF,
            values={
                "property_id": forms.GA4_PROPERTY,
                "token_uri": forms.WEB_ADDRESS,
                "key_event": forms.EVENT,
                "currency": forms.CURRENCY,
            },
        ),
        Connector(
            "search_console",
            ("site_url", "token_uri", "data_state"),
            _GOOGLE,
            ("site_url",),
            _GOOGLE_ONE_OF,
            values={
                "site_url": forms.SEARCH_PROPERTY,
                "token_uri": forms.WEB_ADDRESS,
                "data_state": forms.DATA_STATE,
            },
        ),
        Connector(
            "stripe",
            ("currency", "timezone", "fx_rates"),
            ("api_key",),
            ("api_key",),
            values={"currency": forms.CURRENCY, "timezone": forms.TIME_ZONE, "fx_rates": forms.RATES},
        ),
        Connector(
            "wordpress",
            ("user", "site_url", "template", "description_meta"),
            ("application_password",),
            ("base_url", "user", "application_password"),
            values={"site_url": forms.WEB_ADDRESS},
        ),
        Connector(
            "mailchimp",
            ("list_id", "server", "from_name", "reply_to", "segment_id", "test_emails", "admin_url"),
            ("api_key",),
            ("api_key", "list_id"),
            values={
                "list_id": forms.IDENTIFIER,
                "server": forms.DATA_CENTRE,
                "reply_to": forms.EMAIL,
                "segment_id": forms.NUMBER,
                "test_emails": forms.EMAILS,
                "admin_url": forms.WEB_ADDRESS,
            },
        ),
    )
}


_FROM_TENANT: Mapping[str, Mapping[str, str]] = {
    "ga4": {"currency": "currency", "timezone": "timezone"},
    "stripe": {"tenant_currency": "currency"},
}
"""Settings that a tool takes from its tenant where the connection does not say otherwise, and from which field."""


def for_tenant(connection: Connection, tenant: Tenant) -> Connection:
    """The connection with what its tool must know of the tenant: the currency figures are kept in, the time zone."""
    known = {name: str(getattr(tenant, theirs)) for name, theirs in _FROM_TENANT.get(connection.tool, {}).items()}
    return connection.model_copy(update={"settings": {**known, **connection.settings}}) if known else connection


def check(connection: Connection) -> tuple[str, ...]:
    """Ask the tool what its work will ask, reading only; returns what somebody should know although it answers.

    Raises ToolError with what to do, ConfigError for a connection that cannot be used at all.
    """
    return _CHECKS[connection.tool](connection) or ()


def _ga4(connection: Connection) -> tuple[str, ...]:
    from resources.ga4 import Ga4Client

    return Ga4Client(connection).check()


def _search_console(connection: Connection) -> tuple[str, ...]:
    from resources.search_console import SearchConsoleClient

    return SearchConsoleClient(connection).check()


def _stripe(connection: Connection) -> None:
    from resources.stripe import StripeClient_

    StripeClient_(connection).check()


def _wordpress(connection: Connection) -> tuple[str, ...]:
    from resources.wordpress_rest import WordPressClient

    with WordPressClient(connection) as client:
        note = client.check()
    return (note,) if note else ()


def _mailchimp(connection: Connection) -> None:
    from resources.mailchimp import MailchimpClient

    MailchimpClient(connection).check()


_CHECKS: Mapping[str, Callable[[Connection], tuple[str, ...] | None]] = {
    "ga4": _ga4,
    "search_console": _search_console,
    "stripe": _stripe,
    "wordpress": _wordpress,
    "mailchimp": _mailchimp,
}
