"""A content tree (PS3.3 C.17.3) as plain values: what the template makes and the encoder writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from plugin.sr.codes import Code

CONTAINS = "CONTAINS"
HAS_CONCEPT_MOD = "HAS CONCEPT MOD"
HAS_OBS_CONTEXT = "HAS OBS CONTEXT"
HAS_PROPERTIES = "HAS PROPERTIES"


class Measured(NamedTuple):
    """A number as a decimal string, and its unit."""

    digits: str
    unit: Code


class Instance(NamedTuple):
    """A stored object."""

    sop_class_uid: str
    sop_instance_uid: str


Value = None | str | Code | datetime | Measured | Instance


@dataclass(frozen=True, slots=True)
class Item:
    """One content item.

    Parameters
    ----------
    value
        By `kind`: CONTAINER ``None``; TEXT, PNAME and UIDREF a string; CODE a `Code`;
        DATETIME an aware datetime; NUM `Measured`; IMAGE `Instance`.
    """

    relationship: str
    kind: str
    name: Code | None
    value: Value = None
    children: tuple[Item, ...] = ()

    def walk(self) -> Iterator[Item]:
        """This item and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


def container(name: Code, children: Iterable[Item], relationship: str = CONTAINS) -> Item:
    """A CONTAINER with its children."""
    return Item(relationship, "CONTAINER", name, None, tuple(children))


def code(name: Code, value: Code, relationship: str = CONTAINS) -> Item:
    """A coded entry."""
    return Item(relationship, "CODE", name, value)


def text(name: Code, value: str, relationship: str = CONTAINS) -> list[Item]:
    """A text, or nothing: an empty TEXT is not allowed (Text Value is type 1)."""
    return [Item(relationship, "TEXT", name, value)] if value.strip() else []


def number(name: Code, value: int, unit: Code) -> Item:
    """A whole number, written without a decimal point."""
    return Item(CONTAINS, "NUM", name, Measured(str(value), unit))


def points(name: Code, value: float, unit: Code, children: Iterable[Item] = ()) -> Item:
    """A number that may have a decimal part, written without one where it has none."""
    return Item(CONTAINS, "NUM", name, Measured(f"{value:g}", unit), tuple(children))


def person(name: Code, value: str, relationship: str = CONTAINS, children: Iterable[Item] = ()) -> list[Item]:
    """A person name, or nothing."""
    return [Item(relationship, "PNAME", name, value, tuple(children))] if value.strip() else []


def uid(name: Code, value: str, relationship: str = CONTAINS) -> list[Item]:
    """A UID reference, or nothing."""
    return [Item(relationship, "UIDREF", name, value)] if value else []


def moment(name: Code, value: datetime) -> Item:
    """A date and time."""
    return Item(CONTAINS, "DATETIME", name, value)


def image(name: Code, sop_class_uid: str, sop_instance_uid: str) -> Item:
    """A reference to an image."""
    return Item(CONTAINS, "IMAGE", name, Instance(sop_class_uid, sop_instance_uid))
