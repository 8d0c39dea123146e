"""What a channel must offer so that the outbox can write to it exactly once."""

from typing import Protocol

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import Publication, Receipt
from marketeer_dagster.model.tenant import Tenant


class Draft(Value):
    """What a publisher would write for an artefact: the exact payload a person approves."""

    kind: str
    """page, page_variant, email_campaign."""
    target: str
    payload: str
    """JSON, understood by the same publisher's `write`."""


class Trial(Value):
    """An experiment with the artefact version of each arm, in the order of `experiment.variants` (control first)."""

    experiment: Experiment
    arms: tuple[Artefact, ...]

    @property
    def running(self) -> bool:
        """Whether visitors are to be split; once it is over, the page shows one version again."""
        return self.experiment.state is ExperimentState.RUNNING


class Publisher(Protocol):
    """A channel. One instance serves one tenant's connection."""

    tenant: TenantId
    """Whose connection it is; the outbox uses it for nobody else."""
    tool: str
    """Connector name, for instance wordpress."""
    simulated: bool
    """Whether the connection leads to the sandbox."""

    def accepts(self, kind: str) -> bool:
        """Whether artefacts of this kind can be published here."""
        ...

    def prepare(self, tenant: Tenant, artefact: Artefact, trial: Trial | None) -> tuple[Draft, ...]:
        """What would be written for `artefact`, in order; pure, nothing is sent.

        With a running trial all arms stand in one page; with an ended one `artefact` alone takes the page back.
        Raises BadInput when the artefact cannot be published as it is.
        """
        ...

    def find(self, publication: Publication) -> Receipt | None:
        """The earlier, complete write of this publication, looked up by its idempotency key; None when absent.

        Raises ToolError.
        """
        ...

    def write(self, publication: Publication, *, public: bool) -> Receipt:
        """Write the payload; `public` False leaves a draft. Called after `find` returned None or a draft to promote.

        Must itself look up what an interrupted earlier write left, and go on from there. Raises ToolError.
        """
        ...
