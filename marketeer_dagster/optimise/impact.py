"""Did this change cause that? A synthetic control with placebo inference, or an honest "cannot tell".

The changed page's log metric is predicted from pages that were not changed, by ridge regression on the weeks before
(Doudchenko and Imbens 2016); the effect is the mean gap after. How large a gap arises from nothing is measured, not
assumed: every untouched page plays the changed one in turn (Abadie, Diamond and Hainmueller 2010), its gap divided by
its own error before. p is the rank of the real gap among these placebos; the interval is read from their quantiles.

The ridge penalty is chosen by forecasting the last quarter of the weeks before. Autocorrelation, seasons and common
shocks are in the placebos as they are in the page, which is what a regression with HAC errors gets wrong.

Assumes that the change did not touch the control pages, that pages follow common movements, and that the change was
not made because of the metric itself. "Cannot tell" when there are too few controls or weeks, or when the controls do
not follow the page.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, count, matrix, number, same_length, vector

MIN_CONTROLS = 19
"""Fewer placebos cannot give p <= .05."""
MIN_BEFORE = 20
PENALTIES = np.geomspace(0.03, 300, 9)


class Answer(StrEnum):
    """What can be said."""

    RAISED = "raised"
    LOWERED = "lowered"
    NO_EFFECT_SEEN = "no_effect_seen"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Impact:
    """The effect of one change. Relative: .1 is +10 %."""

    answer: Answer
    effect: float | None
    low: float | None
    high: float | None
    """95 % interval, from the placebos."""
    p: float | None
    controls: int
    predicted: tuple[float, ...]
    """What the page would have done, per period of the whole series, in its unit; empty when it cannot be told."""
    fit_error: float | None
    """Root mean square of the prediction before the change, log scale."""
    summary: str


def impact(
    treated: ArrayLike, controls: ArrayLike, *, change_at: int, alpha: float = 0.05, tolerance: float = 0.25
) -> Impact:
    """Measures the change made at the start of period `change_at`.

    Args:
        treated: (periods,) the changed page's metric, positive.
        controls: (pages, periods) the same of untouched pages, positive.
        change_at: index of the first period after the change.
        alpha: chance of a false effect.
        tolerance: fit error, log scale, beyond which the controls do not follow the page.

    Raises:
        InvalidInput: naming `treated`, `controls`, `change_at`, `alpha`, `tolerance`.
    """
    y, x = vector(treated, "treated"), matrix(controls, "controls")
    same_length(y, x[0], ("treated", "controls"))
    for field, array in (("treated", y), ("controls", x)):
        if (array <= 0).any():
            raise InvalidInput("contains zero or less", where=field, expected="positive figures; add 1 to counts")
    at = count(change_at, "change_at", low=1)
    if at >= len(y):
        raise InvalidInput(f"is {at}", where="change_at", expected=f"less than the {len(y)} periods")
    number(alpha, "alpha", low=1e-4, high=0.5)
    number(tolerance, "tolerance", low=0, open_low=True)
    if len(x) < MIN_CONTROLS or at < MIN_BEFORE:
        why = f"{len(x)} control pages and {at} periods before; {MIN_CONTROLS} and {MIN_BEFORE} are needed"
        return _unknown(len(x), None, f"Cannot tell: {why}.")
    table = np.log(np.vstack([y, x]))
    gaps, errors, predicted = placebo_gaps(table, at)
    if errors[0] > tolerance:
        return _unknown(len(x), float(errors[0]), f"Cannot tell: the controls miss the page by {errors[0]:.0%} before.")
    return _answer(y, gaps, errors, predicted, alpha)


def placebo_gaps(table: Floats, at: int) -> tuple[Floats, Floats, Floats]:
    """Each row of `table` (log scale) in the role of the changed page, controlled by the others without row 0.

    Returns mean gaps after (rows,), fit errors before (rows,), and the prediction of row 0 (periods,).
    """
    rows = len(table)
    penalty = _penalty(table, at)
    gaps, errors = np.zeros(rows), np.zeros(rows)
    first = np.zeros(table.shape[1])
    for row in range(rows):
        others = np.delete(table, [0, row] if row else [0], axis=0)
        fitted, leave_out = ridge(others, table[row], at, penalty)
        if row == 0:
            first = fitted
        errors[row] = max(float(np.sqrt(np.mean(leave_out**2))), 1e-6)
        gaps[row] = float(np.mean(table[row, at:] - fitted[at:]))
    return gaps, errors, first


def ridge(controls: Floats, target: Floats, at: int, penalty: float) -> tuple[Floats, Floats]:
    """Ridge regression of `target` on the controls with a shared-average start, fitted on the periods before `at`.

    The average of the controls has coefficient one (difference in differences); ridge shrinks towards that, not
    towards nothing. Returns the prediction (periods,) and the leave-one-out errors before (at,).
    """
    centred = controls - controls[:, :at].mean(axis=1, keepdims=True)
    common = centred.mean(axis=0)
    level = target[:at].mean()
    residual = target[:at] - level - common[:at]
    z = centred - common
    gram = z[:, :at].T @ z[:, :at]
    scale = max(float(np.trace(gram)) / at, 1e-12)
    inverse = np.linalg.inv(gram + penalty * scale * np.eye(at))
    dual = inverse @ residual
    fitted = level + common + (z.T @ z[:, :at]) @ dual
    hat = gram @ inverse + 1 / at
    left_out = (target[:at] - fitted[:at]) / np.maximum(1 - np.diag(hat), 0.05)
    return fitted, np.asarray(left_out, dtype=np.float64)


def _penalty(table: Floats, at: int) -> float:
    """The penalty that best forecasts the last quarter before the change, over up to 12 control pages."""
    train = at - max(at // 4, 4)
    rows = range(1, min(len(table), 13))
    losses = [
        sum(
            float(
                np.mean(
                    (table[row, :at] - ridge(np.delete(table[:, :at], [0, row], axis=0), table[row, :at], train, p)[0])[
                        train:
                    ]
                    ** 2
                )
            )
            for row in rows
        )
        for p in PENALTIES
    ]
    return float(PENALTIES[int(np.argmin(losses))])


def _answer(y: Floats, gaps: Floats, errors: Floats, predicted: Floats, alpha: float) -> Impact:
    ratio = gaps / errors
    placebos = np.abs(ratio[1:])
    p = float((1 + np.sum(placebos >= abs(ratio[0]))) / (1 + len(placebos)))
    order = min(int(np.ceil((1 - alpha) * (len(placebos) + 1))), len(placebos))
    reach = float(np.sort(placebos)[order - 1]) * float(errors[0])
    effect, low, high = (float(np.expm1(v)) for v in (gaps[0], gaps[0] - reach, gaps[0] + reach))
    seen = p <= alpha
    answer = (Answer.RAISED if effect > 0 else Answer.LOWERED) if seen else Answer.NO_EFFECT_SEEN
    verb = "raised" if effect > 0 else "lowered"
    words = f"The change {verb} it by {abs(effect):.1%}" if seen else f"No effect can be seen: {effect:+.1%}"
    summary = f"{words} ({low:+.1%} to {high:+.1%}), p = {p:.3f} against {len(placebos)} untouched pages."
    return Impact(
        answer,
        effect,
        low,
        high,
        p,
        len(placebos),
        tuple(np.exp(predicted).tolist()),
        float(errors[0]),
        summary,
    )


def _unknown(controls: int, error: float | None, summary: str) -> Impact:
    return Impact(Answer.CANNOT_TELL, None, None, None, None, controls, (), error, summary)
