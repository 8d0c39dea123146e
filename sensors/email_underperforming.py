"""Loop: readers click a sequence clearly less than is usual -> the sequence is rewritten."""

from collections.abc import Iterator
from datetime import date

from marketeer_dagster.campaigns.looking import Looked
from marketeer_dagster.campaigns.watch_emails import click_rate, email_underperforming, newest_day, sends
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence, Signal
from sensors.answering import answer_of
from sensors.loop import Loop, Scene
from sensors.site import measured

SOURCE = "email_daily"


def _watch(scene: Scene, tenant: TenantId, as_of: date, spec: SignalSpec) -> Iterator[Looked]:
    return email_underperforming(scene.connection, tenant, as_of, spec)


def _held_by(scene: Scene, tenant: TenantId, day: date) -> str | None:
    return scene.checks.against(tenant, SOURCE)


def _newest_read(scene: Scene, tenant: TenantId) -> date | None:
    return newest_day(scene.connection, tenant)


def _measure(scene: Scene, signal: Signal, day: date) -> Evidence | None:
    """The click rate of what was sent since the answer was over: of the new sequence where there is one."""
    since = answer_of(scene.store, signal).over_on
    later = [send for send in sends(scene.connection, signal.tenant, day) if since and send.began >= since]
    of_answer = [send for send in later if send.sequence == signal.campaign]
    rate = click_rate(of_answer or [send for send in later if send.sequence == signal.subject])
    return None if rate is None else measured(signal, rate, day).model_copy(update={"since": since})


EMAIL_UNDERPERFORMING = Loop(
    "email_underperforming",
    SOURCE,
    _watch,
    measure=_measure,
    held_by=_held_by,
    day_of=_newest_read,
    measured_up_to=_newest_read,
)
