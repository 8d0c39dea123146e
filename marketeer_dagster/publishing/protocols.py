"""What a channel must offer so that the outbox can write to it exactly once."""

from typing import Protocol

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.publication import Publication, Receipt
from marketeer_dagster.model.tenant import Tenant


class Draft(Value):
    """What a publisher would write for an artefact: the exact payload a person approves."""

    kind: str
    """page, page_variant, email_campaign."""
    target: str
    payload: str
    """JSON, understood by the same publisher's `write`."""


class Publisher(Protocol):
    """A channel. One instance serves one tenant's connection."""

    tool: str
    """Connector name, for instance wordpress."""
    simulated: bool
    """Whether the connection leads to the sandbox."""

    def accepts(self, kind: str) -> bool:
        """Whether artefacts of this kind can be published here."""
        ...

    def prepare(self, tenant: Tenant, artefact: Artefact, experiment: Experiment | None) -> tuple[Draft, ...]:
        """What would be written for `artefact`, in order; pure, nothing is sent. With an experiment, both arms in one page."""
        ...

    def find(self, publication: Publication) -> Receipt | None:
        """The earlier write of this publication, looked up by its idempotency key or natural key; None when absent.

        Raises ToolError.
        """
        ...

    def write(self, publication: Publication, *, public: bool) -> Receipt:
        """Write the payload; `public` False leaves a draft. Called only after `find` returned None or a draft to promote.

        Raises ToolError.
        """
        ...
