"""Claim, send, settle: the threads that carry jobs out.

Kinds of jobs that wait on different things have threads of their own (a *pool*), so that
a PACS that hangs delays no alert, and a channel that hangs delays no timer.  A handler
sends and returns what to write down; that effect is committed together with the job's
completion, or not at all.  The loops survive a database that fails.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import Field

from plugin.delivery.jobs import JobStore
from plugin.domain.delivery import Job, JobKind
from plugin.domain.errors import DeliveryFailed, StoreUnavailable
from plugin.kit.registry import Options
from plugin.kit.where import where

Effect = Callable[[Any], None]
Handler = Callable[[Job], Effect | None]
"""Sends one job; raises :class:`DeliveryFailed`, or returns the effect to commit with its completion."""

_log = structlog.get_logger(__name__)


class Pool(Options):
    """Threads for some kinds of jobs."""

    kinds: tuple[JobKind, ...]
    threads: int = Field(default=1, ge=1, le=32)


class WorkerSettings(Options):
    """Settings under ``[delivery]`` of ``site.toml``.

    Parameters
    ----------
    poll_s
        How often an idle thread looks for work that nobody woke it for: a timer that has come due,
        a job of another node.
    lease_s
        How long a job stays with a worker that is not heard of; prolonged while it works.
    longest_s
        After so long a hanging handler loses its job to another attempt.
    backoff_first_s, backoff_most_s
        Pause after the first failure, doubled after each further one, up to the most; each varied
        by half up or down, so that what failed together does not come back together.
    """

    poll_s: float = Field(default=0.2, gt=0)
    lease_s: float = Field(default=60, gt=0)
    longest_s: float = Field(default=900, gt=0)
    backoff_first_s: float = Field(default=2, gt=0)
    backoff_most_s: float = Field(default=300, gt=0)
    pools: dict[str, Pool] = {
        "timers": Pool(
            kinds=(
                JobKind.ESCALATE_ALERT,
                JobKind.EXPIRE_GATE,
                JobKind.SETTLE_SCORE,
                JobKind.KEEP_HOUSE,
                JobKind.REMIND_DUE,
            )
        ),
        "reviews": Pool(kinds=(JobKind.REVIEW_LABELS,)),
        "notices": Pool(kinds=(JobKind.SEND_NOTICE,), threads=2),
        "analysers": Pool(kinds=(JobKind.ASK_ANALYSER,), threads=2),
        "person_notices": Pool(kinds=(JobKind.SEND_PERSON_NOTICE,)),
        "calls": Pool(kinds=(JobKind.CALL_BACK,), threads=2),
        "hl7": Pool(kinds=(JobKind.SEND_HL7,), threads=2),
        "pacs": Pool(
            kinds=(
                JobKind.SEND_SR,
                JobKind.SEND_PDF,
                JobKind.SEND_KOS,
                JobKind.SEND_LABEL,
                JobKind.CONFIRM_COMMITMENT,
            ),
            threads=2,
        ),
    }


class Worker:
    """Carries jobs out until it is stopped.

    Parameters
    ----------
    jobs
        Where the jobs are.
    handlers
        Who carries out which kind; kinds without a handler stay where they are.
    clock
        Aware UTC now.
    random
        Uniform in [0, 1), for the jitter.
    """

    def __init__(
        self,
        jobs: JobStore,
        handlers: Mapping[JobKind, Handler],
        clock: Callable[[], datetime],
        random: Callable[[], float],
        settings: WorkerSettings,
    ) -> None:
        self._jobs, self._handlers, self._clock = jobs, handlers, clock
        self._random, self._settings = random, settings
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self._held: dict[int, tuple[Job, datetime]] = {}
        self._held_lock = threading.Lock()
        self._rung = threading.Condition()
        self._rings: Counter[JobKind] = Counter()
        self._threads = [
            threading.Thread(target=self._serve, args=(kinds,), name=f"delivery-{name}-{number}", daemon=True)
            for name, pool in settings.pools.items()
            if (kinds := tuple(kind for kind in pool.kinds if kind in handlers))
            for number in range(pool.threads)
        ]
        self._keeper = threading.Thread(target=self._keep_leases, name="delivery-leases", daemon=True)

    def start(self) -> None:
        for thread in (*self._threads, self._keeper):
            thread.start()

    def wake(self, kinds: Collection[JobKind]) -> None:
        """Jobs of these kinds have become due: whoever is idle looks now and not at the next poll."""
        with self._rung:
            self._rings.update(kinds)
            self._rung.notify_all()

    def stop(self, patience_s: float = 20) -> bool:
        """Claim nothing more, let the threads finish what they hold.

        Returns
        -------
        bool
            ``False`` when a handler was still at work after `patience_s`; its job is carried
            out again when the lease has run out.
        """
        self._stopping.set()
        self.wake(())
        deadline = self._clock() + timedelta(seconds=patience_s)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, (deadline - self._clock()).total_seconds()))
        self._finished.set()
        if self._keeper.is_alive():
            self._keeper.join(1)
        return not any(thread.is_alive() for thread in self._threads)

    def alive(self) -> bool:
        """Whether all threads run (for /readyz)."""
        return all(thread.is_alive() for thread in (*self._threads, self._keeper))

    def run_due(self, limit: int = 100) -> int:
        """Carry out what is due now, on the caller's thread; return how many jobs it was.

        For tests, and for commands that send and end.
        """
        done = 0
        while done < limit and self._turn(tuple(self._handlers)):
            done += 1
        return done

    def _serve(self, kinds: tuple[JobKind, ...]) -> None:
        failures = 0
        while not self._stopping.is_set():
            heard = self._heard(kinds)
            try:
                found = self._turn(kinds)
                failures = 0
            except StoreUnavailable as error:
                failures += 1
                _log.warning("delivery.database_unavailable", reason=str(error), failures=failures)
                self._stopping.wait(min(5.0, 0.5 * failures))
                continue
            except Exception as error:
                # Not a job's failure (those are settled): ours, or the job store's.  The thread goes on.
                failures += 1
                _log.error("delivery.loop_failed", error=type(error).__name__, where=where(error))
                self._stopping.wait(min(30.0, failures))
                continue
            if not found:
                self._idle(kinds, heard)

    def _heard(self, kinds: tuple[JobKind, ...]) -> int:
        """How often these kinds have been rung for."""
        with self._rung:
            return sum(self._rings[kind] for kind in kinds)

    def _idle(self, kinds: tuple[JobKind, ...], heard: int) -> None:
        """Wait for the next poll, or until somebody rings; who rang since `heard` is not kept waiting."""
        with self._rung:
            self._rung.wait_for(
                lambda: self._stopping.is_set() or sum(self._rings[kind] for kind in kinds) != heard,
                self._settings.poll_s,
            )

    def _turn(self, kinds: tuple[JobKind, ...]) -> bool:
        """Claim one job and carry it out; ``False`` when none is due."""
        claimed = self._jobs.claim(kinds, 1, timedelta(seconds=self._settings.lease_s))
        for job in claimed:
            with self._held_lock:
                self._held[job.job_id] = (job, self._clock())
            try:
                self._carry_out(job)
            finally:
                with self._held_lock:
                    self._held.pop(job.job_id, None)
        return bool(claimed)

    def _carry_out(self, job: Job) -> None:
        log = _log.bind(job_id=job.job_id, kind=job.kind.value, attempt=job.attempts)
        try:
            effect = self._handlers[job.kind](job)
        except DeliveryFailed as failure:
            log.warning("delivery.failed", retry=failure.retry)
            self._fail(job, failure.text, retry=failure.retry)
            return
        except Exception as error:
            log.error("delivery.crashed", error=type(error).__name__, where=where(error))
            # Shown to administrators, who see no patient, and in the banner: no words of the error.
            self._fail(job, f"a mistake of ours: {type(error).__name__} at {where(error)}", retry=True)
            return
        try:
            settled = self._settle(lambda: self._jobs.complete(job, effect))
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error("delivery.effect_failed", error=type(error).__name__, where=where(error))
            told = f"sent, but not written down: {type(error).__name__} at {where(error)}"
            self._fail(job, told, retry=True)
            return
        if settled:
            log.info("delivery.done")
        else:
            log.warning("delivery.taken_over")

    def _fail(self, job: Job, text: str, *, retry: bool) -> None:
        delay = self._backoff(job.attempts)
        settled = self._settle(
            lambda: self._jobs.retry(job, text, delay) if retry else self._jobs.park(job, text)
        )
        if not settled:
            _log.warning("delivery.taken_over", job_id=job.job_id, kind=job.kind.value)
        elif not retry or job.attempts >= job.max_attempts:
            _log.error("delivery.parked", job_id=job.job_id, kind=job.kind.value, attempts=job.attempts)

    def _settle(self, settlement: Callable[[], bool]) -> bool:
        """Write the outcome down, and try again while the database cannot take it.

        The job is out already: to forget its outcome would send it again.
        """
        failures = 0
        while True:
            try:
                return settlement()
            except StoreUnavailable:
                failures += 1
                if self._stopping.wait(min(5.0, 0.25 * failures)):
                    return settlement()

    def _backoff(self, attempts: int) -> timedelta:
        first, most = self._settings.backoff_first_s, self._settings.backoff_most_s
        pause_s = min(most, first * 2 ** min(attempts - 1, 30))
        return timedelta(seconds=pause_s * (0.5 + self._random()))

    def _keep_leases(self) -> None:
        lease = timedelta(seconds=self._settings.lease_s)
        longest = timedelta(seconds=self._settings.longest_s)
        while not self._finished.wait(self._settings.lease_s / 3):
            with self._held_lock:
                held = list(self._held.values())
            for job, since in held:
                if self._clock() - since > longest:
                    _log.error("delivery.hangs", job_id=job.job_id, kind=job.kind.value)
                    continue
                try:
                    if not self._jobs.extend(job, lease):
                        _log.warning("delivery.lease_lost", job_id=job.job_id)
                except StoreUnavailable as error:
                    _log.warning("delivery.lease_not_prolonged", job_id=job.job_id, reason=str(error))
                except Exception as error:
                    # Without this thread every job that takes long would be sent a second time.
                    _log.error("delivery.keeper_failed", error=type(error).__name__, where=where(error))
