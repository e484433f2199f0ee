"""Documents from the filled form to the archive: a real store, a real worker, real archives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from document_house import (
    ACCESSION,
    STUDY,
    House,
    fetched,
    node,
    put_images,
    running_archive,
    running_door,
    running_house,
)
from patience import until
from ports import free_port

from plugin.delivery.send_sr import suggestions
from plugin.domain.document import Announcement, DocumentKind, DocumentState
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.listing import Page
from plugin.domain.order import ImagingOrder
from plugin.pacs.scu import Scu
from plugin.site.imaging import ImageSettings
from plugin.site.settings import Site
from plugin.sr.read import read
from plugin.store.reading import SqlReading
from plugin.workflow.note_availability import NoteAvailability
from plugin.workflow.ports.surroundings import Surroundings


@pytest.fixture
def archive(tmp_path: Path) -> Any:
    with running_archive(tmp_path / "archive") as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock, archive: Any) -> Any:
    with running_house(tmp_path, clock, Site(pacs={"archive": node(archive)})) as made:
        yield made


def test_the_document_goes_under_the_archives_identity(house: House, archive: Any) -> None:
    images = put_images(archive)
    house.report()
    house.sheet()
    assert house.work() == []
    [document] = house.sent()
    assert (document.state, document.lies_at, document.note) == (DocumentState.STORED, "archive", "")
    ds = fetched(archive, document)
    assert (ds.PatientID, str(ds.PatientName), ds.StudyID) == ("P1", "CE^SHI^JIA", "ST7")
    evidence = ds.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert [item.ReferencedSOPInstanceUID for item in evidence.ReferencedSOPSequence] == images
    house.work(minutes=3)
    assert [each.state for each in house.sent()] == [DocumentState.COMMITTED]
    assert house.store.read(lambda uow: uow.sheets.in_pacs("S1")) == "committed"


def test_another_patient_id_is_followed_and_told(house: House, archive: Any) -> None:
    """The same study UID with another Patient ID: filed with its images, and nobody misses it."""
    put_images(archive, patient_id="MERGED9")
    house.report()
    house.sheet()
    house.work()
    [document] = house.sent()
    assert document.note == "patient_differs"
    assert fetched(archive, document).PatientID == "MERGED9"
    entries = {entry.action: entry for entry in SqlReading(house.store, house.jobs).audit(Page()).rows}
    assert set(entries) == {"document.stored", "document.patient_differs"}
    entry = entries["document.patient_differs"]
    assert (entry.action, entry.detail) == (
        "document.patient_differs",
        {"reported": "P1", "archived": "MERGED9"},
    )


def test_a_report_without_images_is_written_under_its_own_patient(house: House, archive: Any) -> None:
    house.report(study="")
    house.sheet()
    assert house.work() == []
    ds = fetched(archive, house.sent()[0])
    assert (ds.PatientID, str(ds.PatientName)) == ("P1", "测试甲")


def test_a_wildcard_in_a_number_finds_no_other_study(house: House, archive: Any) -> None:
    put_images(archive)
    with Scu(node(archive)) as scu:
        from plugin.delivery.study_facts import study_facts

        facts = study_facts(scu, "A*", None, ImagingOrder(), lambda uid: None, house.clock())
    assert facts.study.study_instance_uid != STUDY
    assert facts.evidence == ()


def test_what_cannot_be_written_waits_for_a_person_with_its_reason(house: House, archive: Any) -> None:
    house.report(study="1.2.03")
    house.sheet()
    house.work()
    [job] = house.parked()
    assert "study_instance_uid" in job.last_error
    assert house.sent()[0].state is DocumentState.QUEUED


def test_what_the_rules_said_stands_apart_from_the_answers(house: House, archive: Any) -> None:
    put_images(archive)
    house.report()
    criterion = next(line for line in house.forms.get("report").fatal if line.rules)
    issue = Issue(
        rule=criterion.rules[0],
        severity=Severity.ERROR,
        section=Section.IMPRESSION,
        start=0,
        end=2,
        text="左侧",
        message="左右不一致",
        clause="4.2.5",
    )

    def keep(uow: Any) -> None:
        report = uow.reports.latest(ACCESSION)
        uow.reports.save(report, (issue,), source="oru", at=house.clock(), rulebook="1")

    house.store.write(keep)
    house.sheet()
    house.work()
    told = read(fetched(archive, house.sent()[0])).content
    assert told is not None
    [suggestion] = told.suggestions
    assert (suggestion.object, suggestion.issues[0].message) == ("RPT", "左右不一致")
    assert told.scored[0].sheet.result.score == 5


def test_what_an_outside_analyser_said_is_not_told_as_the_rulebooks(house: House) -> None:
    form = house.forms.get("report")
    issue = Issue(
        rule=form.fatal[1].rules[0],
        severity=Severity.ERROR,
        section=Section.IMPRESSION,
        start=0,
        end=0,
        text="",
        message="",
        clause="",
    )
    assert len(suggestions([form], (issue,), "1")) == 1
    assert suggestions([form], (replace(issue, analyser="lungnet"),), "1") == ()


def test_an_amendment_continues_its_series(house: House, archive: Any) -> None:
    put_images(archive)
    house.report()
    first = house.sheet()
    house.work()
    house.sheet(amends=first.sheet_id, unmet=frozenset({"RPT-C1"}))
    house.work()
    before, after = house.sent()
    assert after.series_instance_uid == before.series_instance_uid
    ds = fetched(archive, after)
    assert ds.InstanceNumber == 2
    [study] = ds.PredecessorDocumentsSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == (
        before.sop_instance_uid
    )


def test_an_amendment_of_one_form_keeps_the_others(house: House, archive: Any) -> None:
    put_images(archive)
    house.report()
    request, report = house.issue(house.filled("request_form"), house.filled("report"))
    house.work()
    corrected = house.sheet("report", amends=report.sheet_id, unmet=frozenset({"RPT-C1"}))
    house.work()
    assert house.sent()[-1].sheet_ids == (request.sheet_id, corrected.sheet_id)
    told = read(fetched(archive, house.sent()[-1])).content
    assert told is not None
    assert [scored.form.object for scored in told.scored] == ["REQ", "RPT"]


def test_each_destination_has_its_own_instance_and_knows_no_more_than_it_may(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    with running_archive(tmp_path / "centre", ae_title="CENTRE") as centre:
        site = Site(
            pacs={
                "archive": node(archive, pdf_twin=True),
                "centre": node(centre, disclosure="pseudonymous", commitment="none"),
                "region": node(centre, disclosure="summary"),
            },
            sr_destinations=("archive", "centre", "region"),
        )
        with running_house(tmp_path, clock, site) as house:
            put_images(archive)
            house.report()
            house.sheet()
            assert house.work() == []
            house.work(minutes=3)
            by_name = {(each.destination, each.kind.value): each for each in house.sent()}
            assert set(by_name) == {
                ("archive", "sr"),
                ("archive", "pdf"),
                ("centre", "sr"),
                ("region", "sr"),
            }
            assert {each.state for each in by_name.values()} == {DocumentState.COMMITTED}
            assert len({each.sop_instance_uid for each in by_name.values()}) == 4
            hidden = fetched(centre, by_name["centre", "sr"])
            assert "P1" not in str(hidden)
            assert STUDY not in str(hidden)
            summary = fetched(centre, by_name["region", "sr"])
            assert "测试医师" not in str(summary)
            twin = fetched(archive, by_name["archive", "pdf"])
            assert twin.SourceInstanceSequence[0].ReferencedSOPInstanceUID == "2.25.81"
            assert bytes(twin.EncapsulatedDocument).startswith(b"%PDF")
            tally = house.store.read(lambda uow: uow.documents.tally())
            assert tally["region", DocumentKind.SR, DocumentState.COMMITTED] == 1


def test_a_failing_image_sheet_marks_the_images(house: House, archive: Any) -> None:
    images = put_images(archive)
    house.report()
    house.sheet("image", present=frozenset({"IMG-F1"}))
    assert house.work() == []
    [document] = house.sent(DocumentKind.QUALITY_ISSUE)
    ds = fetched(archive, document)
    assert ds.ConceptNameCodeSequence[0].CodeValue == "113010"
    named = [item for item in ds.ContentSequence if item.ValueType == "IMAGE"]
    assert [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in named] == images


def test_a_rejection_needs_the_switch_and_a_name_and_can_be_taken_back(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    site = Site(pacs={"archive": node(archive)}, images=ImageSettings(quality_issue=False, rejection=True))
    with running_house(tmp_path, clock, site) as house:
        put_images(archive)
        house.report()
        house.sheet("image", present=frozenset({"IMG-F1"}))
        for act in (house.documents.reject, house.documents.restore):
            house.store.write(lambda uow, act=act: act(uow, ACCESSION, "head", "测试主任"))
            house.clock.advance(minutes=1)
        assert house.work() == []
        rejected, restored = (
            fetched(archive, house.sent(kind)[0]) for kind in (DocumentKind.REJECTED, DocumentKind.RESTORED)
        )
        assert rejected.ConceptNameCodeSequence[0].CodeValue == "113001"
        assert restored.ConceptNameCodeSequence[0].CodeValue == "REVOKE_REJECTION"
        assert "测试主任" in str(rejected)


def test_a_document_waits_for_what_was_announced(house: House, archive: Any) -> None:
    images = put_images(archive, 2)
    house.report()
    note = NoteAvailability(around=Surroundings(clock=house.clock, mint=house.documents.around.mint))
    coming = [(f"{STUDY}.1", "1.2.840.10008.5.1.4.1.1.2", uid) for uid in [*images, f"{STUDY}.1.3"]]
    house.store.write(lambda uow: note(uow, STUDY, coming))
    house.sheet()
    assert "lists 2 of the 3" in house.work()[0]
    put_images(archive, 3)
    house.work(minutes=5)
    [document] = house.sent()
    assert (document.state, document.note) == (DocumentState.STORED, "")


def test_what_was_announced_and_never_came_is_not_waited_for_for_ever(house: House, archive: Any) -> None:
    put_images(archive, 1)
    house.report()
    house.store.write(
        lambda uow: uow.documents.announce(
            Announcement(study_instance_uid=STUDY, instances=frozenset({"1.2.3"}), at=house.clock())
        )
    )
    house.sheet()
    assert house.work()
    house.work(minutes=31)
    assert house.sent()[0].note == "evidence_incomplete"


def test_a_fallback_takes_over_when_the_destination_stays_away(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    away = node(archive, fallback="second").model_copy(update={"port": free_port()})
    site = Site(
        pacs={"archive": node(archive), "first": away, "second": node(archive)}, sr_destinations=("first",)
    )
    with running_house(tmp_path, clock, site) as house:
        put_images(archive)
        house.report()
        house.sheet()
        assert house.work()
        for _ in range(4):
            house.work(minutes=10)
        [document] = house.sent()
        assert (document.state, document.lies_at, document.note) == (
            DocumentState.COMMITTED,
            "second",
            "fallback",
        )


def test_what_a_fallback_took_is_brought_to_the_destination_when_that_is_back(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    """Under the same UID; the confirmation is the destination's own, and the note goes."""
    port = free_port()
    away = node(archive, fallback="second").model_copy(update={"port": port, "ae_title": "FIRST"})
    site = Site(
        pacs={"archive": node(archive), "first": away, "second": node(archive)}, sr_destinations=("first",)
    )
    with running_house(tmp_path, clock, site) as house:
        put_images(archive)
        house.report()
        house.sheet()
        for _ in range(8):
            house.work(minutes=10)
        [document] = house.sent()
        assert (document.lies_at, document.note) == ("second", "fallback")
        with running_archive(tmp_path / "first", port, ae_title="FIRST") as first:
            for _ in range(4):
                house.work(minutes=10)
            [document] = house.sent()
            assert (document.state, document.lies_at, document.note) == (
                DocumentState.COMMITTED,
                "first",
                "",
            )
            assert fetched(first, document).SOPInstanceUID == document.sop_instance_uid
        assert house.parked() == []


