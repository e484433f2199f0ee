"""Ports for servers that are started for a while: a demo played alone, a benchmark."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

_FIRST, _BEYOND, _APART = 20000, 32000, 16


def neighbouring_ports(count: int) -> int:
    """The first of `count` ports in a row on loopback that nobody listens on now, at most 16.

    Between now and their listening nobody else comes by them: they lie below what the system
    gives to outgoing connections (from 32768 on Linux, 49152 elsewhere), and where the search
    begins depends on the process's number.

    Raises
    ------
    OSError
        When there is no such row between 20000 and 32000.
    """
    span = _BEYOND - _FIRST
    for step in range(0, span, _APART):
        base = _FIRST + (os.getpid() * _APART + step) % span
        with ExitStack() as stack:
            try:
                for offset in range(count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise OSError(f"no {count} free ports in a row between {_FIRST} and {_BEYOND}")
