"""Every labelled case of tests/cases/critical: what pages, what must not, what asks."""

import tomllib
from pathlib import Path

import pytest

from plugin.domain.case import Case
from plugin.domain.report import Exam, Report
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.detector import Detector
from plugin.text.lexicon import Lexicon

ROOT = Path(__file__).resolve().parents[4]
CASES = [
    (f"{file.stem}-{number}", case)
    for file in sorted((ROOT / "tests/cases/critical").glob("*.toml"))
    for number, case in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["case"], 1)
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(ROOT / "config/rules/lexicon")


@pytest.fixture(scope="module")
def detector(lexicon: Lexicon) -> Detector:
    return Detector.load(ROOT / "config", lexicon)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_case(case: dict, detector: Detector, lexicon: Lexicon) -> None:
    report = Report(
        findings=case.get("findings", ""),
        impression=case.get("impression", ""),
        exam=Exam(modality=case["modality"]),
    )
    found = detector.detect(CaseReading(Case(report=report), lexicon))
    states = {finding.code: str(finding.state) for finding in found}
    wanted = case["states"]
    assert {code for code, state in states.items() if state == "new"} == {
        code for code, state in wanted.items() if state == "new"
    }
    assert {code: states.get(code) for code in wanted} == wanted
    for finding in found:
        text = report.findings if finding.section == "findings" else report.impression
        assert text[finding.start : finding.end] == finding.text != ""


def test_every_code_has_cases(detector: Detector) -> None:
    alerting = {code for _, case in CASES for code, state in case["states"].items() if state == "new"}
    assert alerting == set(detector.catalogue)
    assert {case["kind"] for _, case in CASES} == {"alert", "quiet", "ask"}
