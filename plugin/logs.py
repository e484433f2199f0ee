"""JSON lines on standard error: identifiers, never names or report text."""

from __future__ import annotations

import logging
import sys
import warnings

import structlog


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
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The libraries below us speak to the standard logger; what they warn of is for us as well.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("pynetdicom").setLevel(logging.ERROR)
    # pydicom quotes the values that it finds odd, patients' names among them.
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pydicom")
