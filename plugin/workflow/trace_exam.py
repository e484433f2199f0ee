"""One accession number on its way: order, report, draw, popup, score, SR, label, call-back, in time.

It is handed to whoever looks for a lost message, the vendor of the RIS among them: numbers,
states and times stand in it, and neither a name nor a word of a report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from plugin.domain.archive import ArchivedMessage
from plugin.domain.delivery import Job, JobKind
from plugin.domain.gate import Gate, SignAction
from plugin.domain.listing import ReportVersion
from plugin.kit.spreadsheet import Table
from plugin.workflow.ports.unit_of_work import UnitOfWork

COLUMNS = ("时间", "环节", "状态", "说明", "标识")

_OURS_ALONE = frozenset({JobKind.KEEP_HOUSE, JobKind.REVIEW_LABELS, JobKind.REMIND_DUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happened to an examination.

    Parameters
    ----------
    stage
        ``message``, ``report``, ``draw``, ``gate``, ``score``, ``document``, ``label``, ``alert`` or ``job``.
    state
        In the words of its table (``accepted``, ``hold``, ``committed`` …).
    facts
        Numbers and reasons, by name; codes as they are stored.
    reference
        By which it is found again: a control ID, a gate, a SOP Instance UID.
    """

    at: datetime
    stage: str
    state: str
    facts: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""


def trace(
    uow: UnitOfWork,
    accession_number: str,
    messages: Sequence[ArchivedMessage],
    versions: Sequence[ReportVersion],
    jobs: Sequence[Job],
) -> list[Step]:
    """Every step, in the order of time."""
    steps = [
        *_messages(messages),
        *_reports(versions),
        *_gates(uow, accession_number),
        *_outcome(uow, accession_number),
        *_jobs(jobs),
    ]
    return sorted(steps, key=lambda step: step.at)


def table(accession_number: str, steps: Sequence[Step], zone: tzinfo) -> Table:
    """The steps as a sheet, by the hospital's clocks, to the millisecond."""
    rows = [
        (
            step.at.astimezone(zone).isoformat(sep=" ", timespec="milliseconds"),
            step.stage,
            step.state,
            "; ".join(f"{name}={value}" for name, value in step.facts.items()),
            step.reference,
        )
        for step in steps
    ]
    return Table(title=accession_number, columns=COLUMNS, rows=rows)


def _messages(messages: Sequence[ArchivedMessage]) -> Iterator[Step]:
    for each in messages:
        repeated = str(each.duplicates) if each.duplicates else ""
        yield Step(
            at=each.received_at,
            stage="message",
            state=each.state.value,
            facts=_told(type=each.message_type, sender=each.sender, repeated=repeated),
            reference=each.control_id or str(each.message_id),
        )


def _reports(versions: Sequence[ReportVersion]) -> Iterator[Step]:
    for each in versions:
        by = {kind: sum(issue.severity == kind for issue in each.issues) for kind in ("error", "warning")}
        yield Step(
            at=each.received_at,
            stage="report",
            state=each.report.status.value,
            facts=_told(
                version=str(each.number), by=each.source, errors=str(by["error"]), warnings=str(by["warning"])
            ),
            reference=each.report.text_digest[:16],
        )


def _gates(uow: UnitOfWork, accession_number: str) -> Iterator[Step]:
    for action in SignAction:
        for gate in uow.gates.for_study(accession_number, action):
            yield from _gate(uow, gate)


def _gate(uow: UnitOfWork, gate: Gate) -> Iterator[Step]:
    if (draw := gate.draw) is not None:
        up = draw.top_up
        yield Step(
            at=gate.decided_at,
            stage="draw",
            state="drawn" if draw.drawn else "not_drawn",
            facts=_told(
                version=str(draw.policy_version),
                rule=draw.rule,
                p=f"{draw.p:g}",
                u=f"{draw.u:.6f}",
                top_up=f"{up.name} p={up.p:g} u={up.u:.6f}" if up else "",
            ),
            reference=gate.event_id,
        )
    yield Step(
        at=gate.decided_at,
        stage="gate",
        state=gate.decision.value,
        facts=_told(
            action=gate.action.value,
            signer=gate.signer.id or "?",
            reason=gate.reason,
            owed="yes" if gate.owed else "",
            state=gate.state.value if gate.state else "",
            forms=" ".join(gate.forms),
        ),
        reference=gate.gate_id,
    )
    for sheet in uow.sheets.for_gate(gate.gate_id):
        yield Step(
            at=sheet.scored_at,
            stage="score",
            state=sheet.result.grade,
            facts=_told(
                form=sheet.form_id,
                version=sheet.form_version,
                mode=sheet.mode.value,
                seconds=f"{sheet.seconds_to_fill:.0f}" if sheet.seconds_to_fill is not None else "",
            ),
            reference=sheet.sheet_id,
        )


def _outcome(uow: UnitOfWork, accession_number: str) -> Iterator[Step]:
    for document in uow.documents.for_exam(accession_number):
        yield Step(
            at=document.at or document.issued_at,
            stage="document",
            state=document.state.value,
            facts=_told(kind=document.kind.value, destination=document.destination, lies_at=document.lies_at),
            reference=document.sop_instance_uid,
        )
    for label in uow.labels.for_exam(accession_number):
        mark = _told(region=label.decision.region_id, mark=label.decision.mark)
        yield Step(at=label.decided_at, stage="label", state="given", facts=mark, reference=label.label_id)
        if label.withdrawn_at is not None:
            yield Step(
                at=label.withdrawn_at,
                stage="label",
                state="withdrawn",
                facts={**mark, **_told(reason=label.withdrawn_reason)},
                reference=label.label_id,
            )
    for alert in uow.alerts.find(accession_number):
        for step in uow.alerts.trail(alert.alert_id):
            yield Step(
                at=step.at,
                stage="alert",
                state=step.state.value,
                facts=_told(code=alert.finding.code, means=step.means),
                reference=alert.alert_id,
            )


def _jobs(jobs: Sequence[Job]) -> Iterator[Step]:
    for job in jobs:
        if job.kind in _OURS_ALONE:
            continue
        yield Step(
            at=job.created_at,
            stage="job",
            state=job.state.value,
            facts=_told(
                kind=job.kind.value,
                destination=str(job.payload.get("destination", "")),
                attempt=str(job.attempts) if job.attempts > 1 else "",
                error=job.last_error,
            ),
            reference=job.key,
        )


def _told(**facts: str) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in facts.items() if value}
