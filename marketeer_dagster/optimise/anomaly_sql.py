"""`anomaly_model` as one DuckDB statement: the newest day of every metric of every tenant at once.

The statement reads a relation with one row per series and day:

    tenant, metric  names; together they are the series
    kind            count | amount | value | rate (MetricKind)
    direction       up | down | both (Direction)
    min_effect      least |relative change| worth an alarm
    date            DATE
    value           the figure; successes for a rate; NULL when unknown
    trials          for a rate; NULL otherwise

and is run with the parameters `$day` (DATE, the day judged) and `$holidays` (DATE[]). It returns one row per series,
ordered by tenant and metric: tenant, metric, day, status, shape, since, observed, expected, low, high,
relative_change, score, z, shift, history_days, as in `anomaly_reading.Reading` (z and shift are the two tests). Where
history is too short the figures are NULL.

The relation is read once and grouped once, into one row per series that holds its days as a list, newest first: element
i of a list is the day i - 1 days ago, NULL where missing. Everything after is arithmetic on those lists, without joins,
windows or further groups, which is what makes it fast. DuckDB's least() and greatest() skip NULL, so every clip is
guarded.

`tests/optimise/test_anomaly_sql.py` holds both to the same numbers.
"""

import re
from collections.abc import Callable

from marketeer_dagster.optimise.anomaly_model import (
    ANSCOMBE,
    LARGEST_LOG,
    LEAST_START,
    NORMAL_MAD,
    OVERDISPERSION,
    STARTED,
    WEEK,
    Tuning,
)
from marketeer_dagster.optimise.inputs import InvalidInput

RARE_ZERO = 0.05
KINDS = ("count", "amount", "value", "rate")


def newest_day_sql(relation: str, tuning: Tuning | None = None) -> str:
    """The statement over `relation`, a table or view name, optionally qualified.

    Raises:
        InvalidInput: when `relation` is not a plain name.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,2}", relation):
        raise InvalidInput(f"is {relation!r}", where="relation", expected="a table or view name")
    t = tuning or Tuning()
    width = t.weeks * WEEK
    error = _noisy(f"d[2:{width - WEEK}]", lambda noise: f"abs(v - before[i // {WEEK} + 1]) / {noise}", first=2)
    step = _noisy(
        "d[1:span]", lambda noise: _clip(f"(v - settled) / (scale * {noise})", f"-{t.shift_clip}", f"{t.shift_clip}")
    )
    return f"""
