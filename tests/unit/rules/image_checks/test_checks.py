"""Checks of images: each finds its defect, and is silent on a sound study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.image import ImageFacts, PixelFigures
from plugin.rules.image_checks.checks import ImageChecks, data_quality
from plugin.rules.image_checks.study import StudyImages
from plugin.rules.recognition.names import NameReader

CONFIG = Path(__file__).resolve().parents[4] / "config"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def checks() -> ImageChecks:
    return ImageChecks.load(CONFIG)


def read(name: str):
    return NameReader.load(CONFIG).read(name)


def series(count: int = 20, step_mm: float = 1.0, series: int = 1, **facts: object) -> list[ImageFacts]:
    given = {
        "series_instance_uid": f"1.{series}",
        "series_number": series,
        "series_description": f"S{series}",
        "patient_id": "P1",
        "accession_number": "A1",
        "modality": "CT",
        "orientation": AXIAL,
        "slice_thickness_mm": 1.0,
        **facts,
    }
    return [
        ImageFacts(
            sop_instance_uid=f"1.{series}.{index}",
            instance_number=index + 1,
            position_mm=(0.0, 0.0, index * step_mm),
            **given,  # type: ignore[arg-type]  # a test's keywords
        )
        for index in range(count)
    ]


def film(**facts: object) -> ImageFacts:
    given = {"patient_id": "P1", "accession_number": "A1", "modality": "DX", "laterality": "L", **facts}
    return ImageFacts(sop_instance_uid="1", series_instance_uid="2", **given)  # type: ignore[arg-type]  # as above


def issues(checks: ImageChecks, images: list[ImageFacts], item: str = "") -> list[tuple[str, str]]:
    study = StudyImages(
        images=tuple(images),
        item=read(item) if item else None,
        exam_item=item,
        patient_id="P1",
        accession_number="A1",
    )
    return [(issue.rule, issue.message) for issue in checks.inspect(study)]


def test_a_sound_study_has_no_issue(checks: ImageChecks) -> None:
    two_phases = [replace(each, sop_instance_uid=f"{each.sop_instance_uid}.2") for each in series()]
    assert issues(checks, series(), "胸部CT平扫") == []
    assert issues(checks, [*series(), *two_phases], "胸部CT平扫") == []
    assert issues(checks, [film(), film()], "左膝关节正侧位") == []


@pytest.mark.parametrize(
    ("spoil", "rule", "words"),
    [
        (lambda s: s[:7] + s[8:], "slices", "缺少约1个"),
        (lambda s: s[:7] + s[10:], "slices", "缺少约3个"),
        (lambda s: [*s, replace(s[3], sop_instance_uid="9")], "slices", "1个层面重复"),
        (lambda s: [replace(s[0], instance_number=5), replace(s[4], instance_number=1), *s[1:4], *s[5:]], "slices", "顺序"),
        (lambda s: [*s[:-1], replace(s[-1], position_mm=(0.0, 0.0, 19.3))], "slices", "不均匀"),
        (lambda s: [replace(each, patient_id="P2") for each in s], "image_identity", "P2"),
        (lambda s: [replace(each, accession_number="A9") for each in s], "image_identity", "A9"),
        (lambda s: [replace(s[0], lossy=True), *s[1:]], "lossy_compression", "1幅"),
        (lambda s: [replace(each, slice_thickness_mm=5.0) for each in s], "slice_thickness", "5 mm"),
        (lambda s: [replace(s[0], absent=("PatientSex",)), *s[1:]], "required_marks", "性别"),
        (
            lambda s: [replace(s[0], pixels=PixelFigures(lowest=0, highest=0, share_darkest=1, share_brightest=0)), *s[1:]],
            "pixel_values",
            "没有内容",
        ),
        (
            lambda s: [
                replace(s[0], pixels=PixelFigures(lowest=0, highest=4095, share_darkest=0, share_brightest=0.5)),
                *s[1:],
            ],
            "pixel_values",
            "上限",
        ),
    ],
)  # fmt: skip
def test_each_defect_alone(checks: ImageChecks, spoil, rule: str, words: str) -> None:
    found = issues(checks, spoil(series()), "胸部CT平扫")
    assert [name for name, _ in found] == [rule]
    assert words in found[0][1]


def test_slices_from_feet_to_head_are_in_order_too(checks: ImageChecks) -> None:
    upward = [replace(each, instance_number=20 - index) for index, each in enumerate(series())]
    assert issues(checks, upward, "胸部CT平扫") == []


def test_a_series_done_twice(checks: ImageChecks) -> None:
    again = series(series=2, series_description="S1")
    assert [rule for rule, _ in issues(checks, [*series(), *again])] == ["repeated_series"]
    with_contrast = series(series=2, series_description="S1", contrast_agent="碘海醇")
    assert issues(checks, [*series(), *with_contrast]) == []


def test_an_enhanced_item_without_contrast_agent(checks: ImageChecks) -> None:
    assert [rule for rule, _ in issues(checks, series(), "胸部CT平扫+增强")] == ["contrast_phase"]
    assert issues(checks, series(contrast_agent="碘海醇"), "胸部CT增强") == []


def phase(number: int, at: str, agent: str = "碘海醇") -> list[ImageFacts]:
    return series(
        series=number,
        series_description=f"P{number}",
        contrast_agent=agent,
        acquisition_time=at,
    )


@pytest.mark.parametrize(
    ("item", "found", "words"),
    [
        ("上腹部CT三期增强", [phase(1, "080000"), phase(2, "080030.5"), phase(3, "080200")], ""),
        ("上腹部CT三期增强", [phase(1, "080000"), phase(2, "080030")], "要求3个增强期相，只见2个"),
        ("上腹部CT双期增强", [phase(1, "080000"), phase(2, "080003")], "只见1个"),
        ("上腹部CT增强", [phase(1, "080000")], ""),
        ("上腹部CT三期增强", [phase(1, "")], ""),
        ("上腹部CT平扫+增强", [phase(1, "080000"), phase(2, "081000")], "要求平扫"),
        ("上腹部CT平扫+增强", [phase(1, "075500", agent=""), phase(2, "080000")], ""),
    ],
)
def test_phases_that_the_name_promises(
    checks: ImageChecks, item: str, found: list[list[ImageFacts]], words: str
) -> None:
    told = issues(checks, [each for one in found for each in one], item)
    assert [name for name, _ in told] == (["contrast_phase"] if words else [])
    assert not words or words in told[0][1]


def test_three_phases_in_one_series(checks: ImageChecks) -> None:
    times = ("080000", "080030", "080200")
    whole = [
        replace(each, sop_instance_uid=f"{each.sop_instance_uid}.{at}", acquisition_time=at)
        for at in times
        for each in phase(1, at)
    ]
    assert issues(checks, whole, "上腹部CT三期增强") == []
    assert "只见2个" in issues(checks, whole[:40], "上腹部CT三期增强")[0][1]


def test_an_mr_of_one_plane_alone(checks: ImageChecks) -> None:
    axial = [series(series=number, modality="MR", slice_thickness_mm=4.0) for number in (1, 2)]
    assert [rule for rule, _ in issues(checks, [*axial[0], *axial[1]])] == ["planes"]
    sagittal = [
        replace(each, orientation=SAGITTAL, position_mm=(each.position_mm[2], 0.0, 0.0)) for each in axial[1]
    ]
    assert issues(checks, [*axial[0], *sagittal]) == []
    assert issues(checks, axial[0]) == []


def test_a_film_taken_twice(checks: ImageChecks) -> None:
    twice = [film(view_position="AP"), film(view_position="AP"), film(view_position="LAT")]
    assert [rule for rule, _ in issues(checks, twice, "左膝关节正侧位")] == ["repeated_views"]
    named = [replace(twice[0], series_description="负重"), *twice[1:]]
    assert issues(checks, named, "左膝关节正侧位") == []


def test_a_mark_on_the_anatomy(checks: ImageChecks) -> None:
    clean = PixelFigures(lowest=0, highest=4095, share_darkest=0.3, share_brightest=0.001)
    assert issues(checks, [film(pixels=clean), film(pixels=clean)], "左膝关节正侧位") == []
    covered = replace(clean, covering_marks=2)
    found = issues(checks, [film(pixels=clean), film(pixels=covered)], "左膝关节正侧位")
    assert found == [("covering_marks", "1幅影像的标识遮挡解剖结构")]


def test_directions_of_mr_series(checks: ImageChecks) -> None:
    one = series(modality="MR", slice_thickness_mm=4.0)
    other = [
        replace(each, instance_number=20 - index)
        for index, each in enumerate(series(series=2, modality="MR", slice_thickness_mm=4.0))
    ]
    assert [rule for rule, _ in issues(checks, [*one, *other])] == ["display_direction", "planes"]
    assert issues(checks, one) == []


@pytest.mark.parametrize(
    ("images", "rule"),
    [
        ([film(), film(laterality="")], "laterality_mark"),
        ([film(), film(laterality="R")], "laterality_mark"),
        ([film()], "missing_views"),
        ([film(), film(deviation_index=4.2)], "exposure"),
        ([film(), film(exposure_index=200.0, target_exposure_index=400.0)], "exposure"),
    ],
)
def test_films(checks: ImageChecks, images: list[ImageFacts], rule: str) -> None:
    assert [name for name, _ in issues(checks, images, "左膝关节正侧位")] == [rule]


def test_a_mammogram_of_both_sides_has_four_films(checks: ImageChecks) -> None:
    films = [film(modality="MG", laterality=side) for side in "LLR"]
    assert [rule for rule, _ in issues(checks, films, "双乳钼靶轴斜位")] == ["missing_views"]
    assert issues(checks, [*films, film(modality="MG", laterality="R")], "双乳钼靶轴斜位") == []


def test_data_quality_for_recognition(checks: ImageChecks) -> None:
    study = StudyImages(
        images=(
            film(
                lossy=True, laterality="", patient_id="P2", absent=("PatientID", "KVP|MagneticFieldStrength")
            ),
        ),
        item=read("左膝关节正侧位"),
        patient_id="P1",
    )
    facts = data_quality(study, checks.inspect(study))
    assert (facts.lossless, facts.identity_consistent, facts.laterality_marked) == (False, False, False)
    assert facts.missing_tags == ("PatientID",)
    nothing = data_quality(StudyImages(images=()), ())
    assert (nothing.lossless, nothing.identity_consistent, nothing.laterality_marked) == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[exposure]", "[exposuer]", r"image_checks\.toml:\d+: exposuer: unknown image check"),
        ("deviation_limit", "deviation_limt", "unknown key"),
        ('severity = "info"', 'severity = "grave"', "severity"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (CONFIG / "image_checks.toml").read_text(encoding="utf-8")
    (tmp_path / "image_checks.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        ImageChecks.load(tmp_path)
