"""The form behind a link: a ticket becomes a token, and its holder sees what he is to fill (decisions 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.domain.errors import NotAuthentic
from plugin.domain.gate import Gate
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet, ScoringForm
from plugin.rules.scoring import Forms
from plugin.workflow.file_reading import FileReading
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.tickets import digest_of

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
class OpenForms:
    """Opens forms, for who holds a ticket or a token of one."""

    forms: Forms
    receive_report: ReceiveReport
    readings: FileReading
    around: Surroundings

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
        return self.opened(uow, gate, user_id, token, expires_at)

    def open(self, uow: UnitOfWork, form_token: str) -> OpenForm:
        """Show the form again to the holder of its token."""
        gate, user_id = self.holder(uow, form_token)
        expires_at = uow.gates.token_expires(digest_of(form_token)) or self.around.clock()
        opened = self.opened(uow, gate, user_id, form_token, expires_at)
        amends = uow.gates.amended_by_token(digest_of(form_token))
        return replace(opened, takes_back=bool(amends) and is_of(opened.sheets, amends))

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

    def opened(self, uow: UnitOfWork, gate: Gate, user_id: str, token: str, expires_at: datetime) -> OpenForm:
        """The form as it stands now, under a token that was made for it."""
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


def standing(uow: UnitOfWork, gate_id: str) -> tuple[ScoreSheet, ...]:
    """The sheets of a gate that no other replaces."""
    sheets = uow.sheets.for_gate(gate_id)
    replaced = {sheet.amends for sheet in sheets}
    return tuple(sheet for sheet in sheets if sheet.sheet_id not in replaced)


def is_of(sheets: Sequence[ScoreSheet], sop_instance_uid: str) -> bool:
    """The sheets are those of one document."""
    return bool(sheets) and sheets[0].sop_instance_uid == sop_instance_uid
