"""What goes into an experiment's evaluation and what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketeer_dagster.optimise.inputs import InvalidInput, count, number


class Mode(StrEnum):
    """When a decision may be taken."""

    HORIZON = "horizon"
    """At any look up to a planned sample, then never again. The most power for a known traffic."""
    ANYTIME = "anytime"
    """At any look, for ever. For tests whose end nobody knows."""


class Metric(StrEnum):
    """What is compared, per visitor."""

    CONVERSION_RATE = "conversion_rate"
    REVENUE_PER_VISITOR = "revenue_per_visitor"


class Outcome(StrEnum):
    """What can be said now. Only WINNER, CONTROL_WINS and NO_DIFFERENCE end a test by its own results."""

    COLLECTING = "collecting"
    """Too few conversions for any statement."""
    RUNNING = "running"
    """No decision yet."""
    WINNER = "winner"
    """A challenger beats the control."""
    CONTROL_WINS = "control_wins"
    """Every challenger is worse than the control."""
    NO_DIFFERENCE = "no_difference"
    """The planned end came, or even the hopeful end of every interval is below the effect hoped for."""
    BROKEN_SPLIT = "broken_split"
    """Visitors did not arrive in the planned shares: no figure of this test can be believed."""
    GUARDRAIL = "guardrail"
    """The challengers left harm a guardrail metric beyond its margin."""


@dataclass(frozen=True)
class Arm:
    """Running totals of one variant; the control comes first."""

    name: str
    visitors: int
    conversions: int
    """Visitors who converted, at most `visitors`."""
    revenue: float | None = None
    """Sum over visitors, in the tenant's currency."""
    revenue_squares: float | None = None
    """Sum of each visitor's squared revenue: the variance cannot be had from the total alone."""
    share: float = 1.0
    """Planned share of visitors, in any unit."""

    def __post_init__(self) -> None:
        count(self.visitors, f"{self.name}.visitors")
        count(self.conversions, f"{self.name}.conversions")
        number(self.share, f"{self.name}.share", low=0, open_low=True)
        if self.visitors == 0:
            raise InvalidInput("is 0", where=f"{self.name}.visitors", expected="at least one visitor in every arm")
        if self.conversions > self.visitors:
            raise InvalidInput(
                f"is {self.conversions} on {self.visitors} visitors",
                where=f"{self.name}.conversions",
                expected="conversions <= visitors",
            )
        if self.revenue is not None:
            number(self.revenue, f"{self.name}.revenue", low=0)
        if self.revenue_squares is not None:
            number(self.revenue_squares, f"{self.name}.revenue_squares", low=0)


@dataclass(frozen=True)
class Plan:
    """Fixed before the first visitor, never changed after looking."""

    mode: Mode
    sample_per_arm: int
    """Visitors an arm at which the test ends; from `experiment_plan.sample_size`."""
    mde: float = 0.1
    """Smallest relative lift worth finding; .1 is +10 %."""
    alpha: float = 0.05
    """Chance of a false winner or loser over all looks and challengers together."""
    metric: Metric = Metric.CONVERSION_RATE
    min_conversions: int = 25
    """Conversions every arm needs before anything is said."""
    count_error: float = 0.0
    """Relative standard error with which visitors and conversions are counted; 0 where they are counted one by one.

    .0081 for people of Google Analytics, whose distinct counts are HyperLogLog++ estimates of precision 14
    (developers.google.com/analytics/blog/2022/hll): it does not shrink with more visitors, as chance does.
    """
    exact_below: int = 0
    """Counts up to here are exact all the same: such sketches keep few items one by one."""

    def __post_init__(self) -> None:
        count(self.sample_per_arm, "sample_per_arm", low=1)
        number(self.mde, "mde", low=0, high=10, open_low=True)
        number(self.alpha, "alpha", low=1e-6, high=0.5)
        count(self.min_conversions, "min_conversions", low=1)
        number(self.count_error, "count_error", low=0, high=0.1)
        count(self.exact_below, "exact_below")

    def blur(self, counted: int) -> float:
        """Relative standard error of a count."""
        return self.count_error if counted > self.exact_below else 0.0


@dataclass(frozen=True)
class Guardrail:
    """A rate that must not suffer: unsubscribes, refunds, bounces."""

    name: str
    events: tuple[int, ...]
    trials: tuple[int, ...]
    """Per arm, in the order of the arms."""
    higher_is_worse: bool = True
    margin: float = 0.0
    """Relative harm that is tolerated; .02 is 2 %."""

    def __post_init__(self) -> None:
        number(self.margin, f"{self.name}.margin", low=0)
        for event, trial in zip(self.events, self.trials, strict=False):
            count(event, f"{self.name}.events")
            if count(trial, f"{self.name}.trials", low=1) < event:
                raise InvalidInput("exceed trials", where=f"{self.name}.events", expected="events <= trials")


