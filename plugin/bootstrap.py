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

from plugin import __version__
from plugin.delivery.call_back import CallBack
from plugin.delivery.confirm_commitment import ConfirmCommitment
from plugin.delivery.forward_image import ForwardImage
from plugin.delivery.send_hl7 import SendHl7
from plugin.delivery.send_label import SendLabel
from plugin.delivery.send_notice import SendNotice
from plugin.delivery.send_sr import Letterhead, SendSr
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
from plugin.pacs.neighbours import Neighbour, NeighbourArchives
from plugin.pacs.scu import Scu
from plugin.rules import sampling
from plugin.rules.image_checks import ImageChecks
from plugin.rules.recognition import Regions, StudyFacts
from plugin.rules.recognition_names import NameReader
from plugin.rules.rulebook import Rulebook
from plugin.rules.sampling_conditions import check_policy
from plugin.rules.scoring import Forms, load_forms
from plugin.site import GateSettings, Hl7OutSettings, Site
from plugin.sr import html
from plugin.sr.content import DeviceInfo
from plugin.sr.read import read
from plugin.store.store import SqlStore
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.announce import Announce
from plugin.workflow.decide_sign import DecideSign, GatePolicy
from plugin.workflow.image_evidence import ImageEvidence
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.note_commitment import NoteCommitment
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.pass_on import PassOn
from plugin.workflow.ports import Clock, Surroundings, UnitOfWork
from plugin.workflow.raise_alert import AlertPolicy, RaiseAlert
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.review_labels import ReviewLabels
from plugin.workflow.stamp_label import StampLabel, day_of
from plugin.workflow.submit_score import SubmitScore

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
    labels: StampLabel
    priors: OfferPrior
    review_labels: ReviewLabels
    recognition: KeepRecognition
    commitment: NoteCommitment
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
        evidence=ImageEvidence(checks=ImageChecks.load(config_dir), reader=NameReader.load(config_dir)),
    )
    review_labels = ReviewLabels(labels=labels, around=around)
    raise_alert = RaiseAlert(
        policy=AlertPolicy(
            minutes=site.alerts.minutes,
            confirm_first=frozenset(site.alerts.confirm_first),
            chased=frozenset(site.alerts.chased),
        ),
        around=around,
        announce=announce,
    )
    receive_report = ReceiveReport(rulebook=rulebook, alerts=raise_alert, labels=labels, around=around)
    policy = GatePolicy(
        hold_time=timedelta(minutes=gate.hold_minutes),
        fix_rules=frozenset(gate.fix_rules),
        forms=gate.forms,
    )
    decide_sign = DecideSign(policy=policy, receive_report=receive_report, around=around, announce=announce)
    pass_on = PassOn(
        receive_report=receive_report,
        decide_sign=decide_sign,
        announce=announce,
        senders=frozenset(site.gateway.senders),
    )
    return Journeys(
        rulebook=rulebook,
        forms=forms,
        receive_report=receive_report,
        decide_sign=decide_sign,
        submit_score=SubmitScore(
            forms=forms,
            receive_report=receive_report,
            labels=labels,
            destinations=site.sr_destinations,
            around=around,
            announce=announce,
        ),
        alerts=AlertDesk(
            around=around,
            escalate_every=timedelta(minutes=site.alerts.escalate_every_minutes),
            last_level=site.alerts.last_level,
            announce=announce,
        ),
        raise_alert=raise_alert,
        labels=labels,
        review_labels=review_labels,
        recognition=KeepRecognition(regions=labels.regions, review=review_labels, around=around),
        priors=build_priors(site, labels.regions, around),
        commitment=NoteCommitment(destinations=site.sr_destinations, around=around),
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
    around: Surroundings,
) -> dict[JobKind, Handler]:
    """Who carries out which kind of job."""
    letterhead = Letterhead(
        device=DeviceInfo(software_version=__version__),
        institution_name=site.hospital.name,
        zone=site.zone,
    )
    call_backs = {name: caller.call_back for name, caller in site.callers.items() if caller.call_back}

    def expire(job: Job) -> Callable[[UnitOfWork], None]:
        return lambda uow: journeys.decide_sign.expire(uow, str(job.payload["gate_id"]))

    def review(_job: Job) -> Callable[[UnitOfWork], None]:
        lapsed = journeys.review_labels.lapsed(store.read)
        return lambda uow: journeys.review_labels.settle(uow, lapsed)

    def escalate(job: Job) -> Callable[[UnitOfWork], Any]:
        alert_id, level = str(job.payload["alert_id"]), int(job.payload["level"])
        return lambda uow: journeys.alerts.escalate(uow, alert_id, level)

    handlers: dict[JobKind, Handler] = {
        JobKind.SEND_SR: SendSr(
            read=store.read,
            pacs=pacs,
            form=journeys.forms.get,
            letterhead=letterhead,
            clock=around.clock,
            mint_uid=around.mint.uid,
        ),
        JobKind.CONFIRM_COMMITMENT: ConfirmCommitment(
            read=store.read, pacs=pacs, clock=around.clock, mint_uid=around.mint.uid
        ),
        JobKind.CALL_BACK: CallBack(
            read=store.read,
            post=CallBackPoster(addresses=call_backs, secrets=secrets_of, clock=around.clock),
            listeners=call_backs,
        ),
        JobKind.SEND_NOTICE: SendNotice(
            read=store.read,
            channels=load_channels(config_dir / "notify.toml", tools),
            note_sent=journeys.alerts.note_sent,
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


def build_sr_page(store: SqlStore, archive: Scu) -> Callable[[str], str | None]:
    """Sheet ID to the page of its SR document as the PACS holds it, ``None`` when it does not."""

    def page(sheet_id: str) -> str | None:
        sheet = store.read(lambda uow: uow.sheets.get(sheet_id))
        if sheet is None:
            return None
        for study in archive.find_studies(AccessionNumber=sheet.accession_number):
            found = archive.get(
                str(study.StudyInstanceUID), sheet.series_instance_uid, sheet.sop_instance_uid
            )
            if found:
                return html.page(read(found[0]))
        return None

    return page


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
