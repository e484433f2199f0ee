"""Reports are inspected beside the writer, in processes of their own.

One interpreter runs one thread at a time.  While it reads a report, some two milliseconds, it
takes no message, answers no signature and writes nothing; and the writer, of whom there is
one, is what everybody waits for.  So a door has a report inspected before its transaction
begins, with the order and the earlier examinations as they stand then (:meth:`Inspectors.ahead`).
Inside the transaction the case is put together again: is it the same, so is what was found
(:meth:`Inspectors.inspect`); has anything changed in between, it is inspected there and then.

An inspector that is slow, dead or of another version is done without: nothing is lost by it but time.
They are started when reports first come faster than the writer takes them, and load behind
everything else: a small hospital never needs one.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import subprocess
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
from pydantic import Field

from plugin.domain.case import Case
from plugin.kit.cores import usable_cores
from plugin.kit.registry import Options
from plugin.rules.rulebook import Inspection, Rulebook

_log = structlog.get_logger(__name__)

_MOST_KEPT = 512
"""Inspections made ahead that nobody came for: their transaction was refused."""
_CROWDED = 2
"""Changes that wait for the writer when help is worth its memory."""
_SOON_S = 0.1
"""How long one waits for an inspector that is busy; by then the report had better be inspected in its transaction."""
_PAUSES_S = (1.0, 5.0, 30.0, 60.0)
"""Before an inspector that has died is started again: after the first death, the second …"""


class InspectorSettings(Options):
    """Settings under ``[inspectors]`` of ``site.toml``.

    Parameters
    ----------
    processes
        How many at most, some 60 MB of memory each; 0 inspects every report in the main process.
        Left out: one less than there are cores, and no more than three.
    patience_s
        How long an answer may take before the inspector is ended and done without.
    """

    processes: int | None = Field(default=None, ge=0, le=32)
    patience_s: float = Field(default=2.0, gt=0, le=60)

    def count(self) -> int:
        """How many there are to be on this machine."""
        if self.processes is not None:
            return self.processes
        return max(0, min(3, usable_cores() - 1))


class Inspectors:
    """The rulebook, and processes that inspect by the same one.

    Parameters
    ----------
    rulebook
        By which is inspected here, and whose version an inspector must have.
    config_dir
        Where an inspector reads it from.

    Attributes
    ----------
    counts
        Inspections by how they were come by: ``beside``, ``here``, and ``stale`` for those made
        ahead of a case that was another one when its transaction began.
    """

    def __init__(self, rulebook: Rulebook, config_dir: Path, settings: InspectorSettings) -> None:
        self.rulebook = rulebook
        self._folder, self._settings = config_dir, settings
        self._idle: queue.LifoQueue[tuple[subprocess.Popen[bytes], Connection]] = queue.LifoQueue()
        self._kept: OrderedDict[str, tuple[Case, Inspection]] = OrderedDict()
        self._lock = threading.Lock()
        self._waiting: Callable[[], int] | None = None
        self._closing = threading.Event()
        self._keepers: list[threading.Thread] = []
        self._alive = 0
        self.counts: Counter[str] = Counter(beside=0, here=0, stale=0)

    def start(self, waiting: Callable[[], int]) -> None:
        """From now on start inspectors when they are needed.

        Parameters
        ----------
        waiting
            How many changes wait for the writer.
        """
        self._waiting = waiting

    def close(self) -> None:
        """Let the inspectors go; what is asked of one still gets its answer."""
        with self._lock:
            self._closing.set()
            keepers = list(self._keepers)
        self._let_go()
        for keeper in keepers:
            keeper.join(self._settings.patience_s + 1)

    def wanted(self) -> bool:
        """Whether anything may be inspected ahead now; starts the inspectors when it is worth it."""
        if self._alive:
            return True
        if self._waiting is not None and not self._keepers and self._waiting() >= _CROWDED:
            self._begin()
        return False

    def ahead(self, case: Case) -> None:
        """Have `case` inspected by an inspector that is free soon, and keep what it found for :meth:`inspect`."""
        if not self._alive or (found := self._ask(case)) is None:
            return
        with self._lock:
            self._kept[case.report.exam.accession_number] = case, found
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def inspect(self, case: Case) -> Inspection:
        """What was found of this very case ahead, or else what is found now."""
        with self._lock:
            known = self._kept.pop(case.report.exam.accession_number, None)
        if known and known[0] == case:
            self.counts["beside"] += 1
            return known[1]
        self.counts["stale" if known else "here"] += 1
        return self.rulebook.inspect(case)

    def metrics(self) -> str:
        """Counters and a gauge in the text format of Prometheus."""
        counted = (f'signgate_inspections{{made="{made}"}} {count}' for made, count in self.counts.items())
        return "\n".join(
            (
                "# HELP signgate_inspections Reports inspected beside the writer, in its transaction, or twice",
                "# TYPE signgate_inspections counter",
                *counted,
                "# HELP signgate_inspectors Inspectors that answer",
                "# TYPE signgate_inspectors gauge",
                f"signgate_inspectors {self._alive}\n",
            )
        )

    def _ask(self, case: Case) -> Inspection | None:
        patience_s = self._settings.patience_s
        try:
            process, asked = self._idle.get(timeout=_SOON_S)
        except queue.Empty:
            return None
        try:
            asked.send(case)
            if not asked.poll(patience_s):
                raise TimeoutError
            found: Inspection | str = asked.recv()
        except (OSError, EOFError, TimeoutError) as error:
            # What it may yet answer would be taken for the answer to another case.
            _log.warning("inspector.failed", process=process.pid, error=type(error).__name__)
            process.kill()
            asked.close()
            return None
        self._offer(process, asked)
        if isinstance(found, str):
            _log.error("inspector.rule_failed", process=process.pid, error=found)
            return None
        return found

    def _offer(self, process: subprocess.Popen[bytes], asked: Connection) -> None:
        self._idle.put((process, asked))
        if self._closing.is_set():
            self._let_go()

    def _let_go(self) -> None:
        """Close what is idle: the process at the other end sees that nobody asks any more."""
        with contextlib.suppress(queue.Empty):
            while True:
                _, asked = self._idle.get_nowait()
                asked.close()

    def _begin(self) -> None:
        with self._lock:
            if self._keepers or self._closing.is_set():
                return
            self._keepers = [
                threading.Thread(target=self._keep, name=f"inspector-{number}", daemon=True)
                for number in range(self._settings.count())
            ]
            for keeper in self._keepers:
                keeper.start()

    def _keep(self) -> None:
        """Start an inspector, and another one when it has died, until all is closed."""
        deaths = 0
        while not self._closing.is_set():
            process, asked = self._started()
            try:
                version = asked.recv()
            except (EOFError, OSError):
                version = None
            if version == self.rulebook.version:
                with self._lock:
                    self._alive += 1
                _log.info("inspector.ready", process=process.pid)
                self._offer(process, asked)
                process.wait()
                with self._lock:
                    self._alive -= 1
                if self._closing.is_set():
                    return
                _log.warning("inspector.died", process=process.pid, status=process.returncode)
            else:
                asked.close()
                process.wait()
                if version is not None:
                    # The files were changed under a running process: until it is started again, its own rules hold.
                    _log.warning("inspector.other_rules", version=version, ours=self.rulebook.version)
            self._closing.wait(_PAUSES_S[min(deaths, len(_PAUSES_S) - 1)])
            deaths += 1

    def _started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "plugin.rules.inspector", str(theirs.fileno()), str(self._folder)],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        return process, Connection(ours.detach())
