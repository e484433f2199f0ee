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
    logging.basicConfig(level=logging.WARNING, handlers=[_OnOurLog()])
    # What a peer refuses a command says itself; a service has it in its log.
    service = level <= logging.INFO
    logging.getLogger("pynetdicom").setLevel(logging.ERROR if service else logging.CRITICAL)
    logging.getLogger("pynetdicom.association").addFilter(_is_no_idle_end)
    # pydicom quotes the values that it finds odd, patients' names among them.
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pydicom")


def _by_place(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if given and error is not None:
        event.update(error=type(error).__name__, where=where(error))
    return event


class _OnOurLog(logging.Handler):
    """The libraries below us speak to the standard logger; what they warn of is a line of our log.

    Of a record with an exception: the words that its program holds, not what was put into them.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told = {"logger": record.name}
        if error is None:
            words = record.getMessage()
        else:
            words = record.msg if isinstance(record.msg, str) else ""
            told |= {"error": type(error).__name__, "where": where(error)}
        log = structlog.get_logger()
        (log.error if record.levelno >= logging.ERROR else log.warning)(words, **told)


def _is_no_idle_end(record: logging.LogRecord) -> bool:
    """That an association which nobody uses is ended after its time is as it should be."""
    return record.msg != "Network timeout reached"
