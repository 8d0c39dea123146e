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

`tests/optimise/test_anomaly_sql.py` holds both to the same numbers.
"""

import re

from marketeer_dagster.optimise.anomaly_model import ANSCOMBE, NORMAL_MAD, OVERDISPERSION, WEEK, Tuning
from marketeer_dagster.optimise.inputs import InvalidInput

RARE_ZERO = 0.05
KINDS = "ENUM('count', 'amount', 'value', 'rate')"


def newest_day_sql(relation: str, tuning: Tuning | None = None) -> str:
    """The statement over `relation`, a table or view name, optionally qualified.

    Raises:
        InvalidInput: when `relation` is not a plain name.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,2}", relation):
        raise InvalidInput(f"is {relation!r}", where="relation", expected="a table or view name")
    t = tuning or Tuning()
    window = f"CASE kind WHEN 'rate' THEN {t.rate_shift_days} ELSE {t.shift_days} END"
    keep = f"CASE kind WHEN 'rate' THEN {1 - t.rate_smoothing} ELSE {1 - t.smoothing} END"
    rho = f"CASE kind WHEN 'rate' THEN {t.rate_rho} ELSE {t.rho} END"
    line = f"CASE kind WHEN 'rate' THEN {t.rate_threshold} ELSE {t.threshold} END"
    return f"""
WITH series AS MATERIALIZED (
    SELECT (row_number() OVER ())::INT AS id, * FROM (
        SELECT tenant, metric, any_value(kind)::{KINDS} AS kind,
            any_value(direction) AS direction, any_value(min_effect)::DOUBLE AS min_effect,
            coalesce(avg(CASE kind WHEN 'rate' THEN trials ELSE value END) FILTER (date < $day), 0) AS typical,
            coalesce(avg((value = 0)::INT) FILTER (date <= $day - {2 * WEEK}), 0) AS zero_share
        FROM {relation} WHERE date <= $day AND date > $day - {t.weeks * WEEK}
        GROUP BY tenant, metric
    )
), named AS (
    SELECT series.id, series.kind, datediff('day', r.date, $day)::SMALLINT AS age, r.value::DOUBLE AS y,
        CASE series.kind WHEN 'rate' THEN r.trials::DOUBLE ELSE 1 END AS n,
        {_rare_zero(t)} AS failed
    FROM {relation} AS r JOIN series USING (tenant, metric)
    WHERE r.date <= $day AND r.date > $day - {t.weeks * WEEK}
        AND (r.date = $day OR NOT list_contains($holidays, r.date))
), daily AS MATERIALIZED (
    SELECT id, kind, age, age % {WEEK} AS weekday, age // {WEEK} AS week, y, n, {_transform()} AS x,
        CASE kind WHEN 'rate' THEN .5 / sqrt(n) ELSE 1 END AS noise
    FROM named WHERE y IS NOT NULL AND n > 0 AND NOT (failed AND y = 0)
), season AS (
    SELECT id, weekday, middle - avg(middle) OVER (PARTITION BY id) AS s
    FROM (SELECT id, weekday, median(x) AS middle FROM daily WHERE age > 0 GROUP BY id, weekday)
), flat AS MATERIALIZED (
    SELECT daily.*, coalesce(s, 0) AS s, x - coalesce(s, 0) AS d FROM daily LEFT JOIN season USING (id, weekday)
), weekly AS (
    SELECT id, week - 1 AS week, median(d) AS before FROM flat WHERE age > 0 GROUP BY id, week
), noise AS (
    SELECT id, kind, count(*) AS days, sum((y = 0)::INT) / count(*) AS zeros,
        {NORMAL_MAD} * coalesce(median(abs(d - before) / noise), 0) AS spread,
        median(d) FILTER (age <= {2 * WEEK}) AS near,
        median(d) FILTER (age BETWEEN {window} AND {window} + {2 * WEEK - 1}) AS far
    FROM flat LEFT JOIN weekly USING (id, week) WHERE age > 0 GROUP BY id, kind
), scale AS (
    SELECT id, days, zeros, near, far,
        greatest(spread, {_floor("coalesce(near, 0)")}) * (1 + {t.young} / days) AS scale
    FROM noise
), level AS MATERIALIZED (
    SELECT id, any_value(kind) AS kind, any_value(days) AS days, any_value(zeros) AS zeros, any_value(scale) AS scale,
        sum({_clipped("near", t)} * w) / sum(w) AS fresh,
        sum({_clipped("far", t)} * w) FILTER (age >= {window}) / sum(w) FILTER (age >= {window}) AS settled
    FROM (SELECT *, pow({keep}, age) / (noise * noise) AS w FROM flat JOIN scale USING (id) WHERE age > 0) GROUP BY id
), steps AS (
    SELECT f.id, f.kind, age, f.y, f.n, f.noise, scale, settled + s AS x,
        greatest(-{t.shift_clip}, least({t.shift_clip}, (d - settled) / (scale * f.noise))) AS step
    FROM flat AS f JOIN level USING (id) WHERE age < {max(t.shift_days, t.rate_shift_days)}
        AND age < {window.replace("kind", "f.kind")} AND settled IS NOT NULL
), sums AS (
    SELECT id, kind, age, scale, count(*) OVER so_far AS m, sum(step) OVER so_far AS total,
        first_value(step) OVER so_far AS newest, sum(y) OVER so_far AS y,
        sum(n) OVER so_far AS n, sum(n * {_inverse("x")}) OVER so_far AS promised,
        sum(n * {_slope("x")} * noise) OVER so_far AS sampling
    FROM steps WINDOW so_far AS (PARTITION BY id ORDER BY age)
), shift AS (
    SELECT id, kind, age, m, scale, y / n AS observed, promised / n AS expected, sampling / n AS sampling,
        CASE WHEN m >= 2 AND newest * sign(total) >= {t.lasting} * abs(total) / m
            THEN total / sqrt(m + {rho} * m * m) ELSE 0 END AS g
    FROM sums QUALIFY row_number() OVER (PARTITION BY id ORDER BY abs(g) DESC, age) = 1
), today AS (
    SELECT level.id, y / n AS observed, (d - fresh) / (scale * noise) AS z, fresh + coalesce(season.s, 0) AS base,
        1.96 * scale * CASE level.kind WHEN 'rate' THEN noise ELSE 1 END AS margin
    FROM level LEFT JOIN season ON season.id = level.id AND season.weekday = 0
        LEFT JOIN flat ON flat.id = level.id AND flat.age = 0
), tests AS (
    SELECT series.*, coalesce(level.days, 0) AS days, level.zeros, today.observed AS day_observed, z, base, margin,
        {_inverse("base")} AS day_expected,
        shift.age AS shift_age, coalesce(g, 0) AS g, shift.observed AS shift_observed, shift.expected AS shift_expected,
        1.96 * shift.scale * sqrt(1 / m + {rho}) * sampling AS shift_margin, {line} AS line,
        {_change("day_observed", "day_expected")} AS day_change,
        {_change("shift_observed", "shift_expected")} AS shift_change
    FROM series LEFT JOIN (SELECT * EXCLUDE (kind) FROM level) AS level USING (id) LEFT JOIN today USING (id)
        LEFT JOIN (SELECT * EXCLUDE (kind) FROM shift) AS shift USING (id)
), strengths AS (
    SELECT *, {_strength("z", "day_change")} AS spike,
        CASE WHEN day_observed IS NULL THEN 0 ELSE {_strength("g", "shift_change")} END AS level_shift,
        greatest(spike, level_shift) >= 1 AS fired, fired AND level_shift > spike AS shifted,
        CASE WHEN days < {t.min_history} THEN 'not_enough_history'
            WHEN list_contains($holidays, $day) THEN 'holiday'
            WHEN day_observed IS NULL AND (kind NOT IN ('count', 'rate') OR typical >= {t.gap_expected})
                THEN 'tracking_broken'
            WHEN day_observed IS NULL THEN 'no_data'
            WHEN kind = 'amount' AND zeros > .5 THEN 'too_sparse'
            WHEN fired THEN 'anomaly' ELSE 'normal' END AS status,
        status NOT IN ('not_enough_history', 'too_sparse') AND base IS NOT NULL AS known
    FROM tests
)
SELECT tenant, metric, $day AS day, status,
    CASE WHEN status = 'anomaly' THEN if(shifted, 'level_shift', 'spike') END AS shape,
    CASE WHEN status = 'anomaly' THEN $day - if(shifted, shift_age, 0)::INT END AS since,
    CASE WHEN shifted THEN shift_observed ELSE day_observed END AS observed,
    CASE WHEN known THEN if(shifted, shift_expected, day_expected) END AS expected,
    CASE WHEN known AND margin IS NOT NULL THEN if(shifted,
        if(kind = 'value', shift_expected - shift_margin, greatest(shift_expected - shift_margin, 0)),
        {_inverse("(base - margin)")}) END AS low,
    CASE WHEN known AND margin IS NOT NULL THEN if(shifted,
        shift_expected + shift_margin, {_inverse("(base + margin)")}) END AS high,
    CASE WHEN known THEN if(shifted, shift_change, day_change) END AS relative_change,
    CASE WHEN status IN ('anomaly', 'normal') THEN greatest(spike, level_shift) ELSE 0 END AS score,
    coalesce(z, 0) AS z, g AS shift, days AS history_days
FROM strengths ORDER BY tenant, metric
"""