@dataclass(frozen=True)
class Comparison:
    """One challenger against the control. Lifts are relative: .12 is +12 %."""

    name: str
    value: float
    control_value: float
    """Conversion rate, or revenue per visitor."""
    lift: float
    low: float
    high: float
    """Interval with joint coverage 1 - alpha over all looks and challengers; lift is never below -1."""
    e_value: float
    """Evidence against "no difference" by the anytime mixture; decides in ANYTIME mode."""
    z: float
    boundary: float | None
    """|z| needed now, in HORIZON mode."""
    chance_to_win: float
    """Bayesian, prior N(0, mde^2) on the log lift. For people to read; never a reason to stop."""
    enough: bool
    """Whether both arms passed the gate."""
    significant: bool


@dataclass(frozen=True)
class GuardrailReading:
    """One guardrail for one challenger; harm is relative and positive when worse."""

    name: str
    arm: str
    harm: float
    low: float
    high: float
    violated: bool
    """The whole interval lies beyond the margin."""


@dataclass(frozen=True)
class Evaluation:
    """The state of an experiment after one look."""

    outcome: Outcome
    winner: str | None
    """The arm to serve: set for WINNER, CONTROL_WINS, NO_DIFFERENCE and GUARDRAIL (the control, but for WINNER)."""
    comparisons: tuple[Comparison, ...]
    guardrails: tuple[GuardrailReading, ...]
    split_e_value: float
    """Evidence against the planned split; 1000 breaks the test."""
    progress: float
    """Visitors of the smallest arm over the planned sample; may pass 1."""
    looks: int
    confidence: float
    """Coverage of the intervals."""
    summary: str
    """Plain-language verdict."""

    @property
    def decided(self) -> bool:
        """Whether the test should end now."""
        return self.outcome not in (Outcome.COLLECTING, Outcome.RUNNING)


@dataclass(frozen=True)
class Cohort:
    """Visitors first exposed on `day` and what they have done since, in one arm."""

    day: date
    arm: str
    visitors: int
    conversions: int
    revenue: float | None = None
    revenue_squares: float | None = None


def mature_totals(
    cohorts: Sequence[Cohort], *, as_of: date, window_days: int, shares: dict[str, float] | None = None
) -> tuple[Arm, ...]:
    """Sums the cohorts that had `window_days` full days to convert by the end of `as_of`; others look too poor.

    Arms keep the order in which they first appear: put the control first. Leaving young cohorts out treats all arms
    alike, also when a challenger only makes people convert sooner.

    Raises:
        InvalidInput: when no cohort of some arm is old enough, a day is given twice for an arm, or a cohort's figures
            are impossible; names `cohorts.<arm>`.
    """
    count(window_days, "window_days")
    names = list(dict.fromkeys(cohort.arm for cohort in cohorts))
    if not names:
        raise InvalidInput("is empty", where="cohorts", expected="at least one cohort per arm")
    seen: set[tuple[str, date]] = set()
    for cohort in cohorts:
        where = f"cohorts.{cohort.arm}"
        if (cohort.arm, cohort.day) in seen:
            raise InvalidInput(f"repeats {cohort.day}", where=where, expected="each day once")
        seen.add((cohort.arm, cohort.day))
        if count(cohort.conversions, f"{where}.conversions") > count(cohort.visitors, f"{where}.visitors"):
            raise InvalidInput(
                f"is {cohort.conversions} on {cohort.visitors} visitors on {cohort.day}",
                where=f"{where}.conversions",
                expected="conversions <= visitors",
            )
        for field in ("revenue", "revenue_squares"):
            if (value := getattr(cohort, field)) is not None:
                number(value, f"{where}.{field}", low=0)
    ripe = [cohort for cohort in cohorts if cohort.day <= as_of - timedelta(days=window_days)]
    return tuple(_total(name, [c for c in ripe if c.arm == name], (shares or {}).get(name, 1.0)) for name in names)


def _total(name: str, cohorts: list[Cohort], share: float) -> Arm:
    if not cohorts:
        raise InvalidInput("has no cohort old enough", where=f"cohorts.{name}", expected="a longer test")
    money = all(cohort.revenue is not None and cohort.revenue_squares is not None for cohort in cohorts)
    return Arm(
        name=name,
        visitors=sum(cohort.visitors for cohort in cohorts),
        conversions=sum(cohort.conversions for cohort in cohorts),
        revenue=sum(cohort.revenue or 0.0 for cohort in cohorts) if money else None,
        revenue_squares=sum(cohort.revenue_squares or 0.0 for cohort in cohorts) if money else None,
        share=share,
    )
