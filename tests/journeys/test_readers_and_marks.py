"""From what readers answer in the popup to what the archive holds: who read what, and which images fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from dicom_tools import dciodvfy_errors, dsrdump
from document_house import fetched, node, put_images, running_archive
from fakes import CountingMinter
from web_house import BASE, REPORT, WebHouse, hidden, web_house

from plugin.bootstrap.documents import build_carriers, build_document_handlers
from plugin.delivery.readings import BLIND_READER
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.domain.delivery import JobKind
from plugin.domain.document import DocumentKind, SentDocument
from plugin.domain.people import Role
from plugin.domain.staff import StaffMember, StaffRole
from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.scu import Scu
from plugin.rules.scoring import Forms, load_forms
from plugin.site.settings import Site
from plugin.sr.content import ReaderPart, SrContent
from plugin.sr.read import read
from plugin.workflow.ports.surroundings import Surroundings

CONFIG = Path(__file__).parents[2] / "config"
SENIORS = ("S1", "S2", "S3")
TERMS = {"m.RPT-C1": "1", "r.RPT-C1": "错字"}
MISSED = {"m.RPT-F1": "1", "r.RPT-F1": "漏诊"}


@dataclass
class Hospital:
    """Web, store, worker and archive of one hospital."""

    house: WebHouse
    archive: EmbeddedPacs
    worker: Worker

    def fill(self, reader: str, **marks: str) -> None:
        """A reader opens what waits for him, fills it, and lets the minute pass."""
        reading = self.house.store.read(lambda uow: uow.reviews.open_of(reader))[0]
        decide = self.house.journeys.decide_sign
        ticket = self.house.store.write(lambda uow: decide.held.new_ticket(uow, reading.gate_id, reader))
        self._fill(f"/qc/{ticket}", **marks)

    def _fill(self, where: str, **marks: str) -> None:
        page = self.house.client().get(where, base_url=BASE).text
        data = {"form_token": hidden(page, "form_token"), **marks}
        answer = self.house.client().post("/qc", data=data, base_url=BASE)
        assert answer.status_code == 200, answer.text
        self.work()

    def score(self, *forms: str, **marks: str) -> None:
        """A sign event, held, and its form filled."""
        self.house.ask_for(forms)
        report = {**REPORT, "exam": {**REPORT["exam"], "technician": "测试技师"}}
        self._fill(self.house.ticket(report=report), **marks)

    def work(self) -> None:
        self.house.clock.advance(minutes=7)
        for _ in range(4):
            self.worker.run_due(50)

    def sent(self, kind: DocumentKind) -> list[SentDocument]:
        found = self.house.store.read(lambda uow: uow.documents.for_exam("A1"))
        return [each for each in found if each.kind is kind]

    def document(self, kind: DocumentKind = DocumentKind.SR, number: int = -1) -> Any:
        return fetched(self.archive, self.sent(kind)[number])


@pytest.fixture
def hospital(tmp_path: Path, clock: StoppedClock) -> Iterator[Hospital]:
    with running_archive(tmp_path / "archive") as archive, web_house(tmp_path / "web", clock) as house:
        put_images(archive)
        site = Site(pacs={"archive": node(archive)})
        forms: Forms = load_forms(CONFIG / "scoring")
        around = Surroundings(clock=clock, mint=CountingMinter())
        pacs = {name: Scu(each) for name, each in site.pacs.items()}
        handlers: dict[JobKind, Any] = {
            **build_document_handlers(
                site, house.store, build_carriers(site, pacs), forms.get, b"k" * 32, around
            ),
            JobKind.SETTLE_SCORE: _settle(house),
        }
        for staff_id in SENIORS:
            member = StaffMember(staff_id=staff_id, name=f"测试专家{staff_id}", role=StaffRole.SENIOR)
            house.store.write(lambda uow, member=member: uow.staff.save(member))
        house.person("qc", Role.QC_STAFF, staff_id="Q1")
        yield Hospital(house, archive, Worker(house.jobs, handlers, clock, lambda: 0.0, WorkerSettings()))
        for scu in pacs.values():
            scu.close()


def _settle(house: WebHouse) -> Any:
    def handle(job: Any) -> Any:
        return lambda uow: house.journeys.submit_score.settling(uow, list(job.payload["sheet_ids"]))

    return handle


def double(hospital: Hospital, *forms: str) -> None:
    hospital.house.ask_for(())
    hospital.house.call(
        "POST",
        "/hooks/report-sign",
        {
            "event_id": "e1",
            "action": "verify",
            "accession_number": "A1",
            "report": REPORT,
            "signer": {"id": "D7", "name": "王五", "role": "senior"},
        },
    )
    browser = hospital.house.signed_in("qc")
    data = {
        "csrf": hospital.house.csrf(browser),
        "do": "double",
        "accession_number": "A1",
        "forms": list(forms),
    }
    answer = browser.post("/console/review", data=data, base_url=BASE)
    assert answer.status_code == 303, answer.text


def content(ds: Any) -> SrContent:
    back = read(ds).content
    assert back is not None
    return back


def parts(back: SrContent) -> list[tuple[ReaderPart, str, int | None, bool]]:
    return [(s.part, s.form.object, s.sheet.result.score, s.blinded) for s in back.scored]


def test_two_readers_who_agree_stand_side_by_side(hospital: Hospital) -> None:
    double(hospital, "report")
    hospital.fill("S1")
    assert hospital.sent(DocumentKind.SR) == []
    hospital.fill("S2")
    back = content(hospital.document())
    assert parts(back) == [(ReaderPart.FIRST, "RPT", 5, True), (ReaderPart.SECOND, "RPT", 5, True)]


def test_where_two_differ_the_third_decides_in_one_document(hospital: Hospital, tmp_path: Path) -> None:
    double(hospital, "image", "report")
    hospital.fill("S1", **TERMS)
    hospital.fill("S2", **MISSED)
    hospital.fill("S3", **TERMS)
    assert len(hospital.sent(DocumentKind.SR)) == 1
    ds = hospital.document()
    assert parts(content(ds)) == [
        (ReaderPart.FIRST, "IMG", 5, True),
        (ReaderPart.FIRST, "RPT", 4, True),
        (ReaderPart.SECOND, "IMG", 5, True),
        (ReaderPart.SECOND, "RPT", 1, True),
        (ReaderPart.ADJUDICATOR, "RPT", 4, True),
    ]
    conclusion = next(i for i in ds.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "121077")
    assert conclusion.ConceptCodeSequence[0].CodeValue == "PASS", "the third's word counts"
    path = tmp_path / "sr.dcm"
    ds.save_as(path, enforce_file_format=True)
    assert dciodvfy_errors(path) == []
    page = dsrdump(path)
    assert "PART-ADJ" in page
    for staff_id in SENIORS:
        assert f"测试专家{staff_id}" not in page, "the person assessed opens the archive, too"
    assert BLIND_READER in page


def test_an_objection_that_changes_the_score_is_an_amendment_with_its_readers(hospital: Hospital) -> None:
    hospital.score("report", **MISSED)
    (sheet,) = hospital.house.store.read(lambda uow: list(uow.sheets.for_exam("A1")))
    objecting = hospital.house.journeys.modes.twice
    hospital.house.store.write(
        lambda uow: objecting.object_to(uow, sheet.sheet_id, frozenset({sheet.assessed_id}), "D1", "请复核")
    )
    readings = hospital.house.store.read(lambda uow: list(uow.reviews.of_exam("A1")))
    second = next(each for each in readings if each.seat == 2)
    hospital.fill(second.reader.id)
    third = next(
        each
        for each in hospital.house.store.read(lambda uow: list(uow.reviews.of_exam("A1")))
        if each.seat == 3
    )
    hospital.fill(third.reader.id, **TERMS)
    first, amended = hospital.sent(DocumentKind.SR)
    back = content(hospital.document())
    assert parts(back) == [
        (ReaderPart.FIRST, "RPT", 1, False),
        (ReaderPart.SECOND, "RPT", 5, True),
        (ReaderPart.ADJUDICATOR, "RPT", 4, True),
    ]
    assert (amended.instance_number, amended.series_instance_uid) == (2, first.series_instance_uid)
    assert [each.sop_instance_uid for each in back.predecessors] == [first.sop_instance_uid]
    assert [s.sheet.amends for s in back.scored] == ["", "", sheet.sheet_id]


def test_the_selection_names_exactly_the_marked_images(hospital: Hospital, tmp_path: Path) -> None:
    uids = [uid for _, uid in hospital.archive.instances()]
    series = uids[0].rsplit(".", 1)[0]
    marked = {f"i.{uids[0]}": series, f"i.{uids[2]}": series}
    hospital.score("image", **marked, **{"m.IMG-C5": "1", "r.IMG-C5": "呼吸运动"})
    [selection] = hospital.sent(DocumentKind.QUALITY_ISSUE)
    ds = fetched(hospital.archive, selection)
    named = [
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in ds.ContentSequence
        if item.ValueType == "IMAGE"
    ]
    evidence = [
        item.ReferencedSOPInstanceUID
        for item in ds.CurrentRequestedProcedureEvidenceSequence[0]
        .ReferencedSeriesSequence[0]
        .ReferencedSOPSequence
    ]
    assert named == evidence == [uids[0], uids[2]]
    [scored] = content(hospital.document()).scored
    assert [(i.sop_instance_uid, i.criterion_id) for i in scored.images] == [
        (uids[0], "IMG-C5"),
        (uids[2], "IMG-C5"),
    ]
    for number, each in enumerate((ds, hospital.document())):
        path = tmp_path / f"{number}.dcm"
        each.save_as(path, enforce_file_format=True)
        assert dciodvfy_errors(path) == []
        assert dsrdump(path).count("=(CT image") == 2
    assert selection.note == ""


def test_a_marked_series_is_all_its_images(hospital: Hospital) -> None:
    uids = [uid for _, uid in hospital.archive.instances()]
    series = uids[0].rsplit(".", 1)[0]
    hospital.score("image", **{f"w.{series}": "1", "m.IMG-F1": "1", "r.IMG-F1": "摆位错误"})
    ds = hospital.document(DocumentKind.QUALITY_ISSUE)
    assert sum(item.ValueType == "IMAGE" for item in ds.ContentSequence) == len(uids)


def test_without_a_mark_a_failing_study_fails_as_a_whole(hospital: Hospital) -> None:
    hospital.score("image", **{"m.IMG-F1": "1", "r.IMG-F1": "摆位错误"})
    ds = hospital.document(DocumentKind.QUALITY_ISSUE)
    assert sum(item.ValueType == "IMAGE" for item in ds.ContentSequence) == 3


def test_a_mark_that_the_archive_has_not_got_is_left_out_and_said(hospital: Hospital) -> None:
    uids = [uid for _, uid in hospital.archive.instances()]
    series = uids[0].rsplit(".", 1)[0]
    marked = {f"i.{uids[1]}": series, "i.2.25.404": "2.25.4"}
    hospital.score("image", **marked, **{"m.IMG-F1": "1", "r.IMG-F1": "摆位错误"})
    for kind in (DocumentKind.SR, DocumentKind.QUALITY_ISSUE):
        [document] = hospital.sent(kind)
        assert document.note == "marks_missing"
    assert [i.sop_instance_uid for i in content(hospital.document()).scored[0].images] == [uids[1]]


def test_marks_of_which_the_archive_has_none_wait(hospital: Hospital) -> None:
    hospital.score("image", **{"i.2.25.404": "2.25.4", "m.IMG-F1": "1", "r.IMG-F1": "摆位错误"})
    [selection] = hospital.sent(DocumentKind.QUALITY_ISSUE)
    assert selection.state == "queued"
    said = [job.last_error for job in hospital.house.jobs.listing(None) if job.last_error]
    assert any("none of the images that were marked" in each for each in said)
