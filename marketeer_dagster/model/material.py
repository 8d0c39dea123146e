"""What the Director looks back on, as Markdown."""

from datetime import date

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.direction import Period


class Material(Value):
    """A period's figures and what is under way. Equal data gives equal bytes, so a retry is not paid twice."""

    period: Period
    first: date
    last: date
    metrics: str
    under_way: str
    """Open signals, experiments, campaigns and spend."""

    @property
    def text(self) -> str:
        """Everything it says."""
        return f"{self.metrics}\n\n{self.under_way}"
