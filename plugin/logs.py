"""JSON lines on standard error: identifiers, never names or report text.

An exception is told by its kind and its place, whoever logs it: its message, and the values
in a traceback, may be what a patient is called.
"""

from __future__ import annotations

import logging
import sys
import warnings

import structlog

from plugin.kit.where import where


def configure(*, readable: bool, level: int = logging.INFO) -> None:
    """Set the log up for this process.

    Parameters
    ----------
    readable
        Coloured lines for a person at a terminal instead of JSON.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _by_place,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The libraries below us speak to the standard logger; what they warn of is for us as well.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ByPlace("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    # pydicom quotes the values that it finds odd, patients' names among them.
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pydicom")


def _by_place(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if given and error is not None:
        event.update(error=type(error).__name__, where=where(error))
    return event


class _ByPlace(logging.Formatter):
    """Of a record with an exception: the words that its program holds, not what was put into them."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return super().format(record)
        words = record.msg if isinstance(record.msg, str) else ""
        told = f"{record.levelname} {record.name} {words}".strip()
        return f"{told}: {type(error).__name__} at {where(error)}"
