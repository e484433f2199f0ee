"""A small lazy reader: text → segments → fields at once, repetitions and components when asked for.

No tree is built.  Reading seventeen fields of a report costs some ten microseconds, where
a full parse costs ten milliseconds.  Nothing is cut into more pieces than its limit allows.
"""

from __future__ import annotations

from collections.abc import Iterator

from plugin.hl7.escape import plain, unescape
from plugin.hl7.header import DEFAULT_DELIMITERS, Delimiters
from plugin.hl7.refusals import refusal
from plugin.hl7.segments import segment_lines
from plugin.hl7.syntax import LIMITS, USUAL, ReaderLimits, Syntax

HEADS = frozenset({"MSH", "BHS", "FHS"})
"""Segments whose first field is the separator itself."""


class Segment:
    """One segment; field numbers as in the standard, MSH counted from its separator.

    >>> Segment("PID|1||P1^^^H~P2^^^ZYH||张三").value(3, component=1, repetition=2)
    'P2'
    """

    __slots__ = ("_fields", "_syntax", "name")

    def __init__(self, raw: str, syntax: Syntax = USUAL) -> None:
        self._syntax = syntax
        self._fields = fields = raw.split(syntax.separator, syntax.cuts)
        self.name = name = fields[0]
        if len(fields) > syntax.cuts:
            raise refusal("limit", f"{name}^1", what="fields", limit=str(syntax.limits.fields))
        if name in HEADS:
            fields.insert(1, syntax.separator)

    def field(self, number: int) -> str:
        """Field as sent, escapes and all; empty when it is not there."""
        fields = self._fields
        return fields[number] if number < len(fields) else ""

    @property
    def raw(self) -> str:
        """The segment as sent."""
        fields = [self.name, *self._fields[2:]] if self.name in HEADS else self._fields
        return self._syntax.separator.join(fields)

    @property
    def length(self) -> int:
        """Number of the last field that is there."""
        return len(self._fields) - 1

    def repetitions(self, number: int) -> list[str]:
        """Repetitions of a field as sent; none when it is empty."""
        raw = self.field(number)
        if not raw:
            return []
        syntax = self._syntax
        separator = syntax.delimiters.repetition
        if separator not in raw:
            return [raw]
        if raw.count(separator) >= syntax.limits.repetitions:
            raise refusal(
                "limit", f"{self.name}^1^{number}", what="repetitions", limit=str(syntax.limits.repetitions)
            )
        return raw.split(separator)

    def value(self, number: int, component: int = 0, subcomponent: int = 0, repetition: int = 1) -> str:
        """One value, unescaped once, without control characters and outer blanks.

        `component` 0 is the whole field (or its only component), `subcomponent` 0 the whole component.
        An explicit null (``""``) reads as empty.
        """
        fields = self._fields
        if number >= len(fields):
            return ""
        raw = fields[number]
        if raw.isalnum():
            # Letters and digits: nothing in it to cut, to unescape or to strip.
            return raw if component <= 1 and subcomponent <= 1 and repetition == 1 else ""
        if not raw:
            return ""
        syntax = self._syntax
        delimiters = syntax.delimiters
        if delimiters.repetition in raw:
            found = self.repetitions(number)
            raw = found[repetition - 1] if repetition <= len(found) else ""
        elif repetition > 1:
            return ""
        if component:
            raw = _part(raw, delimiters.component, component)
            if subcomponent:
                raw = _part(raw, delimiters.subcomponent, subcomponent)
        return syntax.clean(raw)

    def components(self, number: int, repetition: int = 1) -> list[str]:
        """All components of one repetition, unescaped."""
        found = self.repetitions(number)
        if repetition > len(found):
            return []
        parts = found[repetition - 1].split(self._syntax.delimiters.component)
        return [self._syntax.clean(part) for part in parts]

    def name_parts(self, number: int, repetition: int = 1) -> list[str]:
        """Components of a name (XPN, XCN), of each the first subcomponent: the family name's own parts are left out."""
        found = self.repetitions(number)
        if repetition > len(found):
            return []
        delimiters = self._syntax.delimiters
        parts = found[repetition - 1].split(delimiters.component)
        return [self._syntax.clean(part.split(delimiters.subcomponent, 1)[0]) for part in parts]

    def subcomponents(self, number: int) -> list[str]:
        """All subcomponents of the first component of the first repetition, unescaped."""
        found = self.repetitions(number)
        if not found:
            return []
        delimiters = self._syntax.delimiters
        first = found[0].split(delimiters.component, 1)[0]
        return [self._syntax.clean(part) for part in first.split(delimiters.subcomponent)]

    def text_of(self, raw: str) -> str:
        """Read a field's raw text as text: nothing of it is structure, not even delimiters left unescaped."""
        return "" if raw == '""' else plain(unescape(raw, self._syntax.delimiters, self._syntax.codec))

    @property
    def delimiters(self) -> Delimiters:
        """The message's delimiters."""
        return self._syntax.delimiters

    @property
    def limits(self) -> ReaderLimits:
        """The message's limits."""
        return self._syntax.limits


