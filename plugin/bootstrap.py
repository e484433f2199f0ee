"""The only place where parts are joined: a site's settings in, a running SignGate out."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from plugin.bootstrap_alerts import AlertJourneys, build_alerts
from plugin.bootstrap_documents import build_documents
from plugin.delivery.call_back import CallBack
from plugin.delivery.forward_image import ForwardImage
from plugin.delivery.send_hl7 import SendHl7
from plugin.delivery.send_label import SendLabel
from plugin.delivery.send_notice import SendNotice
from plugin.delivery.worker import Handler
from plugin.domain.delivery import Job, JobKind
from plugin.domain.errors import StoreUnavailable
from plugin.domain.image import ImageFacts
from plugin.domain.notice import Notice
from plugin.domain.recognition import Institution, LabelDecision
from plugin.domain.sampling import SamplingPolicy
from plugin.hl7 import outbound as hl7_out
from plugin.hl7.client import Destination
from plugin.hl7.outbound import Hl7Channel, Outbound
from plugin.hl7.tls import client_context
from plugin.kit.messages import Catalogue
from plugin.labels.institution import InstitutionOptions
from plugin.labels.writers import WRITERS
from plugin.notify.call_back import CallBackPoster
from plugin.notify.channels import load_channels
from plugin.notify.messages import MessageWriter
from plugin.notify.tools import Tools
from plugin.pacs.dicomweb import DicomWeb
from plugin.pacs.neighbours import Neighbour, NeighbourArchives
from plugin.pacs.scu import Scu
from plugin.rules import sampling
from plugin.rules.disease_packs import DiseasePacks
from plugin.rules.earning import load_earning
from plugin.rules.image_checks import ImageChecks
from plugin.rules.recognition import Regions, StudyFacts
from plugin.rules.recognition_names import NameReader
from plugin.rules.rights import Rights
from plugin.rules.rulebook import Rulebook
from plugin.rules.sampling_conditions import check_policy
from plugin.rules.scoring import Forms, load_forms
from plugin.rules.staff_checks import StaffPolicy
from plugin.site.gate import GateSettings
from plugin.site.hl7 import Hl7OutSettings
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.announce import Announce
from plugin.workflow.assign_review import AssignReview
from plugin.workflow.change_policy import ChangePolicy
from plugin.workflow.correct import Correct
from plugin.workflow.decide_sign import DecideSign, GatePolicy
from plugin.workflow.file_reading import FileReading
from plugin.workflow.image_evidence import ImageEvidence
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.keep_house import KeepHouse
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.keep_staff import KeepStaff
from plugin.workflow.modes import Modes
from plugin.workflow.note_availability import NoteAvailability
from plugin.workflow.note_commitment import NoteCommitment
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.pass_on import PassOn
from plugin.workflow.ports.surroundings import Clock, Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.propose_policy import ProposePolicy
from plugin.workflow.put_off import PutOff
from plugin.workflow.raise_alert import RaiseAlert
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.review_labels import ReviewLabels
from plugin.workflow.stamp_label import StampLabel, day_of
from plugin.workflow.submit_score import SubmitScore
from plugin.workflow.teach import Teach

log = structlog.get_logger()


class RandomMinter:
    """Identifiers that nobody can foresee (ADR 3)."""

    def id(self) -> str:
        return uuid.uuid4().hex

    def uid(self) -> str:
        return f"2.25.{uuid.uuid4().int}"

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """Everything a door may set going."""

    rulebook: Rulebook
    forms: Forms
    receive_report: ReceiveReport
    decide_sign: DecideSign
    submit_score: SubmitScore
    alerts: AlertDesk
    raise_alert: RaiseAlert
    alerting: AlertJourneys
    labels: StampLabel
    priors: OfferPrior
    documents: IssueDocuments
    review_labels: ReviewLabels
    recognition: KeepRecognition
    commitment: NoteCommitment
    availability: NoteAvailability
    modes: Modes
    put_off: PutOff
    judge: JudgeIssue
    house: KeepHouse
    pass_on: PassOn | None = None


def build_journeys(site: Site, gate: GateSettings, config_dir: Path, around: Surroundings) -> Journeys:
    """Join rules, forms and regions of `config_dir` into the journeys.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake.
    """
    rulebook = Rulebook.load(config_dir)
    forms = load_forms(config_dir / "scoring")
    check_gate(gate, forms)
    receivers = site.hl7_receivers()
    announce = Announce(destinations=receivers)
    labels = StampLabel(
        regions=Regions.load(config_dir),
        institution=site.hospital.institution(),
        around=around,
        announce=announce,
        evidence=ImageEvidence(
            checks=ImageChecks.load(config_dir),
            reader=NameReader.load(config_dir),
            packs=DiseasePacks.load(config_dir),
        ),
    )
    alerts = build_alerts(site, rulebook, config_dir, around, announce)
    earning, here = load_earning(config_dir), site.hospital.institution_id
    receive_report = ReceiveReport(
        rulebook=rulebook, alerts=alerts.raising, labels=labels, around=around, earning=earning, site=here
    )
    review_labels = ReviewLabels(labels=labels, around=around)
    policy = GatePolicy(
        hold_time=timedelta(minutes=gate.hold_minutes),
        fix_rules=frozenset(gate.fix_rules),
        forms=gate.forms,
    )
    rights, staff = Rights.read(config_dir, (form.form_id for form in forms)), StaffPolicy.read(config_dir)
    decide_sign = DecideSign(
        policy=policy,
        receive_report=receive_report,
        around=around,
        announce=announce,
        rights=rights,
        staff=staff,
    )
    pass_on = PassOn(
        receive_report=receive_report,
        decide_sign=decide_sign,
        announce=announce,
        senders=frozenset(site.gateway.senders),
    )
    documents = build_documents(site, forms, around)
    assign = AssignReview(forms=forms, rights=rights, around=around)
    corrections = Correct(around=around, time=timedelta(days=staff.correction_days))
    submit_score = SubmitScore(
        forms=forms,
        receive_report=receive_report,
        labels=labels,
        documents=documents,
        readings=FileReading(forms=forms, assign=assign, around=around),
        corrections=corrections,
        around=around,
        announce=announce,
        undo_time=timedelta(seconds=gate.undo_seconds),
    )
    return Journeys(
        rulebook=rulebook,
        forms=forms,
        receive_report=receive_report,
        decide_sign=decide_sign,
        submit_score=submit_score,
        put_off=PutOff(decide_sign=decide_sign, submit_score=submit_score, per_shift=gate.later_per_shift),
        judge=JudgeIssue(around=around, site=here, earning=earning),
        house=KeepHouse(around=around),
        alerts=alerts.desk,
        raise_alert=alerts.raising,
        alerting=alerts,
        labels=labels,
        review_labels=review_labels,
        recognition=KeepRecognition(regions=labels.regions, review=review_labels, around=around),
        priors=build_priors(site, labels.regions, around),
        documents=documents,
        commitment=NoteCommitment(around=around),
        availability=NoteAvailability(around=around),
        modes=Modes(
            forms=forms,
            policies=ProposePolicy(
                change=ChangePolicy(forms=forms, around=around, two_person=gate.two_person)
            ),
            assign=assign,
            corrections=corrections,
            teaching=Teach(forms=forms, rights=rights, around=around),
            staff=KeepStaff(around=around),
            settle_round=lambda uow, round_id: submit_score.readings.settle(uow, round_id, submit_score.tell),
        ),
        pass_on=pass_on if receivers["report"] else None,
    )


def build_priors(site: Site, regions: Regions, around: Surroundings) -> OfferPrior:
    """Honouring: our own records, and the neighbours that the site names."""
    settings = site.recognition
    neighbours = tuple(
        Neighbour(
            name=name,
            node=site.pacs[each.node],
            institution=Institution(institution_id=each.institution_id, name=each.name, level=each.level),
            assigning_authority=each.assigning_authority,
        )
        for name, each in settings.neighbours.items()
    )
    return OfferPrior(
        regions=regions,
        institution=site.hospital.institution(),
        around=around,
        alliances=settings.alliances,
        image_link=settings.image_link,
        neighbours=NeighbourArchives(neighbours=neighbours, timeout_s=settings.timeout_s),
    )


def check_gate(gate: GateSettings, forms: Forms) -> None:
    """The first policy and the forms it names must make sense before anything listens."""
    known = frozenset(form.form_id for form in forms)
    check_policy(gate.rules(), known, gate.minimums(), gate.caps.caps())
    for asked in gate.forms.values():
        for form_id in asked:
            forms.get(form_id)


def first_policy(gate: GateSettings, now: datetime) -> Callable[[UnitOfWork], None]:
    """A journey that takes gate.toml's policy over when no version is live yet."""

    def work(uow: UnitOfWork) -> None:
        if uow.policies.get(1) is not None:
            return
        key = secrets.token_bytes(32)
        uow.policies.add(
            SamplingPolicy(
                version=1,
                rules=gate.rules(),
                key=key,
                key_digest=sampling.key_digest(key),
                live_from=now,
                author="gate.toml",
                minimums=gate.minimums(),
                caps=gate.caps.caps(),
            )
        )

    return work


