"""Signals with their cooldown, the experiments they lead to, and the learnings that remain."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement

from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.model.experiment import Decision, Experiment, ExperimentState, Variant
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_SIGNALS = Records(schema.signals, Signal, noun="signal")
_EXPERIMENTS = Records(schema.experiments, Experiment, noun="experiment")
_LEARNINGS = Records(schema.learnings, Learning, noun="learning")


class Signals:
    """What happened, and what answered it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, signal: Signal, cooldown: timedelta) -> Signal | None:
        """Record a firing, unless (tenant, name, subject) fired less than `cooldown` before it: then None.

        Also None for an id stored already. Atomic: of two sensors that see the same evidence, one gets the signal.
        `timedelta.max` means once for ever.
        """
        table = schema.signals.c
        subject = (table.tenant == signal.tenant, table.name == signal.name, table.subject == signal.subject)
        with self._db.writing("signals", signal.tenant, signal.name, signal.subject) as connection:
            if _SIGNALS.first(connection, *subject, table.created_at > _before(signal.created_at, cooldown)):
                return None
            if _SIGNALS.first(connection, table.id == signal.id):
                return None
            return _SIGNALS.insert(connection, signal)

    def get(self, id: str) -> Signal:
        """The signal with this id; NotFound."""
        with self._db.reading() as connection:
            return _SIGNALS.get(connection, id)

    def list(
        self, tenant: str | None = None, name: str | None = None, unanswered: bool = False, unmeasured: bool = False
    ) -> tuple[Signal, ...]:
        """Signals in order of arrival; `unanswered` ones have no campaign yet, `unmeasured` ones no recovery."""
        where: list[ColumnElement[bool]] = _SIGNALS.matching(tenant=tenant, name=name)
        if unanswered:
            where.append(schema.signals.c.campaign.is_(None))
        if unmeasured:
            where.append(schema.signals.c.measured_at.is_(None))
        with self._db.reading() as connection:
            return _SIGNALS.all(connection, *where)

    def link(self, id: str, campaign: str, run_id: str) -> Signal:
        """Record the campaign and run that answer a signal."""
        with self._db.writing() as connection:
            signal = _SIGNALS.get(connection, id, lock=True)
            return _SIGNALS.update(connection, changed(signal, campaign=campaign, run_id=run_id))

    def measure(self, id: str, recovered: bool, evidence: Evidence, at: datetime) -> Signal:
        """Record whether the metric came back, and the figures that say so."""
        with self._db.writing() as connection:
            signal = _SIGNALS.get(connection, id, lock=True)
            measured = changed(signal, recovered=recovered, recovery=evidence, measured_at=at)
            return _SIGNALS.update(connection, measured)


class Experiments:
    """Tests under way and decided."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, experiment: Experiment) -> Experiment:
        """Store an experiment; an id stored already returns that experiment."""
        with self._db.writing("experiments", experiment.id) as connection:
            stored = _EXPERIMENTS.first(connection, schema.experiments.c.id == experiment.id)
            return stored or _EXPERIMENTS.insert(connection, experiment)

    def get(self, id: str) -> Experiment:
        """The experiment with this id; NotFound."""
        with self._db.reading() as connection:
            return _EXPERIMENTS.get(connection, id)

    def list(
        self,
        tenant: str | None = None,
        state: ExperimentState | None = None,
        subject: str | None = None,
        campaign: str | None = None,
    ) -> tuple[Experiment, ...]:
        """Experiments in order of arrival."""
        where = _EXPERIMENTS.matching(tenant=tenant, state=state, subject=subject, campaign=campaign)
        with self._db.reading() as connection:
            return _EXPERIMENTS.all(connection, *where)

    def challenge(self, id: str, challenger: Variant) -> Experiment:
        """Put another version in the place of a running experiment's arm of that name; Conflict when it has ended."""
        with self._db.writing() as connection:
            experiment = _EXPERIMENTS.get(connection, id, lock=True)
            if experiment.state is not ExperimentState.RUNNING:
                raise Conflict(f"experiment {id} is {experiment.state.value} already")
            arms = tuple(challenger if arm.name == challenger.name else arm for arm in experiment.variants)
            return _EXPERIMENTS.update(connection, changed(experiment, variants=arms))

    def decide(self, id: str, decision: Decision, state: ExperimentState) -> Experiment:
        """End a running experiment. The same decision again changes nothing; Conflict when it ended otherwise."""
        with self._db.writing() as connection:
            experiment = _EXPERIMENTS.get(connection, id, lock=True)
            if experiment.state is state and experiment.decision == decision:
                return experiment
            if experiment.state is not ExperimentState.RUNNING:
                raise Conflict(f"experiment {id} is {experiment.state.value} already")
            return _EXPERIMENTS.update(connection, changed(experiment, decision=decision, state=state))


class Learnings:
    """What worked, for how long it may be cited."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, learning: Learning) -> Learning:
        """Store a learning; an id stored already returns that learning."""
        with self._db.writing("learnings", learning.id) as connection:
            stored = _LEARNINGS.first(connection, schema.learnings.c.id == learning.id)
            return stored or _LEARNINGS.insert(connection, learning)

    def get(self, id: str) -> Learning:
        """The learning with this id; NotFound."""
        with self._db.reading() as connection:
            return _LEARNINGS.get(connection, id)

    def list(
        self,
        tenant: str | None = None,
        skill: str | None = None,
        state: LearningState | None = None,
        valid_on: date | None = None,
    ) -> tuple[Learning, ...]:
        """Learnings in order of arrival; `valid_on` leaves out those that expire before that day."""
        where: list[ColumnElement[bool]] = _LEARNINGS.matching(tenant=tenant, skill=skill, state=state)
        if valid_on is not None:
            where.append(schema.learnings.c.expires_on >= valid_on)
        with self._db.reading() as connection:
            return _LEARNINGS.all(connection, *where)

    def set_state(self, id: str, state: LearningState) -> Learning:
        """Promote or expire a learning."""
        with self._db.writing() as connection:
            learning = _LEARNINGS.get(connection, id, lock=True)
            return _LEARNINGS.update(connection, changed(learning, state=state))


def _before(moment: datetime, cooldown: timedelta) -> datetime:
    try:
        return moment - cooldown
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
