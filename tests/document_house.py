"""A hospital that sends documents: real store, real archive, real worker; time moves only when told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import ROOT, StoppedClock
from fakes import CountingMinter
from patience import PATIENCE_S
from pydicom import dcmread
from pydicom.data import get_testdata_file
from stores import temporary_store

from plugin.bootstrap.documents import build_carriers, build_document_handlers, build_documents
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.dimse.server import DimseOptions, DimseServer
from plugin.domain.delivery import Job, JobState
from plugin.domain.document import DocumentKind, SentDocument
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringMode
from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.rules.scoring import Forms, load_forms, score
from plugin.site.settings import Site
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.note_commitment import NoteCommitment
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.receive_order import receive_order

ACCESSION = "A1"
PATIENT = Patient(patient_id="P1", name="测试甲", sex="M")
STUDY = "1.2.826.0.1.3680043.10.1338.7"
KEY = bytes(range(32))


@dataclass
class House:
    """What a test asks and moves."""

    store: SqlStore
    clock: StoppedClock
    site: Site
    forms: Forms
    documents: IssueDocuments
    worker: Worker
    jobs: SqlJobStore
    commitment: NoteCommitment
    told: list[tuple[str, list[str], list[str]]] = field(default_factory=list)
    _numbers: int = 0

    def report(self, patient: Patient = PATIENT, study: str = STUDY, **changes: Any) -> None:
        report = Report(
            patient=patient,
            exam=Exam(
                accession_number=ACCESSION, modality="CT", exam_item="胸部CT平扫", study_instance_uid=study
            ),
            author_id="D1",
            author="测试医师甲",
            **changes,
        )
        order = ImagingOrder(patient=patient, accession_number=ACCESSION, study_instance_uid=study)
        self.store.write(lambda uow: receive_order(uow, order, frozenset(), None))
        self.store.write(
            lambda uow: uow.reports.save(report, (), source="oru", at=self.clock(), rulebook="1")
        )

    def sheet(self, form_id: str = "report", amends: str = "", **answers: Any) -> ScoreSheet:
        """Fill one form and issue its documents."""
        return self.issue(self.filled(form_id, amends, **answers))[0]

    def issue(self, *sheets: ScoreSheet) -> tuple[ScoreSheet, ...]:
        """Keep sheets that were scored together, and issue their documents."""

        def keep(uow: Any) -> None:
            for sheet in sheets:
                uow.sheets.add(sheet)
            self.documents(uow, sheets)

        self.store.write(keep)
        return sheets

    def filled(self, form_id: str = "report", amends: str = "", **answers: Any) -> ScoreSheet:
        form, given = self.forms.get(form_id), FormAnswers(**answers)
        self._numbers += 1
        number = self._numbers
        return ScoreSheet(
            sheet_id=f"S{number}",
            accession_number=ACCESSION,
            form_id=form_id,
            form_version=form.version,
            mode=ScoringMode.RANDOM,
            scorer_id="D7",
            scorer_name="测试医师庚",
            scorer_role="senior",
            assessed_id="D1",
            assessed_name="测试医师甲",
            scored_at=self.clock(),
            answers=given,
            result=score(form, given),
            sop_instance_uid=f"2.25.8{number}",
            series_instance_uid=f"2.25.9{number}",
            amends=amends,
        )

    def sent(self, kind: DocumentKind | None = None) -> list[SentDocument]:
        found = self.store.read(lambda uow: uow.documents.for_exam(ACCESSION))
        return [each for each in found if kind is None or each.kind is kind]

    def work(self, minutes: float = 0) -> list[str]:
        """Let time pass, do what is due; return what the failed attempts said."""
        self.clock.advance(minutes=minutes)
        self.worker.run_due(20)
        return [job.last_error for job in self.jobs.listing(None) if job.last_error]

    def parked(self) -> list[Job]:
        return list(self.jobs.listing(JobState.PARKED))

    def on_commitment(self, transaction_uid: str, kept: Any, failed: Any) -> None:
        self.store.write(lambda uow: self.commitment(uow, transaction_uid, kept, failed))
        self.told.append((transaction_uid, list(kept), list(failed)))


@contextmanager
def running_house(folder: Path, clock: StoppedClock, site: Site) -> Iterator[House]:
    """A house whose nodes are those of `site`."""
    around = Surroundings(clock=clock, mint=CountingMinter())
    forms = load_forms(ROOT / "config" / "scoring")
    documents = build_documents(site, forms, around)
    commitment = NoteCommitment(around=around)
    with temporary_store(folder / "data", clock) as store:
        told: list[tuple[str, list[str], list[str]]] = []

        def on_commitment(transaction_uid: str, kept: Any, failed: Any) -> None:
            store.write(lambda uow: commitment(uow, transaction_uid, kept, failed))
            told.append((transaction_uid, list(kept), list(failed)))

        pacs = {name: Scu(node, on_commitment) for name, node in site.pacs.items()}
        jobs = SqlJobStore(store, clock)
        handlers = build_document_handlers(site, store, build_carriers(site, pacs), forms.get, KEY, around)
        worker = Worker(jobs, handlers, clock, lambda: 0.0, WorkerSettings())
        try:
            yield House(store, clock, site, forms, documents, worker, jobs, commitment, told)
        finally:
            for scu in pacs.values():
                scu.close()


@contextmanager
def running_archive(
    folder: Path, port: int = 0, peers: dict[str, tuple[str, int]] | None = None, ae_title: str = "ARCHIVE"
) -> Iterator[EmbeddedPacs]:
    archive = EmbeddedPacs(folder, ae_title, port, peers)
    archive.start()
    try:
        yield archive
    finally:
        archive.stop()


@contextmanager
def running_door(on_commitment: Any, port: int = 0) -> Iterator[DimseServer]:
    door = DimseServer(DimseOptions(port=port), on_commitment)
    door.start()
    try:
        yield door
    finally:
        door.stop()


def node(archive: EmbeddedPacs, **changes: Any) -> PacsNode:
    """The archive as site.toml would name it; with more patience than any machine needs."""
    settings: dict[str, Any] = {
        "ae_title": archive.ae_title,
        "port": archive.port,
        "connect_timeout_s": PATIENCE_S,
        "association_timeout_s": PATIENCE_S,
        "answer_timeout_s": PATIENCE_S,
        "commitment": "query",
    }
    return PacsNode(**{**settings, **changes})


def put_images(
    archive: EmbeddedPacs, count: int = 3, patient_id: str = "P1", study: str = STUDY
) -> list[str]:
    """Images of the examination, as a modality would have sent them."""
    ds = dcmread(get_testdata_file("CT_small.dcm"))
    uids = []
    with Scu(node(archive)) as scu:
        for number in range(count):
            ds.PatientID, ds.PatientName, ds.AccessionNumber = patient_id, "CE^SHI^JIA", ACCESSION
            ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.StudyID = study, f"{study}.1", "ST7"
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{number + 1}"
            ds.InstanceNumber = number + 1
            scu.store([ds])
            uids.append(str(ds.SOPInstanceUID))
    return uids


def fetched(archive: EmbeddedPacs, document: SentDocument) -> Any:
    """The document as the archive gives it out."""
    with Scu(node(archive)) as scu:
        [found] = [
            ds
            for series in scu.find_series(document.study_instance_uid)
            for ds in scu.get(document.study_instance_uid, str(series.SeriesInstanceUID))
            if ds.SOPInstanceUID == document.sop_instance_uid
        ]
    return found
