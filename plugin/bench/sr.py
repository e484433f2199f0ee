"""Structured reports: building beside highdicom, storing beside pynetdicom as shipped and storescu.

The archive is an unmodified Orthanc where one is installed, else the embedded PACS.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import AE

from plugin.bench.contest import Contest, microseconds
from plugin.bench.servers import wait_until_open
from plugin.domain.imaging import SeriesEvidence
from plugin.domain.patient import Patient
from plugin.domain.scoring import FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.embedded_pacs import EmbeddedPacs
from plugin.kit.free_ports import neighbouring_ports
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.rules.scoring import load_forms
from plugin.sr.codes import read_codes
from plugin.sr.content import ScoredForm, SrContent, StudyContext
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode, part10

MR = "1.2.840.10008.5.1.4.1.1.4"
AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
OBJECTS = 40


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """Build and encode; evidence of 3,000 images; store."""
    content = sample(config_dir, 12)
    codes = read_codes(config_dir / "codes" / "sr.toml")
    large = sample(config_dir, 3000)
    from plugin.bench import highdicom_sr  # half a second of imports, of this contest alone

    yield Contest(
        name="SR build and encode",
        unit="us",
        runs={
            "ours": lambda: microseconds(lambda: encode(content, codes), 50),
            "highdicom": lambda: microseconds(lambda: highdicom_sr.encoded(content), 2),
        },
        goals={"highdicom": 10},
    )
    yield Contest(
        name="SR of 3,000 images",
        unit="us",
        runs={"ours (goal 60,000)": lambda: microseconds(lambda: encode(large, codes), 3)},
    )
    objects = [
        build(replace(content, sop_instance_uid=f"2.25.77{number}"), codes) for number in range(OBJECTS)
    ]
    with _archive(work_dir) as (name, ae_title, port):
        runs = {
            "ours": lambda: _ours(ae_title, port, objects),
            "pynetdicom as shipped": lambda: _shipped(ae_title, port, objects),
        }
        goals = {"pynetdicom as shipped": 8.0}
        if storescu := shutil.which("storescu"):
            files = _files(work_dir, content, objects)
            runs["dcmtk storescu"] = lambda: _storescu(storescu, ae_title, port, files)
            goals["dcmtk storescu"] = 1.0
        yield Contest(
            name=f"C-STORE of SRs to {name}",
            unit="objects/s",
            larger_is_better=True,
            runs=runs,
            goals=goals,
        )


def sample(config_dir: Path, images: int) -> SrContent:
    """A report on image and report quality of a study of `images` images."""
    forms = {form.object: form for form in load_forms(config_dir / "scoring")}
    scored = []
    for name in ("IMG", "RPT"):
        form = forms[name]
        sheet = ScoreSheet(
            sheet_id=f"S-{name}",
            accession_number="A1",
            form_id=form.form_id,
            form_version=form.version,
            mode=ScoringMode.RANDOM,
            scorer_id="D7",
            scorer_name="李四",
            scorer_role="senior",
            assessed_id="D8",
            assessed_name="王五",
            scored_at=AT,
            answers=FormAnswers(comment="图像清晰，报告规范。"),
            result=ScoreResult(score=5, grade="优秀", passed=True),
        )
        scored.append(ScoredForm(form=form, sheet=sheet))
    series = SeriesEvidence(
        study_instance_uid="2.25.1",
        series_instance_uid="2.25.2",
        instances=tuple((MR, f"2.25.2{number:06}") for number in range(images)),
    )
    return SrContent(
        patient=Patient(patient_id="P1", name="张三", sex="M", birth_date="1960-01-01"),
        study=StudyContext(
            study_instance_uid="2.25.1", accession_number="A1", performed_at="2026-06-01 15:02:11"
        ),
        scored=tuple(scored),
        sop_instance_uid="2.25.3",
        series_instance_uid="2.25.4",
        created_at=AT,
        evidence=(series,),
        institution_name="某某市第一人民医院",
    )


def _ours(ae_title: str, port: int, objects: list[Dataset]) -> float:
    """Over an association that is open already, as the peer's is."""
    with Scu(PacsNode(ae_title=ae_title, port=port)) as scu:
        scu.store(objects[:1])
        started = time.perf_counter()
        scu.store(objects)
        return len(objects) / (time.perf_counter() - started)


def _shipped(ae_title: str, port: int, objects: list[Dataset]) -> float:
    """One association, nothing changed: the first ten are enough to tell."""
    ae = AE(ae_title="SIGNGATE")
    ae.add_requested_context(ENHANCED_SR)
    association = ae.associate("127.0.0.1", port, ae_title=ae_title)
    association.send_c_store(objects[0])
    started = time.perf_counter()
    for ds in objects[:10]:
        association.send_c_store(ds)
    reached = 10 / (time.perf_counter() - started)
    association.release()
    return reached


def _files(work_dir: Path, content: SrContent, objects: list[Dataset]) -> list[str]:
    files = []
    for ds in objects:
        uid = str(ds.SOPInstanceUID)
        path = work_dir / f"{uid}.dcm"
        path.write_bytes(part10(encode(replace(content, sop_instance_uid=uid)), ENHANCED_SR, uid))
        files.append(str(path))
    return files


def _storescu(program: str, ae_title: str, port: int, files: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        [program, "-aet", "SIGNGATE", "-aec", ae_title, "127.0.0.1", str(port), *files],
        check=True,
        capture_output=True,
    )
    return len(files) / (time.perf_counter() - started)


@contextmanager
def _archive(work_dir: Path) -> Iterator[tuple[str, str, int]]:
    program = shutil.which("Orthanc")
    if program is None:
        pacs = EmbeddedPacs(work_dir / "pacs", port=0)
        pacs.start()
        try:
            yield "the embedded PACS", pacs.ae_title, pacs.port
        finally:
            pacs.stop()
        return
    http = neighbouring_ports(2)
    dicom = http + 1
    password = secrets.token_urlsafe(16)
    settings = {
        "StorageDirectory": str(work_dir / "orthanc"),
        "IndexDirectory": str(work_dir / "orthanc"),
        "HttpPort": http,
        "RegisteredUsers": {"bench": password},
        "DicomAet": "ORTHANC",
        "DicomPort": dicom,
        "DicomCheckCalledAet": True,
        "DicomModalities": {"signgate": ["SIGNGATE", "127.0.0.1", 1]},
    }
    (work_dir / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    process = subprocess.Popen(
        [program, str(work_dir / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_open(dicom)
        yield "Orthanc", "ORTHANC", dicom
    finally:
        process.terminate()
        process.wait(timeout=20)
