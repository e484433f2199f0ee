"""/console/sr over a real archive: search, show, upload; and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, StoppedClock
from document_house import node, put_images, running_archive
from sr_samples import STUDY, content
from web_house import BASE, WebHouse, hidden, web_house

from plugin.bootstrap.documents import build_carriers, build_documents
from plugin.bootstrap.surroundings import surroundings
from plugin.console.documents import printed
from plugin.delivery.view_documents import ViewDocuments
from plugin.domain.people import Role
from plugin.domain.scoring import FormAnswers, ScoreSheet, ScoringMode
from plugin.pacs.scu import Scu
from plugin.rules.scoring import load_forms, score
from plugin.site.imaging import ImageSettings
from plugin.site.settings import Site
from plugin.sr.qc_sr import build
from plugin.sr.read import dataset_bytes


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Any]:
    with running_archive(tmp_path / "archive") as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock, archive: Any) -> Iterator[WebHouse]:
    site = Site(pacs={"archive": node(archive)})
    with Scu(site.pacs["archive"]) as scu:
        scu.store([build(content())])
        carriers = build_carriers(site, {"archive": scu})
        viewer = ViewDocuments(read=lambda query: None, carriers=carriers, sources=("archive",))
        with web_house(tmp_path / "web", clock, documents=viewer) as built:
            built.person("someone", Role.RADIOLOGIST, staff_id="D7")
            yield built


def test_a_study_is_found_and_its_report_shown(house: WebHouse) -> None:
    browser = house.signed_in("someone")
    number = content().study.accession_number
    page = browser.get(f"/console/sr?source=archive&accession_number={number}", base_url=BASE)
    assert f"/console/sr/archive/{STUDY}" in page.text
    shown = browser.get(f"/console/sr/archive/{STUDY}", base_url=BASE)
    assert "报告质量" in shown.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]


def test_who_has_looked_at_a_patient_is_in_the_trail(house: WebHouse) -> None:
    patient = content().patient
    house.signed_in("someone").get(f"/console/sr/archive/{STUDY}", base_url=BASE)
    house.person("auditor", Role.AUDIT_ADMIN)
    auditor = house.signed_in("auditor")
    found = auditor.get("/console/audit", query_string={"about": patient.patient_id}, base_url=BASE).text
    assert "查看存档文档" in found
    assert patient.patient_id in found
    assert patient.name not in found
    assert "登录" not in re.findall(r"<tbody>.*</tbody>", found, re.S)[0]
    by = auditor.get("/console/audit?who=auditor", base_url=BASE).text
    assert "document.read" not in by
    assert "session.opened" in by
    nobody = auditor.get("/console/audit?about=P%25", base_url=BASE).text
    assert "没有符合的记录" in nobody, "a wildcard is a character like any other"


def test_an_uploaded_file_is_shown_and_a_damaged_one_says_so(house: WebHouse) -> None:
    browser = house.signed_in("someone")
    csrf = hidden(browser.get("/console/sr", base_url=BASE).text, "csrf")

    def upload(data: bytes) -> Any:
        form = {"csrf": csrf, "file": (BytesIO(data), "a.dcm")}
        return browser.post(
            "/console/sr/upload", data=form, content_type="multipart/form-data", base_url=BASE
        )

    assert "报告质量" in upload(dataset_bytes(build(content()))).text
    damaged = upload(b"no DICOM at all")
    assert (damaged.status_code, "Not readable" in damaged.text) == (200, True)
    assert upload(b"").status_code == 400
    assert upload(b"x" * (9 * 1024 * 1024)).status_code == 413


def test_a_file_without_the_sessions_token_is_refused(house: WebHouse) -> None:
    form = {"file": (BytesIO(b"x"), "a.dcm")}
    answer = house.signed_in("someone").post(
        "/console/sr/upload", data=form, content_type="multipart/form-data", base_url=BASE
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("number", ["*", "A?", "A\\B"])
def test_wildcards_are_refused(house: WebHouse, archive: Any, number: str) -> None:
    put_images(archive)
    page = house.signed_in("someone").get(
        "/console/sr", query_string={"source": "archive", "accession_number": number}, base_url=BASE
    )
    assert "give an accession number" in page.text
    assert "/console/sr/archive/" not in page.text


def test_an_unknown_source_and_an_empty_study(house: WebHouse) -> None:
    browser = house.signed_in("someone")
    assert browser.get(f"/console/sr/elsewhere/{STUDY}", base_url=BASE).status_code == 400
    assert browser.get("/console/sr/archive/1.2.3", base_url=BASE).status_code == 404


def test_clinicians_and_administrators_have_no_such_page(house: WebHouse) -> None:
    for role in (Role.CLINICIAN, Role.SYSTEM_ADMIN):
        house.person(role.value, role, staff_id="D9")
        assert (
            house.signed_in(role.value).get(f"/console/sr/archive/{STUDY}", base_url=BASE).status_code == 403
        )


def test_the_head_rejects_failed_images_by_name_and_takes_it_back(
    tmp_path: Path, clock: StoppedClock
) -> None:
    site = Site(images=ImageSettings(rejection=True))
    forms = load_forms(ROOT / "config" / "scoring")
    issue = build_documents(site, forms, surroundings(site, clock))
    answers = FormAnswers(present=frozenset({"IMG-F1"}))
    form = forms.get("image")
    sheet = ScoreSheet(
        sheet_id="S1",
        accession_number="A1",
        form_id="image",
        form_version=form.version,
        mode=ScoringMode.RANDOM,
        scorer_id="D7",
        scorer_name="王五",
        scorer_role="senior",
        assessed_id="",
        assessed_name="",
        scored_at=clock(),
        answers=answers,
        result=score(form, answers),
        sop_instance_uid="2.25.1",
        series_instance_uid="2.25.2",
    )

    def keep(uow: Any) -> None:
        uow.sheets.add(sheet)
        issue(uow, [sheet])

    with web_house(tmp_path / "web", clock, issue=issue) as house:
        house.hold(1)
        house.store.write(keep)
        house.person("head", Role.HEAD, staff_id="D1")
        house.person("someone", Role.RADIOLOGIST, staff_id="D7")
        assert "/images/reject" not in house.signed_in("someone").get("/console/exams/A1", base_url=BASE).text
        browser = house.signed_in("head")
        for act in ("reject", "restore"):
            page = browser.get("/console/exams/A1", base_url=BASE).text
            assert f"/console/exams/A1/images/{act}" in page
            form_values = {"csrf": hidden(page, "csrf"), "confirmed": "A2"}
            path = f"/console/exams/A1/images/{act}"
            assert browser.post(path, data=form_values, base_url=BASE).status_code == 400
            clock.advance(seconds=1)
            done = browser.post(path, data={**form_values, "confirmed": "A1"}, base_url=BASE)
            assert done.status_code == 303
        documents = house.store.read(lambda uow: uow.documents.for_exam("A1"))
        kinds = [each.kind.value for each in documents]
        assert (set(kinds[:2]), kinds[2:]) == ({"quality_issue", "sr"}, ["rejected", "restored"])
        assert documents[-1].confirmed_by != ""
        assert "图像拒收" in browser.get("/console/exams/A1", base_url=BASE).text


@pytest.mark.parametrize(
    ("archived", "shown"),
    [
        ("20260601 083000", "2026-06-01 08:30:00"),
        ("20260601 083000.123", "2026-06-01 08:30:00"),
        ("20260601 0830", "2026-06-01 08:30"),
        ("20260601", "2026-06-01"),
        ("", ""),
        ("2026.06.01", "2026.06.01"),
    ],
)
def test_an_archives_time_is_printed_as_a_person_writes_it(archived: str, shown: str) -> None:
    assert printed(archived) == shown