class Message:
    """A decoded message.

    Parameters
    ----------
    text
        The whole message; segment ends may be CR, CR LF or LF.
    codec
        Codec of the message, for hexadecimal escapes.

    Raises
    ------
    MessageRejected
        When there are more segments, or more fields in one, than `limits` allow.
    """

    __slots__ = ("nulls", "segments", "syntax")

    def __init__(
        self,
        text: str,
        delimiters: Delimiters = DEFAULT_DELIMITERS,
        codec: str = "utf-8",
        limits: ReaderLimits | None = None,
    ) -> None:
        is_usual = limits is None and delimiters is DEFAULT_DELIMITERS and codec == "utf-8"
        self.syntax = syntax = USUAL if is_usual else Syntax(delimiters, codec, limits or LIMITS)
        self.nulls = '"' in text and '""' in text
        self.segments = [
            Segment(line, syntax) for line in segment_lines(text, delimiters.field, syntax.limits.segments)
        ]

    def all(self, name: str) -> list[Segment]:
        """Segments called `name`, in order."""
        return [segment for segment in self.segments if segment.name == name]

    segments_called = all
    """The name under which a path asks a message or one of its groups."""

    def first(self, name: str) -> Segment | None:
        """The first segment called `name`."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        return None

    def groups(self) -> Iterator[Group]:
        """Cut an order or result message into its orders: each begins with ORC, or with OBR where there is none.

        An OBR that follows another one without its own ORC keeps the ORC before it; PID and
        PV1 are the nearest before the group.
        """
        pid = pv1 = orc = obr = None
        head: list[Segment] = []
        rest: list[Segment] = []
        started = False
        for segment in self.segments:
            name = segment.name
            if name in ("ORC", "PID") or (name == "OBR" and obr is not None):
                if started:
                    yield Group(pid, pv1, orc, obr, head, rest, self.nulls)
                started, obr, rest = False, None, []
            if name == "PID":
                pid, pv1, orc, head = segment, None, None, []
            elif name == "PV1":
                pv1 = segment
            elif name == "ORC":
                orc, started = segment, True
            elif name == "OBR":
                obr, started = segment, True
            else:
                (rest if started else head).append(segment)
        if started:
            yield Group(pid, pv1, orc, obr, head, rest, self.nulls)


class Group:
    """One order of a message: its patient, its visit, what stands before all orders, and what follows this one's ORC and OBR."""

    __slots__ = ("_firsts", "head", "nulls", "obr", "orc", "pid", "pv1", "rest")

    def __init__(
        self,
        pid: Segment | None,
        pv1: Segment | None,
        orc: Segment | None,
        obr: Segment | None,
        head: list[Segment],
        rest: list[Segment],
        nulls: bool = True,
    ) -> None:
        self.pid, self.pv1, self.orc, self.obr = pid, pv1, orc, obr
        self.head, self.rest, self.nulls = head, rest, nulls
        # A profile asks some fifty times, mostly for segments that are not there; of equal names the first stays.
        self._firsts = {segment.name: segment for segment in reversed((*rest, *head))}
        self._firsts |= {segment.name: segment for segment in (pid, pv1, orc, obr) if segment is not None}

    @classmethod
    def of(cls, message: Message) -> Group:
        """A message without orders (ADT, MDM) as one group."""
        pid, pv1 = message.first("PID"), message.first("PV1")
        rest = [segment for segment in message.segments if segment.name not in _SINGLE]
        return cls(pid, pv1, message.first("ORC"), message.first("OBR"), [], rest, message.nulls)

    def first(self, name: str) -> Segment | None:
        """The first of `segments_called`."""
        return self._firsts.get(name)

    def segments_called(self, name: str) -> Iterator[Segment]:
        """The group's segments called `name`; of others those before all orders."""
        if name not in _SINGLE:
            for segment in self.rest:
                if segment.name == name:
                    yield segment
            for segment in self.head:
                if segment.name == name:
                    yield segment
        elif found := self._firsts.get(name):
            yield found


_SINGLE = frozenset({"PID", "PV1", "ORC", "OBR"})
"""Segments of which an order has one at most."""


def _part(raw: str, separator: str, number: int) -> str:
    if separator not in raw:
        return raw if number == 1 else ""
    parts = raw.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""
