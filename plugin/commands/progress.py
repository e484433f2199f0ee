"""One line that shows how far a long command is: on a terminal only, never in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BACK_AND_CLEAR = "\r\033[K"


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Give a function that replaces the line on standard error; the line is gone at the end."""
    shown = sys.stderr.isatty()

    def show(text: str) -> None:
        if shown:
            sys.stderr.write(f"{_BACK_AND_CLEAR}{text}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        show("")
