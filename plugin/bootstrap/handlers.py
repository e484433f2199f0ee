"""Joins each kind of job with who carries it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from plugin.bootstrap.documents import build_document_handlers
from plugin.bootstrap.images import placements
from plugin.bootstrap.journeys import Journeys
from plugin.bootstrap.parts import Parts
from plugin.delivery.ask_analyser import AskAnalyser
from plugin.delivery.call_back import CallBack
from plugin.delivery.send_hl7 import SendHl7
from plugin.delivery.send_label import SendLabel
from plugin.delivery.send_notice import SendNotice
from plugin.delivery.send_person_notice import SendPersonNotice
from plugin.delivery.worker import Handler
from plugin.domain.delivery import Job, JobKind
from plugin.hl7.compose import compose
from plugin.hl7.sent import keep
from plugin.labels.writers import WRITERS
from plugin.notify.call_back import CallBackPoster
from plugin.notify.channels import load_channels
from plugin.pacs.dicomweb import DicomWeb
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.chase_alert import ChaseAlert
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


def build_handlers(
    site: Site, config_dir: Path, journeys: Journeys, parts: Parts, around: Surroundings
) -> dict[JobKind, Handler]:
    """Who carries out which kind of job."""
    store, outbound = parts.store, parts.outbound
    call_backs = {name: caller.call_back for name, caller in site.callers.items() if caller.call_back}

    def expire(job: Job) -> Callable[[UnitOfWork], None]:
        return lambda uow: journeys.decide_sign.held.expire(uow, str(job.payload["gate_id"]))

    def settle(job: Job) -> Callable[[UnitOfWork], None]:
        sheet_ids = [str(sheet_id) for sheet_id in job.payload["sheet_ids"]]
        return lambda uow: journeys.submit_score.settling(uow, sheet_ids)

    channels = load_channels(config_dir / "notify.toml", parts.tools)
    handlers: dict[JobKind, Handler] = {
        **build_document_handlers(
            site, store, parts.carriers, journeys.forms.get, parts.pseudonym_key, around
        ),
        **calendar_handlers(store, journeys),
        JobKind.CALL_BACK: CallBack(
            read=store.read,
            post=CallBackPoster(addresses=call_backs, secrets=parts.secrets, clock=around.clock),
            listeners=call_backs,
        ),
        JobKind.SEND_NOTICE: SendNotice(
            read=store.read,
            channels=[each for each in channels if each.carries_alerts],
            note_sent=journeys.alerts.chase.note_sent,
            whom=journeys.alerts.whom.now,
        ),
        JobKind.SEND_PERSON_NOTICE: SendPersonNotice(
            read=store.read,
            channels=[each for each in channels if each.carries_person_notices],
            clock=around.clock,
        ),
        JobKind.SEND_HL7: SendHl7(
            read=store.read,
            compose=lambda uow, payload, name: compose(uow, payload, outbound.correspondent(name)),
            deliver=outbound.deliver,
            keep=lambda uow, name, message, ack, number: keep(
                uow, name, message, ack, around.clock(), accession_number=number
            ),
        ),
        JobKind.ASK_ANALYSER: AskAnalyser(
            read=store.read,
            panel=parts.panel,
            request=journeys.analysers.request,
            keep=journeys.analysers.keep,
            clock=around.clock,
        ),
        JobKind.EXPIRE_GATE: expire,
        JobKind.SETTLE_SCORE: settle,
        JobKind.ESCALATE_ALERT: timer_of(journeys.alerts.chase),
    }
    if site.labels.presentation_state:
        handlers[JobKind.SEND_LABEL] = SendLabel(
            read=store.read,
            archive=parts.pacs[site.archive],
            write=WRITERS.build("gsps", {}),
            institution_name=site.hospital.name,
            placements=placements(journeys),
            clock=around.clock,
            headers=DicomWeb(site.dicomweb[site.headers_from]) if site.headers_from else None,
            aliases=site.hospital.aliases,
        )
    return handlers


def calendar_handlers(store: SqlStore, journeys: Journeys) -> dict[JobKind, Handler]:
    """What comes by the calendar: each asks for its next time first, so that one that fails for good is not the last."""

    def keep_house(job: Job) -> Callable[[UnitOfWork], Any]:
        if job.payload:
            return lambda uow: journeys.prune(uow, job.payload)
        store.write(journeys.house.schedule)
        return journeys.house

    def review(_: Job) -> None:
        store.write(journeys.review_labels.again)
        journeys.review_labels.review(store.read, store.write)

    def remind(_: Job) -> Callable[[UnitOfWork], Any]:
        store.write(journeys.reminders.schedule)
        waiting = store.read(journeys.reminders.waiting)
        return lambda uow: journeys.reminders(uow, waiting)

    return {JobKind.KEEP_HOUSE: keep_house, JobKind.REVIEW_LABELS: review, JobKind.REMIND_DUE: remind}


def timer_of(chase: ChaseAlert) -> Handler:
    """What an alert's timer does when it goes off."""

    def go_off(job: Job) -> Callable[[UnitOfWork], Any]:
        alert_id, level = str(job.payload["alert_id"]), int(job.payload["level"])
        if reminder := int(job.payload.get("reminder", 0)):
            return lambda uow: chase.remind(uow, alert_id, reminder)
        return lambda uow: chase.escalate(uow, alert_id, level)

    return go_off
