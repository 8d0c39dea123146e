"""The two WordPress sites every contract test runs against: the sandbox's stand-in and a real one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.support.wordpress import require_packages, running_wordpress

SITES = ("sandbox", "real")
TENANT = "acme"


@dataclass(frozen=True)
class Site:
    """A WordPress and how to reach it as its administrator."""

    kind: str
    connection: Connection
    limited: Connection | None = None
    """A user who may publish pages but not post unfiltered HTML; in the sandbox, of a site of its own."""
    sandbox: Running | None = None

    def connected(self, **settings: str) -> Connection:
        return self.connection.model_copy(update={"settings": {**self.connection.settings, **settings}})


@contextmanager
def running_site(kind: str) -> Iterator[Site]:
    """A site of this kind for as long as the block lasts."""
    if kind == "sandbox":
        with run_in_thread() as sandbox:
            limited = sandbox_connection(sandbox, "wordpress", tenant="writers")
            sandbox.admin.habit("wordpress", "writer", tenant="writers")
            yield Site("sandbox", sandbox_connection(sandbox, "wordpress"), limited=limited, sandbox=sandbox)
        return
    require_packages()
    with tempfile.TemporaryDirectory(prefix="wp") as folder, running_wordpress(Path(folder)) as site:
        yield Site("real", site.connection(TENANT), limited=site.connection(TENANT, as_writer=True))


def sandbox_connection(sandbox: Running, tool: str, tenant: str = TENANT) -> Connection:
    """The connection the sandbox hands out for one tool of `tenant`."""
    spec = AccountSpec(tenant=tenant, name="Acme", subscribers=200, history_days=7)
    return next(found for found in sandbox.admin.open_account(spec) if found.tool == tool)
