"""A part of an object that is worked out when first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class kept(Generic[T]):  # noqa: N801 - read as a decorator, as `property` is
    """`functools.cached_property` without its lock.

    That of Python 3.11 takes a lock for every first reading, and a report has some thirty.
    Two threads that ask at once may both work the part out; they come to equal values.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, holder: None, owner: type) -> kept[T]: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T: ...
    def __get__(self, holder: object | None, owner: type) -> kept[T] | T:
        if holder is None:
            return self
        # Found in the object's own dictionary from now on, before this is asked again.
        value = holder.__dict__[self._name] = self._work_out(holder)
        return value
