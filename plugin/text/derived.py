"""What follows from a thing that was read, worked out once and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")
_NOT_YET: Final = object()


class Derives:
    """Something read that keeps what others make of it."""

    __slots__ = ("_derived",)

    _derived: dict[Callable[[Any], Any], Any]
    """By who worked it out; each kind of reading begins with none."""

    def derived(self, work_out: Callable[[Self], T]) -> T:
        """What `work_out` makes of this, and of nothing else: worked out once, and kept."""
        # Asked some hundred times a report: one look for what is known.
        value: Any = self._derived.get(work_out, _NOT_YET)
        if value is _NOT_YET:
            value = self._derived[work_out] = work_out(self)
        known: T = value
        return known
