"""What may be logged of an error: its kind and its place.

The message of an error from below quotes what was read, which may be what a patient is
called; so may any value in a traceback.  A file and a line never do.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

_INNERMOST = 4


def where(error: BaseException) -> str:
    """File and line of the innermost places of an error, the very place first.

    >>> try:
    ...     int("张三")
    ... except ValueError as error:
    ...     "张三" in where(error)
    False
    """
    frames = traceback.extract_tb(error.__traceback__)[-_INNERMOST:]
    return " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
