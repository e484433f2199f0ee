"""Running the department: switches, the message archive, parked jobs, the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.blind import not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.archive import Direction, MessageState
from plugin.domain.delivery import JobState
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.listing import Page
from plugin.domain.people import ADMINISTRATIVE, Role, Switches
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_patient import undo_merge


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/switches")
    def switches() -> str:
        allow(desk, "switches")
        department = request.args.get("department", "").strip()[:64]
        current = desk.store.read(lambda uow: uow.policies.switches(department))
        return show("console_switches.html", switches=asdict(current), department=department)

    @console.post("/switches")
    def switches_post() -> BaseResponse:
        allow(desk, "switches")
        name, department = form_text("name", limit=20), form_text("department", needed=False, limit=64)
        on = form_text("to", limit=3)
        if name not in {"gate", "alerts", "stamping", "shadow"} or on not in {"on", "off"}:
            raise InvalidInput("name", "is one of gate, alerts, stamping, shadow; to is on or off")
        actor = signed_in().account.login
        desk.store.write(lambda uow: _turn(uow, name, on == "on", department, actor, desk.clock()))
        return redirect(url_for("console.switches", department=department or None), 303)

    @console.get("/messages")
    def messages() -> str:
        allow(desk, "messages")
        asked, text = request.args.get("state", ""), request.args.get("text", "").strip()[:64]
        state = MessageState(asked) if asked in set(MessageState) else None
        listing = desk.reading.messages(
            Page(cursor=request.args.get("cursor", "")[:64]), state=state, text=text
        )
        return show(
            "console_messages.html", listing=listing, state=asked, text=text, states=list(MessageState)
        )

    @console.get("/messages/<int:message_id>")
    def message(message_id: int) -> str:
        allow(desk, "messages")
        found = desk.store.read(lambda uow: uow.messages.get(message_id))
        if found is None:
            raise UnknownReport("no such message")
        kept, envelope = found
        not_blind(desk, kept.accession_number)
        return show(
            "console_message.html",
            message=kept,
            envelope=envelope,
            segments=_segments(envelope.raw, envelope.charset),
            ack=_segments(kept.ack, envelope.charset),
            visible=_visible,
            tree=desk.message_tree(envelope.raw, envelope.charset) if desk.message_tree else (),
            merges=desk.store.read(lambda uow: uow.patients.merges(20, message_id)),
            can_replay=desk.replay is not None and kept.direction is Direction.RECEIVED,
        )

    @console.post("/messages/<int:message_id>/replay")
    def message_replay(message_id: int) -> BaseResponse:
        allow(desk, "messages")
        if desk.replay is None:
            raise GateConflict("this node takes no messages; replay where the HL7 listener runs")
        desk.replay(message_id)
        _audit(desk, "message.replayed", str(message_id))
        return redirect(url_for("console.message", message_id=message_id), 303)

    @console.post("/merges/<int:merge_id>/undo")
    def merge_undo(merge_id: int) -> BaseResponse:
        allow(desk, "messages")
        reason, message_id = form_text("reason", limit=200), form_text("message_id", limit=20)
        actor, around = signed_in().account.login, desk.around
        desk.store.write(lambda uow: undo_merge(uow, merge_id, around, actor, reason))
        return redirect(url_for("console.message", message_id=int(message_id)), 303)

    @console.get("/jobs")
    def jobs() -> str:
        allow(desk, "jobs")
        asked = request.args.get("state", "")
        state = JobState(asked) if asked in set(JobState) else None
        return show(
            "console_jobs.html",
            jobs=desk.jobs.listing(state, 200),
            counts=desk.jobs.counts(),
            state=asked,
            states=list(JobState),
            with_subjects=signed_in().account.role not in ADMINISTRATIVE,
        )

    @console.post("/jobs/<int:job_id>/requeue")
    def job_requeue(job_id: int) -> BaseResponse:
        needs_role(Role.QC_STAFF, Role.HEAD, Role.SYSTEM_ADMIN)
        if not desk.jobs.requeue(job_id):
            raise GateConflict("the job is not parked; nothing was done")
        _audit(desk, "job.requeued", str(job_id))
        return redirect(url_for("console.jobs"), 303)

    @console.get("/audit")
    def audit() -> str:
        allow(desk, "audit")
        return show(
            "console_audit.html", listing=desk.reading.audit(Page(cursor=request.args.get("cursor", "")[:64]))
        )


def _turn(uow: UnitOfWork, name: str, on: bool, department: str, actor: str, at: datetime) -> None:
    """Instant on all nodes, because every decision reads the switches in its own transaction."""
    before = uow.policies.switches(department)
    uow.policies.set_switches(Switches(**{**asdict(before), name: on}), department)
    detail = {"from": _word(getattr(before, name)), "to": _word(on)}
    uow.audit.append(at, actor, f"switch.{name}", department or "everywhere", detail)


def _audit(desk: ConsoleDesk, action: str, subject: str) -> None:
    actor = signed_in().account.login
    desk.store.write(lambda uow: uow.audit.append(desk.clock(), actor, action, subject, {}))


def _word(on: bool) -> str:
    return "on" if on else "off"


def _segments(raw: bytes, charset: str) -> list[str]:
    """The lines of a message as text; bytes that its charset does not have are written out."""
    try:
        text = raw.decode(charset or "utf-8", "backslashreplace")
    except LookupError:
        text = raw.decode("ascii", "backslashreplace")
    return [_visible(line) for line in text.replace("\n", "\r").split("\r") if line]


def _visible(line: str) -> str:
    """Control and direction characters by their code, so that nothing hides (attacks S6)."""
    hidden = {*range(0x20), 0x7F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    return "".join(f"⟨{ord(c):04X}⟩" if ord(c) in hidden else c for c in line)