WITH series AS (
    SELECT tenant, metric, any_value(kind)::ENUM{KINDS} AS kind, any_value(direction) AS direction,
        any_value(min_effect)::DOUBLE AS min_effect, list(($day - date)::SMALLINT) AS ages,
        list(value::DOUBLE) AS figures, list(trials::DOUBLE) FILTER (kind = 'rate') AS trials,
        coalesce(avg(CASE kind WHEN 'rate' THEN trials ELSE value END) FILTER (date < $day), 0) AS typical,
        coalesce(avg((value = 0)::INT) FILTER (date <= $day - {2 * WEEK}), 0) AS zero_share
    FROM {relation} WHERE date <= $day AND date > $day - {width} GROUP BY tenant, metric
), placed AS (
    SELECT * EXCLUDE (ages, zero_share), {_rare_zero(t)} AS rare_zero,
        {_rate(t.rate_shift_days, t.shift_days)} AS span, {_rate(t.rate_rho, t.rho)} AS rho,
        {_rate(t.rate_threshold, t.threshold)} AS line,
        list_transform(list_transform(range({width}), lambda age:
            if(age > 0 AND list_contains($holidays, $day - age::INT), NULL, age::SMALLINT)
        ), lambda age: list_position(ages, age)) AS place
    FROM series
), known AS (
    SELECT * EXCLUDE (place, figures, trials), list_transform(place, lambda i: figures[i]) AS figures,
        CASE WHEN kind = 'rate' THEN list_transform(place, lambda i: trials[i]) END AS trials
    FROM placed
), daily AS (
    SELECT * EXCLUDE (figures, trials, rare_zero),
        CASE WHEN kind = 'rate' THEN list_transform(figures, lambda v, i: if(trials[i] > 0, v, NULL))
            WHEN rare_zero THEN list_transform(figures, lambda v: nullif(v, 0)) ELSE figures END AS y,
        CASE WHEN kind = 'rate'
            THEN list_transform(trials, lambda v, i: if(v > 0 AND figures[i] IS NOT NULL, v, NULL)) END AS n
    FROM known
), transformed AS (
    SELECT *, {_by_kind("y", [_transform(kind) for kind in KINDS])} AS x,
        CASE WHEN kind = 'rate' THEN list_transform(n, lambda v: .5 / sqrt(v)) END AS noise
    FROM (SELECT *, CASE kind WHEN 'amount' THEN greatest({STARTED} * coalesce(list_avg(y[2:]), 0), {LEAST_START})
        END AS start_at FROM daily)
), middles AS (
    SELECT *, list_transform({[1 + WEEK, *range(2, 1 + WEEK)]}, lambda i: list_median(x[i:{width}:{WEEK}])) AS middles
    FROM transformed
), seasonal AS (
    SELECT * EXCLUDE (middles, middle), list_transform(middles, lambda v: coalesce(v - middle, 0)) AS season
    FROM (SELECT *, list_avg(middles) AS middle FROM middles)
), flat AS (
    SELECT * EXCLUDE (x), list_transform(x, lambda v, i: v - season[(i - 1) % {WEEK} + 1]) AS d FROM seasonal
), centred AS (
    SELECT *, list_transform({list(range(1 + WEEK, width, WEEK))}, lambda i: list_median(d[i:i + {WEEK - 1}]))
            AS before,
        list_count(d[2:]) AS days, coalesce(list_median(d[2:{1 + 2 * WEEK}]), list_median(d[2:])) AS near,
        coalesce(list_median(d[span + 1:span + {2 * WEEK}]), list_median(d[span + 1:])) AS far,
        CASE WHEN kind = 'amount' THEN list_count(list_filter(y[2:], lambda v: v = 0)) / greatest(days, 1) ELSE 0 END
            AS zeros
    FROM flat
), spread AS (
    SELECT * EXCLUDE (before), {NORMAL_MAD} * coalesce(list_median({error}), 0) AS spread FROM centred
), scaled AS (
    SELECT * EXCLUDE (spread), greatest(spread, {_floor("coalesce(near, 0)")})
        * (1 + {t.young} / greatest(days, 1)) AS scale, {t.clip} * scale AS reach,
        {_rate("list_transform(n, lambda v: coalesce(v, 0))", "list_transform(d, lambda v: (v IS NOT NULL)::DOUBLE)")}
            AS precise
    FROM spread
), levelled AS (
    SELECT * EXCLUDE (precise), {_level("near", (1, 1), t)} AS fresh,
        {_level("far", (t.rate_shift_days, t.shift_days), t)} AS settled
    FROM scaled
), stepped AS (
    SELECT *, {step} AS steps FROM levelled
), summed AS (
    SELECT *, list_transform(steps, lambda v, i: if(v IS NULL, NULL, list_sum(steps[1:i]))) AS totals,
        list_transform(steps, lambda v, i: list_count(steps[1:i])) AS seen,
        list_filter(steps, lambda v: v IS NOT NULL)[1] AS newest
    FROM stepped
), shifts AS (
    SELECT * EXCLUDE (totals), list_transform(totals, lambda v, i:
        if(seen[i] >= 2 AND newest * sign(v) >= {t.lasting} * abs(v) / seen[i],
            v / sqrt(seen[i] + rho * seen[i] * seen[i]), 0)) AS shifts
    FROM summed
), largest AS (
    SELECT * EXCLUDE (shifts, sizes), coalesce(list_position(sizes, list_max(sizes)), 1) AS start,
        coalesce(shifts[start], 0) AS g, list_transform(steps[1:start], lambda v, i:
            if(v IS NULL, NULL, settled + season[(i - 1) % {WEEK} + 1])) AS bases
    FROM (SELECT *, list_transform(shifts, lambda v: abs(v)) AS sizes FROM shifts)
), promised AS (
    SELECT * EXCLUDE (y, n, noise, bases), y[1] / {_rate("n[1]", 1)} AS day_observed,
        (d[1] - fresh) / (scale * {_rate("noise[1]", 1)}) AS z, fresh + season[1] AS base,
        1.96 * scale * {_rate("noise[1]", 1)} AS margin,
        {_rate("list_sum(n[1:start])", "seen[start]")} AS total, list_sum(y[1:start]) / total AS shift_observed,
        list_sum({_by_kind("bases", [_inverse(kind, "v", "n[i]") for kind in KINDS])}) / total AS shift_expected,
        1.96 * scale * sqrt(1 / seen[start] + rho)
            * list_sum({_by_kind("bases", [_slope(kind) for kind in KINDS])}) / total AS shift_margin
    FROM largest
), changes AS (
    SELECT *, {_inverted("base")} AS day_expected, {_change("day_observed", "day_expected")} AS day_change,
        {_change("shift_observed", "shift_expected")} AS shift_change
    FROM promised
), strengths AS (
    SELECT *, {_strength("z", "day_change")} AS spike,
        CASE WHEN day_observed IS NULL THEN 0 ELSE {_strength("g", "shift_change")} END AS level_shift,
        greatest(spike, level_shift) >= 1 AS fired, fired AND level_shift > spike AS shifted,
        CASE WHEN days < {t.min_history} THEN 'not_enough_history'
            WHEN list_contains($holidays, $day) THEN 'holiday'
            WHEN day_observed IS NULL AND (kind NOT IN ('count', 'rate') OR typical >= {t.gap_expected})
                THEN 'tracking_broken'
            WHEN day_observed IS NULL THEN 'no_data'
            WHEN zeros > .5 THEN 'too_sparse'
            WHEN fired THEN 'anomaly' ELSE 'normal' END AS status,
        status NOT IN ('not_enough_history', 'too_sparse') AND base IS NOT NULL AS told
    FROM changes
)
SELECT tenant, metric, $day AS day, status,
    CASE WHEN status = 'anomaly' THEN if(shifted, 'level_shift', 'spike') END AS shape,
    CASE WHEN status = 'anomaly' THEN $day - if(shifted, start - 1, 0)::INT END AS since,
    CASE WHEN shifted THEN shift_observed ELSE day_observed END AS observed,
    CASE WHEN told THEN if(shifted, shift_expected, day_expected) END AS expected,
    CASE WHEN told AND margin IS NOT NULL THEN if(shifted,
        if(kind = 'value', shift_expected - shift_margin, greatest(shift_expected - shift_margin, 0)),
        {_inverted("(base - margin)")}) END AS low,
    CASE WHEN told AND margin IS NOT NULL THEN if(shifted,
        shift_expected + shift_margin, {_inverted("(base + margin)")}) END AS high,
    CASE WHEN told THEN if(shifted, shift_change, day_change) END AS relative_change,
    CASE WHEN status IN ('anomaly', 'normal') THEN greatest(spike, level_shift) ELSE 0 END AS score,
    coalesce(z, 0) AS z, g AS shift, days AS history_days
