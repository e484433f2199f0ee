"""Packs speak of their disease alone, and name what is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.image import ImageFacts
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Exam, Report
from plugin.rules.disease_packs import DiseasePacks

CONFIG = Path(__file__).resolve().parents[3] / "config"
HANDS = Report(
    exam=Exam(modality="DX", exam_item="双手正位"),
    findings="双手骨骺及干骺端未见异常，骨端形态规整，腕骨间隙正常。",
)
ASKED = ImagingOrder(clinical_diagnosis="大骨节病？")


@pytest.fixture(scope="module")
def packs() -> DiseasePacks:
    return DiseasePacks.load(CONFIG)


def messages(
    packs: DiseasePacks, report: Report, order: ImagingOrder | None = ASKED, *images: ImageFacts
) -> list[str]:
    return [issue.message for issue in packs.inspect(report, order, images)]


def test_a_sound_examination_and_one_for_something_else(packs: DiseasePacks) -> None:
    assert messages(packs, HANDS) == []
    assert messages(packs, replace(HANDS, findings="x"), ImagingOrder(clinical_diagnosis="外伤")) == []


def test_words_that_the_findings_lack(packs: DiseasePacks) -> None:
    (message,) = messages(packs, replace(HANDS, findings="双手干骺端未见异常，骨骺规整，骨端平整。"))
    assert message == "大骨节病：影像描述未提及 腕骨"


def test_an_examination_that_is_not_meant_for_it(packs: DiseasePacks) -> None:
    (message,) = messages(packs, replace(HANDS, exam=replace(HANDS.exam, exam_item="胸部正位")))
    assert "不在本病规范的检查中" in message


def test_slices_that_are_too_thick(packs: DiseasePacks) -> None:
    liver = Report(
        exam=Exam(modality="CT", exam_item="上腹部CT平扫"),
        findings="肝右叶见一囊性灶，大小约50mm，单发。",
        impression="肝包虫病。",
    )
    thin = ImageFacts(sop_instance_uid="1", series_instance_uid="2", slice_thickness_mm=5.0)
    assert messages(packs, liver, None, thin) == []
    (message,) = messages(packs, liver, None, replace(thin, slice_thickness_mm=10.0))
    assert "最薄层厚 10 mm" in message


def test_a_site_adds_its_own(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "exam_items.toml", tmp_path)
    folder = tmp_path / "disease_packs"
    folder.mkdir()
    text = 'pack_id = "silicosis"\nname = "尘肺"\nclause = "院内"\nsuspects = ["尘肺"]\n[[examinations]]\nviews = ["正"]\n'
    (folder / "silicosis.toml").write_text(text, "utf-8")
    own = DiseasePacks.load(tmp_path)
    side = Report(exam=Exam(modality="DX", exam_item="胸部侧位"), impression="尘肺待排。")
    assert messages(own, side, None) == ["尘肺：缺少体位 正"]
    (folder / "again.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="another file"):
        DiseasePacks.load(tmp_path)


def test_no_folder_no_packs(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "exam_items.toml", tmp_path)
    assert DiseasePacks.load(tmp_path).packs == ()