def build_outbound(site: Site, store: SqlStore, around: Surroundings) -> Outbound:
    """The site's HL7 receivers; what one of them refuses is archived with its answer.

    Raises
    ------
    StoreUnavailable
        When the certificates of a receiver cannot be used.
    """

    def refused(name: str, message: bytes, ack: bytes, reason: str) -> None:
        store.write(lambda uow: hl7_out.keep(uow, name, message, ack, around.clock(), error=reason))

    return outbound_of(site, refused)


def outbound_of(site: Site, refused: hl7_out.Refused | None = None) -> Outbound:
    """The receivers alone, for who only asks whether they are there."""
    return Outbound(
        {name: (_destination(name, each), each.correspondent()) for name, each in site.hl7_out.items()},
        refused,
    )


def _destination(name: str, settings: Hl7OutSettings) -> Destination:
    tls = settings.tls
    try:
        context = client_context(tls.authority, tls.certificate, tls.key) if tls else None
    except OSError as error:
        raise StoreUnavailable(
            f"site.toml: hl7_out.{name}.tls: certificates cannot be used: {error}"
        ) from error
    return Destination(
        host=settings.host,
        port=settings.port,
        tls=context,
        server_name=tls.server_name if tls else "",
        answer_s=settings.answer_s,
    )


def build_tools(
    site: Site,
    catalogue: Catalogue,
    data_dir: Path,
    base_url: str,
    around: Surroundings,
    store: SqlStore,
    outbound: Outbound,
) -> Tools:
    """What the notice channels need."""

    def secret(name: str) -> str:
        file = data_dir / "secrets" / name
        if not file.is_file():
            raise KeyError(name)
        return file.read_text(encoding="utf-8").strip()

    writer = MessageWriter(
        catalogue,
        language=site.language,
        hospital=site.hospital.name,
        link=lambda alert_id: f"{base_url}/console/alerts/{alert_id}",
        zone=site.zone,
    )

    def sent(name: str, message: bytes, ack: bytes, accession_number: str) -> None:
        store.write(
            lambda uow: hl7_out.keep(
                uow, name, message, ack, around.clock(), accession_number=accession_number
            )
        )

    def hl7(destination: str, notice: Notice) -> None:
        Hl7Channel(outbound, destination, sent=sent).send(notice)

    return Tools(writer=writer, secret=secret, clock=around.clock, hl7=hl7 if site.hl7_out else None)


