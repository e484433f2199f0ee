"""``signgate recognition`` over a real data folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin.commands.recognition import command
from plugin.domain.errors import InvalidInput
from plugin.domain.patient import Patient
from plugin.domain.recognition import Label, LabelDecision
from plugin.domain.report import Exam, Report
from plugin.store.store import SqlStore
from plugin.workflow.ports.unit_of_work import UnitOfWork
from tests.conftest import ROOT
from tests.stores import temporary_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TABLE = (
    "编号,区域,机构,项目,设备,结论,有效期自,有效期至\n"
    "E1,chuanyu,H1,94,,合格,2026-01-01,2026-12-31\n"
    "E2,chuanyu,H1,胸部 CT 平扫,CT-2,不合格,2026年1月1日,2026年12月31日\n"
)

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    site = folder / "site.toml"
    text = site.read_text("utf-8").replace('institution_id = "LOCAL"', 'institution_id = "H1"')
    site.write_text(text.replace("regions = []", 'regions = ["chuanyu"]'), "utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(config: Path, data: Path) -> Run:
    data.mkdir()

    with temporary_store(data) as store:
        # Made beforehand, and its audit trail begun: what the store logs is no part of an answer.
        store.write(lambda uow: uow.audit.append(NOW, "test", "begun", "", {}))

    def act(*arguments: str) -> Result:
        places = ["--config", str(config), "--data", str(data)]
        return CliRunner().invoke(command, [*arguments, *places])

    return act


def write(data: Path, work: Callable[[UnitOfWork], object]) -> None:
    with temporary_store(data) as store:
        store.write(work)


def read(data: Path, query: Callable[[SqlStore], object]) -> object:
    with temporary_store(data) as store:
        return query(store)


def with_exams(uow: UnitOfWork) -> None:
    for number, item in enumerate(("胸部CT平扫", "胸部CT平扫", "胸部CT体检套餐")):
        exam = Exam(accession_number=f"A{number}", modality="CT", exam_item=item)
        uow.reports.save(
            Report(patient=Patient(patient_id="P1"), exam=exam), (), source="oru", at=NOW, rulebook="1"
        )


def test_a_table_is_taken_over_with_its_history(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(TABLE.encode("gb18030"))
    assert "2 added, 0 changed, 0 known already" in run("evaluations", str(file), "--author", "admin").output
    file.write_text(TABLE.replace("不合格", "合格"), "utf-8")
    assert "0 added, 1 changed, 1 known already" in run("evaluations", str(file), "--author", "admin").output
    kept = read(data, lambda store: store.read(lambda uow: list(uow.labels.evaluations("H1"))))
    assert {each.evaluation_id: each.passed for each in kept} == {"E1": True, "E2": True}
    from plugin.domain.listing import Page
    from plugin.store.jobs import SqlJobStore
    from plugin.store.reading import SqlReading

    def trail(store: SqlStore) -> list[tuple[str, str]]:
        rows = SqlReading(store, SqlJobStore(store, lambda: NOW)).audit(Page()).rows
        return [(row.subject, row.detail.get("from", "")) for row in rows if row.action == "evaluation.kept"]

    newest, *before = read(data, trail)
    assert newest[0] == "E2"
    assert "failed" in newest[1]
    assert len(before) == 2


def test_a_wrong_table_changes_nothing(run: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(TABLE.replace("不合格", "也许"), "utf-8")
    result = run("evaluations", str(file), "--author", "admin")
    assert isinstance(result.exception, InvalidInput)
    assert "line 3" in str(result.exception)
    assert read(data, lambda store: store.read(lambda uow: list(uow.labels.evaluations("H1")))) == []


def test_coverage_and_answers(run: Run, data: Path) -> None:
    write(data, with_exams)
    assert run("coverage", "--region", "chuanyu").output.startswith("2 of 3 examinations mapped (66.7%)")
    asked = run("map", "--region", "chuanyu").output
    assert "胸部CT体检套餐 (CT, 1)" in asked
    assert "94  胸部 CT 平扫" in asked
    run("map", "胸部CT体检套餐", "94", "--region", "chuanyu", "--author", "admin")
    assert run("coverage", "--region", "chuanyu").output.startswith("3 of 3 examinations mapped (100.0%)")
    assert run("map", "--region", "chuanyu").output == ""


def test_an_answer_that_is_no_item(run: Run) -> None:
    result = run("map", "套餐", "999", "--region", "chuanyu", "--author", "admin")
    assert "999 is not in the list" in str(result.exception)


def test_coverage_of_a_table(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("名称,类别,数量\n胸部CT平扫,CT,9\n胸椎间盘CT,CT,1\n", "utf-8")
    output = run("coverage", str(file), "--region", "chuanyu").output
    assert "9 of 10 examinations mapped (90.0%)" in output
    assert "胸椎间盘CT" in output


def test_a_code_is_printed_for_a_corner_and_checked_without_the_database(run: Run, data: Path) -> None:
    decision = LabelDecision(region_id="chuanyu", mark="川渝 HR", eligible=True)
    label = Label(
        label_id="L1", accession_number="A1", study_instance_uid="", decision=decision, decided_at=NOW
    )
    write(data, lambda uow: uow.labels.add(label))
    name, code = run("corner", "A1").output.splitlines()
    assert name == "测试医院 川渝 HR"
    for file in data.glob("signgate.sqlite*"):
        file.unlink()
    assert "valid: 测试医院 gave examination A1 the mark 川渝 HR on 2026-06-01" in run("verify", code).output
    forged = run("verify", code.replace("A1/", "A2/"))
    assert (forged.exit_code, forged.output.startswith("not valid")) == (1, True)


def test_an_examination_without_label_has_no_corner(run: Run) -> None:
    assert "bears no label" in str(run("corner", "A9").exception)


def test_a_table_of_codes_is_checked_line_by_line(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("代码,名称\nC1,胸部CT平扫\nC1,头部CT平扫\n", "utf-8")
    done = CliRunner().invoke(command, ["codes", str(table)])
    assert done.exit_code == 1
    assert f"{table}:3: 代码“C1”与第2行重复" in done.output
    table.write_text("代码,名称\nC1,胸部CT平扫\n", "gb18030")
    done = CliRunner().invoke(command, ["codes", str(table)])
    assert (done.exit_code, "1 codes, sound" in done.output) == (0, True)