def _rare_zero(t: Tuning) -> str:
    return (
        f"zero_share < {RARE_ZERO} AND ((series.kind = 'count' AND typical >= {t.gap_expected}) "
        "OR (series.kind = 'amount' AND typical > 0))"
    )


def _transform() -> str:
    k = OVERDISPERSION
    return (
        f"CASE kind WHEN 'count' THEN {2 / k**0.5} * asinh(sqrt({k} * (y + {ANSCOMBE}))) WHEN 'amount' THEN sqrt(y) "
        f"WHEN 'rate' THEN asin(sqrt((y + {ANSCOMBE}) / (n + {2 * ANSCOMBE}))) ELSE y END"
    )


def _inverse(x: str) -> str:
    k = OVERDISPERSION
    return (
        f"CASE kind WHEN 'count' THEN greatest(pow(sinh(greatest({x}, 0) * {k**0.5 / 2}), 2) / {k} - {ANSCOMBE}, 0) "
        f"WHEN 'amount' THEN pow(greatest({x}, 0), 2) "
        f"WHEN 'rate' THEN pow(sin(greatest(least({x}, pi() / 2), 0)), 2) ELSE {x} END"
    )


def _slope(x: str) -> str:
    k = OVERDISPERSION
    return (
        f"CASE kind WHEN 'count' THEN sinh(greatest({x}, 0) * {k**0.5 / 2}) * cosh(greatest({x}, 0) * {k**0.5 / 2}) "
        f"/ {k**0.5} WHEN 'amount' THEN 2 * greatest({x}, 0) "
        f"WHEN 'rate' THEN sin(2 * greatest(least({x}, pi() / 2), 0)) ELSE 1 END"
    )


def _floor(x: str) -> str:
    return (
        f"CASE kind WHEN 'count' THEN 1 / sqrt(1 + {OVERDISPERSION} * {_inverse(x)}) WHEN 'rate' THEN 1 "
        f"ELSE greatest(1e-3 * abs({x}), 1e-12) END"
    )


def _clipped(centre: str, t: Tuning) -> str:
    return f"greatest(least(d, {centre} + {t.clip} * scale * noise), {centre} - {t.clip} * scale * noise)"


def _change(observed: str, expected: str) -> str:
    return f"CASE WHEN abs({expected}) > 1e-12 THEN ({observed} - {expected}) / abs({expected}) END"


def _strength(test: str, change: str) -> str:
    return (
        f"CASE WHEN {test} IS NULL OR (direction = 'up' AND {test} <= 0) OR (direction = 'down' AND {test} >= 0) "
        f"THEN 0 WHEN abs({change}) < min_effect THEN least(abs({test}) / line, .999) ELSE abs({test}) / line END"
    )
