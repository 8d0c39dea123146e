"""The author as Director looking back: what changed most, what is being answered, and what is worth a goal."""

from marketeer_dagster.sandbox.author.metrics import Row
from marketeer_dagster.sandbox.author.text import cut
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_WORTH = 0.15
"""Change of a page's or channel's sessions from which it is worth a sentence."""
_BIG = 0.25
"""Fall from which it is worth a goal, when nothing answers it already."""


def look_back(work: Work) -> Content:
    """The answer to a look-back task. Every figure is a cell of the tables, as it stands there."""
    rows = [row for row in work.metrics.rows if row.cell("sessions usual")]
    site = next((row for row in rows if "site" in row.cells), None)
    changed = sorted((row for row in rows if abs(_change(row)) >= _WORTH and row is not site), key=_change)
    open_ = [row for row in work.metrics.rows if row.cell("open signal")]
    return {
        "summary": cut(_summary(work, changed, open_), 900),
        "happened": [_said(work, row) for row in [*([site] if site else []), *changed[:5]]]
        or ["Nothing was measured in this period."],
        "meaning": cut(_meaning(work, changed, open_), 900),
        "recommendations": [_goal(work, row) for row in changed if _change(row) <= -_BIG and not _answered(row, open_)][
            :3
        ],
    }


def _change(row: Row) -> float:
    return row.value("change") or 0.0


def _subject(row: Row) -> str:
    return row.cell("page", "channel", "site")


def _answered(row: Row, signals: list[Row]) -> bool:
    return any(signal.cell("subject") == _subject(row) for signal in signals)


def _said(work: Work, row: Row) -> str:
    subject, now, usual = _subject(row), row.cells.get("sessions", ""), row.cell("sessions usual")
    rate, before = row.cell("conversion rate"), row.cell("rate usual")
    return (
        f"{subject}: {now} sessions where {usual} are usual ({row.cell('change')}); "
        f"conversion rate {rate}, usually {before}."
    )


def _summary(work: Work, changed: list[Row], signals: list[Row]) -> str:
    if not changed and not signals:
        return "Nothing needs attention. The figures are at their usual level."
    named = ", ".join(_subject(row) for row in changed[:3]) or signals[0].cell("subject")
    return f"Worth a look: {named}."


def _meaning(work: Work, changed: list[Row], signals: list[Row]) -> str:
    under_way = [
        f"{s.cell('open signal')} on {s.cell('subject')} is being answered by {s.cell('answered by')}."
        for s in signals[:3]
    ]
    doubt = "One period alone proves little; the newest figures may still be revised."
    return " ".join([*under_way, doubt])


def _goal(work: Work, row: Row) -> Content:
    subject = _subject(row)
    return {
        "goal": f"Win back the lost visits of {subject}",
        "reason": _said(work, row),
        "expected_effect": "Sessions return to their usual level.",
        "metric": "sessions",
        "budget_usd": None,
        "pipeline": _pipeline(work, subject),
    }


def _pipeline(work: Work, subject: str) -> str:
    known = [record.text("pipeline") for record in work.task.records("catalog")]
    return next((name for name in ("seo-cycle", "content-production") if name in known), "")
