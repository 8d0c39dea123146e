"""Measures: a number with a unit of time, weight, length or data, made comparable (two weeks are 14 days)."""

import re

Measure = tuple[str, float]
"""What is measured, named by its base unit, and how much of it: ("minutes", 20160.0), ("metres", 15000.0).

Months and years stay apart from minutes: no month is certainly 30 days.
"""

_UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "minutes": (
        (0.001 / 60, "milliseconds? ms"),
        (1 / 60, "seconds? secs? s Sekunden? 秒钟?"),
        (1.0, "minutes? mins? Minuten? 分钟"),
        (60.0, "hours? hrs? h Stunden? 个?小时"),
        (1440.0, "days? Werktagen? Werktage Tagen? Tage tägig[a-z]* 个?(?:工作日|自然日) 天 日(?!常|期|程)"),
        (10080.0, "weeks? Wochen? wöchig[a-z]* 周(?!末|年) 个?星期"),
    ),
    "months": (
        (1.0, "months? Monate? Monaten monatig[a-z]* 个月"),
        (3.0, "quarters? Quartale? 个?季度"),
        (12.0, "years? yrs? Jahren? Jahre jährig[a-z]* 年(?!\\d|级|份)"),
    ),
    "bytes": (
        (1.0, "bytes?"),
        (1e3, "KB kilobytes?"),
        (1e6, "MB megabytes?"),
        (1e9, "GB gigabytes?"),
        (1e12, "TB terabytes?"),
        (1e15, "PB petabytes?"),
    ),
    "metres": (
        (0.001, "mm millimet(?:re|er)s?"),
        (0.01, "cm centimet(?:re|er)s? Zentimetern? 厘米"),
        (1.0, "m met(?:re|er)s? Metern? 米"),
        (1e3, "km kilomet(?:re|er)s? Kilometern? 公里 千米"),
        (1609.344, "miles? Meilen?"),
    ),
    "grams": (
        (0.001, "mg milligram(?:me)?s? Milligramm 毫克"),
        (1.0, "g gram(?:me)?s? Gramm 克"),
        (500.0, "Pfund 斤"),
        (1e3, "kg kilos? kilogram(?:me)?s? Kilogramm 公斤 千克"),
        (1e6, "t tonnes? tons? Tonnen? 吨"),
    ),
    "litres": ((0.001, "ml millilit(?:re|er)s? Milliliter 毫升"), (1.0, "l lit(?:re|er)s? Litern? 升(?!级)")),
    "hectares": ((1.0, "ha hectares? Hektar 公顷"), (1 / 15, "亩")),
    "watt-hours": ((1e3, "kWh"), (1e6, "MWh")),
}
_FORMS = [(base, factor, form) for base, units in _UNITS.items() for factor, forms in units for form in forms.split()]


def _pattern(form: str) -> str:
    return form if form[0] >= "一" else f"{form}(?![a-zäöüß])"


_BY_GROUP = {f"u{number}": (base, factor) for number, (base, factor, _) in enumerate(_FORMS)}
_UNIT = re.compile(
    r"[- ]?(?:(?:working|business|calendar|full|free|more|whole|short|volle[nr]?|ganze[nr]?|kostenlose[nr]?)[- ])?(?:"
    + "|".join(f"(?P<u{number}>{_pattern(form)})" for number, (_, _, form) in enumerate(_FORMS))
    + ")",
    re.IGNORECASE,
)
_CALENDAR_YEARS = (1900.0, 2100.0)
_SINGLE = re.compile(
    r"\b(?:an?|one|each|ein(?:e[nrm]?|em)?)(?= (?:second|minute|hour|day|week|month|quarter|year|Sekunde|Minute|Stunde|"
    r"Tag|Woche|Monat|Quartal|Jahr)\b)|一(?=个?(?:秒|分钟|小时|天|周|星期|月|季度|年)(?!级|定))",
    re.IGNORECASE,
)


def measure_after(text: str, value: float) -> Measure | None:
    """The measure that a number and the unit at the start of `text` make; None without a unit."""
    match = _UNIT.match(text)
    if match is None or match.lastgroup is None:
        return None
    base, factor = _BY_GROUP[match.lastgroup]
    unit = match[match.lastgroup]
    if unit in ("M", "G", "T", "L", "S", "H") or (unit == "年" and _CALENDAR_YEARS[0] <= value <= _CALENDAR_YEARS[1]):
        return None
    return base, value * factor


def units_named(text: str) -> frozenset[Measure]:
    """One of each unit whose word stands in `text`: of a line such as `Reply time in hours: 4`."""
    found = (measure_after(match[0], 1.0) for match in re.finditer(r"[^\W\d_]{2,}", text))
    return frozenset(measure for measure in found if measure)


def single_units(text: str) -> list[Measure]:
    """Lengths of time said without a number: a week, one month."""
    found = (measure_after(text[match.end() :], 1.0) for match in _SINGLE.finditer(text))
    return [measure for measure in found if measure]
