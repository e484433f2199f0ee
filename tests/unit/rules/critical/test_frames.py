"""Each finding in each turn of speech: affirmed, doubted, denied, old, changed."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.domain.case import Case
from plugin.domain.report import Report
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.detector import Detector
from plugin.text.lexicon import Lexicon

ROOT = Path(__file__).resolve().parents[4]
DATA = tomllib.loads((ROOT / "tests/cases/critical_frames/frames.toml").read_text(encoding="utf-8"))
PHRASES = [(code, phrase) for code, phrases in DATA["phrases"].items() for phrase in phrases]


def _frames() -> Iterator[tuple[str, str, str]]:
    for kind in ("pages", "asks", "silent", "quiet"):
        for frame in DATA[kind]["frames"]:
            yield kind, "", frame + "。"
    for pair in DATA["pair"]:
        yield pair["kind"], pair["findings"], pair["impression"]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(ROOT / "config/rules/lexicon")


@pytest.fixture(scope="module")
def detector(lexicon: Lexicon) -> Detector:
    return Detector.load(ROOT / "config", lexicon)


@pytest.mark.parametrize(("kind", "findings", "impression"), list(_frames()))
def test_frame(kind: str, findings: str, impression: str, detector: Detector, lexicon: Lexicon) -> None:
    wrong = []
    for code, phrase in PHRASES:
        report = Report(findings=findings.replace("{}", phrase), impression=impression.replace("{}", phrase))
        found = detector.detect(CaseReading(Case(report=report), lexicon))
        states = {finding.code: str(finding.state) for finding in found}
        new = {code for code, state in states.items() if state == "new"}
        right = {
            "pages": bool(new & {code, "INFARCT_PROGRESS"}),
            "asks": not new and "uncertain" in states.values(),
            "silent": not states,
            "quiet": not new,
        }
        if not right[kind]:
            wrong.append((phrase, states))
    assert not wrong
