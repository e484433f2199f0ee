"""One inspector, as its parent sees it: a process at the other end of a socket."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from plugin.domain.case import Case
from plugin.rules.rulebook import Inspection


class InspectorProcess:
    """Runs ``python -m plugin.rules.inspectors.inspector``; one thread asks it, and waits for the answer before it asks again.

    Parameters
    ----------
    folder
        Where it reads its rulebook from.
    patience_s
        How long it may leave what it is sent unread, or an answer unfinished.
    """

    def __init__(self, folder: Path, patience_s: float) -> None:
        self._patience = struct.pack("@ll", int(patience_s), int(patience_s % 1 * 1e6))
        self._socket, theirs = socket.socketpair()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self._patience)
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "plugin.rules.inspectors.inspector",
                    str(theirs.fileno()),
                    str(folder),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        self._asked = Connection(os.dup(self._socket.fileno()))

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def version(self) -> str | None:
        """Wait until it has loaded its rulebook, and return the version; ``None`` when it could not load it."""
        try:
            version: str = self._asked.recv()
        except (EOFError, OSError):
            return None
        # From here on it has nothing to load, and what it begins to say it says at once.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._patience)
        return version

    def ask(self, cases: Sequence[Case]) -> None:
        """Send cases to inspect.

        Raises
        ------
        OSError
            When it has died, or reads no longer.
        """
        self._asked.send(cases)

    def has_answered(self, within_s: float) -> bool:
        """Wait so long for the answer, or for its death."""
        return self._asked.poll(within_s)

    def answer(self) -> Sequence[Inspection | str]:
        """What it found of each case; a ``str`` says where a rule failed.

        Raises
        ------
        OSError, EOFError
            When it has died, or says no more.
        """
        found: Sequence[Inspection | str] = self._asked.recv()
        return found

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> int:
        """Let it see that nobody asks any more; return its exit status when it has gone."""
        self._asked.close()
        self._socket.close()
        return self._process.wait()
