"""Free ports for a benchmark's servers."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def neighbouring_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on now.

    Raises
    ------
    OSError
        When there is no such row between 20000 and 60000.
    """
    for base in range(20000, 60000, 16):
        with ExitStack() as stack:
            try:
                for offset in range(count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise OSError("no free ports in a row between 20000 and 60000")
