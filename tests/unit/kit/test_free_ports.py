"""Ports of servers that run for a while."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from plugin.kit.free_ports import neighbouring_ports


def test_ports_in_a_row_are_free_and_a_taken_row_is_passed_over() -> None:
    base = neighbouring_ports(5)
    with ExitStack() as stack:
        for offset in range(5):
            stack.enter_context(socket.create_server(("127.0.0.1", base + offset)))
        assert neighbouring_ports(1) != base


def test_where_none_are_left_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_socket: socket.socket, _address: object) -> None:
        raise OSError("in use")

    monkeypatch.setattr(socket.socket, "bind", taken)
    with pytest.raises(OSError, match="no 4 free ports in a row"):
        neighbouring_ports(4)
