"""The analysers of a site: names in ``config/analysers.toml``, each asked within its bounds.

A kind is an entry of :data:`ANALYSERS`: an options type and a function from options and
:class:`AnalyserTools` to an :class:`Analyser`.  Third parties register theirs under the
entry-point group ``signgate.analysers``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from plugin.analysers.answer import read_answer
from plugin.analysers.breaker import Breaker
from plugin.analysers.http_analyser import HttpOptions, build_http
from plugin.analysers.protocol import Analyser, AnalyserTools
from plugin.analysers.settings import AnalyserSettings, read_analysers
from plugin.domain.analysis import (
    AnalyserFailed,
    AnalyserFault,
    AnalyserState,
    Analysis,
    AnalysisRequest,
    BreakerState,
)
from plugin.domain.errors import ConfigError, DeliveryFailed
from plugin.kit.registry import Entry, Registry

log = structlog.get_logger()

ANALYSERS: Registry[Analyser] = Registry(
    "outside analyser", [Entry("http", HttpOptions, build_http)], group="signgate.analysers"
)


class Resting(DeliveryFailed):
    """The analyser is not asked now; nothing is known of the report, and nothing was tried."""

    def __init__(self, text: str) -> None:
        super().__init__(text, retry=True)


@dataclass(slots=True)
class _Seat:
    """One analyser with what bounds it, and how it has done."""

    settings: AnalyserSettings
    analyser: Analyser | None
    breaker: Breaker
    slots: threading.Semaphore
    state: AnalyserState
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, by: int = 1, **changes: Any) -> None:
        """One more (or `by` more) of a counter of the state, and what else has changed."""
        with self.lock:
            self.state = replace(self.state, **{name: getattr(self.state, name) + by}, **changes)


class Panel:
    """Asks analysers by name; safe for several threads."""

    def __init__(
        self, members: Sequence[tuple[AnalyserSettings, Analyser | None]], clock: Callable[[], datetime]
    ) -> None:
        self._clock = clock
        self._seats = {
            settings.name: _Seat(
                settings,
                analyser,
                Breaker(settings.breaker_failures, timedelta(seconds=settings.breaker_pause_s), clock),
                threading.Semaphore(settings.parallel),
                AnalyserState(
                    name=settings.name,
                    kind=settings.kind,
                    place=analyser.place if analyser else "",
                    enabled=settings.enabled,
                ),
            )
            for settings, analyser in members
        }

    def ask(self, name: str, request: AnalysisRequest) -> Analysis:
        """Ask one analyser; it has its time, and no more.

        Raises
        ------
        Resting
            Its breaker is open, or all it may do at once is being done.
        DeliveryFailed
            It failed, answered too late, or answered what does not hold.
        """
        seat = self._seats.get(name)
        if seat is None or seat.analyser is None:
            raise Resting(f"no analyser {name} is switched on")
        if not seat.slots.acquire(blocking=False):
            raise Resting(f"{name} is busy: {seat.settings.parallel} questions are not answered yet")
        if not seat.breaker.ask():
            seat.slots.release()
            raise Resting(f"{name} rests after {seat.settings.breaker_failures} failures")
        started = self._clock()
        try:
            raw = _within(seat, seat.analyser, request)
            analysis = read_answer(name, request, raw, seat.settings.highest)
        except DeliveryFailed as failure:
            seat.breaker.failed()
            fault = failure.fault if isinstance(failure, AnalyserFailed) else AnalyserFault.UNREACHED
            seat.count("failed", failed_at=self._clock(), last_fault=fault, last_error=failure.text)
            log.warning("analyser failed", analyser=name, breaker=seat.breaker.state.value)
            raise
        seat.breaker.succeeded()
        now = self._clock()
        seat.count(
            "answered", answered_at=now, took_s=(now - started).total_seconds(), version=analysis.version
        )
        seat.count("issues", len(analysis.issues))
        return analysis

    def given_up(self, name: str) -> None:
        """A report grew too old before the analyser could be asked of it."""
        if (seat := self._seats.get(name)) is not None:
            seat.count("late")

    def late_after(self, name: str) -> timedelta:
        """When a report is too old to be asked about."""
        seat = self._seats.get(name)
        return timedelta(seconds=seat.settings.late_after_s) if seat else timedelta()

    def states(self) -> tuple[AnalyserState, ...]:
        """How each does, in the order of the file."""
        return tuple(
            replace(seat.state, breaker=seat.breaker.state, open_until=seat.breaker.open_until)
            for seat in self._seats.values()
        )

    def states_elsewhere(self) -> tuple[AnalyserState, ...]:
        """For a process that asks nobody itself: who is asked, and that another process knows how it goes."""
        return tuple(replace(each, here=False) for each in self.states())

    def metrics(self) -> str:
        """Counters and gauges in the text format of Prometheus."""
        lines = [
            "# HELP signgate_analyser_questions Questions to outside analysers",
            "# TYPE signgate_analyser_questions counter",
        ]
        states = self.states()
        for each in states:
            for outcome in ("answered", "failed", "late"):
                label = f'analyser="{each.name}",outcome="{outcome}"'
                lines.append(f"signgate_analyser_questions{{{label}}} {getattr(each, outcome)}")
        lines += [
            "# HELP signgate_analyser_resting 1 while an outside analyser is not asked",
            "# TYPE signgate_analyser_resting gauge",
        ]
        lines += [
            f'signgate_analyser_resting{{analyser="{each.name}"}} {int(each.breaker is not BreakerState.CLOSED)}'
            for each in states
        ]
        return "\n".join(lines) + "\n"


def _within(seat: _Seat, analyser: Analyser, request: AnalysisRequest) -> Any:
    """Ask on a thread of its own, which is left behind when its time is over.

    A model, a resolver or a plug-in that hangs keeps its slot until it ends, so that no more
    than `parallel` of them ever hang.
    """
    answer: Future[Any] = Future()
    timeout_s = seat.settings.timeout_s

    def run() -> None:
        try:
            answer.set_result(analyser.analyse(request, timeout_s))
        except DeliveryFailed as failure:
            answer.set_exception(failure)
        except BaseException as error:  # whatever a plug-in raises, its words may hold the report's
            answer.set_exception(AnalyserFailed(f"broke: {type(error).__name__}", AnalyserFault.BROKE))
        finally:
            seat.slots.release()

    try:
        threading.Thread(target=run, name=f"analyser-{seat.settings.name}", daemon=True).start()
    except RuntimeError:
        seat.slots.release()
        raise AnalyserFailed("no thread could be had to ask on", AnalyserFault.BROKE) from None
    try:
        # The call has its own time-out; the second more lets it say what went wrong.
        return answer.result(timeout_s + 1)
    except TimeoutError:
        raise AnalyserFailed(f"no answer within {timeout_s:g} s", AnalyserFault.LATE) from None


@dataclass(frozen=True, slots=True)
class Declared:
    """An analyser of the file, its options checked, not yet built."""

    settings: AnalyserSettings
    build: Callable[[AnalyserTools], Analyser]


def declared_in(file: Path) -> tuple[Declared, ...]:
    """Read the ``[[analyser]]`` tables of `file`; none without the file.

    Raises
    ------
    ConfigError
        Naming file, line and key: an unknown kind or key, an address that is not on its list, a
        name that stands twice.
    """
    return tuple(
        Declared(settings, ANALYSERS.build(settings.kind, options, str(file), key))
        for settings, options, key in read_analysers(file)
    )


def build_panel(declared: Sequence[Declared], tools: AnalyserTools) -> Panel:
    """Build those that are switched on; the others are only shown.

    Raises
    ------
    ConfigError
        One asks for a secret that is not kept.
    """
    members = []
    for each in declared:
        name = each.settings.name
        try:
            members.append((each.settings, each.build(tools) if each.settings.enabled else None))
        except KeyError as error:
            text = f"no secret called {error} is kept; put it into the folder secrets of the data folder"
            raise ConfigError("analysers.toml", f"{name}.secret", text) from None
    return Panel(members, tools.clock)
