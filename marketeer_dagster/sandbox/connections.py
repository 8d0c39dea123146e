"""What the platform's store needs to reach an account's tools: settings and secrets per tool."""

import json

from pydantic import BaseModel, ConfigDict

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.google_key import private_key_pem
from marketeer_dagster.sandbox.terms import RATES
from marketeer_dagster.sandbox.world import World

_FX_RATES = ",".join(f"{currency}={rate}" for currency, rate in RATES.items() if currency != "usd")


class ToolConnection(BaseModel):
    """One tool's part of a connection row."""

    model_config = ConfigDict(frozen=True)

    settings: dict[str, str]
    secrets: dict[str, str]


def connections(world: World, account: Account) -> dict[str, ToolConnection]:
    """Connections of every simulated tool, by connector name."""
    tenant, url = account.tenant, world.base_url
    keys = world.credentials(tenant)
    token_uri = f"{url}/oauth/token"
    # Not a service account's key: with one, Google's library also asks iamcredentials.googleapis.com in the background.
    google = {
        "refresh_token": keys.google_refresh_token,
        "client_id": keys.google_client_id,
        "client_secret": keys.google_client_secret,
    }
    return {
        "ga4": ToolConnection(
            settings={"base_url": f"{url}/ga4", "property_id": keys.ga4_property, "token_uri": token_uri},
            secrets=google,
        ),
        "search_console": ToolConnection(
            settings={"base_url": f"{url}/searchconsole", "site_url": account.site_url, "token_uri": token_uri},
            secrets=google,
        ),
        "stripe": ToolConnection(
            settings={"base_url": f"{url}/stripe", "currency": "usd", "fx_rates": _FX_RATES},
            secrets={"api_key": keys.stripe_key},
        ),
        "wordpress": ToolConnection(
            settings={"base_url": f"{url}/wordpress/{tenant}", "user": keys.wordpress_user},
            secrets={"application_password": keys.wordpress_password},
        ),
        "mailchimp": ToolConnection(
            settings={"base_url": f"{url}/mailchimp/3.0", "list_id": keys.mailchimp_list},
            secrets={"api_key": keys.mailchimp_key},
        ),
    }


def service_account_json(world: World, tenant: str) -> str:
    """A key file as Google Cloud hands it out, for the same account as the connections' refresh token."""
    client_email = world.credentials(tenant).google_client_email
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox",
            "private_key": private_key_pem(world.state),
            "client_email": client_email,
            "client_id": client_email,
            "token_uri": f"{world.base_url}/oauth/token",
        }
    )