FROM strengths ORDER BY tenant, metric
"""


def _rare_zero(t: Tuning) -> str:
    return (
        f"zero_share < {RARE_ZERO} AND ((kind = 'count' AND typical >= {t.gap_expected}) "
        "OR (kind = 'amount' AND typical > 0))"
    )


def _rate(rate: object, other: object) -> str:
    return f"CASE kind WHEN 'rate' THEN {rate} ELSE {other} END"


def _by_kind(days: str, branches: list[str]) -> str:
    """A list computed from another, day v with index i, by one branch per kind: no day has to ask for its kind."""
    parts = (
        f"WHEN '{kind}' THEN list_transform({days}, lambda v, i: {branch})"
        for kind, branch in zip(KINDS, branches, strict=True)
    )
    return f"CASE kind {' '.join(parts)} END"


def _noisy(days: str, expression: Callable[[str], str], first: int = 1) -> str:
    """A list computed from another that begins at index `first`, by an expression of the day's own noise: 1 but for
    rates."""
    index = "i" if first == 1 else f"i + {first - 1}"
    return _rate(
        f"list_transform({days}, lambda v, i: {expression(f'noise[{index}]')})",
        f"list_transform({days}, lambda v, i: {expression('1')})",
    )


def _clip(value: str, low: str, high: str) -> str:
    """`value` within bounds; NULL stays NULL, which least() and greatest() alone would replace."""
    return f"CASE WHEN ({value}) IS NOT NULL THEN greatest({low}, least({high}, {value})) END"


def _transform(kind: str) -> str:
    k = OVERDISPERSION
    return {
        "count": f"{2 / k**0.5} * asinh(sqrt({k} * (v + {ANSCOMBE})))",
        "amount": "ln(v + start_at)",
        "rate": f"asin(sqrt((v + {ANSCOMBE}) / (n[i] + {2 * ANSCOMBE})))",
        "value": "v",
    }[kind]


def _inverse(kind: str, x: str, trials: str = "1") -> str:
    k = OVERDISPERSION
    return {
        "count": f"greatest(pow(sinh(greatest({x}, 0) * {k**0.5 / 2}), 2) / {k} - {ANSCOMBE}, 0)",
        "amount": f"greatest(exp(least({x}, {LARGEST_LOG})) - start_at, 0)",
        "rate": f"{trials} * pow(sin(greatest(least({x}, pi() / 2), 0)), 2)",
        "value": x,
    }[kind]


def _inverted(x: str) -> str:
    """The inverse of the transform, NULL where x is."""
    branches = " ".join(f"WHEN '{kind}' THEN {_inverse(kind, x)}" for kind in KINDS)
    return f"CASE WHEN {x} IS NOT NULL THEN CASE kind {branches} END END"


def _slope(kind: str) -> str:
    """Derivative of the inverse times a day's noise and trials."""
    half = f"greatest(v, 0) * {OVERDISPERSION**0.5 / 2}"
    return {
        "count": f"sinh({half}) * cosh({half}) / {OVERDISPERSION**0.5}",
        "amount": f"exp(least(v, {LARGEST_LOG}))",
        "rate": "n[i] * noise[i] * sin(2 * greatest(least(v, pi() / 2), 0))",
        "value": "v * 0 + 1",
    }[kind]