def build_handlers(
    site: Site,
    config_dir: Path,
    store: SqlStore,
    journeys: Journeys,
    pacs: Mapping[str, Scu],
    secrets_of: Mapping[str, tuple[str, ...]],
    tools: Tools,
    outbound: Outbound,
    documents: Mapping[JobKind, Handler],
    around: Surroundings,
) -> dict[JobKind, Handler]:
    """Who carries out which kind of job; `documents` are those that write for archives."""
    call_backs = {name: caller.call_back for name, caller in site.callers.items() if caller.call_back}

    def expire(job: Job) -> Callable[[UnitOfWork], None]:
        return lambda uow: journeys.decide_sign.expire(uow, str(job.payload["gate_id"]))

    def settle(job: Job) -> Callable[[UnitOfWork], None]:
        sheet_ids = [str(sheet_id) for sheet_id in job.payload["sheet_ids"]]
        return lambda uow: journeys.submit_score.settle(uow, sheet_ids)

    def keep_house(_: Job) -> Callable[[UnitOfWork], Any]:
        return journeys.house

    def review(_job: Job) -> Callable[[UnitOfWork], None]:
        lapsed = journeys.review_labels.lapsed(store.read)
        return lambda uow: journeys.review_labels.settle(uow, lapsed)

    def escalate(job: Job) -> Callable[[UnitOfWork], Any]:
        alert_id, level = str(job.payload["alert_id"]), int(job.payload["level"])
        return lambda uow: journeys.alerts.escalate(uow, alert_id, level)

    handlers: dict[JobKind, Handler] = {
        **documents,
        JobKind.CALL_BACK: CallBack(
            read=store.read,
            post=CallBackPoster(addresses=call_backs, secrets=secrets_of, clock=around.clock),
            listeners=call_backs,
        ),
        JobKind.SEND_NOTICE: SendNotice(
            read=store.read,
            channels=load_channels(config_dir / "notify.toml", tools),
            note_sent=journeys.alerts.note_sent,
            whom=journeys.alerts.whom.now,
        ),
        JobKind.SEND_HL7: SendHl7(
            read=store.read,
            compose=lambda uow, payload, name: hl7_out.compose(uow, payload, outbound.correspondent(name)),
            deliver=outbound.deliver,
            keep=lambda uow, name, message, ack, number: hl7_out.keep(
                uow, name, message, ack, around.clock(), accession_number=number
            ),
        ),
        JobKind.EXPIRE_GATE: expire,
        JobKind.SETTLE_SCORE: settle,
        JobKind.KEEP_HOUSE: keep_house,
        JobKind.REVIEW_LABELS: review,
        JobKind.ESCALATE_ALERT: escalate,
    }
    if site.labels.presentation_state:
        handlers[JobKind.SEND_LABEL] = SendLabel(
            read=store.read,
            archive=pacs[site.archive],
            write=WRITERS.build("gsps", {}),
            institution_name=site.hospital.name,
            placements=placements(journeys),
            clock=around.clock,
            headers=DicomWeb(site.dicomweb[site.headers_from]) if site.headers_from else None,
            aliases=site.hospital.aliases,
        )
    return handlers


