"""The app as a whole: headers, error answers, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from flask import abort
from web_house import BASE, RIS, TOKEN, WebHouse, web_house

from plugin.domain.errors import DeliveryFailed, GateConflict, InvalidInput, StoreUnavailable

FAULTS = {
    "input": InvalidInput("/age", "is no age"),
    "conflict": GateConflict("released already"),
    "peer": DeliveryFailed("the PACS is away", retry=True),
    "store": StoreUnavailable("the disk is full"),
    "bug": ZeroDivisionError("张三"),
}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, host="0.0.0.0") as built:

        @built.app.get("/fails/<how>")
        def fail(how: str) -> str:
            raise FAULTS[how]

        @built.app.get("/console/fails/<how>")
        def fail_for_people(how: str) -> str:
            raise FAULTS[how]

        @built.app.get("/teapot")
        def teapot() -> str:
            abort(418)

        yield built


@pytest.mark.parametrize(
    ("how", "status", "kind"),
    [
        ("input", 400, "invalid-input"),
        ("conflict", 409, "conflict"),
        ("peer", 502, "peer-failed"),
        ("store", 503, "store-unavailable"),
        ("bug", 500, "internal-error"),
    ],
)
def test_machines_get_a_problem_and_people_a_page(house: WebHouse, how: str, status: int, kind: str) -> None:
    answer = house.client().get(f"/fails/{how}", base_url=BASE)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json; charset=utf-8"
    assert answer.json["type"] == f"urn:signgate:problem:{kind}"
    assert answer.json["status"] == status
    page = house.client().get(f"/console/fails/{how}", base_url=BASE, headers={"Accept": "text/html"})
    assert page.status_code == status
    assert page.mimetype == "text/html"
    assert answer.json.get("where") == ("/age" if how == "input" else None)
    assert answer.headers.get("Retry-After") == ("5" if how == "store" else None)


def test_what_an_error_of_ours_quotes_goes_neither_out_nor_into_the_log(
    house: WebHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = house.client().get("/fails/bug", base_url=BASE)
    printed = "".join(capsys.readouterr())
    assert "张三" not in answer.text + printed
    assert "ZeroDivisionError" in printed
    assert "test_app.py:" in printed


def test_an_http_error_keeps_its_status_and_what_it_allows(house: WebHouse) -> None:
    assert house.client().get("/teapot", base_url=BASE).status_code == 418
    refused = house.client().delete("/fails/bug", base_url=BASE)
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]
    assert refused.json["detail"] == "DELETE is not taken here: GET is"
    assert "/docs" in house.client().get("/hooks/report-sing", base_url=BASE).json["detail"]


def test_only_the_popup_may_be_embedded_and_only_by_us_and_the_ris(house: WebHouse) -> None:
    popup = house.client().get("/qc/no-such-ticket", base_url=BASE).headers
    other = house.client().get("/console/sign-in", base_url=BASE).headers
    assert popup["Content-Security-Policy"].endswith(f"; frame-ancestors 'self' {RIS}")
    assert other["Content-Security-Policy"].endswith("; frame-ancestors 'none'")
    assert "X-Frame-Options" not in popup
    assert other["X-Frame-Options"] == "DENY"
    for headers in (popup, other):
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in headers["Permissions-Policy"]


def test_requests_are_counted_by_endpoint_and_never_by_path(house: WebHouse) -> None:
    house.client().get("/qc/a-secret-ticket", base_url=BASE)
    house.client().get("/nothing-here", base_url=BASE)
    token = {"Authorization": f"Bearer {TOKEN}"}
    text = house.client().get("/metrics", base_url=BASE, headers=token).text
    assert 'signgate_http_requests_total{endpoint="none",method="GET",status="404"} 1.0' in text
    assert "a-secret-ticket" not in text
    assert "nothing-here" not in text
