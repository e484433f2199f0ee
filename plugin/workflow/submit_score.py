"""The form is filled: score sheets, the gate opens, release and label jobs; one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.gate import Gate, GateState, check_gate_transition
from plugin.domain.review import ADJUDICATED, Assignment
from plugin.domain.scoring import FormAnswers, ScoreSheet
from plugin.rules.scoring import Forms
from plugin.workflow.announce import Announce
from plugin.workflow.fill_sheets import Filled, fill_sheets
from plugin.workflow.gate_jobs import call_back_job, expiry_key
from plugin.workflow.open_form import OpenForm, OpenForms, is_of, standing
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.settle_score import SettleScore, settle_key
from plugin.workflow.stamp_label import StampLabel
from plugin.workflow.tickets import digest_of

AMEND_TIME = timedelta(minutes=5)
"""How long a form that was taken back may be filled anew before its first answers stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResult:
    """`repeated` tells that the form had been filled before; the sheets are the first ones.

    Until `undo_until` they may be taken back, by :meth:`SubmitScore.take_back`.
    """

    gate: Gate
    sheets: tuple[ScoreSheet, ...]
    repeated: bool
    undo_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitScore:
    """The popup's journey, from the filled form to the release."""

    forms: Forms
    opening: OpenForms
    settling: SettleScore
    labels: StampLabel
    around: Surroundings
    announce: Announce = field(default_factory=Announce)

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
        gate, user_id = self.opening.holder(uow, form_token)
        reading = self.opening.readings.of(uow, gate)
        if reading is not None and reading.purpose in ADJUDICATED:
            return self._adjudicated(uow, gate, reading, answers, seconds_to_fill)
        first = standing(uow, gate.gate_id)
        amends = uow.gates.amended_by_token(digest_of(form_token))
        again = bool(amends) and is_of(first, amends)
        if first and not again:
            return SubmitResult(
                gate=gate, sheets=first, repeated=True, undo_until=self.settling.undo_until(first)
            )
        if gate.state is None and not gate.owed and not again:
            raise GateConflict("no form was asked for at this signing")
        if set(answers) != set(gate.forms):
            missing = sorted(set(gate.forms) - set(answers))
            raise InvalidInput(
                "forms",
                f"missing: {', '.join(missing)}" if missing else "holds a form that was not asked for",
            )
        sheets = self._scored(uow, gate, user_id, answers, seconds_to_fill, first)
        if reading is not None:
            self.opening.readings.filled(uow, reading, answers, seconds_to_fill)
        if again:
            self.settling.forget(uow, first)
            now = self.around.clock()
            uow.audit.append(now, user_id, "gate.rescored", gate.gate_id, {"amends": first[0].sheet_id})
        else:
            self._open_gate(uow, gate)
        self.settling.later(uow, sheets, self.around.clock() + self.settling.undo_time)
        self.labels(uow, gate.accession_number)
        return SubmitResult(
            gate=uow.gates.get(gate.gate_id) or gate,
            sheets=sheets,
            repeated=False,
            undo_until=self.settling.undo_until(sheets),
        )

    def take_back(self, uow: UnitOfWork, form_token: str) -> OpenForm:
        """Open the filled form again, under a token that replaces its answers.

        The first answers stand until others are posted, and for good after :data:`AMEND_TIME`.

        Raises
        ------
        NotAuthentic
            When the form token is unknown or expired.
        GateConflict
            When nothing is filled, its minute is over, or it was settled with other readings.
        """
        gate, user_id = self.opening.holder(uow, form_token)
        reading = self.opening.readings.of(uow, gate)
        if reading is not None and reading.purpose in ADJUDICATED:
            raise GateConflict("an independent reading stands once it is filed; object to the score instead")
        sheets = standing(uow, gate.gate_id)
        now = self.around.clock()
        until = self.settling.undo_until(sheets)
        if until is None or now >= until:
            raise GateConflict("the minute in which a score can be taken back is over; ask for an amendment")
        token, expires_at = self.around.mint.secret(), now + AMEND_TIME
        uow.gates.add_form_token(
            digest_of(token), gate.gate_id, user_id, expires_at, amends=sheets[0].sop_instance_uid
        )
        # Before its minute is over no timer has fired, so that nothing has been told yet; a second
        # click finds the second timer there already.
        uow.outbox.cancel(settle_key(sheets[0].sheet_id, "first"))
        self.settling.later(uow, sheets, expires_at, "again")
        uow.audit.append(now, user_id, "gate.taken_back", gate.gate_id, {"sheet": sheets[0].sheet_id})
        return replace(self.opening.opened(uow, gate, user_id, token, expires_at), takes_back=True)

    def _adjudicated(
        self,
        uow: UnitOfWork,
        gate: Gate,
        reading: Assignment,
        answers: Mapping[str, FormAnswers],
        seconds_to_fill: float | None,
    ) -> SubmitResult:
        """One of several independent readings: kept for itself, told to nobody before they are settled."""
        repeated = reading.done
        if not repeated:
            reading = self.opening.readings.adjudicate(
                uow, reading, answers, seconds_to_fill, self.settling.tell
            )
            self._open_gate(uow, gate)
        return SubmitResult(
            gate=uow.gates.get(gate.gate_id) or gate,
            sheets=self.opening.readings.preview(uow, reading),
            repeated=repeated,
        )

    def _scored(
        self,
        uow: UnitOfWork,
        gate: Gate,
        user_id: str,
        answers: Mapping[str, FormAnswers],
        seconds_to_fill: float | None,
        replaced: tuple[ScoreSheet, ...],
    ) -> tuple[ScoreSheet, ...]:
        reading = self.opening.readings.of(uow, gate)
        former = dict(reading.amends) if reading else {}
        former.update({sheet.form_id: sheet.sheet_id for sheet in replaced})
        scorer = replace(gate.signer, id=user_id)
        filled = Filled(
            accession_number=gate.accession_number,
            scorer=scorer,
            answers={form_id: answers[form_id] for form_id in gate.forms},
            mode=self.opening.readings.mode(reading),
            gate_id=gate.gate_id,
            seconds_to_fill=seconds_to_fill,
            amends=former,
        )
        sheets = fill_sheets(uow, self.forms, self.around, filled)
        for sheet in sheets:
            uow.sheets.add(sheet)
        return sheets

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
