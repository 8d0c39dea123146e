"""What the store holds about publications, read once for as many of them as are looked at together."""

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Approval
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store


class Reading:
    """Answers from one look at the store. Keep it for a moment only: whatever is written afterwards is not in it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tenants: dict[str, Tenant] = {}
        self._tests: dict[str, tuple[Experiment, ...]] = {}
        self._asked: dict[str, tuple[Approval, ...]] = {}
        self._heads: dict[str, dict[str, Artefact]] = {}
        self._there: dict[tuple[str, str, str], tuple[Publication, ...]] = {}

    def tenant(self, id: str) -> Tenant:
        if id not in self._tenants:
            self._tenants[id] = self._store.tenants.get(id)
        return self._tenants[id]

    def tests(self, tenant: str) -> tuple[Experiment, ...]:
        if tenant not in self._tests:
            self._tests[tenant] = self._store.experiments.list(tenant=tenant)
        return self._tests[tenant]

    def asked(self, row: Publication) -> list[Approval]:
        """Every question about a publication, answered or not, in order."""
        if row.campaign not in self._asked:
            self._asked[row.campaign] = self._store.approvals.list(campaign=row.campaign)
        return [question for question in self._asked[row.campaign] if question.subject == row.id]

    def head(self, row: Publication) -> Artefact:
        """The present version of what a publication holds; NotFound."""
        if row.campaign not in self._heads:
            self._heads[row.campaign] = {head.id: head for head in self._store.artefacts.heads(row.campaign)}
        return self._heads[row.campaign].get(row.artefact) or self._store.artefacts.get(row.artefact)

    def version(self, row: Publication) -> Artefact:
        """The very version that a publication holds; NotFound."""
        head = self.head(row)
        return head if head.version == row.version else self._store.artefacts.get(row.artefact, row.version)

    def there(self, row: Publication) -> tuple[Publication, ...]:
        """Everything that was ever meant for the same target, in order of intent."""
        where = (row.tenant, row.tool, row.target)
        if where not in self._there:
            self._there[where] = self._store.publications.list(tenant=row.tenant, tool=row.tool, target=row.target)
        return self._there[where]

    def approval(self, id: str) -> Approval:
        return self._store.approvals.get(id)

    @property
    def store(self) -> Store:
        return self._store
