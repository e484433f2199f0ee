"""Labels beside their peers: dcmodify offline, highdicom for presentation states."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from plugin.bench import label_drawn, label_gateway
from plugin.bench.contest import Contest
from plugin.labels.context import Stamping, uids_of
from plugin.labels.files import stamp_institutions
from plugin.labels.folders import sources
from plugin.labels.institution import InstitutionOptions
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS

FILES = 384
REFERENCED = 500
PASSING = 100
BURNED = 384
MARK = Mark(text="BJHR", placement=Placement.AFTER_INSTITUTION, institution="Bench Hospital")


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """The gateway; offline InstitutionName; a presentation state for 500 images; burned-in copies."""
    folder = work_dir / "images"
    folder.mkdir()
    for number in range(FILES):
        _image(number).save_as(folder / f"{number}.dcm")
    yield Contest(
        name="InstitutionName offline",
        unit="files/s",
        larger_is_better=True,
        runs=_offline(folder, work_dir),
        goals={"dcmodify, copies kept": 1.0, "dcmodify in place": 1.0},
    )
    road = work_dir / "road"
    road.mkdir()
    passing = []
    for number in range(PASSING):
        passing.append(road / f"{number}.dcm")
        _large(number).save_as(passing[-1])
    yield from label_gateway.contests(config_dir, work_dir, passing)
    images = [_image(number) for number in range(REFERENCED)]
    write = WRITERS.build("gsps", {})
    yield Contest(
        name=f"GSPS of {REFERENCED} images",
        unit="ms",
        runs={
            "signgate": lambda: _ms(lambda: write(images, MARK, _stamping())),
            "highdicom": lambda: _ms(lambda: _highdicom(images)),
        },
        goals={"highdicom": 15.0},
    )
    yield from label_drawn.contests(work_dir, [_image(number) for number in range(BURNED)], MARK, _stamping())


def _offline(folder: Path, work_dir: Path) -> dict[str, Callable[[], float]]:
    def ours() -> float:
        out = work_dir / "ours"
        shutil.rmtree(out, ignore_errors=True)
        started = time.perf_counter()
        done = sum(
            each.written is not None
            for each in stamp_institutions(sources([folder], out), out, MARK, InstitutionOptions())
        )
        return done / (time.perf_counter() - started)

    runs = {"signgate": ours}
    if program := shutil.which("dcmodify"):

        def theirs() -> float:
            out = work_dir / "theirs"
            shutil.rmtree(out, ignore_errors=True)
            # dcmodify writes in place: the copy that keeps the originals belongs to its work.
            started = time.perf_counter()
            shutil.copytree(folder, out)
            files = sorted(out.iterdir())
            subprocess.run([program, "-nb", "-m", "InstitutionName=Bench Hospital BJHR", *files], check=True)
            return len(files) / (time.perf_counter() - started)

        def in_place() -> float:
            out = work_dir / "in-place"
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(folder, out)
            files = sorted(out.iterdir())
            started = time.perf_counter()
            subprocess.run([program, "-nb", "-m", "InstitutionName=Bench Hospital BJHR", *files], check=True)
            return len(files) / (time.perf_counter() - started)

        runs["dcmodify, copies kept"] = theirs
        runs["dcmodify in place"] = in_place
    return runs


def _image(number: int) -> Dataset:
    """A CT slice as a device writes it, of one series."""
    ds = pydicom.dcmread(io.BytesIO(Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()))
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"2.25.{number + 1}")
    ds.InstitutionName, ds.InstanceNumber = "Bench Hospital", number + 1
    ds.WindowCenter, ds.WindowWidth = 40, 400
    return ds


def _large(number: int) -> Dataset:
    """A slice of 512 × 512 that the hospital may mark."""
    ds = _image(number)
    ds.Rows = ds.Columns = 512
    ds.PixelData = bytes(2 * 512 * 512)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.InstitutionName, ds.StudyDescription = "测试医院", "胸部CT平扫"
    ds.StudyDate = f"{datetime.now(UTC):%Y%m%d}"
    return ds


def _stamping() -> Stamping:
    return Stamping(now=datetime(2026, 6, 1, tzinfo=UTC), uid=uids_of("bench"))


def _highdicom(images: list[Dataset]) -> Dataset:
    text = hd.pr.TextObject(
        text_value="Bench Hospital BJHR",
        units=hd.pr.AnnotationUnitsValues.DISPLAY,
        bounding_box=(0.6, 0.01, 0.99, 0.05),
    )
    layer = hd.pr.GraphicLayer(layer_name="LABEL", order=1)
    annotation = hd.pr.GraphicAnnotation(referenced_images=images, graphic_layer=layer, text_objects=[text])
    state: Dataset = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=images,
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="bench",
        manufacturer_model_name="bench",
        software_versions="1",
        device_serial_number="1",
        content_label="LABEL",
        graphic_layers=[layer],
        graphic_annotations=[annotation],
        voi_lut_transformations=[hd.pr.SoftcopyVOILUTTransformation(window_center=40.0, window_width=400.0)],
    )
    return state


def _ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
