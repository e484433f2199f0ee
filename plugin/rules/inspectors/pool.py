"""Reports are inspected beside the writer, in processes of their own.

One interpreter runs one thread at a time.  While it reads a report, some two milliseconds, it
takes no message, answers no signature and writes nothing; and the writer, of whom there is
one, is what everybody waits for.  So a door has a report inspected before its transaction
begins, with the order and the earlier examinations as they stand then (:meth:`Inspectors.ahead`).
Inside the transaction the case is put together again: is it the same, so is what was found
(:meth:`Inspectors.inspect`); has anything changed in between, it is inspected there and then.

Who waits for an inspector at the same time is served together: cases are read from one snapshot,
sent in one piece and answered in one piece (ADR 0157).

An inspector that is slow, dead or of another version is done without: nothing is lost by it but time.
They are started when reports first come faster than the writer takes them, and load behind
everything else: a small hospital never needs one.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from pydantic import Field

from plugin.domain.case import Case
from plugin.kit.cores import usable_cores
from plugin.kit.registry import Options
from plugin.kit.where import where
from plugin.rules.inspectors.process import InspectorProcess
from plugin.rules.rulebook import Inspection, Rulebook

_log = structlog.get_logger(__name__)

_MOST_KEPT = 512
"""Inspections made ahead that nobody came for: their transaction was refused."""
_CROWDED = 2
"""Changes that wait for the writer when help is worth its memory."""
_TOGETHER = 4
"""Requests that are served together at most: they share the ways there and back, but the first waits for the last."""
_MOST_WAITING = 64
"""Requests that wait; what comes beyond had better be inspected in its transaction."""
_SOON_S = 0.1
"""How long an inspector may be silent before who waits behind it waits no more."""
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


Cases = Callable[[Any], Sequence[Case]]
"""Puts cases together out of a unit of work of the store, which this room knows nothing of."""

ReadTogether = Callable[[Sequence[Cases]], Sequence[Sequence[Case]]]
"""Answers each on one snapshot of the data."""


class _Request(NamedTuple):
    cases: Cases
    done: Future[None]


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
        self._requests: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._working: set[InspectorProcess] = set()
        self._kept: OrderedDict[str, tuple[Case, Inspection]] = OrderedDict()
        self._kept_lock = threading.Lock()
        self._waiting: Callable[[], int] = lambda: 0
        self._read: ReadTogether = lambda _: ()
        self._closing = threading.Event()
        self._keepers: list[threading.Thread] = []
        self.counts: Counter[str] = Counter(beside=0, here=0, stale=0)

    def start(self, waiting: Callable[[], int], read: ReadTogether) -> None:
        """From now on start inspectors when they are needed.

        Parameters
        ----------
        waiting
            How many changes wait for the writer.
        read
            Where cases are put together.
        """
        self._waiting, self._read = waiting, read

    def close(self) -> None:
        """Let the inspectors go; what is asked of them still gets its answer."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        for keeper in self._keepers:
            keeper.join(self._settings.patience_s + 1)

    def wanted(self) -> bool:
        """Whether anything may be inspected ahead now; starts the inspectors when it is worth it."""
        if self._working:
            return True
        if not self._keepers and self._waiting() >= _CROWDED:
            self._begin()
        return False

    def ahead(self, cases: Cases) -> Future[None] | None:
        """Have cases inspected by an inspector, and what it found kept for :meth:`inspect`.

        Returns
        -------
        Future of None, or None
            What to wait for; nothing when they are better inspected in their transaction.
        """
        with self._changed:
            if not self.wanted() or len(self._requests) >= _MOST_WAITING or self._closing.is_set():
                return None
            request = _Request(cases, Future())
            self._requests.append(request)
            self._changed.notify()
        return request.done

    def inspect(self, case: Case) -> Inspection:
        """What was found of this very case ahead, or else what is found now."""
        with self._kept_lock:
            known = self._kept.pop(case.report.exam.accession_number, None)
        if known and known[0] == case:
            self.counts["beside"] += 1
            return known[1]
        self.counts["stale" if known else "here"] += 1
        return self.rulebook.inspect(case)

    def metrics(self) -> str:
        """Counters and a gauge in the text format of Prometheus."""
        with self._changed:
            alive = sum(not inspector.is_dead() for inspector in self._working)
        counted = (f'signgate_inspections{{made="{made}"}} {count}' for made, count in self.counts.items())
        return "\n".join(
            (
                "# HELP signgate_inspections Reports inspected beside the writer, in its transaction, or twice",
                "# TYPE signgate_inspections counter",
                *counted,
                "# HELP signgate_inspectors Inspectors that answer",
                "# TYPE signgate_inspectors gauge",
                f"signgate_inspectors {alive}\n",
            )
        )

    def _begin(self) -> None:
        with self._changed:
            if self._keepers or self._closing.is_set():
                return
            self._keepers = [
                threading.Thread(target=self._keep, name=f"inspector-{number}", daemon=True)
                for number in range(self._settings.count())
            ]
            for keeper in self._keepers:
                keeper.start()

    def _keep(self) -> None:
        """Keep one inspector at work, and another one when it has died, until all is closed."""
        deaths = 0
        while not self._closing.is_set():
            inspector = InspectorProcess(self._folder, self._settings.patience_s)
            version = inspector.version()
            if version == self.rulebook.version:
                _log.info("inspector.ready", process=inspector.pid)
                self._serve(inspector)
            status = inspector.end()
            if self._closing.is_set():
                return
            if version == self.rulebook.version:
                _log.warning("inspector.died", process=inspector.pid, status=status)
            elif version is not None:
                # The files were changed under a running process: until it is started again, its own rules hold.
                _log.warning("inspector.other_rules", version=version, ours=self.rulebook.version)
            self._closing.wait(_PAUSES_S[min(deaths, len(_PAUSES_S) - 1)])
            deaths += 1

    def _serve(self, inspector: InspectorProcess) -> None:
        """Have requests answered until the inspector dies, or all is closed."""
        with self._changed:
            self._working.add(inspector)
        while requests := self._next(inspector):
            cases = self._cases_of(requests)
            try:
                self._ask(inspector, cases)
            except Exception as error:
                # What it may yet answer would be taken for the answer to other cases; and whatever it was,
                # nobody may be left waiting.
                _log.warning(
                    "inspector.failed", process=inspector.pid, error=type(error).__name__, where=where(error)
                )
                inspector.kill()
                break
            finally:
                _let_go(requests)
        with self._changed:
            self._working.remove(inspector)
            # What waits is another's now; without another one it need not wait.
            self._changed.notify_all()
            none_left = not self._working
        if none_left:
            self._let_all_go()

    def _next(self, inspector: InspectorProcess) -> list[_Request]:
        """What is to be answered next; nothing when the inspector has died, or all is closed and answered."""
        with self._changed:
            self._changed.wait_for(lambda: self._requests or self._closing.is_set())
            if inspector.is_dead():
                return []
            return [self._requests.popleft() for _ in range(min(len(self._requests), _TOGETHER))]

    def _cases_of(self, requests: Sequence[_Request]) -> Sequence[Case]:
        try:
            found = self._read([request.cases for request in requests])
        except Exception as error:  # their transactions will say so, each to whom it concerns
            _log.warning("inspector.no_cases", error=type(error).__name__, where=where(error))
            return ()
        return [case for cases in found for case in cases]

    def _ask(self, inspector: InspectorProcess, cases: Sequence[Case]) -> None:
        """Keep what an inspector finds of cases.

        Raises
        ------
        OSError, EOFError
            When it has died.
        TimeoutError
            When it takes longer than anybody has patience for.
        """
        inspector.ask(cases)
        waited_s = 0.0
        while not inspector.has_answered(_SOON_S):
            self._let_all_go()
            waited_s += _SOON_S
            if waited_s >= self._settings.patience_s:
                raise TimeoutError
        for case, found in zip(cases, inspector.answer(), strict=True):
            if isinstance(found, str):
                _log.error("inspector.rule_failed", process=inspector.pid, error=found)
                continue
            with self._kept_lock:
                self._kept[case.report.exam.accession_number] = case, found
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)

    def _let_all_go(self) -> None:
        """Nobody waits any longer: what was to be inspected ahead is inspected in its transaction."""
        with self._changed:
            requests = list(self._requests)
            self._requests.clear()
        _let_go(requests)


def _let_go(requests: Sequence[_Request]) -> None:
    for request in requests:
        request.done.set_result(None)
