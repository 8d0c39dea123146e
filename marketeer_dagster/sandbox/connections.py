"""What the platform's store needs to reach an account's tools: settings and secrets per tool."""

import json
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.world import World


class ToolConnection(BaseModel):
    """One tool's part of a connection row."""

    model_config = ConfigDict(frozen=True)

    settings: dict[str, str]
    secrets: dict[str, str]


def connections(world: World, account: Account) -> dict[str, ToolConnection]:
    """Connections of every simulated tool, by connector name."""
    tenant, url = account.tenant, world.base_url
    keys = world.credentials(tenant)
    google = {
        "access_token": keys.google_access_token,
        "refresh_token": keys.google_refresh_token,
        "client_id": keys.google_client_id,
        "client_secret": keys.google_client_secret,
    }
    token_uri = f"{url}/oauth/token"
    return {
        "ga4": ToolConnection(
            settings={"base_url": f"{url}/ga4", "property_id": keys.ga4_property, "token_uri": token_uri},
            secrets={"service_account_json": service_account_json(keys.google_client_email, token_uri)},
        ),
        "search_console": ToolConnection(
            settings={"base_url": f"{url}/searchconsole", "site_url": account.site_url, "token_uri": token_uri},
            secrets=google,
        ),
        "stripe": ToolConnection(settings={"base_url": f"{url}/stripe"}, secrets={"api_key": keys.stripe_key}),
        "wordpress": ToolConnection(
            settings={"base_url": f"{url}/wordpress/{tenant}", "user": keys.wordpress_user},
            secrets={"application_password": keys.wordpress_password},
        ),
        "mailchimp": ToolConnection(
            settings={"base_url": f"{url}/mailchimp/3.0", "list_id": keys.mailchimp_list},
            secrets={"api_key": keys.mailchimp_key},
        ),
    }


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def service_account_json(client_email: str, token_uri: str) -> str:
    """A service account key file. The token endpoint knows the account by its email and does not check the signature."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox",
            "private_key": _private_key(),
            "client_email": client_email,
            "client_id": client_email,
            "token_uri": token_uri,
        }
    )
