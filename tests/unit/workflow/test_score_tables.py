"""Figures of the standard as tables that leave the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from plugin.domain.gate import Signer
from plugin.domain.listing import ScoredRow
from plugin.domain.scoring import FormAnswers, ScoringMode
from plugin.workflow import score_tables
from plugin.workflow.fill_sheets import Filled, fill_sheets
from tests.unit.workflow.conftest import SOUND, World


def scored(world: World, answers: FormAnswers) -> ScoredRow:
    filled = Filled(
        accession_number="A1",
        scorer=Signer(id="D9", name="质控人"),
        answers={"report": answers},
        mode=ScoringMode.COLLECTIVE,
    )
    around = world.journeys.labels.around
    (sheet,) = world.store.read(lambda uow: fill_sheets(uow, world.journeys.forms, around, filled))
    return ScoredRow(sheet=sheet, modality="CT", exam_item="胸部CT平扫", missing_field=False)


def test_the_figures_are_laid_out_as_printed(world: World) -> None:
    world.report(SOUND)
    lost = FormAnswers(unmet=frozenset({"RPT-C2"}), reasons={"RPT-C2": "缺大小"})
    rows = [scored(world, FormAnswers()), scored(world, lost)]
    scores = score_tables.scores_table(rows)
    assert scores.columns[:3] == ["姓名", "CT 5分", "CT 4分"]
    assert scores.rows == [["测试医师甲", 1, 1, 0, 0, 0], ["合计", 1, 1, 0, 0, 0]]
    (line,) = score_tables.deductions_table(rows).rows
    assert (line[0], line[2], line[3], line[4], line[7]) == ("CT", "测试医师甲", "质控人", "4分", "缺大小")
    assert score_tables.items_table(rows).rows[0][:2] == ["不符合项", 1]
    assert score_tables.quality_table(rows).rows == [["测试医师甲", 2, 50.0, 50.0, 0.0, 0.0]]
    assert score_tables.rates_table(rows).rows == [[2, 100.0, 0.0, 50.0]]


def test_work_is_counted_by_the_reports_that_stand(world: World) -> None:
    for number, technician, modality in ((1, "技师甲", "CT"), (2, "技师甲", "MR"), (3, "技师乙", "CT")):
        exam = replace(SOUND.exam, accession_number=f"A{number}", technician=technician, modality=modality)
        world.report(replace(SOUND, exam=exam))
    now = world.clock()
    technicians, doctors = world.store.read(
        lambda uow: score_tables.workload(uow, now - timedelta(days=1), now + timedelta(days=1))
    )
    table = score_tables.workload_table(technicians, "技师工作量统计")
    assert table.columns == ["姓名", "合计", "CT", "MR"]
    assert table.rows == [["技师甲", 2, 1, 1], ["技师乙", 1, 1, 0], ["合计", 3, 2, 1]]
    assert len(doctors) == 3
    earlier = world.store.read(
        lambda uow: score_tables.workload(uow, now - timedelta(days=2), now - timedelta(days=1))
    )
    assert earlier == ([], [])
