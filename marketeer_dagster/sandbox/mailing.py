"""Emails that really went out, and what their readers did day by day."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from marketeer_dagster.sandbox.state import State

_VENDOR = "mailing"


class SentEmail(BaseModel):
    """One campaign at the moment it was sent. The market answers to subject, preview, HTML and hour."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The vendor's campaign id."""
    list_id: str = ""
    subject: str
    preview: str = ""
    html: str
    recipients: int
    sent_at: datetime


class EmailDay(BaseModel):
    """What one campaign's readers did on one day. Counts are of people unless named otherwise."""

    model_config = ConfigDict(frozen=True)

    id: str
    day: date
    delivered: int = 0
    bounces: int = 0
    opens: int = 0
    """Openings, repeats included."""
    unique_opens: int = 0
    clicks: int = 0
    """Clicks, repeats included."""
    unique_clicks: int = 0
    unsubscribes: int = 0


class Mailing:
    """One tenant's sent emails and their results."""

    def __init__(self, state: State, tenant: str) -> None:
        self._state, self._tenant = state, tenant

    def send(self, email: SentEmail) -> bool:
        """Record that `email` went out; False (and no change) when this id was sent before."""
        with self._state.transaction():
            if self._state.get(self._tenant, _VENDOR, "sent", email.id) is not None:
                return False
            self._state.put(self._tenant, _VENDOR, "sent", email.id, email.model_dump(mode="json"))
            return True

    def sent(self) -> tuple[SentEmail, ...]:
        """Everything sent, oldest first."""
        return tuple(SentEmail.model_validate(body) for body in self._state.list(self._tenant, _VENDOR, "sent"))

    def record(self, result: EmailDay) -> None:
        """Used by the market alone: what happened on a day just lived."""
        key = f"{result.id}/{result.day.isoformat()}"
        self._state.put(self._tenant, _VENDOR, "result", key, result.model_dump(mode="json"))

    def results(self, id: str | None = None) -> tuple[EmailDay, ...]:
        """Day by day, oldest first: of one campaign, or of all."""
        days = (EmailDay.model_validate(body) for body in self._state.list(self._tenant, _VENDOR, "result"))
        return tuple(day for day in days if id is None or day.id == id)
