"""The form is filled: score sheets, the gate opens, SR, release and label jobs; one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.domain.errors import GateConflict, InvalidInput, NotAuthentic
from plugin.domain.gate import Gate, GateState, check_gate_transition
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringForm, ScoringMode
from plugin.rules.scoring import Forms, score
from plugin.workflow.announce import Announce
from plugin.workflow.decide_sign import call_back_job, digest_of, expiry_key
from plugin.workflow.note_commitment import sr_job
from plugin.workflow.ports import Surroundings, UnitOfWork
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.stamp_label import StampLabel

OWED_TIME = timedelta(days=1)
"""How long the form of a gate that is owed may be kept open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """What the popup shows."""

    form_token: str
    gate: Gate
    forms: tuple[ScoringForm, ...]
    report: Report
    order: ImagingOrder | None
    issues: tuple[Issue, ...]
    suggested_scores: Mapping[str, int | str]
    expires_at: datetime
    sheets: tuple[ScoreSheet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResult:
    """`repeated` tells that the form had been filled before; the sheets are the first ones."""

    gate: Gate
    sheets: tuple[ScoreSheet, ...]
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitScore:
    """The popup's journey, from the link to the release.

    Parameters
    ----------
    destinations
        Names of the PACS nodes that each get the SR, the archive of the hospital first.
    """

    forms: Forms
    receive_report: ReceiveReport
    labels: StampLabel
    destinations: tuple[str, ...]
    around: Surroundings
    announce: Announce = field(default_factory=Announce)

    def redeem(self, uow: UnitOfWork, ticket: str) -> OpenForm:
        """Use the link's ticket up and open the form under a token of its own (decisions 6).

        Raises
        ------
        NotAuthentic
            When the ticket is unknown, used, or older than its minute.
        """
        now = self.around.clock()
        found = uow.gates.redeem_ticket(digest_of(ticket), now)
        if found is None:
            raise NotAuthentic("this link has been used or is too old; open the form from the RIS again")
        gate_id, user_id = found
        gate = uow.gates.get(gate_id)
        if gate is None:
            raise NotAuthentic("this link leads to no examination")
        token = self.around.mint.secret()
        expires_at = max(gate.expires_at or now, now + OWED_TIME if gate.owed else now + timedelta(minutes=1))
        uow.gates.add_form_token(digest_of(token), gate_id, user_id, expires_at)
        return self._opened(uow, gate, token, expires_at)

    def open(self, uow: UnitOfWork, form_token: str) -> OpenForm:
        """Show the form again to the holder of its token."""
        gate, _ = self._held_by(uow, form_token)
        return self._opened(uow, gate, form_token, gate.expires_at or self.around.clock())

    def submit(
        self,
        uow: UnitOfWork,
        form_token: str,
        answers: Mapping[str, FormAnswers],
        seconds_to_fill: float | None = None,
    ) -> SubmitResult:
        """Score the answers and let the report go; a second submit gets the first result.

        Raises
        ------
        NotAuthentic
            When the form token is unknown or expired.
        InvalidInput
            When a form is missing or not asked for, or an answer does not fit its form.
        """
        gate, user_id = self._held_by(uow, form_token)
        first = tuple(uow.sheets.for_gate(gate.gate_id))
        if first:
            return SubmitResult(gate=gate, sheets=first, repeated=True)
        if gate.state is None and not gate.owed:
            raise GateConflict("no form was asked for at this signing")
        if set(answers) != set(gate.forms):
            missing = sorted(set(gate.forms) - set(answers))
            raise InvalidInput(
                "forms",
                f"missing: {', '.join(missing)}" if missing else "holds a form that was not asked for",
            )
        sheets = self._scored(uow, gate, user_id, answers, seconds_to_fill)
        self._open_gate(uow, gate)
        self._send_sr(uow, gate, sheets)
        self.labels(uow, gate.accession_number)
        return SubmitResult(gate=uow.gates.get(gate.gate_id) or gate, sheets=sheets, repeated=False)

    def _held_by(self, uow: UnitOfWork, form_token: str) -> tuple[Gate, str]:
        found = uow.gates.form_token(digest_of(form_token), self.around.clock())
        gate = uow.gates.get(found[0]) if found else None
        if found is None or gate is None:
            raise NotAuthentic("this form has expired; open it from the RIS again")
        return gate, found[1]

    def _opened(self, uow: UnitOfWork, gate: Gate, token: str, expires_at: datetime) -> OpenForm:
        report = uow.reports.latest(gate.accession_number)
        known = uow.exams.order(gate.accession_number)
        assert report is not None, "a gate is only made for a report that was stored"  # noqa: S101
        inspection = self.receive_report.inspect(uow, report)
        return OpenForm(
            form_token=token,
            gate=gate,
            forms=tuple(self.forms.get(form_id) for form_id in gate.forms),
            report=report,
            order=known[0] if known else None,
            issues=inspection.issues,
            suggested_scores=inspection.suggested_scores or {},
            expires_at=expires_at,
            sheets=tuple(uow.sheets.for_gate(gate.gate_id)),
        )

    def _scored(
        self,
        uow: UnitOfWork,
        gate: Gate,
        user_id: str,
        answers: Mapping[str, FormAnswers],
        seconds_to_fill: float | None,
    ) -> tuple[ScoreSheet, ...]:
        report = uow.reports.latest(gate.accession_number)
        known = uow.exams.order(gate.accession_number)
        now = self.around.clock()
        series_uid, sop_uid = self.around.mint.uid(), self.around.mint.uid()
        sheets = []
        for form_id in gate.forms:
            form = self.forms.get(form_id)
            assessed_id, assessed_name = assessed(form, report, known[0] if known else None)
            sheet = ScoreSheet(
                sheet_id=self.around.mint.id(),
                accession_number=gate.accession_number,
                form_id=form.form_id,
                form_version=form.version,
                mode=ScoringMode.RANDOM,
                scorer_id=user_id,
                scorer_name=gate.signer.name,
                scorer_role=gate.signer.role,
                assessed_id=assessed_id,
                assessed_name=assessed_name,
                scored_at=now,
                answers=answers[form_id],
                result=score(form, answers[form_id]),
                gate_id=gate.gate_id,
                seconds_to_fill=seconds_to_fill,
                sop_instance_uid=sop_uid,
                series_instance_uid=series_uid,
            )
            uow.sheets.add(sheet)
            self.announce.score(uow, sheet)
            sheets.append(sheet)
        return tuple(sheets)

    def _open_gate(self, uow: UnitOfWork, gate: Gate) -> None:
        """HELD → SCORED → RELEASED; a form that was owed only stops being owed."""
        now = self.around.clock()
        if gate.state is not None:
            check_gate_transition(gate.state, GateState.SCORED)
        uow.gates.move(gate.gate_id, gate.state, GateState.SCORED, owed=False)
        if gate.state is GateState.HELD:
            check_gate_transition(GateState.SCORED, GateState.RELEASED)
            uow.gates.move(gate.gate_id, GateState.SCORED, GateState.RELEASED, owed=False)
            uow.outbox.cancel(expiry_key(gate.gate_id))
            uow.outbox.enqueue(call_back_job(gate.gate_id, GateState.RELEASED))
            self.announce.let_go(uow, gate)
        uow.audit.append(now, gate.signer.id, "gate.scored", gate.gate_id, {"forms": " ".join(gate.forms)})

    def _send_sr(self, uow: UnitOfWork, gate: Gate, sheets: tuple[ScoreSheet, ...]) -> None:
        """One document a destination; a second one is another instance, since its disclosure may differ."""
        sheet_ids = [sheet.sheet_id for sheet in sheets]
        uid = sheets[0].sop_instance_uid
        for destination in self.destinations:
            uow.outbox.enqueue(sr_job(gate.accession_number, sheet_ids, destination, uid))
            uid = self.around.mint.uid()


def assessed(form: ScoringForm, report: Report | None, order: ImagingOrder | None) -> tuple[str, str]:
    """Whose work a form scores: (identifier, name), as far as the sender names the person."""
    if form.object == "REQ":
        return "", order.ordering_provider if order else ""
    if form.object in {"IMG", "FILM", "R3D"}:
        technician = (report.exam.technician if report else "") or (order.technician if order else "")
        return "", technician
    if report is None:
        return "", ""
    if form.object == "RVW":
        return report.verifier_id, report.verifier
    return report.author_id, report.author
