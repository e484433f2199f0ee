"""What a profile takes out of a message, field by field, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugin.hl7.answer import answer_in
from plugin.hl7.header import Header
from plugin.hl7.orders import read_orders
from plugin.hl7.patients import MERGES, read_merges, read_update
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Message
from plugin.hl7.reports import read_reports


def extracted(header: Header, message: Message, profile: Profile) -> Mapping[str, str]:
    """Dotted name to value; of several orders or reports each name begins with its number.

    Raises
    ------
    MessageRejected
        When the profile makes nothing of the message.
    """
    found = _facts(header, message, profile)
    if len(found) == 1:
        return found[0]
    return {
        f"{number}. {name}": value for number, each in enumerate(found, 1) for name, value in each.items()
    }


def _facts(header: Header, message: Message, profile: Profile) -> list[dict[str, str]]:
    if header.code in ("ORU", "MDM"):
        return [
            dict(_flat(each.report, "")) | _unread(each.unread) for each in read_reports(message, profile)
        ]
    return [dict(_flat(each, "")) for each in _objects(header, message, profile)]


def _unread(codes: Sequence[str]) -> dict[str, str]:
    """OBX-3 of text that the profile leaves out, so that somebody sees it."""
    return {"unread": ", ".join(codes)} if codes else {}


def _objects(header: Header, message: Message, profile: Profile) -> list[Any]:
    if header.code == "ACK":
        return [answer_in(message)]
    if header.code == "ADT":
        if header.event in MERGES:
            return list(read_merges(message, profile))
        return [read_update(message, profile)]
    return [each.order for each in read_orders(message, profile)]


def _flat(value: Any, prefix: str) -> Iterable[tuple[str, str]]:
    for name in value.__dataclass_fields__:
        inner = getattr(value, name)
        if hasattr(inner, "__dataclass_fields__"):
            yield from _flat(inner, f"{prefix}{name}.")
        elif inner and name != "delivered":
            yield f"{prefix}{name}", ", ".join(inner) if isinstance(inner, tuple) else str(inner)