def _floor(x: str) -> str:
    return (
        f"CASE kind WHEN 'count' THEN 1 / sqrt(1 + {OVERDISPERSION} * {_inverse('count', x)}) WHEN 'rate' THEN 1 "
        f"WHEN 'amount' THEN 1e-3 ELSE greatest(1e-3 * abs({x}), 1e-12) END"
    )


def _level(centre: str, first: tuple[int, int], t: Tuning) -> str:
    """Weighted mean of the clipped days from index `first` (rates, others) on: two scalar products with constants.

    A missing day has no weight. A rate's day weighs by its trials, that is, by 1 / noise^2.
    """
    rate, other = (
        [(1 - alpha) ** age if age >= start else 0.0 for age in range(t.weeks * WEEK)]
        for alpha, start in zip((t.rate_smoothing, t.smoothing), first, strict=True)
    )
    weights = _rate(rate, other)
    clipped = _rate(
        f"list_transform(d, lambda v, i: coalesce(n[i] * {_within('v', centre, 'reach * noise[i]')}, 0))",
        f"list_transform(d, lambda v: if(v IS NULL, 0, {_within('v', centre, 'reach')}))",
    )
    return f"list_inner_product({clipped}, {weights}) / nullif(list_inner_product(precise, {weights}), 0)"


def _within(value: str, centre: str, reach: str) -> str:
    return f"greatest({centre} - {reach}, least({centre} + {reach}, {value}))"


def _change(observed: str, expected: str) -> str:
    return f"CASE WHEN abs({expected}) > 1e-12 THEN ({observed} - {expected}) / abs({expected}) END"


def _strength(test: str, change: str) -> str:
    return (
        f"CASE WHEN {test} IS NULL OR (direction = 'up' AND {test} <= 0) OR (direction = 'down' AND {test} >= 0) "
        f"THEN 0 WHEN abs({change}) < min_effect THEN least(abs({test}) / line, .999) ELSE abs({test}) / line END"
    )
