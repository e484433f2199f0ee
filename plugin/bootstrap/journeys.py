"""Joins rules, forms and regions into the journeys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from plugin.analysers.panel import Declared, declared_in
from plugin.bootstrap.alerts import AlertJourneys, build_alerts
from plugin.bootstrap.analysers import asked
from plugin.bootstrap.documents import build_documents
from plugin.bootstrap.gate import check_gate_file
from plugin.bootstrap.priors import build_priors
from plugin.rules.data_quality.figures import DataQualityRules
from plugin.rules.disease_packs import DiseasePacks
from plugin.rules.earning import load_earning
from plugin.rules.exam_codes import CodeTable, NamingRules
from plugin.rules.image_checks.checks import CHECKS, ImageChecks
from plugin.rules.inspectors.pool import Inspectors
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.names import NameReader
from plugin.rules.recognition.prices import Prices
from plugin.rules.rights import Rights
from plugin.rules.rulebook import Rulebook
from plugin.rules.scoring import Forms, load_forms
from plugin.rules.staff_checks import StaffPolicy
from plugin.rules.validators import VALIDATORS
from plugin.site.gate import GateSettings
from plugin.site.settings import Site
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.announce import Announce
from plugin.workflow.answer_prior import AnswerPrior
from plugin.workflow.ask_analysers import AskAnalysers
from plugin.workflow.assign_review import AssignReview
from plugin.workflow.change_policy import ChangePolicy
from plugin.workflow.check_names import CheckNames
from plugin.workflow.correct import Correct
from plugin.workflow.decide_sign import DecideSign, GatePolicy
from plugin.workflow.file_reading import FileReading
from plugin.workflow.fill_department_sheet import FillDepartmentSheet
from plugin.workflow.give_peer_feedback import GivePeerFeedback
from plugin.workflow.hand_over import HandOver
from plugin.workflow.held_gates import HeldGates
from plugin.workflow.image_evidence import ImageEvidence
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.keep_attachments import KeepAttachments
from plugin.workflow.keep_blind import KeepBlind
from plugin.workflow.keep_house import Ages, KeepHouse
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.keep_staff import KeepStaff
from plugin.workflow.make_reading import MakeReading
from plugin.workflow.measure_data import MeasureData
from plugin.workflow.modes import Modes
from plugin.workflow.note_availability import NoteAvailability
from plugin.workflow.note_commitment import NoteCommitment
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.open_form import OpenForms
from plugin.workflow.pass_on import PassOn
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.propose_policy import ProposePolicy
from plugin.workflow.prune_messages import PruneMessages
from plugin.workflow.put_off import PutOff
from plugin.workflow.raise_alert import RaiseAlert
from plugin.workflow.read_twice import ReadTwice
from plugin.workflow.receive_report import ReceiveReport
from plugin.workflow.remind_due import RemindDue
from plugin.workflow.review_labels import ReviewLabels
from plugin.workflow.settle_score import SettleScore
from plugin.workflow.sign_facts import SignFacts
from plugin.workflow.stamp_label import StampLabel
from plugin.workflow.submit_score import SubmitScore
from plugin.workflow.teach import Teach
from plugin.workflow.tell_people import TellPeople


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """Everything a door may set going."""

    rulebook: Rulebook
    inspectors: Inspectors
    forms: Forms
    receive_report: ReceiveReport
    decide_sign: DecideSign
    submit_score: SubmitScore
    alerts: AlertDesk
    raise_alert: RaiseAlert
    alerting: AlertJourneys
    labels: StampLabel
    priors: OfferPrior
    prior_answers: AnswerPrior
    documents: IssueDocuments
    review_labels: ReviewLabels
    recognition: KeepRecognition
    data: MeasureData
    names: CheckNames
    commitment: NoteCommitment
    availability: NoteAvailability
    modes: Modes
    put_off: PutOff
    judge: JudgeIssue
    house: KeepHouse
    prune: PruneMessages
    attachments: KeepAttachments
    reminders: RemindDue
    analysers: AskAnalysers
    declared_analysers: tuple[Declared, ...] = ()
    pass_on: PassOn | None = None


def build_journeys(site: Site, gate: GateSettings, config_dir: Path, around: Surroundings) -> Journeys:
    """Join rules, forms and regions of `config_dir` into the journeys.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake.
    """
    rulebook = Rulebook.load(config_dir)
    inspectors = Inspectors(rulebook, config_dir, site.inspectors)
    forms = load_forms(config_dir / "scoring", gate.optional_lines)
    check_gate_file(gate, config_dir / "gate.toml", forms, site.hospital.institution_id)
    receivers = site.hl7_receivers()
    announce = Announce(destinations=receivers)
    reader = NameReader.load(config_dir)
    labels = StampLabel(
        regions=Regions.load(config_dir),
        institution=site.hospital.institution(),
        around=around,
        announce=announce,
        evidence=ImageEvidence(
            checks=ImageChecks.load(config_dir),
            reader=reader,
            packs=DiseasePacks.load(config_dir),
        ),
    )
    alerts = build_alerts(site, rulebook, config_dir, around, announce)
    earning, here = (
        load_earning(config_dir, [*VALIDATORS.names(), *CHECKS.names()]),
        site.hospital.institution_id,
    )
    declared = declared_in(config_dir / "analysers.toml")
    analysers = AskAnalysers(members=asked(declared), earning=earning, site=here)
    receive_report = ReceiveReport(
        rulebook=rulebook,
        alerts=alerts.raising,
        labels=labels,
        around=around,
        earning=earning,
        site=here,
        analysers=analysers,
        beside=inspectors,
    )
    review_labels = ReviewLabels(labels=labels, around=around)
    policy = GatePolicy(
        hold_time=timedelta(minutes=gate.hold_minutes),
        fix_rules=frozenset(gate.fix_rules),
        forms=gate.forms,
    )
    rights, staff = Rights.read(config_dir, (form.form_id for form in forms)), StaffPolicy.read(config_dir)
    tell = TellPeople(around=around)
    making = MakeReading(forms=forms, rights=rights, around=around, tell=tell)
    hand_over = HandOver(making=making)
    decide_sign = DecideSign(
        policy=policy,
        receive_report=receive_report,
        around=around,
        held=HeldGates(around=around, announce=announce),
        staff=staff,
        hand_over=hand_over,
        facts=SignFacts(institution=here, systems=gate.systems, outcome_words=gate.outcome_words),
    )
    pass_on = PassOn(
        receive_report=receive_report,
        decide_sign=decide_sign,
        announce=announce,
        senders=frozenset(site.gateway.senders),
    )
    documents = build_documents(site, forms, around)
    twice = ReadTwice(making=making)
    readings = FileReading(forms=forms, twice=twice, around=around)
    corrections = Correct(around=around, tell=tell, time=timedelta(days=staff.correction_days))
    opening = OpenForms(forms=forms, receive_report=receive_report, readings=readings, around=around)
    settling = SettleScore(
        documents=documents,
        corrections=corrections,
        announce=announce,
        undo_time=timedelta(seconds=gate.undo_seconds),
    )
    submit_score = SubmitScore(
        forms=forms,
        opening=opening,
        settling=settling,
        labels=labels,
        around=around,
        announce=announce,
    )
    teaching = Teach(forms=forms, rights=rights, around=around, tell=tell)
    return Journeys(
        rulebook=rulebook,
        inspectors=inspectors,
        forms=forms,
        receive_report=receive_report,
        decide_sign=decide_sign,
        submit_score=submit_score,
        put_off=PutOff(held=decide_sign.held, opening=opening, per_shift=gate.later_per_shift),
        judge=JudgeIssue(around=around, tell=tell, site=here, earning=earning),
        house=KeepHouse(around=around, ages=Ages(messages=timedelta(days=site.hl7.keep_days) or None)),
        prune=PruneMessages(around=around),
        attachments=KeepAttachments(
            numbered=receive_report.numbered,
            clock=around.clock,
            most_bytes=site.hl7.max_attachment_bytes,
        ),
        reminders=RemindDue(tell=tell, teaching=teaching, hand_over=hand_over, around=around),
        analysers=analysers,
        declared_analysers=declared,
        alerts=alerts.desk,
        raise_alert=alerts.raising,
        alerting=alerts,
        labels=labels,
        review_labels=review_labels,
        recognition=KeepRecognition(regions=labels.regions, review=review_labels, around=around),
        names=CheckNames(
            rules=NamingRules(reader, CodeTable.load(config_dir, reader)),
            around=around,
        ),
        data=MeasureData(rules=DataQualityRules.read(config_dir), around=around),
        priors=build_priors(site, labels.regions, around),
        prior_answers=AnswerPrior(
            regions=labels.regions, around=around, prices=Prices.read(config_dir), announce=announce
        ),
        documents=documents,
        commitment=NoteCommitment(around=around),
        availability=NoteAvailability(around=around),
        modes=Modes(
            forms=forms,
            policies=ProposePolicy(
                change=ChangePolicy(forms=forms, around=around, two_person=gate.two_person, institution=here)
            ),
            rights=rights,
            assign=AssignReview(making=making),
            twice=twice,
            blind=KeepBlind(rights=rights, clock=around.clock),
            corrections=corrections,
            department=FillDepartmentSheet(forms=forms, rights=rights, around=around),
            peers=GivePeerFeedback(forms=forms, rights=rights, around=around, tell=tell),
            teaching=teaching,
            staff=KeepStaff(around=around),
            settle_round=lambda uow, round_id: readings.settle(uow, round_id, settling.tell),
        ),
        pass_on=pass_on if receivers["report"] else None,
    )
