"""The audit trail is followed, entry by entry, and told to an audit repository.

Where it stands is kept in a file of the data folder: written after a batch was taken, so that
a crash repeats messages and never loses one.  A repository that is away delays nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from plugin.delivery.ports import Reader
from plugin.domain.errors import DeliveryFailed, StoreUnavailable
from plugin.domain.listing import AuditRow
from plugin.kit.where import where

MOST = 200
"""Entries a batch."""

Tell = Callable[[Sequence[AuditRow]], None]
"""Sends what of these entries is to be told; raises :class:`DeliveryFailed`."""

_log = structlog.get_logger(__name__)


class FollowAudit:
    """A thread of its own between `start` and `stop`.

    Parameters
    ----------
    position
        The file that holds the number of the last entry that was told; without it the
        entries from now on are.
    poll_s, most_s
        How often new entries are looked for; the longest pause while the repository is away.
    """

    def __init__(
        self, read: Reader, tell: Tell, position: Path, poll_s: float = 2, most_s: float = 300
    ) -> None:
        self._read, self._tell, self._position = read, tell, position
        self._poll_s, self._most_s = poll_s, most_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-repository", daemon=True)
        self._failure: str | None = None

    def start(self) -> None:
        """Begin to follow."""
        if not self._position.exists():
            self._keep(self._read(lambda uow: uow.audit.last_number()))
        self._thread.start()

    def stop(self) -> None:
        """Tell what there is, once, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def faults(self) -> tuple[str, ...]:
        """Why the repository is behind; nothing when it is not."""
        return (self._failure,) if self._failure else ()

    def step(self) -> int:
        """Tell one batch.

        Returns
        -------
        int
            How many entries were passed.

        Raises
        ------
        DeliveryFailed
            The repository did not take them, and they are told again; or the position is lost.
        """
        after = self._reached()
        rows = self._read(lambda uow: uow.audit.after(after, MOST))
        if rows:
            self._tell(rows)
            self._keep(rows[-1].number)
        return len(rows)

    def _run(self) -> None:
        pause = self._poll_s
        while True:
            last = self._stopping.wait(0 if pause == 0 else pause)
            try:
                told = self.step()
                self._failure, pause = None, 0 if told == MOST else self._poll_s
            except (DeliveryFailed, StoreUnavailable) as error:
                self._failure, pause = str(error), self._longer(pause)
                _log.warning("audit.not_told", why=str(error), pause_s=pause)
            except Exception as error:
                # A full disk, a mistake of ours: said on every page, and tried again like the rest.
                # An OSError names a file or a host; any other error's words may hold a patient's.
                what = f": {error}" if isinstance(error, OSError) else f" at {where(error)}"
                self._failure = f"audit repository: {type(error).__name__}{what}"
                pause = self._longer(pause)
                _log.error("audit.crashed", error=type(error).__name__, where=where(error), pause_s=pause)
            if last:
                return

    def _longer(self, pause: float) -> float:
        return min(self._most_s, max(pause, 1) * 2)

    def _reached(self) -> int:
        try:
            return int(self._position.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise DeliveryFailed(
                f"{self._position} does not hold the number of the last audit entry that was told: write it "
                "there, or remove the file and start again to go on from now",
                retry=True,
            ) from error

    def _keep(self, number: int) -> None:
        fresh = self._position.with_suffix(".new")
        fresh.write_text(f"{number}\n", encoding="ascii")
        fresh.replace(self._position)
