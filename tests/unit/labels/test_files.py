"""Folders of files: stamped or refused one by one, originals intact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from click.testing import CliRunner
from labels_images import as_file
from pydicom.dataset import Dataset

from plugin.commands.label import command
from plugin.domain.errors import InvalidInput
from plugin.labels.files import Outcome, stamp_institutions
from plugin.labels.folders import sources
from plugin.labels.institution import InstitutionOptions
from plugin.labels.text import Mark, Placement

CHUANYU = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT)
Image = Callable[..., Dataset]
MARK = Mark(text="BJHR", placement=Placement.AFTER_INSTITUTION, institution="测试医院")


def stamped(folder: Path, out: Path, mark: Mark = CHUANYU) -> dict[str, Outcome]:
    outcomes = stamp_institutions(sources([folder], out), out, mark, InstitutionOptions())
    return {outcome.source.name: outcome for outcome in outcomes}


def test_each_file_is_stamped_or_named_with_the_reason(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    outcomes = stamped(folder, tmp_path / "out")
    assert {name for name, outcome in outcomes.items() if outcome.written} == {"1.dcm", "2.dcm"}
    assert "the same object as" in outcomes["again.dcm"].refused
    assert "truncated" in outcomes["cut.dcm"].refused
    assert "not a DICOM file" in outcomes["notes.txt"].refused
    assert pydicom.dcmread(tmp_path / "out/study/1.dcm").InstitutionName == "测试医院 川渝 HR"
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in (tmp_path / "out/study").iterdir()) == ["1.dcm", "2.dcm"]


def test_another_object_of_the_same_uid_is_refused(folder: Path, tmp_path: Path, image: Image) -> None:
    (folder / "study" / "again.dcm").write_bytes(
        as_file(image(SOPInstanceUID=pydicom.dcmread(folder / "study/1.dcm").SOPInstanceUID, PatientID="P2"))
    )
    assert "another object" in stamped(folder, tmp_path / "out")["again.dcm"].refused


def test_a_study_of_two_hospitals_is_refused_as_a_whole(folder: Path, tmp_path: Path, image: Image) -> None:
    (folder / "study" / "3.dcm").write_bytes(as_file(image(InstitutionName="第二医院")))
    outcomes = stamped(folder, tmp_path / "out")
    assert not [outcome for outcome in outcomes.values() if outcome.written]
    assert "give --institution" in outcomes["1.dcm"].refused
    assert not list((tmp_path / "out").rglob("*.dcm"))
    mine = Mark(text="川渝 HR", institution="测试医院")
    outcomes = stamped(folder, tmp_path / "out2", mine)
    assert {name for name, outcome in outcomes.items() if outcome.written} == {"1.dcm", "2.dcm"}
    assert "another hospital" in outcomes["3.dcm"].refused


def test_an_output_folder_inside_the_input_is_not_read_again(folder: Path) -> None:
    out = folder / "stamped"
    assert stamped(folder, out)["1.dcm"].written
    assert all("stamped" not in source.path.parts for source in sources([folder], out))


@pytest.mark.parametrize("way", ["institution", "gsps", "overlay", "burned-in"])
def test_the_command_in_each_way(folder: Path, tmp_path: Path, way: str) -> None:
    arguments = [str(folder / "study/1.dcm"), str(folder / "study/2.dcm")]
    options = ["--region", "chuanyu", "--as", way, "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(command, [*arguments, *options])
    assert run.exit_code == 0, run.output
    assert "2 stamped, 0 refused" in run.output
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == (1 if way == "gsps" else 2)


def test_the_command_names_what_it_refused_and_fails(folder: Path, tmp_path: Path) -> None:
    options = ["--region", "chuanyu", "--as", "institution", "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(command, [str(folder), *options])
    assert run.exit_code == 1
    assert "cut.dcm: element (7FE0,0010)" in run.output
    assert "2 stamped, 3 refused" in run.output


def test_the_command_knows_regions_by_name(folder: Path, tmp_path: Path) -> None:
    options = ["--region", "mars", "--as", "gsps", "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(command, [str(folder), *options])
    assert isinstance(run.exception, InvalidInput)
    assert "mars" in str(run.exception)
    assert not (tmp_path / "out").exists()
