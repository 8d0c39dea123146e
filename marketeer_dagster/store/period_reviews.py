"""The Director's reviews of days and months, by the run that wrote them."""

from collections.abc import Sequence

from marketeer_dagster.model.direction import DirectorReview
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records

_REVIEWS = Records(schema.period_reviews, DirectorReview, noun="review of a period")


class PeriodReviews:
    """One review for each run."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, review: DirectorReview) -> DirectorReview:
        """Store a review, in place of what its run had written before."""
        with self._db.writing("period_reviews", review.id) as connection:
            if _REVIEWS.first(connection, schema.period_reviews.c.id == review.id):
                return _REVIEWS.update(connection, review)
            return _REVIEWS.insert(connection, review)

    def get(self, id: str, tenant: str) -> DirectorReview:
        """The tenant's review with this id; NotFound."""
        with self._db.reading() as connection:
            return _REVIEWS.get(connection, id, tenant=tenant)

    def of_run(self, tenant: str, run_ids: Sequence[str]) -> DirectorReview | None:
        """The tenant's review that one of these runs wrote, the first named first; None when none did."""
        table = schema.period_reviews.c
        with self._db.reading() as connection:
            for run_id in filter(None, run_ids):
                found = _REVIEWS.first(connection, table.tenant == tenant, table.run_id == run_id, newest=True)
                if found is not None:
                    return found
        return None

    def list(self, tenant: str) -> tuple[DirectorReview, ...]:
        """A tenant's reviews in order of arrival."""
        with self._db.reading() as connection:
            return _REVIEWS.all(connection, schema.period_reviews.c.tenant == tenant)
