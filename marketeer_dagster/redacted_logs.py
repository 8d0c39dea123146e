"""Log records without secrets, whoever writes them: our code, Dagster, or a vendor's SDK.

A filter on a logger is not asked about what its children log, and one on a handler has to be put on every handler that
any library makes. So records are cleaned where all of them are made.
"""

import logging
from typing import Any

from marketeer_dagster.model.redaction import keep_out_environment, redact

_FORMAT = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Takes secrets out of a record's message, arguments and traceback; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        clean(record)
        return True


def clean(record: logging.LogRecord) -> logging.LogRecord:
    """The record, without secrets. One that holds none is left exactly as it is."""
    if isinstance(record.args, tuple):
        record.args = tuple(redact(value) if isinstance(value, str) else value for value in record.args)
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit the format: the handler will say so
        said = str(record.msg)
    if (cleaned := redact(said)) != said:
        record.msg, record.args = cleaned, ()
    if record.exc_info and record.exc_info[0] is not None:
        trace = _FORMAT.formatException(record.exc_info)
        if (cleaned := redact(trace)) != trace:
            record.exc_text, record.exc_info = cleaned, None
    return record


def install() -> None:
    """Clean every record of this process from now on, and know the environment's secrets. Safe to repeat."""
    keep_out_environment()
    make = logging.getLogRecordFactory()
    if getattr(make, "cleans", False):
        return

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return clean(make(*args, **kwargs))

    # logging lets a record carry attributes of ours, which its type cannot know.
    made.cleans = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(made)
