"""Tenants, their product contexts, goals and connections."""

from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy import update as sql_update

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.context import ContextVersion, ProductContext
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed
from marketeer_dagster.store.secrets import SecretBox

_TENANTS = Records(schema.tenants, Tenant, noun="tenant")
_CONTEXTS = Records(schema.contexts, ContextVersion, noun="context version", key="version")
_GOALS = Records(schema.goals, Goal, noun="goal")


class Tenants:
    """Customers' workspaces."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, tenant: Tenant) -> Tenant:
        """Store a new tenant; BadInput when its id is taken."""
        with self._db.writing("tenants") as connection:
            if _TENANTS.first(connection, schema.tenants.c.id == tenant.id):
                raise BadInput(f"tenant {tenant.id!r} exists already", hint="choose another id, or change that tenant")
            return _TENANTS.insert(connection, tenant)

    def get(self, id: str) -> Tenant:
        """The tenant with this id; NotFound."""
        with self._db.reading() as connection:
            return _TENANTS.get(connection, id)

    def list(self) -> tuple[Tenant, ...]:
        """All tenants by id."""
        with self._db.reading() as connection:
            return _TENANTS.all(connection, order=[schema.tenants.c.id])

    def save(self, tenant: Tenant) -> Tenant:
        """Overwrite a stored tenant; NotFound when it is not there."""
        with self._db.writing() as connection:
            _TENANTS.get(connection, tenant.id, lock=True)
            return _TENANTS.update(connection, tenant)

    def change(self, id: str, **fields: object) -> Tenant:
        """Change some fields and leave what others change meanwhile; NotFound, ValidationError."""
        with self._db.writing() as connection:
            return _TENANTS.update(connection, changed(_TENANTS.get(connection, id, lock=True), **fields))


class Contexts:
    """Versions of each tenant's product context, counted from 1."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, tenant: str, context: ProductContext, note: str = "", at: datetime | None = None) -> ContextVersion:
        """Store a new version, made at `at` (default now); content equal to the latest returns the latest."""
        with self._db.writing("contexts", tenant) as connection:
            owner = _TENANTS.get(connection, tenant)
            latest = _CONTEXTS.first(connection, schema.contexts.c.tenant == tenant, newest=True)
            if latest is not None and latest.context == context:
                return latest
            version = ContextVersion(
                tenant=owner.id,
                version=1 if latest is None else latest.version + 1,
                context=context,
                note=note,
                created_at=at or datetime.now(UTC),
            )
            return _CONTEXTS.insert(connection, version, hash=context.hash)

    def latest(self, tenant: str) -> ContextVersion:
        """The newest version; NotFound when the tenant has none."""
        with self._db.reading() as connection:
            latest = _CONTEXTS.first(connection, schema.contexts.c.tenant == tenant, newest=True)
            if latest is None:
                _TENANTS.get(connection, tenant)
                hint = f"run `marketeer context import FILE --tenant {tenant}`"
                raise NotFound(f"tenant {tenant!r} has no product context", hint=hint)
            return latest

    def get(self, tenant: str, version: int) -> ContextVersion:
        """One version; NotFound names the newest there is."""
        table = schema.contexts.c
        with self._db.reading() as connection:
            found = _CONTEXTS.first(connection, table.tenant == tenant, table.version == version)
            if found is None:
                newest = connection.execute(select(func.max(table.version)).where(table.tenant == tenant)).scalar() or 0
                hint = f"its versions go up to {newest}" if newest else "it has none"
                raise NotFound(f"tenant {tenant!r} has no context version {version}", hint=hint)
            return found

    def history(self, tenant: str) -> tuple[ContextVersion, ...]:
        """All versions, oldest first."""
        with self._db.reading() as connection:
            return _CONTEXTS.all(connection, schema.contexts.c.tenant == tenant, order=[schema.contexts.c.version])


class Goals:
    """What people asked for."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, goal: Goal) -> Goal:
        """Store a goal; an id stored already returns that goal."""
        with self._db.writing("goals", goal.id) as connection:
            stored = _GOALS.first(connection, schema.goals.c.id == goal.id)
            return stored or _GOALS.insert(connection, goal)

    def get(self, id: str) -> Goal:
        """The goal with this id; NotFound."""
        with self._db.reading() as connection:
            return _GOALS.get(connection, id)

    def list(self, tenant: str | None = None) -> tuple[Goal, ...]:
        """Goals in order of arrival."""
        with self._db.reading() as connection:
            return _GOALS.all(connection, *_GOALS.matching(tenant=tenant))


class Connections:
    """How each tenant reaches each tool. Secrets are encrypted with the installation's key."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._db = database
        self._box = box

    def set(self, connection: Connection) -> Connection:
        """Store or replace a tenant's connection to a tool; ConfigError when it has secrets and there is no key."""
        table = schema.connections
        body = connection.model_dump_json(exclude={"secrets"})
        values = {"body": body, "secrets": self._box.seal(connection.secrets)}
        here = (table.c.tenant == connection.tenant, table.c.tool == connection.tool)
        with self._db.writing("connections", connection.tenant, connection.tool) as db:
            if db.execute(sql_update(table).where(*here).values(**values)).rowcount == 0:
                db.execute(insert(table).values(tenant=connection.tenant, tool=connection.tool, **values))
        return connection

    def get(self, tenant: str, tool: str) -> Connection | None:
        """The connection, with its secrets; None when the tool is not connected."""
        found = self._select(schema.connections.c.tenant == tenant, schema.connections.c.tool == tool)
        return found[0] if found else None

    def list(self, tenant: str | None = None) -> tuple[Connection, ...]:
        """Connections by tenant and tool."""
        return self._select(*([schema.connections.c.tenant == tenant] if tenant else []))

    def remove(self, tenant: str, tool: str) -> None:
        """Forget a connection; NotFound when there is none."""
        table = schema.connections
        with self._db.writing() as db:
            if db.execute(delete(table).where(table.c.tenant == tenant, table.c.tool == tool)).rowcount == 0:
                raise NotFound(f"tenant {tenant!r} has no connection to {tool!r}", hint="run `marketeer tools`")

    def _select(self, *where: object) -> tuple[Connection, ...]:
        table = schema.connections.c
        statement = select(table.body, table.secrets).order_by(table.tenant, table.tool).where(*where)  # type: ignore[arg-type]
        with self._db.reading() as db:
            rows = db.execute(statement).all()
        return tuple(self._opened(body, token) for body, token in rows)

    def _opened(self, body: str, token: str | None) -> Connection:
        bare = Connection.model_validate_json(body)
        secrets = self._box.open(token, where=f"connection of {bare.tenant} to {bare.tool}")
        return bare.model_copy(update={"secrets": secrets})
