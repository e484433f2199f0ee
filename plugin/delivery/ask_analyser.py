"""An outside analyser is asked of a report; what it answers is written down with the job."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from plugin.analysers.panel import Panel, Resting
from plugin.delivery.ports import Effect, Reader
from plugin.domain.analysis import Analysis, AnalysisRequest
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed

log = structlog.get_logger()

TRIES = 2
"""A report that an analyser fails on twice is left alone: others wait behind it."""


class Request(Protocol):
    """``AskAnalysers.request``."""

    def __call__(
        self, uow: Any, accession_number: str, text_digest: str, request_id: str
    ) -> AnalysisRequest | None: ...


Keep = Callable[[Any, str, str, Analysis], None]
"""``AskAnalysers.keep``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAnalyser:
    """Handler of :attr:`JobKind.ASK_ANALYSER`.

    It is never parked: a question that nobody answers is given up when the report is too
    old, counted, and shown where the analyser's state is shown.
    """

    read: Reader
    panel: Panel
    request: Request
    keep: Keep
    clock: Callable[[], datetime]

    def __call__(self, job: Job) -> Effect | None:
        """Ask, and return how the answer is kept.

        Raises
        ------
        DeliveryFailed
            To be asked again: the analyser rests, or failed once.
        """
        name, number = str(job.payload["analyser"]), str(job.payload["accession_number"])
        digest = str(job.payload["text_digest"])
        if self.clock() - job.created_at > self.panel.late_after(name):
            self.panel.given_up(name)
            log.warning("analysis given up", accession_number=number, analyser=name)
            return None
        # Says nothing of the patient, and is the same at each attempt.
        request_id = hashlib.sha256(job.key.encode()).hexdigest()[:32]
        request = self.read(lambda uow: self.request(uow, number, digest, request_id))
        if request is None:
            return None
        try:
            analysis = self.panel.ask(name, request)
        except Resting:
            raise
        except DeliveryFailed as failure:
            if job.attempts >= TRIES:
                return None
            raise DeliveryFailed(failure.text, retry=True) from failure
        return lambda uow: self.keep(uow, number, digest, analysis)
