"""/console/sr over a real archive: search, show, upload; and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from document_house import node, put_images, running_archive
from sr_samples import STUDY, content
from web_house import BASE, WebHouse, hidden, web_house

from plugin.bootstrap_documents import build_carriers
from plugin.delivery.view_documents import ViewDocuments
from plugin.domain.people import Role
from plugin.pacs.scu import Scu
from plugin.site import Site
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
