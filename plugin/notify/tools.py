"""What channels need from outside: words, secrets, the clock, names, certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.notice import Notice
from plugin.kit.pinned_call import Resolve, resolve
from plugin.notify.messages import MessageWriter
from plugin.notify.person_words import PersonWriter

HandOver = Callable[[str, Notice], None]
"""Gives a notice to the outbound HL7 writer, for the named destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Handed to every channel.

    Parameters
    ----------
    writer
        Puts a notice into words.
    secret
        Name of a secret to its text (``whsec_…``, or a password); KeyError when there is none.
    people
        Puts a notice to a person of the department into words.
    hl7
        Takes a notice over for an HL7 destination; ``None`` where the site sends no HL7.
    """

    writer: MessageWriter
    people: PersonWriter
    secret: Callable[[str], str]
    clock: Callable[[], datetime]
    hl7: HandOver | None = None
    resolve: Resolve = resolve
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
