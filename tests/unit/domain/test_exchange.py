"""Absent, empty and placeholder are three things; a wrong type is named by its JSON pointer."""

from __future__ import annotations

import pytest

from plugin.domain.critical import CriticalFinding, CriticalState, Tier
from plugin.domain.errors import InvalidInput
from plugin.domain.exchange import case_from_json, critical_to_json, issue_to_json, unread
from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.domain.order import PatientClass
from plugin.domain.report import ReportStatus


def test_absent_key_is_not_delivered_but_null_is():
    case = case_from_json({"patient": {"name": None, "age": 72}, "findings": ""})

    assert case.report.delivered == {"patient.name", "patient.age", "findings"}
    assert case.report.patient.name == ""
    assert case.report.patient.age == "72"
    assert case.priors is None
    assert case.order is None


def test_placeholder_is_kept_for_the_rules_to_judge():
    assert case_from_json({"report": {"verifier": "XXX"}}).report.verifier == "XXX"


@pytest.mark.parametrize(("sent", "ours"), [("男", "M"), ("女性", "F"), ("m", "M"), ("U", "U"), ("XX", "XX")])
def test_sex_is_read_in_every_spelling(sent, ours):
    assert case_from_json({"patient": {"sex": sent}}).report.patient.sex == ours


def test_order_and_priors_are_read():
    case = case_from_json(
        {
            "order": {"patient": {"name": "张三"}, "exam_item": "胸部CT平扫", "patient_class": "inpatient"},
            "priors": [{"performed_at": "2024-05-01", "modality": "CT", "unknown": 1}],
        }
    )

    assert case.order is not None
    assert case.order.patient_class is PatientClass.INPATIENT
    assert case.order_delivered == {"patient.name", "exam_item", "patient_class"}
    assert case.priors is not None
    assert case.priors[0].performed_at == "2024-05-01"


@pytest.mark.parametrize(("sent", "ours"), [("住院", "inpatient"), ("E", "emergency"), (None, "unknown")])
def test_patient_class_is_read_in_the_spellings_of_pv1_2(sent, ours):
    order = case_from_json({"order": {"patient_class": sent}}).order

    assert order is not None
    assert order.patient_class == ours


def test_status_words():
    assert case_from_json({"report": {"status": "corrected"}}).report.status is ReportStatus.CORRECTED
    assert case_from_json({}).report.status is ReportStatus.FINAL


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([], ""),
        ({"patient": "张三"}, "/patient"),
        ({"findings": ["a"]}, "/findings"),
        ({"exam": {"technique": True}}, "/exam/technique"),
        ({"report": {"status": "done?"}}, "/report/status"),
        ({"report": {"abnormal_flags": "A"}}, "/report/abnormal_flags"),
        ({"order": {"patient": {"sex": {}}}}, "/order/patient/sex"),
        ({"order": {"patient_class": "vip"}}, "/order/patient_class"),
        ({"order": 3}, "/order"),
        ({"priors": [1]}, "/priors/0"),
        ({"priors": [{"modality": []}]}, "/priors/0/modality"),
    ],
)
def test_a_wrong_type_is_named_by_its_pointer(data, where):
    with pytest.raises(InvalidInput) as caught:
        case_from_json(data)
    assert caught.value.where == where


def test_keys_that_nobody_reads_are_named_by_their_pointers():
    data = {
        "id": 1,
        "finding": "左肾结石。",
        "impression": "左肾结石。",
        "patient": {"name": "张三", "gender": "M"},
        "order": {"patient": {"名/姓": "张三"}, "exam_item": "CT"},
        "priors": [{"modality": "CT"}, {"date": "2024-05-01"}],
    }

    assert unread(data) == ["/finding", "/patient/gender", "/order/patient/名~1姓", "/priors/1/date"]
    assert unread({"patient": None, "order": 3, "priors": [1], "findings": ""}) == []


def test_issues_and_critical_findings_are_written_as_interfaces_say():
    span = Span(section=Section.FINDINGS, start=0, end=2, text="右侧")
    issue = Issue(
        rule="laterality", severity=Severity.ERROR, section=Section.IMPRESSION, start=2, end=4, text="左侧",
        message="方位不一致", clause="T/CSBME 4.2.5 b", related=(span,),
    )  # fmt: skip
    finding = CriticalFinding(
        code="ICH", name="脑出血", tier=Tier.RED, state=CriticalState.NEW, section=Section.FINDINGS,
        start=0, end=3, text="脑出血",
    )  # fmt: skip

    assert issue_to_json(issue)["related"] == [{"section": "findings", "start": 0, "end": 2, "text": "右侧"}]
    assert issue_to_json(issue)["severity"] == "error"
    assert critical_to_json(finding)["state"] == "new"
