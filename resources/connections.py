"""Which tools a tenant is connected to, as a Dagster resource."""

from dagster import ConfigurableResource, ResourceDependency

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store import Store
from resources.store import StoreResource


def connection_of(store: Store, tenant: TenantId, tool: str) -> Connection:
    """The tenant's connection to a tool; raises ToolError(missing) that says how to connect it."""
    connection = store.connections.get(tenant, tool)
    if connection is None:
        raise ToolError(
            tool,
            ToolErrorKind.MISSING,
            f"{tenant} is not connected",
            hint=f"marketeer connect {tool} --tenant {tenant} --secret …=ENVVAR",
        )
    return connection


class ConnectionsResource(ConfigurableResource[None]):
    """Connections by tenant and tool, read from the store when asked for: a tool may be connected at any time."""

    store: ResourceDependency[StoreResource]

    def get(self, tenant: TenantId, tool: str) -> Connection:
        """As `connection_of`."""
        return connection_of(self.store.store(), tenant, tool)

    def find(self, tenant: TenantId, tool: str) -> Connection | None:
        """The connection, or None where the tool is not connected."""
        return self.store.store().connections.get(tenant, tool)
