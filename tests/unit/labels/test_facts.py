"""Facts of real images, and what the checks say of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from plugin.labels.facts import image_facts
from plugin.labels.pixels import pixel_figures
from plugin.rules.image_checks.checks import ImageChecks
from plugin.rules.image_checks.study import StudyImages

Real = Callable[[str], Dataset]
CONFIG = Path(__file__).resolve().parents[3] / "config"


def test_facts_of_a_ct(real: Real) -> None:
    facts = image_facts(
        real("CT_small.dcm"), ["PatientID", "AccessionNumber", "NoSuchThing|PatientID"], pixels=True
    )
    assert (facts.modality, facts.patient_id, facts.slice_thickness_mm) == ("CT", "1CT1", 5.0)
    assert len(facts.position_mm) == 3 and len(facts.orientation) == 6
    assert facts.absent == ("AccessionNumber",)
    assert facts.pixels and facts.pixels.lowest < facts.pixels.highest
    assert not facts.lossy


@pytest.mark.parametrize(
    ("name", "lossy"),
    [
        ("examples_ybr_color.dcm", True),
        ("JPEG2000.dcm", True),
        ("MR_small_jpeg_ls_lossless.dcm", False),
        ("MR_small_RLE.dcm", False),
    ],
)
def test_lossy_compression_is_seen(real: Real, name: str, lossy: bool) -> None:
    assert image_facts(real(name)).lossy is lossy


def test_an_empty_image(image: Callable[..., Dataset]) -> None:
    figures = pixel_figures(image(PixelData=bytes(2 * 256 * 256)))
    assert (figures.lowest, figures.highest, figures.share_darkest) == (0, 0, 1.0)


@pytest.mark.shared
def test_a_real_series_is_whole_and_is_missed_a_slice(shared: Path) -> None:
    checks = ImageChecks.load(CONFIG)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = tuple(
            image_facts(pydicom.dcmread(path))
            for path in sorted((shared / "samples/dicom").glob("*_MR_brain_*.dcm"))
        )
    assert len(images) == 19
    assert not [i for i in checks.inspect(StudyImages(images=images)) if i.rule == "slices"]
    (issue,) = [i for i in checks.inspect(StudyImages(images=images[:9] + images[10:])) if i.rule == "slices"]
    assert "缺少约1个层面" in issue.message
