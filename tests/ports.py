"""Ports for those who must be told theirs before they listen, which nobody takes meanwhile.

A port that the system has just given and taken back may be its next gift, to another test or
as the near end of any connection; two halves of the suite beside each other open hundreds.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator

_FIRST, _BEYOND, _BLOCK = 10240, 20000, 64
"""Below what the system gives away by itself, and below what demos and benchmarks take (20000 on)."""

_ours: list[socket.socket] = []
"""Each holds a block against other processes that run tests; the system frees it at our end."""


def _blocks() -> Iterator[int]:
    """First ports of blocks that no other process has, in no order that another has too."""
    firsts = list(range(_FIRST, _BEYOND, _BLOCK))
    random.SystemRandom().shuffle(firsts)
    for first in firsts:
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0signgate-tests-{first}")  # a name without a file, gone with its process
        except OSError:
            holder.close()
            continue
        _ours.append(holder)
        yield first


def _rows() -> Iterator[int]:
    """Every port once, block after block."""
    for first in _blocks():
        yield from range(first, first + _BLOCK)


_next = _rows()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports; nobody listens there, and no other test is given them.

    Raises
    ------
    RuntimeError
        When there are none left.
    """
    row: list[int] = []
    for port in _next:
        follows = not row or port == row[-1] + 1
        row = [*(row if follows else ()), port] if _is_free(port) else []
        if len(row) == count:
            return row[0]
    raise RuntimeError(f"no {count} free ports in a row (process {os.getpid()})")


def free_port() -> int:
    """One such port."""
    return free_ports(1)
