"""Outside analysers are asked of a report when it has been kept, and what they say is added to it.

Asking is a job in the transaction that keeps the report, so that neither an acknowledgement
nor a signature waits for anybody; the answer comes into a transaction of its own, minutes
later or never.  What an analyser says lives under the same rules as what we say ourselves:
silence under a floor, and a budget (:mod:`plugin.rules.earning`), of which it gets what our own
issues have left.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from plugin.domain.analysis import Analysis, AnalysisRequest, request_of
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.issue import Issue, Severity
from plugin.domain.report import Report, ReportStatus
from plugin.rules.case_reading import modality_of
from plugin.rules.earning import Earning
from plugin.workflow.archived_case import archived_case
from plugin.workflow.ports.unit_of_work import UnitOfWork

log = structlog.get_logger()

LONGEST = 20_000
"""Characters of a report beyond which it is a table that somebody pasted."""

MOST_ATTEMPTS = 100
"""A question ends by its age, never by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An analyser that is switched on.

    Parameters
    ----------
    modalities
        Folded as rules do (CR and DX are DR); empty: all.
    parallel
        Lanes that its questions wait in: so many are asked at once.
    """

    name: str
    modalities: frozenset[str] = frozenset()
    parallel: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAnalysers:
    """From a kept report to questions, and from an answer to issues."""

    members: Sequence[Asked] = ()
    earning: Earning = field(default_factory=Earning)
    site: str = ""

    def __call__(self, uow: UnitOfWork, report: Report, version: int) -> None:
        """Ask of this version of a report; of one that was asked about nothing happens."""
        length = len(report.findings) + len(report.impression)
        if not self.members or not 0 < length <= LONGEST or report.status is ReportStatus.CANCELLED:
            return
        modality = modality_of(report.exam.modality, report.exam.exam_item)
        number = report.exam.accession_number
        for each in self.members:
            if each.modalities and modality not in each.modalities:
                continue
            lane = zlib.crc32(number.encode("utf-8", "surrogatepass")) % each.parallel
            uow.outbox.enqueue(
                NewJob(
                    kind=JobKind.ASK_ANALYSER,
                    lane=f"analyser:{each.name}:{lane}",
                    key=f"analyse:{each.name}:{version}",
                    payload={
                        "analyser": each.name,
                        "accession_number": number,
                        "text_digest": report.text_digest,
                    },
                    max_attempts=MOST_ATTEMPTS,
                )
            )

    def request(
        self, uow: UnitOfWork, accession_number: str, text_digest: str, request_id: str
    ) -> AnalysisRequest | None:
        """What is asked of the report; nothing when another text stands meanwhile."""
        report = uow.reports.latest(accession_number)
        if report is None or report.text_digest != text_digest:
            return None
        return request_of(archived_case(uow, report), request_id)

    def kept(self, uow: UnitOfWork, report: Report) -> tuple[Issue, ...]:
        """What has been said of this text from outside so far."""
        standing = uow.reports.latest(report.exam.accession_number)
        if standing is None or standing.text_digest != report.text_digest:
            return ()
        found = uow.reports.issues(report.exam.accession_number)
        silent = {each.rule for each in uow.feedback.standings(self.site) if each.silent}
        return tuple(issue for issue in found if issue.analyser and issue.rule not in silent)

    def keep(self, uow: UnitOfWork, accession_number: str, text_digest: str, analysis: Analysis) -> None:
        """Add an answer to the report, if it still reads so; a second answer replaces the first."""
        report = uow.reports.latest(accession_number)
        if report is None or report.text_digest != text_digest:
            log.info("analysis of an old text", accession_number=accession_number, analyser=analysis.analyser)
            return
        others = [i for i in uow.reports.issues(accession_number) if i.analyser != analysis.analyser]
        standings = {each.rule: each for each in uow.feedback.standings(self.site)}
        shown = sum(issue.severity is not Severity.ERROR for issue in others)
        heard = self.earning.heard(analysis.issues, standings, shown=shown)
        uow.reports.keep_analysis(accession_number, analysis.analyser, heard)
        log.info(
            "analysis",
            accession_number=accession_number,
            analyser=analysis.analyser,
            issues=len(analysis.issues),
            shown=len(heard),
        )
