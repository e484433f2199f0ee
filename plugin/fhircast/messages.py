"""What a hub says over the websocket (FHIRcast STU2 and STU3), and what it is answered.

Only what tells which report is open is read; everything else that is well-formed is
acknowledged and forgotten, as the specification asks of a subscriber.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plugin.domain.errors import InvalidInput
from plugin.kit.strict_json import read_json

EVENTS = ("DiagnosticReport-open", "DiagnosticReport-close")

MAX_MESSAGE = 256 * 1024
"""A context holds a report, its study and its patient; more is no event."""

_ACCESSION = "ACSN"
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """The hub confirms (``hub.mode`` is subscribe), for so many seconds."""

    lease_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The hub does not want us, or does no more."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A notification; `accession_numbers` is empty for one that names no examination.

    Parameters
    ----------
    opens
        ``True`` for an open, ``False`` for a close, ``None`` for what we did not ask for.
    """

    event_id: str
    topic: str
    opens: bool | None
    accession_numbers: tuple[str, ...]


Message = Subscribed | Denied | Event


def subscription(topic: str, lease_s: int) -> bytes:
    """Body of the request, as a form (application/x-www-form-urlencoded)."""
    asked = {
        "hub.channel.type": "websocket",
        "hub.mode": "subscribe",
        "hub.topic": topic,
        "hub.events": ",".join(EVENTS),
        "hub.lease_seconds": str(lease_s),
        "subscriber.name": "SignGate",
    }
    return urlencode(asked).encode("ascii")


def endpoint(answer: bytes) -> str:
    """Where the hub wants the websocket (``hub.channel.endpoint``).

    Raises
    ------
    InvalidInput
        It names none.
    """
    found = read_json(answer).get("hub.channel.endpoint")
    if not isinstance(found, str) or not found:
        raise InvalidInput("hub.channel.endpoint", "is missing in the hub's answer")
    return found


def read(text: str | bytes) -> Message:
    """Read one message of the hub.

    Raises
    ------
    InvalidInput
        It is not JSON, or neither a confirmation nor a notification.
    """
    data = read_json(text.encode() if isinstance(text, str) else text)
    mode = data.get("hub.mode")
    if mode == "subscribe":
        return Subscribed(lease_s=_seconds(data.get("hub.lease_seconds")))
    if mode is not None:
        return Denied(reason=str(data.get("hub.reason") or mode)[:200])
    event, event_id = data.get("event"), data.get("id")
    if not isinstance(event, dict) or not isinstance(event_id, str) or not event_id:
        raise InvalidInput("event", "the message is neither a confirmation nor a notification")
    name = str(event.get("hub.event", "")).lower()
    opens = {each.lower(): each.endswith("open") for each in EVENTS}.get(name)
    return Event(
        event_id=event_id[:200],
        topic=str(event.get("hub.topic", "")),
        opens=opens,
        accession_numbers=tuple(dict.fromkeys(_accession_numbers(event.get("context")))),
    )


def acknowledgment(event_id: str) -> str:
    """What a subscriber answers to each notification."""
    return json.dumps({"id": event_id, "status": "200"})


def _accession_numbers(context: Any) -> Iterator[str]:
    """From the study and the report of a context: identifiers of the type ACSN (v2-0203)."""
    for part in context if isinstance(context, list) else []:
        resource = part.get("resource") if isinstance(part, dict) else None
        if not isinstance(resource, dict) or part.get("key") not in {"report", "study"}:
            continue
        named = [*_list(resource.get("identifier"))]
        # STU3 lets a report name its request by a logical reference.
        for reference in _list(resource.get("basedOn")):
            named += [reference.get("identifier")] if isinstance(reference, dict) else []
        for identifier in named:
            if isinstance(identifier, dict) and _is_accession(identifier.get("type")):
                value = identifier.get("value")
                if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST:
                    yield value.strip()


def _is_accession(kind: Any) -> bool:
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    return any(isinstance(each, dict) and each.get("code") == _ACCESSION for each in _list(codings))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _seconds(value: Any) -> int | None:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    return number if isinstance(number, int) and 0 < number <= 86_400 * 31 else None
