"""The channels a tenant is connected to, as publishers of the outbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dagster import ConfigurableResource, ResourceDependency

from marketeer_dagster.agents.web import SiteCrawl, WebReader
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.site_path import below
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.protocols import Publisher
from marketeer_dagster.store import Store
from resources.calling import CallLimiter
from resources.limits import limiter
from resources.store import StoreResource


@dataclass(frozen=True)
class TenantSite:
    """A tenant's own site as its visitors see it."""

    root: str
    """Its address, without a slash at the end."""
    web: WebReader
    connected: bool
    """Whether it is known from a connection; otherwise it is the website the tenant named."""

    def page(self, path: str) -> str:
        """Readable text of the page at `path`. Raises ToolError."""
        return self.web.page(below(self.root, path))

    def crawl(self) -> SiteCrawl:
        """A small look around the site. Raises ToolError."""
        return self.web.crawl(self.root)


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
        return publishers_of(self.store.store(), tenant, self._limits())

    def site(self, tenant: Tenant) -> TenantSite:
        """The tenant's site, where it publishes or else the website it named. Raises ToolError of the connection.

        Of private addresses only the sandbox's site of this very tenant can be read.
        """
        from resources.web import Web
        from resources.wordpress import WordPressPublisher

        publisher = self.of(tenant.id).get("wordpress")
        if not isinstance(publisher, WordPressPublisher):
            return TenantSite(str(tenant.website).rstrip("/"), Web(limiter=self._limits()), connected=False)
        root = publisher.address()
        web = Web(own=(root,)) if publisher.simulated else Web(limiter=self._limits())
        return TenantSite(root, web, connected=True)

    def _limits(self) -> CallLimiter:
        return limiter(self.store.settings())