def test_a_lost_document_is_sent_again_and_its_new_commitment_is_noted(
    tmp_path: Path, clock: StoppedClock
) -> None:
    """Commitment by N-EVENT-REPORT to our own door: first failed, then kept."""
    from plugin.embedded_pacs.vault import digest_of

    houses: list[House] = []
    with (
        running_door(lambda *told: houses[0].on_commitment(*told)) as door,
        running_archive(tmp_path / "archive", peers={"SIGNGATE": ("127.0.0.1", door.port)}) as archive,
        running_house(tmp_path, clock, Site(pacs={"archive": node(archive, commitment="report")})) as house,
    ):
        houses.append(house)
        put_images(archive)
        house.report()
        house.sheet()
        uid = house.sent()[0].sop_instance_uid
        house.work()
        until(lambda: len(house.told) == 1)
        (tmp_path / "archive" / "objects" / digest_of(uid)[:2] / f"{digest_of(uid)}.dcm").unlink()
        with Scu(node(archive, commitment="report")) as scu:
            scu.request_commitment("2.25.777", [(house.sent()[0].sop_class_uid, uid)])
            until(lambda: len(house.told) == 2)
        assert house.sent()[0].state is DocumentState.FAILED
        house.work(minutes=1)
        until(lambda: len(house.told) == 3)
        assert house.told[2][1] == [uid]
        assert house.told[2][0] not in {"2.25.777", house.told[0][0]}
        assert house.sent()[0].state is DocumentState.COMMITTED
