"""Running the department: switches, parked jobs, the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import plain_words, show
from plugin.domain.delivery import JobState
from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.listing import Page
from plugin.domain.people import ADMINISTRATIVE, Role, Switches
from plugin.workflow.ports.unit_of_work import UnitOfWork


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
        asked = {name: request.args.get(name, "").strip()[:64] for name in ("about", "who")}
        page = Page(cursor=request.args.get("cursor", "")[:64])
        return show(
            "console_audit.html",
            listing=desk.reading.audit(page, **asked),
            words=plain_words(desk),
            asked=asked,
        )


def _turn(uow: UnitOfWork, name: str, on: bool, department: str, actor: str, at: datetime) -> None:
    """Instant on all nodes, because every decision reads the switches in its own transaction."""
    # Not what holds: a department would keep what the house has switched off for now, and stay off.
    before = uow.policies.own_switches(department)
    uow.policies.set_switches(Switches(**{**asdict(before), name: on}), department)
    detail = {"from": _word(getattr(before, name)), "to": _word(on)}
    uow.audit.append(at, actor, f"switch.{name}", department or "everywhere", detail)


def _audit(desk: ConsoleDesk, action: str, subject: str) -> None:
    actor = signed_in().account.login
    desk.store.write(lambda uow: uow.audit.append(desk.clock(), actor, action, subject, {}))


def _word(on: bool) -> str:
    return "on" if on else "off"
