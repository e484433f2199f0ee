"""A recognised result found while an order waits, beside the same patient looked up in an archive by C-FIND."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from plugin.bench.contest import Contest
from plugin.bench.load import HttpPool, Latencies, offered
from plugin.bench.servers import signgate
from plugin.domain.patient import Patient
from plugin.domain.recognition import CatalogueItem, Evaluation, Label, LabelDecision
from plugin.domain.report import Exam, Report
from plugin.embedded_pacs import EmbeddedPacs
from plugin.kit import signature
from plugin.kit.free_ports import neighbouring_ports
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.site.settings import load_site
from plugin.store.store import open_store
from plugin.workflow.ports.unit_of_work import UnitOfWork

PATIENTS = 300
RATE, SECONDS = 20.0, 4.0
ITEM = CatalogueItem(number=94, modality="CT", body_part="胸部", name="胸部 CT 平扫", printed="胸部 CT 平扫")

PASSED = Evaluation(
    evaluation_id="E1",
    region_id="chuanyu",
    institution_id="LOCAL",
    item_number=0,
    device="",
    passed=True,
    valid_from=date(2020, 1, 1),
    valid_to=date(2099, 12, 31),
)
"""Without it the review at the start would withdraw the labels."""


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """p99 of ``POST /hooks/order-check`` (goal 100 ms), and of a C-FIND for the same patients."""
    config, data = work_dir / "config", work_dir / "data"
    shutil.copytree(config_dir, config)
    site_file = config / "site.toml"
    site_file.write_text(
        site_file.read_text("utf-8").replace("regions = []", 'regions = ["chuanyu"]'), "utf-8"
    )
    data.mkdir()
    with open_store(load_site(config).store, data, lambda: datetime.now(UTC)) as store:
        store.write(_filled)
    with signgate(config, data) as running, _archive(work_dir) as scu:
        secret = signature.decode_secret((data / "secrets" / "ris").read_text().strip())
        pool = HttpPool("127.0.0.1", running.port + 1)
        yield Contest(
            name=f"order-check p99, {RATE:g}/s",
            unit="ms",
            runs={
                "signgate (goal 100 ms)": lambda: _p99(
                    offered(lambda n: _ask(pool, secret, n), RATE, SECONDS)
                ),
                "C-FIND at the embedded PACS": lambda: _p99(
                    offered(lambda n: _find(scu, n), RATE, SECONDS, threads=1)
                ),
            },
        )


def _p99(found: Latencies) -> float:
    return found.percentile(0.99) * 1000


def _filled(uow: UnitOfWork) -> None:
    """Each patient has had a chest CT today, and it bears the region's mark."""
    now = datetime.now(UTC)
    uow.labels.add_evaluation(PASSED)
    decision = LabelDecision(region_id="chuanyu", mark="川渝 HR", eligible=True, item=ITEM)
    for number in range(PATIENTS):
        accession = f"A{number}"
        exam = Exam(
            accession_number=accession,
            modality="CT",
            exam_item="胸部CT平扫",
            performed_at=f"{now:%Y-%m-%d} 08:00",
        )
        patient = Patient(patient_id=f"P{number}", assigning_authority="H001")
        report = Report(patient=patient, exam=exam, impression="未见明显异常。")
        uow.reports.save(report, (), source="oru", at=now, rulebook="bench")
        uow.labels.add(
            Label(
                label_id=f"L{number}",
                accession_number=accession,
                study_instance_uid="",
                decision=decision,
                decided_at=now,
            )
        )


def _ask(pool: HttpPool, secret: bytes, number: int) -> None:
    call = uuid.uuid4().hex
    body = json.dumps(
        {
            "patient": {"patient_id": f"P{number % PATIENTS}", "assigning_authority": "H001"},
            "exam_item": "CT胸部平扫",
            "modality": "CT",
            "order_number": call,
        },
        ensure_ascii=False,
    ).encode()
    headers = {"Content-Type": "application/json"} | signature.headers(secret, call, int(time.time()), body)
    answer = json.loads(pool.post("/hooks/order-check", body, headers))
    if len(answer["offers"]) != 1:
        raise RuntimeError(f"{len(answer['offers'])} offers for a patient who has one examination")


@contextmanager
def _archive(work_dir: Path) -> Iterator[Scu]:
    """An archive of as many patients, with one image each."""
    port = neighbouring_ports(1)
    pacs = EmbeddedPacs(work_dir / "archive", "BENCH", port)
    pacs.start()
    try:
        with Scu(PacsNode(ae_title="BENCH", port=port, commitment="none")) as scu:
            raw = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
            for number in range(PATIENTS):
                ds = pydicom.dcmread(BytesIO(raw))
                ds.PatientID, ds.StudyInstanceUID = f"P{number}", generate_uid()
                ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
                scu.store([ds])
            yield scu
    finally:
        pacs.stop()


def _find(scu: Scu, number: int) -> None:
    if len(scu.find_studies(PatientID=f"P{number % PATIENTS}")) != 1:
        raise RuntimeError("the archive does not hold the patient's one study")
