"""Gateway mode: the RIS's report goes through us, and on when the gate lets it.

For a RIS that can be changed in nothing but the address it sends to.  Its report is the
sign event: received, checked and drawn in one commit with the job that passes it on, whose
time is the end of the hold.  So a report that nobody scores leaves by itself, and nothing
that we forget can keep it.  Later messages of the examination wait behind it in its lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from plugin.domain.gate import Gate, GateState, SignAction, Signer, SignEvent
from plugin.domain.report import Report, ReportStatus
from plugin.rules.rulebook import Inspection
from plugin.workflow.announce import Announce
from plugin.workflow.decide_sign import DecideSign
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import Arrived, ReceiveReport

CALLER = "gateway"
"""Who asked, in the gate's record; it has no call-back address, as it is told by the report itself."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn:
    """Receives the reports of one message and passes the message on.

    Parameters
    ----------
    senders
        MSH-3 of the systems whose reports go through us; empty: all.
    """

    receive_report: ReceiveReport
    decide_sign: DecideSign
    announce: Announce
    senders: frozenset[str] = frozenset()

    def __call__(self, uow: UnitOfWork, message_id: int, reports: Sequence[Arrived]) -> None:
        """Receive all, draw where one final report is the whole message, and ask for the passing on.

        A message that reports several examinations is never held: one popup cannot speak
        for all of them.
        """
        received = [self._received(uow, each) for each in reports]
        if not self._is_meant(uow, message_id):
            return
        report, inspection = received[0]
        number = report.exam.accession_number
        if len({each.exam.accession_number for each, _ in received}) > 1 or not _is_signed(report):
            self.announce.report(uow, message_id, number, None)
            return
        gate = self._decided(uow, message_id, report, inspection)
        self.announce.report(uow, message_id, number, _held_until(gate))
        if gate is None or gate.state is not GateState.HELD:
            # An earlier version that still waited is let go by the one that followed it.
            self.announce.hurry(uow, number)

    def _received(self, uow: UnitOfWork, arrived: Arrived) -> tuple[Report, Inspection]:
        numbers = (arrived.placer_order_number, arrived.filler_order_number)
        report = self.receive_report.numbered(uow, arrived.report, *numbers)
        return report, self.receive_report(uow, report, source="oru")

    def _decided(
        self, uow: UnitOfWork, message_id: int, report: Report, inspection: Inspection
    ) -> Gate | None:
        """``None`` when nobody is named who could fill the form."""
        signer = _signer(report)
        if not signer.id:
            log.warning("gateway.no_signer", message_id=message_id)
            return None
        event = SignEvent(
            event_id=f"{CALLER}:{message_id}",
            action=SignAction.VERIFY,
            accession_number=report.exam.accession_number,
            signer=signer,
            caller=CALLER,
        )
        return self.decide_sign.decide_on(uow, event, report, inspection).gate

    def _is_meant(self, uow: UnitOfWork, message_id: int) -> bool:
        if not self.senders:
            return True
        kept = uow.messages.get(message_id)
        return kept is not None and kept[0].sender.partition("|")[0] in self.senders


def _is_signed(report: Report) -> bool:
    return report.status in {ReportStatus.FINAL, ReportStatus.CORRECTED}


def _signer(report: Report) -> Signer:
    """The verifier; a RIS that sends no identifier is read by the name."""
    if report.verifier_id or report.verifier:
        return Signer(id=report.verifier_id or report.verifier, name=report.verifier)
    return Signer(id=report.author_id or report.author, name=report.author)


def _held_until(gate: Gate | None) -> datetime | None:
    return gate.expires_at if gate is not None and gate.state is GateState.HELD else None
