"""The channels a tenant is connected to, as publishers of the outbox."""

from collections.abc import Callable, Mapping
from typing import Protocol

from dagster import ConfigurableResource, ResourceDependency

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.publishing.protocols import Publisher
from marketeer_dagster.store import Store
from resources.calling import CallLimiter
from resources.limits import limiter
from resources.store import StoreResource


class Site(Protocol):
    """A tenant's own site, as far as auditors may see it."""

    def read_page(self, path: str) -> str:
        """Readable text of the page at `path`. Raises ToolError (missing when there is none)."""
        ...


def _wordpress(connection: Connection, limits: CallLimiter) -> Publisher:
    from resources.wordpress import WordPressPublisher

    return WordPressPublisher(connection, limiter=limits)


def _mailchimp(connection: Connection, limits: CallLimiter) -> Publisher:
    from resources.mailchimp import MailchimpPublisher

    return MailchimpPublisher(connection, limiter=limits)


CHANNELS: Mapping[str, Callable[[Connection, CallLimiter], Publisher]] = {
    "wordpress": _wordpress,
    "mailchimp": _mailchimp,
}
"""Every channel that can be connected. A new one is a module in resources/ and an entry here."""


def publishers_of(store: Store, tenant: TenantId, limits: CallLimiter) -> dict[str, Publisher]:
    """The connected channels of one tenant, by tool. A channel that is not connected is simply absent."""
    found: dict[str, Publisher] = {}
    for tool, build in CHANNELS.items():
        connection = store.connections.get(tenant, tool)
        if connection is not None:
            found[tool] = build(connection, limits)
    return found


class PublishersResource(ConfigurableResource[None]):
    """Publishers by tenant. Nothing is opened before a tenant's channels are asked for."""

    store: ResourceDependency[StoreResource]

    def of(self, tenant: TenantId) -> dict[str, Publisher]:
        """The tenant's connected channels by tool."""
        return publishers_of(self.store.store(), tenant, limiter(self.store.settings()))

    def site(self, tenant: TenantId) -> Site | None:
        """The tenant's site for reading; None when no site is connected."""
        from resources.wordpress import WordPressPublisher

        publisher = self.of(tenant).get("wordpress")
        return publisher if isinstance(publisher, WordPressPublisher) else None
