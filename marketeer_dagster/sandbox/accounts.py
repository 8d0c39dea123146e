"""Accounts: a tenant's business as the market knows it, and the credentials its tools answer to."""

import re
from datetime import date
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from marketeer_dagster.sandbox.chance import digest, token

DEFAULT_CHANNELS = {"organic": 0.44, "direct": 0.23, "paid": 0.15, "referral": 0.10, "social": 0.08}
"""Share of sessions by channel for a small B2B SaaS."""


class SeedPage(BaseModel):
    """A page that exists before anything is published. `html` is the body."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(pattern=r"^/")
    title: str
    html: str
    share: float | None = Field(default=None, gt=0, le=1)
    """Share of the site's landing sessions; the rest is spread by position."""


class PlanSpec(BaseModel):
    """What is sold by the month."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    monthly_usd: float = Field(gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    """Share of new customers who choose it."""


class AccountSpec(BaseModel):
    """What is asked of POST /_sandbox/accounts. Rates are fractions, money is US dollars a month."""

    model_config = ConfigDict(extra="forbid")

    tenant: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=40)
    name: str = Field(min_length=1)
    website: str = "https://example.com"
    one_liner: str = ""
    """What the product is, in a sentence: the subject of generated legacy pages."""
    monthly_sessions: int = Field(default=24_000, ge=100, le=5_000_000)
    conversion_rate: float = Field(default=0.024, gt=0, lt=0.5)
    """Sign-ups per session over the whole site, before anything is improved."""
    channels: dict[str, float] = Field(default_factory=lambda: dict(DEFAULT_CHANNELS))
    pages: tuple[SeedPage, ...] = ()
    plans: tuple[PlanSpec, ...] = (
        PlanSpec(name="Starter", monthly_usd=29, share=0.5),
        PlanSpec(name="Team", monthly_usd=99, share=0.35),
        PlanSpec(name="Business", monthly_usd=299, share=0.15),
    )
    starting_mrr_usd: float = Field(default=120_000, ge=0)
    subscribers: int = Field(default=4_000, ge=0)
    """Email addresses on the list."""
    trial_days: int = Field(default=14, ge=0, le=90)
    trial_conversion: float = Field(default=0.15, ge=0, le=1)
    monthly_churn: float = Field(default=0.03, ge=0, lt=1)
    context_markdown: str = ""
    """The product context: what visitors care about and search for is drawn from its texts."""
    history_days: int = Field(default=120, ge=7, le=730)
    """Days lived through before the account's first day."""

    @field_validator("channels")
    @classmethod
    def _known_channels(cls, value: dict[str, float]) -> dict[str, float]:
        unknown = set(value) - set(DEFAULT_CHANNELS)
        if unknown or not value or min(value.values()) < 0 or sum(value.values()) <= 0:
            raise ValueError(f"channels are shares of {', '.join(DEFAULT_CHANNELS)}; got {value}")
        total = sum(value.values())
        return {name: share / total for name, share in value.items() if share > 0}


class Account(BaseModel):
    """A tenant that lives in the market."""

    model_config = ConfigDict(frozen=True)

    spec: AccountSpec
    opened: date
    """The clock's day when it was created; its history lies before."""

    @property
    def tenant(self) -> str:
        return self.spec.tenant

    @property
    def site_url(self) -> str:
        """The Search Console property: scheme and host with a slash."""
        parts = urlsplit(self.spec.website)
        return f"{parts.scheme or 'https'}://{parts.netloc or parts.path}/"


class Credentials(BaseModel):
    """What a tenant's tools accept. A function of (seed, tenant): equal after a restart, different between tenants."""

    model_config = ConfigDict(frozen=True)

    ga4_property: str
    google_access_token: str
    google_refresh_token: str
    google_client_id: str
    google_client_secret: str
    google_client_email: str
    stripe_key: str
    wordpress_user: str = "marketeer"
    wordpress_password: str
    """An application password: six groups of four; compared without spaces."""
    mailchimp_key: str
    mailchimp_list: str

    @classmethod
    def of(cls, seed: int, tenant: str) -> "Credentials":
        groups = re.findall("....", token(24, seed, tenant, "wordpress"))
        return cls(
            ga4_property=str(200_000_000 + digest(seed, tenant, "ga4") % 700_000_000),
            google_access_token=f"ya29.{token(48, seed, tenant, 'google-access')}",
            google_refresh_token=f"1//{token(48, seed, tenant, 'google-refresh')}",
            google_client_id=f"{digest(seed, tenant, 'client') % 10**12}.apps.googleusercontent.com",
            google_client_secret=f"GOCSPX-{token(28, seed, tenant, 'google-secret')}",
            google_client_email=f"marketeer@{tenant}.iam.gserviceaccount.com",
            stripe_key=f"sk_test_{token(48, seed, tenant, 'stripe')}",
            wordpress_password=" ".join(groups),
            mailchimp_key=f"{token(32, seed, tenant, 'mailchimp')}-us21",
            mailchimp_list=token(10, seed, tenant, "mailchimp-list"),
        )
