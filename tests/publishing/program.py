"""A worker of its own process: publishes everything approved, then ends. Tests kill it and start it again.

Arguments: the store's URL, and a file with the tenant's connections (JSON, secrets in the clear: sandbox only).
"""

import json
import sys
from pathlib import Path

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.protocols import Publisher
from marketeer_dagster.sandbox.client import SandboxClock
from marketeer_dagster.store import Store
from resources.mailchimp import MailchimpPublisher
from resources.wordpress import WordPressPublisher

CHANNELS = {"wordpress": WordPressPublisher, "mailchimp": MailchimpPublisher}


def main(url: str, connections: Path, sandbox_url: str) -> None:
    found = [Connection.model_validate(row) for row in json.loads(connections.read_text(encoding="utf-8"))]
    publishers: dict[str, Publisher] = {c.tool: CHANNELS[c.tool](c) for c in found if c.tool in CHANNELS}
    with Store.open(url) as store:
        tenant = store.tenants.get(found[0].tenant)
        outbox = Outbox(store, publishers, SandboxClock(sandbox_url))
        for artefact in store.artefacts.list(tenant=tenant.id):
            outbox.intend(tenant, artefact)
        crash_point("before_delivery")
        for delivery in outbox.deliver_due(tenant.id):
            print(delivery.publication.id, delivery.publication.state.value, delivery.error or "", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
