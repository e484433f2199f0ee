"""The form is filled: score sheets, the gate opens, release and label jobs; one commit.

The report is released at once.  What others are told of the score (SR, ORU) waits for the
minute in which the person may take the form back: a timer settles it (ADR 75).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.errors import GateConflict, InvalidInput, NotAuthentic
from plugin.domain.gate import Gate, GateState, check_gate_transition
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.domain.review import ADJUDICATED, Assignment
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringForm
from plugin.rules.scoring import Forms
from plugin.workflow.announce import Announce
from plugin.workflow.correct import Correct
from plugin.workflow.file_reading import FileReading
from plugin.workflow.fill_sheets import Filled, fill_sheets
from plugin.workflow.gate_jobs import call_back_job, expiry_key
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.stamp_label import StampLabel
from plugin.workflow.tickets import digest_of

AMEND_TIME = timedelta(minutes=5)
"""How long a form that was taken back may be filled anew before its first answers stand."""

OWED_TIME = timedelta(days=1)
"""How long the form of a gate that is owed may be kept open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """What the popup shows.

    Parameters
    ----------
    sheets
        Those that stand; filled in already when there are any.
    takes_back
        This form replaces `sheets`, whose answers it starts from.
    """

    form_token: str
    gate: Gate
    forms: tuple[ScoringForm, ...]
    report: Report
    order: ImagingOrder | None
    issues: tuple[Issue, ...]
    suggested_scores: Mapping[str, int | str]
    expires_at: datetime
    sheets: tuple[ScoreSheet, ...] = ()
    user_id: str = ""
    takes_back: bool = False


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
    """The popup's journey, from the link to the release.

    Parameters
    ----------
    documents
        Asks for the SR of each destination, and what goes with it.
    undo_time
        For so long a form may be taken back, and its score is told to nobody.
    """

    forms: Forms
    receive_report: ReceiveReport
    labels: StampLabel
    documents: IssueDocuments
    readings: FileReading
    corrections: Correct
    around: Surroundings
    announce: Announce = field(default_factory=Announce)
    undo_time: timedelta = timedelta(seconds=60)

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
        return self._opened(uow, gate, user_id, token, expires_at)

    def open(self, uow: UnitOfWork, form_token: str) -> OpenForm:
        """Show the form again to the holder of its token."""
        gate, user_id = self.holder(uow, form_token)
        opened = self._opened(uow, gate, user_id, form_token, gate.expires_at or self.around.clock())
        amends = uow.gates.amended_by_token(digest_of(form_token))
        return replace(opened, takes_back=bool(amends) and _is_of(opened.sheets, amends))

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
        gate, user_id = self.holder(uow, form_token)
        first = standing(uow, gate.gate_id)
        amends = uow.gates.amended_by_token(digest_of(form_token))
        again = bool(amends) and _is_of(first, amends)
        if first and not again:
            return SubmitResult(gate=gate, sheets=first, repeated=True, undo_until=self._undo_until(first))
        if gate.state is None and not gate.owed and not again:
            raise GateConflict("no form was asked for at this signing")
        reading = self.readings.of(uow, gate)
        if reading is not None and reading.purpose in ADJUDICATED:
            return self._adjudicated(uow, gate, reading, answers, seconds_to_fill)
        if set(answers) != set(gate.forms):
            missing = sorted(set(gate.forms) - set(answers))
            raise InvalidInput(
                "forms",
                f"missing: {', '.join(missing)}" if missing else "holds a form that was not asked for",
            )
        sheets = self._scored(uow, gate, user_id, answers, seconds_to_fill, first)
        if reading is not None:
            self.readings.filled(uow, reading, answers, seconds_to_fill)
        if again:
            self._forget_settling(uow, first)
            now = self.around.clock()
            uow.audit.append(now, user_id, "gate.rescored", gate.gate_id, {"amends": first[0].sheet_id})
        else:
            self._open_gate(uow, gate)
        self._settle_later(uow, sheets, self.around.clock() + self.undo_time)
        self.labels(uow, gate.accession_number)
        return SubmitResult(
            gate=uow.gates.get(gate.gate_id) or gate,
            sheets=sheets,
            repeated=False,
            undo_until=self._undo_until(sheets),
        )

    def take_back(self, uow: UnitOfWork, form_token: str) -> OpenForm:
        """Open the filled form again, under a token that replaces its answers.

        The first answers stand until others are posted, and for good after :data:`AMEND_TIME`.

        Raises
        ------
        NotAuthentic
            When the form token is unknown or expired.
        GateConflict
            When nothing is filled, or its minute is over.
        """
        gate, user_id = self.holder(uow, form_token)
        sheets = standing(uow, gate.gate_id)
        now = self.around.clock()
        until = self._undo_until(sheets)
        if until is None or now >= until:
            raise GateConflict("the minute in which a score can be taken back is over; ask for an amendment")
        token, expires_at = self.around.mint.secret(), now + AMEND_TIME
        uow.gates.add_form_token(
            digest_of(token), gate.gate_id, user_id, expires_at, amends=sheets[0].sop_instance_uid
        )
        # Before its minute is over no timer has fired, so that nothing has been told yet; a second
        # click finds the second timer there already.
        uow.outbox.cancel(_settle_key(sheets[0].sheet_id, "first"))
        self._settle_later(uow, sheets, expires_at, "again")
        uow.audit.append(now, user_id, "gate.taken_back", gate.gate_id, {"sheet": sheets[0].sheet_id})
        return replace(self._opened(uow, gate, user_id, token, expires_at), takes_back=True)

    def settle(self, uow: UnitOfWork, sheet_ids: Sequence[str]) -> None:
        """The minute is over: tell the archives and whoever listens, unless others stand meanwhile."""
        kept = [sheet for sheet_id in sheet_ids if (sheet := uow.sheets.get(sheet_id))]
        gate = uow.gates.get(kept[0].gate_id) if kept else None
        if gate is None or {s.sheet_id for s in kept} != {s.sheet_id for s in standing(uow, gate.gate_id)}:
            return
        self.tell(uow, kept)

    def tell(self, uow: UnitOfWork, sheets: Sequence[ScoreSheet]) -> None:
        """Let archives and listeners know of sheets that stand; a failing one opens its correction."""
        for sheet in sheets:
            self.announce.score(uow, sheet)
            self.corrections.open(uow, sheet)
        self.documents(uow, sheets)

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
            reading = self.readings.adjudicate(uow, reading, answers, seconds_to_fill, self.tell)
            self._open_gate(uow, gate)
        return SubmitResult(
            gate=uow.gates.get(gate.gate_id) or gate,
            sheets=self.readings.preview(uow, reading),
            repeated=repeated,
        )

    def _settle_later(
        self, uow: UnitOfWork, sheets: tuple[ScoreSheet, ...], at: datetime, turn: str = "first"
    ) -> None:
        first = sheets[0].sheet_id
        if not self.undo_time:
            self.settle(uow, [sheet.sheet_id for sheet in sheets])
            return
        uow.outbox.enqueue(
            NewJob(
                kind=JobKind.SETTLE_SCORE,
                lane=f"timer:score:{first}:{turn}",
                key=_settle_key(first, turn),
                payload={"sheet_ids": [sheet.sheet_id for sheet in sheets]},
                due_at=at,
            )
        )

    def _forget_settling(self, uow: UnitOfWork, sheets: tuple[ScoreSheet, ...]) -> None:
        for turn in ("first", "again"):
            uow.outbox.cancel(_settle_key(sheets[0].sheet_id, turn))

    def _undo_until(self, sheets: tuple[ScoreSheet, ...]) -> datetime | None:
        return sheets[0].scored_at + self.undo_time if sheets and self.undo_time else None

    def holder(self, uow: UnitOfWork, form_token: str) -> tuple[Gate, str]:
        """The gate that a form token opens, and who holds it.

        Raises
        ------
        NotAuthentic
            When the form token is unknown or expired.
        """
        found = uow.gates.form_token(digest_of(form_token), self.around.clock())
        gate = uow.gates.get(found[0]) if found else None
        if found is None or gate is None:
            raise NotAuthentic("this form has expired; open it from the RIS again")
        return gate, found[1]

    def _opened(
        self, uow: UnitOfWork, gate: Gate, user_id: str, token: str, expires_at: datetime
    ) -> OpenForm:
        report = uow.reports.latest(gate.accession_number)
        known = uow.exams.order(gate.accession_number)
        assert report is not None, "a gate is only made for a report that was stored"  # noqa: S101
        inspection = self.receive_report.inspect(uow, report)
        reading = self.readings.of(uow, gate)
        shown = standing(uow, gate.gate_id)
        if reading is not None and reading.done and not shown:
            shown = self.readings.preview(uow, reading)
        return OpenForm(
            form_token=token,
            gate=gate,
            forms=tuple(self.forms.get(form_id) for form_id in gate.forms),
            report=self.readings.veiled(reading, report),
            order=known[0] if known else None,
            issues=inspection.issues,
            suggested_scores=inspection.suggested_scores or {},
            expires_at=expires_at,
            sheets=shown,
            user_id=user_id,
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
        reading = self.readings.of(uow, gate)
        former = dict(reading.amends) if reading else {}
        former.update({sheet.form_id: sheet.sheet_id for sheet in replaced})
        scorer = replace(gate.signer, id=user_id)
        filled = Filled(
            accession_number=gate.accession_number,
            scorer=scorer,
            answers={form_id: answers[form_id] for form_id in gate.forms},
            mode=self.readings.mode(reading),
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


def standing(uow: UnitOfWork, gate_id: str) -> tuple[ScoreSheet, ...]:
    """The sheets of a gate that no other replaces."""
    sheets = uow.sheets.for_gate(gate_id)
    replaced = {sheet.amends for sheet in sheets}
    return tuple(sheet for sheet in sheets if sheet.sheet_id not in replaced)


def _is_of(sheets: Sequence[ScoreSheet], sop_instance_uid: str) -> bool:
    return bool(sheets) and sheets[0].sop_instance_uid == sop_instance_uid


def _settle_key(sheet_id: str, turn: str) -> str:
    return f"settle:{sheet_id}:{turn}"
