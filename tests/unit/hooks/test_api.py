"""The read API: pages of rows, a token, and a description that fits the app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, TOKEN, WRONG_SIDE, WebHouse, hidden, web_house
from werkzeug.test import TestResponse

OPENAPI = Path(__file__).parents[3] / "plugin" / "web" / "templates" / "openapi.json"


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def get(house: WebHouse, path: str, token: str = TOKEN) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return house.client().get(path, headers=headers, base_url=BASE)


@pytest.mark.parametrize("token", ["", "wrong", "a token for the read API ."])
def test_without_its_token_nothing_is_read(house: WebHouse, token: str) -> None:
    assert get(house, "/api/v1/exams", token).status_code == 401


def test_lists_come_a_page_at_a_time(house: WebHouse, clock: StoppedClock) -> None:
    for number in range(1, 6):
        house.hold(number)
        clock.advance(seconds=1)
    for kind, key in (("exams", "accession_number"), ("gates", "accession_number")):
        seen, cursor = [], ""
        while True:
            page = get(house, f"/api/v1/{kind}?limit=2&cursor={cursor}").json
            seen += [row[key] for row in page["rows"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == ["A5", "A4", "A3", "A2", "A1"], kind


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=1", "limit=1&limit=2", "cursor=1.%27"]
)
def test_a_wrong_page_is_refused_or_empty(house: WebHouse, query: str) -> None:
    answer = get(house, f"/api/v1/exams?{query}")
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or answer.json["rows"] == []


def test_one_examination_is_told_whole(house: WebHouse) -> None:
    house.hold()
    exam = get(house, "/api/v1/exams/A1").json
    assert exam["report"]["findings"].startswith("双肺纹理")
    assert [gate["state"] for gate in exam["gates"]] == ["held"]
    assert get(house, "/api/v1/exams/none").status_code == 404
    assert len(get(house, "/api/v1/reports/A1").json["rows"]) == 1


def test_exams_are_found_by_number_patient_and_name_only_whole(house: WebHouse) -> None:
    house.hold()
    for text in ("A1", "P1", "张三"):
        assert len(get(house, f"/api/v1/exams?text={text}").json["rows"]) == 1
    for text in ("A", "%25", "_1", "' OR 1=1--", "张"):
        assert get(house, f"/api/v1/exams?text={text}").json["rows"] == []


def test_rules_are_told_with_their_precision_by_department(house: WebHouse) -> None:
    issue = house.hold(report=WRONG_SIDE)["issues"][0]
    for number, verdict in enumerate(("accepted", "accepted", "dismissed")):
        said = {"accession_number": "A1", "issue": issue, "verdict": verdict, "who": f"D{number}"}
        assert house.call("POST", "/hooks/issues/feedback", said).status_code == 200
    [row] = get(house, "/api/v1/rules").json["rows"]
    assert (row["rule"], row["accepted"], row["dismissed"], row["silent"]) == ("laterality", 2, 1, False)
    assert row["floor"] is None, "no number silences it"
    assert row["precision"]["low"] < row["precision"]["share"] == 2 / 3 < row["precision"]["high"]
    assert [each["department"] for each in row["departments"]] == ["呼吸科"]


def test_the_description_names_every_route_and_no_other(house: WebHouse) -> None:
    described = {
        (method.upper(), path)
        for path, methods in json.loads(OPENAPI.read_text("utf-8"))["paths"].items()
        for method in methods
    }
    served = {
        (method, str(rule).replace("<", "{").replace(">", "}"))
        for rule in house.app.url_map.iter_rules()
        for method in rule.methods or ()
        if method in {"GET", "POST"} and "console" not in rule.endpoint and "static" not in rule.endpoint
    }
    assert served == described


def test_the_documentation_page_needs_nothing_from_outside(house: WebHouse) -> None:
    page = get(house, "/docs").text
    assert "/hooks/report-sign" in page
    assert "http://" not in page.replace(BASE, "")
    assert "https://" not in page
    assert "<script" not in page


def test_health_readiness_and_metrics(house: WebHouse) -> None:
    assert get(house, "/healthz", "").json == {"status": "ok"}
    assert get(house, "/readyz", "").json["status"] == "ok"
    assert 'signgate_jobs{state="pending"} 0' in get(house, "/metrics", "").text


def test_a_failed_probe_makes_it_not_ready(tmp_path: Path, clock: StoppedClock) -> None:
    def broken() -> str | None:
        raise OSError

    with web_house(tmp_path, clock, probes={"pacs": lambda: "no answer", "queue": broken}) as house:
        answer = get(house, "/readyz", "")
        assert answer.status_code == 503
        assert answer.json["checks"] == {"pacs": "no answer", "queue": "OSError"}


def test_the_tables_of_a_month(house: WebHouse) -> None:
    page = house.client().get(house.ticket(), base_url=BASE).text
    house.client().post("/qc", data={"form_token": hidden(page, "form_token")}, base_url=BASE)
    tables = get(house, "/api/v1/statistics?month=2026-06").json
    assert tables["rates"]["passing"] == 100.0
    assert [(q["person"], q["excellent"]) for q in tables["quality"]] == [("李四", 100.0)]
    assert tables["scores"][0]["counts"] == {"CT": [1, 0, 0, 0, 0]}
    assert get(house, "/api/v1/statistics?month=2026-05").json["rates"]["passing"] is None
    assert get(house, "/api/v1/statistics?form=image").json["rates"]["sampled"] == 0
    assert get(house, "/api/v1/statistics?month=06").status_code == 400
