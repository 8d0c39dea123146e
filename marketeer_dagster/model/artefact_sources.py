"""What an artefact was written from, kept with it: checks that run long after it was written must know."""

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ArtefactId, TenantId
from marketeer_dagster.model.learning import Learning


class Read(Value):
    """What its author had on the desk, whole enough to lay it before reviewers again, word for word."""

    upstream: tuple[tuple[ArtefactId, int], ...] = ()
    """Id and version of the work it builds on; stored versions never change."""
    learnings: tuple[Learning, ...] = ()
    page_path: str = ""
    page: str = ""
    """The live page as it was then; empty where none was read."""
    crawl: str = ""
    """The crawl of the site as JSON; empty where there was none."""


class ArtefactSources(Value):
    """The sources of one version, without the product context, of which the store keeps every version anyway."""

    artefact: ArtefactId
    tenant: TenantId
    version: int = Field(ge=1)
    metrics: str = ""
    """Markdown tables of the figures its author was handed."""
    texts: tuple[str, ...] = ()
    """Brief, upstream work, learnings, pages: what agents and strangers wrote."""
    people: tuple[str, ...] = ()
    """What people of the tenant stated in notes on a revision."""
    goal: str = ""
    """The goal in the words of the person who set it."""
    read: Read | None = None
    """None for versions from before this was kept."""
    inputs: str = ""
    """Fingerprint of what the work rested on: brief, context version, skill, upstream versions, learnings."""
