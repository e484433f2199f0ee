"""The demo's texts hold what they promise: the named defects and criticals, and nothing else that is loud."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.demo.cases import DemoCase, read_cases
from plugin.demo.payload import report_json
from plugin.domain.exchange import case_from_json
from plugin.domain.issue import Severity
from plugin.rules.rulebook import Rulebook

CONFIG = Path(__file__).resolve().parents[3] / "config"
NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
CASES = read_cases(NOW)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(CONFIG)


def as_sent(case: DemoCase, *, corrected: bool):
    """The case as the RIS would put it into a sign event, with the order and the priors it sent before."""
    order = case.file.order
    data = report_json(
        case,
        case.text("findings", corrected=corrected),
        case.text("impression", corrected=corrected),
        status="final",
        reported_at=NOW,
        study_instance_uid="1.2.3",
    )
    data["order"] = order.model_dump(
        include={"exam_item", "modality", "clinical_diagnosis", "history", "purpose", "patient_class"}
    ) | {"patient": data["patient"]}
    data["priors"] = [
        {
            "performed_at": case.prior_performed_at(prior).strftime("%Y-%m-%d"),
            "modality": order.modality,
            "exam_item": prior.exam_item,
            "findings": prior.findings,
            "impression": prior.impression,
        }
        for prior in case.file.priors
    ]
    return case_from_json(data)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.accession_number)
def test_the_draft_holds_what_its_file_promises(case, rulebook):
    found = rulebook.inspect(as_sent(case, corrected=False))

    assert {i.rule for i in found.issues if i.severity is not Severity.INFO} == set(case.file.expect.rules)
    assert {f.code for f in found.critical if f.state == "new"} == set(case.file.expect.critical)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.file.report.corrected_impression or c.file.report.corrected_findings],
    ids=lambda case: case.accession_number,
)
def test_the_corrected_text_mends_it(case, rulebook):
    before = {i.rule for i in rulebook.inspect(as_sent(case, corrected=False)).issues}
    after = {
        i.rule
        for i in rulebook.inspect(as_sent(case, corrected=True)).issues
        if i.severity is not Severity.INFO
    }

    assert after < before
    # The sequences stand in a field of their own, which the editor does not offer.
    assert after <= {"sequence_format"}


def test_there_is_a_dozen_of_several_kinds_and_everybody_is_invented():
    assert len(CASES) >= 12
    assert {case.file.order.modality for case in CASES} == {"CT", "MR", "DR"}
    assert {case.file.charset for case in CASES} == {"UNICODE UTF-8", "GB 18030-2000"}
    assert len({case.accession_number for case in CASES}) == len(CASES)
    assert sum(not case.file.expect.rules for case in CASES) >= 4


def test_times_lie_before_the_start_in_their_order():
    for case in CASES:
        assert case.ordered_at < case.performed_at < NOW
        for prior in case.file.priors:
            assert case.prior_performed_at(prior) < case.ordered_at


def test_the_prior_date_stands_in_the_text():
    case = next(c for c in CASES if "{prior_date}" in c.file.report.findings)

    assert case.prior_performed_at(case.file.priors[0]).strftime("%Y-%m-%d") in case.text("findings")
    assert "{" not in case.text("findings") + case.text("impression")
