"""Where a value stands in a message, as a site profile writes it.

=========================  =====================================================
``PID-5``                  field 5 of PID, first repetition
``PID-3.4.2``              component 4, subcomponent 2
``PID-3[4.2=ZYH].1``       component 1 of the repetition whose component 4.2 is ZYH
``OBX[3.1=113014]-5``      field 5 of the first OBX whose component 3.1 is 113014
=========================  =====================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import PlainSerializer, PlainValidator

from plugin.hl7.reader import Segment

_PATH = re.compile(
    r"""(?P<segment>[A-Z][A-Z0-9]{2})
        (?:\[(?P<where>\d+(?:\.\d+){0,2})=(?P<is>[^\]]+)\])?
        -(?P<field>\d+)
        (?:\[(?P<rwhere>\d+(?:\.\d+)?)=(?P<ris>[^\]]+)\])?
        (?:\.(?P<component>\d+)(?:\.(?P<sub>\d+))?)?""",
    re.VERBOSE,
)


class Source(Protocol):
    """Whatever segments can be asked of: a message, or one order of it."""

    @property
    def nulls(self) -> bool:
        """Whether an explicit null (``""``) may stand anywhere."""
        ...

    def segments_called(self, name: str) -> Iterable[Segment]: ...

    def first(self, name: str) -> Segment | None: ...


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A parsed path; numbers count from 1, 0 means the whole."""

    text: str
    segment: str
    field: int
    component: int = 0
    subcomponent: int = 0
    segment_where: tuple[int, int, int] | None = None
    segment_is: str = ""
    repetition_where: tuple[int, int] | None = None
    repetition_is: str = ""

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read the notation above.

        Raises
        ------
        ValueError
            When it is none.
        """
        match = _PATH.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a field path such as PID-3.1 or PID-3[4.2=ZYH].1")
        where = [int(part) for part in (match["where"] or "0").split(".")]
        repetition = [int(part) for part in (match["rwhere"] or "0").split(".")]
        return cls(
            text=text,
            segment=match["segment"],
            field=int(match["field"]),
            component=int(match["component"] or 0),
            subcomponent=int(match["sub"] or 0),
            segment_where=_three(where) if match["where"] else None,
            segment_is=match["is"] or "",
            repetition_where=(repetition[0], (repetition + [0])[1]) if match["rwhere"] else None,
            repetition_is=match["ris"] or "",
        )

    def find(self, source: Source) -> Segment | None:
        """The segment that the path points into, if it is there."""
        if self.segment_where is None:
            return source.first(self.segment)
        for segment in source.segments_called(self.segment):
            if segment.value(*self.segment_where) == self.segment_is:
                return segment
        return None

    def repetition(self, segment: Segment) -> int:
        """Number of the repetition that is meant, 0 when none fits."""
        if self.repetition_where is None:
            return 1
        for number in range(1, len(segment.repetitions(self.field)) + 1):
            if segment.value(self.field, *self.repetition_where, repetition=number) == self.repetition_is:
                return number
        return 0

    def value(self, source: Source) -> str:
        """The value, unescaped; empty when it is not there."""
        segment = source.first(self.segment) if self.segment_where is None else self.find(source)
        if segment is None:
            return ""
        if self.repetition_where is None:
            return segment.value(self.field, self.component, self.subcomponent)
        number = self.repetition(segment)
        return segment.value(self.field, self.component, self.subcomponent, number) if number else ""

    def is_null(self, source: Source) -> bool:
        """Whether the sender says ``""``: known, and empty (v2.5.1, 2.5.3)."""
        segment = self.find(source)
        return segment is not None and segment.field(self.field) == '""'


def _three(numbers: list[int]) -> tuple[int, int, int]:
    """Pad field, component, subcomponent with zeros."""
    padded = [*numbers, 0, 0]
    return padded[0], padded[1], padded[2]


Path = Annotated[
    FieldPath,
    PlainValidator(lambda text: text if isinstance(text, FieldPath) else FieldPath.parse(str(text))),
    PlainSerializer(lambda path: path.text, return_type=str),
]
"""A path as a setting."""
Paths = tuple[Path, ...]
"""Alternatives: the first that holds a value gives it."""
