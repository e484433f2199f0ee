"""Reading ahead: the inspection finds the texts read, and comes to the same."""

from __future__ import annotations

from pathlib import Path

from plugin.domain.case import Case
from plugin.domain.report import Exam, Report
from plugin.rules.claims import claims_of
from plugin.rules.rulebook import Rulebook
from plugin.text.reader import ReadText, read

CONFIG = Path(__file__).resolve().parents[3] / "config"
REPORT = Report(
    exam=Exam(accession_number="A1", modality="CT", exam_item="头颅CT平扫"),
    findings="左侧基底节区见团片状高密度影，CT值约65HU，大小约32mm×25mm，周围见低密度水肿带。中线结构右移约6mm。",
    impression="右侧基底节区脑出血。",
)


def test_what_was_read_ahead_is_not_read_again() -> None:
    rulebook = Rulebook.load(CONFIG)
    rulebook.prepare(REPORT)
    text = read(REPORT.findings, rulebook.lexicon)
    asked: list[ReadText] = []

    def unread(text: ReadText) -> object:
        asked.append(text)
        return ()

    assert text.derived(claims_of)
    assert "anatomy" in vars(text)
    assert text.derived(unread) == ()
    assert asked == [text]


def test_reading_ahead_changes_no_answer() -> None:
    ahead, fresh = Rulebook.load(CONFIG), Rulebook.load(CONFIG)
    ahead.prepare(REPORT)
    ahead.prepare(REPORT)
    inspection = ahead.inspect(Case(report=REPORT))
    assert inspection == fresh.inspect(Case(report=REPORT))
    assert {issue.rule for issue in inspection.issues} >= {"laterality"}
    assert inspection.critical
