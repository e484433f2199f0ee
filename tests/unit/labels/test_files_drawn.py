"""Folders drawn on: series by series, alone or shared out, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from labels_images import as_file
from pydicom.dataset import Dataset

from plugin.labels.context import Stamping
from plugin.labels.files import stamp_institutions
from plugin.labels.files_drawn import stamp_drawn
from plugin.labels.folders import sources
from plugin.labels.institution import InstitutionOptions
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS

CHUANYU = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT)
MARK = Mark(text="BJHR", placement=Placement.AFTER_INSTITUTION, institution="测试医院")
Image = Callable[..., Dataset]


def test_one_presentation_state_for_the_series(folder: Path, tmp_path: Path, stamping: Stamping) -> None:
    out = tmp_path / "out"
    outcomes = list(
        stamp_drawn(
            sources([folder], out), out, CHUANYU, WRITERS.build("gsps", {}), stamping, one_by_one=False
        )
    )
    (state,) = [pydicom.dcmread(path) for path in out.iterdir()]
    assert state.Modality == "PR"
    assert len(state.ReferencedSeriesSequence[0].ReferencedImageSequence) == 2
    assert sum(outcome.written is not None for outcome in outcomes) == 2
    assert len(outcomes) == 5


def test_a_private_sop_class_is_stamped_in_its_header_only(
    tmp_path: Path, image: Image, stamping: Stamping
) -> None:
    ds = image(SOPClassUID="1.2.276.0.9999.1")
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    (tmp_path / "in").mkdir()
    (tmp_path / "in/private.dcm").write_bytes(as_file(ds))
    files, out = sources([tmp_path / "in"], tmp_path / "out"), tmp_path / "out"
    (drawn,) = stamp_drawn(files, out, CHUANYU, WRITERS.build("burned-in", {}), stamping, one_by_one=True)
    assert "private SOP class" in drawn.refused
    done = stamp_institutions(files, out, CHUANYU, InstitutionOptions())
    assert [each.written is not None for each in done] == [True]


def test_a_series_is_drawn_on_as_a_whole_or_not_at_all(
    folder: Path, tmp_path: Path, image: Image, stamping: Stamping
) -> None:
    small = image(Rows=8, Columns=8, PixelData=bytes(128), SOPInstanceUID="1.2.3.10")
    (folder / "study" / "3.dcm").write_bytes(as_file(small))
    out = tmp_path / "out"
    writer = WRITERS.build("burned-in", {})
    outcomes = list(stamp_drawn(sources([folder], out), out, CHUANYU, writer, stamping, one_by_one=True))
    assert not [outcome for outcome in outcomes if outcome.written]
    assert sum("too few" in outcome.refused for outcome in outcomes) == 3
    assert not list(out.rglob("*.dcm"))


def test_a_large_series_is_shared_out_and_is_the_same(
    folder: Path, tmp_path: Path, image: Image, stamping: Stamping, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large"
    large.mkdir()
    for number in range(12):
        image(SOPInstanceUID=f"1.2.3.{number}", InstanceNumber=number).save_as(
            large / f"{number}.dcm", enforce_file_format=True
        )
    written = []
    for name, least in (("alone", 99), ("shared", 4)):
        monkeypatch.setattr("plugin.labels.hands.SHARED_FROM", least)
        out = tmp_path / name
        done = list(
            stamp_drawn(
                sources([large], out), out, MARK, WRITERS.build("burned-in", {}), stamping, one_by_one=True
            )
        )
        assert [each.refused for each in done] == [""] * 12
        written.append([each.written.read_bytes() for each in done if each.written])
    assert written[0] == written[1]
    (large / "5.dcm").write_bytes((large / "5.dcm").read_bytes()[:-1000])
    out = tmp_path / "broken"
    done = list(
        stamp_drawn(
            sources([large], out), out, MARK, WRITERS.build("burned-in", {}), stamping, one_by_one=True
        )
    )
    assert sum(bool(each.refused) for each in done) == 1
