"""Images are complete, the same each time, and clean to a validator that knows nothing of us."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import numpy as np
import pytest
from conftest import need_tool

from plugin.demo.cases import read_cases
from plugin.demo.images import build_series, study_uid
from plugin.demo.phantoms import PHANTOMS, planes

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
CASES = {case.accession_number: case for case in read_cases(NOW)}
EACH_KIND = ["CT26060001", "MR26060011", "DR26060007", "CT26060012", "MR26060013"]
"""Drawn CT, drawn sagittal MR, drawn DR, real CT, real MR."""


@pytest.mark.parametrize("accession", EACH_KIND)
def test_dciodvfy_finds_no_error(accession, tmp_path):
    tool = need_tool("dciodvfy")
    ds = build_series(CASES[accession], "seed", "示范市人民医院")[0]
    file = tmp_path / "image.dcm"
    ds.save_as(file, enforce_file_format=True)

    shown = subprocess.run([tool, file], capture_output=True, text=True, check=False)

    assert "Error" not in shown.stderr + shown.stdout
    assert shown.returncode == 0


def test_the_same_folder_gets_the_same_objects_and_another_gets_others():
    case = CASES["DR26060006"]
    first, again = (build_series(case, "seed", "甲医院") for _ in range(2))
    other = build_series(case, "another", "甲医院")

    assert [ds.SOPInstanceUID for ds in first] == [ds.SOPInstanceUID for ds in again]
    assert [ds.PixelData for ds in first] == [ds.PixelData for ds in again]
    assert not {ds.SOPInstanceUID for ds in first} & {ds.SOPInstanceUID for ds in other}
    assert {ds.StudyInstanceUID for ds in first} == {study_uid("seed", case.accession_number)}


def test_sections_lie_one_above_another():
    series = build_series(CASES["MR26060002"], "seed", "甲医院")
    heights = [float(ds.ImagePositionPatient[2]) for ds in series]

    assert len(series) == 12
    assert np.allclose(np.diff(heights), float(series[0].SliceThickness))
    assert [int(ds.InstanceNumber) for ds in series] == list(range(1, 13))


def test_the_patient_is_the_invented_one_in_hanzi():
    ds = build_series(CASES["CT26060012"], "seed", "甲医院")[0]

    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.PatientName.ideographic == "测^试患者辛"
    assert ds.PatientID == "P260012"
    assert "CompressedSamples" not in str(ds)


@pytest.mark.parametrize("name", sorted(PHANTOMS))
def test_a_phantom_is_no_empty_picture(name):
    picture = planes(name, "", 3 if not PHANTOMS[name].views else 2, seed=1)[1]
    low, high = PHANTOMS[name].window[0] - PHANTOMS[name].window[1] / 2, sum(PHANTOMS[name].window)
    inside = (picture > low) & (picture < high)

    assert picture.dtype == np.int16
    assert picture.shape == (PHANTOMS[name].rows, PHANTOMS[name].columns)
    assert 0.1 < inside.mean() <= 1
    assert picture.std() > 20


def test_the_bleed_is_dense_and_on_the_patients_right():
    sick = planes("head_ct", "bleed", 20, seed=3)[11].astype(int)
    sound = planes("head_ct", "", 20, seed=3)[11].astype(int)
    changed = np.argwhere(sick - sound > 18)

    # Columns run to the patient's left: his right is the first half.
    assert len(changed) > 100
    assert changed[:, 1].mean() < PHANTOMS["head_ct"].columns / 2