def build_forwarding(site: Site, store: SqlStore, journeys: Journeys, archive: Scu) -> ForwardImage:
    """The ingest road: received, marked where it is earned, forwarded."""

    evidence = journeys.labels.evidence

    def decide(header: Mapping[str, str], facts: ImageFacts) -> LabelDecision | None:
        study = StudyFacts(
            modality=header["Modality"],
            exam_item=header["StudyDescription"],
            body_part=header["BodyPartExamined"],
            device=header["StationName"],
            performed_on=_dicom_day(header["StudyDate"]),
        )
        return store.read(lambda uow: journeys.labels.at_ingest(uow, study, header["AccessionNumber"], facts))

    def note(facts: ImageFacts) -> None:
        # The archive has the image: its sender does not wait until we have written down what it says.
        store.submit(lambda uow: evidence.note(uow, facts)).add_done_callback(_tell_failure)

    return ForwardImage(
        archive=archive,
        decide=decide,
        institution_name=site.hospital.name,
        placements=placements(journeys),
        other_marks=journeys.labels.regions.marks,
        aliases=site.hospital.aliases,
        required=evidence.checks.required_keywords,
        note=note,
        options=InstitutionOptions(),
    )


def _tell_failure(kept: Future[None]) -> None:
    if (error := kept.exception()) is not None:
        log.error("image facts not kept", error=type(error).__name__)


def placements(journeys: Journeys) -> dict[str, str]:
    """Region ID to where its mark stands."""
    today = journeys.labels.around.today()
    regions = journeys.labels.regions
    found = ((region_id, regions.region(region_id, today)) for region_id in regions.ids)
    return {region_id: region.placement for region_id, region in found if region is not None}


def _dicom_day(value: str) -> date | None:
    return day_of(value) if len(value) >= 8 else None


def surroundings(site: Site, clock: Clock = utc_now) -> Surroundings:
    return Surroundings(clock=clock, mint=RandomMinter(), zone=site.zone)


def jitter() -> float:
    """Uniform in [0, 1): spreads retries, decides nothing."""
    return random.random()  # noqa: S311  # no secret depends on it
