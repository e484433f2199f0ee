"""An association whose answers reach whoever asked.

pynetdicom's reactor, a thread of each association, looks for messages of the peer; the
``send_*`` methods pause it first.  They take its flag for paused, which it raises just
before it waits; when the wait does not block because the pause came a moment later, the
reactor goes on for one more round and may take the answer for a stray message ("Received
unexpected C-FIND service message").  A busy machine meets this once in some hundred
queries, and a query that loses an answer says that a study has fewer objects than it has.

:func:`steadied` gives the association an event whose `clear` returns only when the
reactor is inside its wait.
"""

from __future__ import annotations

from threading import Condition, Event, Thread, current_thread

from pynetdicom.association import Association

_LOOK_AGAIN_S = 0.05


class Checkpoint(Event):
    """An event of one waiter; `clear` waits until the waiter is held by it.

    Parameters
    ----------
    waiter
        The thread that calls `wait`; once it has ended, nobody is to be held.
    """

    def __init__(self, waiter: Thread) -> None:
        super().__init__()
        self._waiter = waiter
        self._changed = Condition()
        self._open = True
        self._holds = False

    def is_set(self) -> bool:
        """The waiter may pass."""
        return self._open

    def set(self) -> None:
        """Let the waiter pass."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Hold the waiter from now on, and return when it is held."""
        with self._changed:
            self._open = False
            # The waiter itself cannot be waited for; it clears only to act on its own.
            while not self._holds and self._waiter.is_alive() and current_thread() is not self._waiter:
                self._changed.wait(_LOOK_AGAIN_S)

    def wait(self, timeout: float | None = None) -> bool:
        """Pass, or be held until `set`."""
        with self._changed:
            while not self._open:
                self._holds = True
                self._changed.notify_all()
                passed = self._changed.wait(timeout)
                if not passed:
                    break
            self._holds = False
            return self._open


def steadied(association: Association) -> Association:
    """Mend an open association; where pynetdicom no longer has this checkpoint, nothing is done."""
    if association.is_established and isinstance(getattr(association, "_reactor_checkpoint", None), Event):
        association._reactor_checkpoint = Checkpoint(association)
    return association
