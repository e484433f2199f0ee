"""Attacks on the web side; each test bears the number of its row (shared/design/attacks.md)."""

from __future__ import annotations

import gzip
import html
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import StoppedClock
from patience import PATIENCE_S
from web_house import (
    BASE,
    OLD_SECRET,
    PASSWORD,
    REPORT,
    RIS,
    SECRET,
    TOKEN,
    WRONG_SIDE,
    WebHouse,
    event,
    hidden,
    web_house,
)

from plugin.domain.people import Role
from plugin.kit import signature
from plugin.web.server import WebServer
from plugin.web.settings import WebSettings


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


class Tags(HTMLParser):
    """Collects what a browser would take for active."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"iframe", "object", "embed", "base"} or (tag == "script" and "src" not in given):
            self.active.append(tag)
        self.active += [name for name in given if name.startswith("on") or name == "style"]
        self.active += [
            str(given[name])
            for name in ("href", "src", "action", "formaction")
            if str(given.get(name) or "").strip().lower().startswith("javascript:")
        ]


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus x='",
    "{{7*7}}${7*7}",
    "javascript:alert(1)",
    "</textarea></title><svg/onload=alert(1)>",
]


@pytest.mark.parametrize("text", NASTY)
def test_s1_what_a_patient_is_called_is_text_everywhere(house: WebHouse, text: str) -> None:
    report = {
        **REPORT,
        "patient": {**REPORT["patient"], "name": text, "age": text},
        "exam": {**REPORT["exam"], "exam_item": text, "technique": text},
        "report": {**REPORT["report"], "author": text, "department": text},
        "findings": f"左肺上叶见结节，{text}",
        "impression": f"右肺上叶结节 {text}",
    }
    signer = {"id": "D7", "name": text[:64], "role": "senior"}
    page = house.client().get(house.ticket(report=report, signer=signer), base_url=BASE).text
    house.person("head", Role.HEAD, staff_id="D7")
    browser = house.signed_in("head")
    pages = [page] + [
        browser.get(f"/console/{path}", base_url=BASE).text
        for path in ("held", "exams", "exams/A1", "alerts", "statistics")
    ]
    for shown in pages:
        assert not Tags(shown).active
    assert not any("<script>alert" in shown or "<img src=x" in shown for shown in pages)
    assert all(text in html.unescape(shown) for shown in (page, pages[2], pages[3])), (
        "shown as it was written"
    )


def test_s1_inline_script_is_forbidden_on_every_page(house: WebHouse) -> None:
    for path in ("/console/sign-in", "/docs", "/qc/x", "/healthz", "/nothing"):
        policy = house.client().get(path, base_url=BASE).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "body",
    [
        b'{"event_id": "1", "event_id": "2"}',
        b'{"event_id": NaN}',
        b'{"event_id": 1e400}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"!!python/object/apply:os.system ['id']",
        b"\x80\x04\x95",
    ],
)
def test_s20_strange_json_is_400(house: WebHouse, body: bytes) -> None:
    answer = house.call("POST", "/hooks/report-sign", body)
    assert answer.status_code == 400
    assert answer.content_type.startswith("application/problem+json")


def test_s20_proto_is_a_key_like_any_other(house: WebHouse) -> None:
    body = json.dumps(event()).replace('"event_id"', '"__proto__": {"admin": true}, "event_id"')
    assert house.call("POST", "/hooks/report-sign", body.encode()).status_code == 200


@pytest.mark.parametrize(
    "extra",
    [
        {"role": "admin"},
        {"score": "999"},
        {"reader_id": "D9"},
        {"scorer_id": "D9"},
        {"gate_id": "other"},
        {"m.RPT-F1": "on"},
        {"m.IMG-F1": "1"},
    ],
)
def test_s21_fields_that_the_form_does_not_have_are_refused(house: WebHouse, extra: dict[str, str]) -> None:
    page = house.client().get(house.ticket(), base_url=BASE).text
    token = hidden(page, "form_token")
    answer = house.client().post("/qc", data={"form_token": token, **extra}, base_url=BASE)
    assert answer.status_code == 400
    assert not house.store.read(lambda uow: uow.sheets.for_exam("A1"))


def test_s22_what_is_not_yours_does_not_exist(house: WebHouse) -> None:
    gate_id = house.hold()["gate_id"]
    house.person("zhao", Role.RADIOLOGIST, staff_id="D9")
    browser = house.signed_in("zhao")
    data = {"csrf": house.csrf(browser)}
    theirs = browser.post(f"/console/held/{gate_id}/open", data=data, base_url=BASE)
    nobodys = browser.post("/console/held/0000/open", data=data, base_url=BASE)
    assert theirs.status_code == nobodys.status_code == 404
    assert "/console/alerts" not in browser.get("/console/audit", base_url=BASE).text
    assert browser.get("/console/audit", base_url=BASE).status_code == 403


def test_s22_a_refused_page_is_audited(house: WebHouse) -> None:
    house.person("sys", Role.SYSTEM_ADMIN)
    house.person("auditor", Role.AUDIT_ADMIN)
    house.signed_in("sys").get("/console/exams", base_url=BASE)
    assert "page.refused" in house.signed_in("auditor").get("/console/audit", base_url=BASE).text


def test_s23_a_ticket_opens_once_and_within_its_minute(house: WebHouse, clock: StoppedClock) -> None:
    path = house.ticket()
    assert house.client().get(path, base_url=BASE).status_code == 200
    assert house.client().get(path, base_url=BASE).status_code == 401
    late = house.ticket(2)
    clock.advance(seconds=61)
    assert house.client().get(late, base_url=BASE).status_code == 401


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: "none"]
)
def test_s23_an_altered_ticket_or_token_opens_nothing(house: WebHouse, change: object) -> None:
    assert callable(change)
    ticket = house.ticket().removeprefix("/qc/")
    assert house.client().get(f"/qc/{change(ticket)}", base_url=BASE).status_code == 401
    token = hidden(house.client().get(f"/qc/{ticket}", base_url=BASE).text, "form_token")
    answer = house.client().post("/qc", data={"form_token": change(token)}, base_url=BASE)
    assert answer.status_code == 401


def test_s23_of_fifty_at_once_one_gets_in(house: WebHouse) -> None:
    path = house.ticket()
    with ThreadPoolExecutor(50) as pool:
        got = list(pool.map(lambda _: house.client().get(path, base_url=BASE).status_code, range(50)))
    assert sorted(got) == [200] + [401] * 49


def test_s23_a_ticket_is_no_form_token_and_the_other_way_round(house: WebHouse) -> None:
    ticket = house.ticket().removeprefix("/qc/")
    assert house.client().post("/qc", data={"form_token": ticket}, base_url=BASE).status_code == 401
    token = hidden(house.client().get(f"/qc/{ticket}", base_url=BASE).text, "form_token")
    assert house.client().get(f"/qc/{token}", base_url=BASE).status_code == 401


def signed(house: WebHouse, body: bytes, *, at: float = 0, secret: bytes = SECRET) -> dict[str, str]:
    stamp = int(house.clock().timestamp() + at)
    return {"content-type": "application/json", **signature.headers(secret, "fixed-id", stamp, body)}


def test_s24_a_changed_stale_or_unsigned_call_is_401(house: WebHouse) -> None:
    body = json.dumps(event()).encode()
    right = signed(house, body)
    for headers, sent in (
        (right, body.replace(b"A1", b"A2")),
        (signed(house, body, at=-301), body),
        (signed(house, body, at=301), body),
        (signed(house, body, secret=b""), body),
        ({**right, "webhook-id": "another"}, body),
        ({**right, "webhook-timestamp": "1e9"}, body),
        ({**right, "webhook-signature": "v1,"}, body),
        ({**right, "webhook-signature": right["webhook-signature"].replace("v1,", "v2,")}, body),
        ({"content-type": "application/json"}, body),
    ):
        answer = house.client().post("/hooks/report-sign", data=sent, headers=headers, base_url=BASE)
        assert answer.status_code == 401, headers
    assert (
        house.client().post("/hooks/report-sign", data=body, headers=right, base_url=BASE).status_code == 200
    )


def test_s24_an_id_is_good_for_one_call(house: WebHouse) -> None:
    gate_id = house.hold()["gate_id"]
    body = {"reason": "急诊", "who": "D7"}
    path = f"/hooks/report-sign/{gate_id}/override"
    assert house.call("POST", path, body, call_id="once").status_code == 200
    assert house.call("POST", path, {**body, "reason": "别的"}, call_id="once").status_code == 401
    other = house.hold(2)["gate_id"]
    elsewhere = house.call("POST", f"/hooks/report-sign/{other}/override", body, call_id="once")
    assert elsewhere.status_code == 401, "the same body under the same ID, but to another path"


@pytest.mark.parametrize("path", ["/hooks/report-sign/{}?x=1", "/hooks/report-sign/{}x"])
def test_s24_a_get_is_signed_with_its_path_and_query(house: WebHouse, path: str) -> None:
    gate_id = house.hold()["gate_id"]
    body = signature.signed_body("GET", f"/hooks/report-sign/{gate_id}", b"")
    answer = house.client().get(path.format(gate_id), headers=signed(house, body), base_url=BASE)
    assert answer.status_code == 401


def test_s24_header_names_in_any_case(house: WebHouse) -> None:
    body = json.dumps(event()).encode()
    headers = {name.title(): value for name, value in signed(house, body).items()}
    assert (
        house.client().post("/hooks/report-sign", data=body, headers=headers, base_url=BASE).status_code
        == 200
    )


def test_s25_two_secrets_while_they_change_then_one(
    house: WebHouse, tmp_path: Path, clock: StoppedClock
) -> None:
    house.secret = OLD_SECRET
    assert house.call("POST", "/hooks/report-sign", event()).status_code == 200
    with web_house(tmp_path / "after", clock, old_secret=False) as after:
        after.secret = OLD_SECRET
        assert after.call("POST", "/hooks/report-sign", event()).status_code == 401


@pytest.mark.parametrize(
    "origin", ["null", "*", "data:", "https://*", "https://ris.example/", "ris.example", "javascript:x"]
)
def test_s26_only_plain_origins_can_be_listed(origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        WebSettings(frame_origins=(origin,))


def test_s26_s27_who_may_frame_which_page(house: WebHouse) -> None:
    popup = house.client().get(house.ticket(), base_url=BASE).headers
    assert popup["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {RIS}")
    for path in ("/console/sign-in", "/console/alerts", "/docs"):
        headers = house.client().get(path, base_url=BASE).headers
        assert headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert headers["X-Frame-Options"] == "DENY"


def test_s27_an_alert_is_acknowledged_only_by_saying_it_again(house: WebHouse) -> None:
    bleeding = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}
    house.hold(report=bleeding)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    house.person("nurse", Role.CLINICIAN)
    browser = house.signed_in("nurse")
    data = {"csrf": house.csrf(browser), "do": "acknowledge"}
    one_click = browser.post(f"/console/alerts/{alert.alert_id}", data=data, base_url=BASE)
    assert one_click.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_s29_a_form_of_another_site_is_refused(house: WebHouse, headers: dict[str, str]) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    data = {"csrf": house.csrf(browser), "name": "gate", "to": "off"}
    answer = browser.post("/console/switches", data=data, headers=headers, base_url=BASE)
    assert answer.status_code == 403
    assert house.store.read(lambda uow: uow.policies.switches()).gate


def test_s29_without_its_token_a_form_is_refused(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    fields = {"name": "gate", "to": "off"}
    for csrf in ({}, {"csrf": ""}, {"csrf": "x" * 43}):
        assert browser.post("/console/switches", data={**fields, **csrf}, base_url=BASE).status_code == 403
    csrf = house.csrf(browser)
    text = browser.post(
        "/console/switches",
        data=json.dumps({**fields, "csrf": csrf}),
        content_type="text/plain",
        base_url=BASE,
    )
    multipart = browser.post(
        "/console/switches",
        data={**fields, "csrf": csrf},
        content_type="multipart/form-data",
        base_url=BASE,
    )
    override = browser.get(f"/console/switches?_method=POST&name=gate&to=off&csrf={csrf}", base_url=BASE)
    assert (text.status_code, multipart.status_code, override.status_code) == (400, 400, 200)
    assert house.store.read(lambda uow: uow.policies.switches()).gate


def test_s29_nobody_is_signed_in_by_another_site(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.client()
    data = {"login": "head", "password": PASSWORD, "next": ""}
    assert browser.post("/console/sign-in", data=data, base_url=BASE).status_code == 403
    browser.get("/console/sign-in", base_url=BASE)
    assert browser.post("/console/sign-in", data={**data, "door": "x"}, base_url=BASE).status_code == 403


def test_s29_the_cookie_is_for_us_alone(house: WebHouse, tmp_path: Path, clock: StoppedClock) -> None:
    house.person("head", Role.HEAD)
    cookie = house.signed_in("head").get_cookie("signgate_session", path="/console", domain="signgate.test")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/console")
    with web_house(tmp_path / "tls", clock, base_url="https://signgate.test") as behind_tls:
        answer = behind_tls.client().get("/console/setup", base_url="https://signgate.test")
        assert "Secure" in answer.headers["Set-Cookie"]


def test_s30_a_session_cannot_be_planted_and_ends_with_sign_out(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.client()
    browser.set_cookie("signgate_session", "planted", path="/console", domain="signgate.test")
    door = hidden(browser.get("/console/sign-in", base_url=BASE).text, "door")
    data = {"login": "head", "password": PASSWORD, "door": door, "next": ""}
    browser.post("/console/sign-in", data=data, base_url=BASE)
    secret = browser.get_cookie("signgate_session", path="/console", domain="signgate.test")
    assert secret is not None
    assert secret.value != "planted"
    browser.post("/console/sign-out", data={"csrf": house.csrf(browser)}, base_url=BASE)
    browser.set_cookie("signgate_session", secret.value, path="/console", domain="signgate.test")
    assert browser.get("/console/exams", base_url=BASE).status_code == 302


def test_s30_a_new_role_or_password_ends_every_session(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    one, two = house.signed_in("head"), house.signed_in("head")
    assert one.get("/console/exams", base_url=BASE).status_code == 200
    assert two.get("/console/exams", base_url=BASE).status_code == 200, "two places at once are two sessions"
    house.accounts.change_role("chief", "head", Role.SYSTEM_ADMIN)
    assert one.get("/console/people", base_url=BASE).status_code == 302
    assert two.get("/console/exams", base_url=BASE).status_code == 302


def test_s31_an_idle_or_old_session_signs_in_again(house: WebHouse, clock: StoppedClock) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    clock.advance(minutes=31)
    assert browser.get("/console/exams", base_url=BASE).location == "/console/sign-in?next=/console/exams"
    browser = house.signed_in("head")
    for _ in range(25):
        clock.advance(minutes=29)
        browser.get("/console/exams", base_url=BASE)
    assert browser.get("/console/exams", base_url=BASE).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://evil.example/console/",
        "/console/\r\nSet-Cookie: a=b",
        "/console/..//evil.example" + "\t",
        "/hooks/",
    ],
)
def test_s41_after_signing_in_one_stays_here(house: WebHouse, target: str) -> None:
    house.person("head", Role.HEAD)
    browser = house.client()
    door = hidden(browser.get("/console/sign-in", base_url=BASE).text, "door")
    data = {"login": "head", "password": PASSWORD, "door": door, "next": target}
    answer = browser.post("/console/sign-in", data=data, base_url=BASE)
    assert answer.status_code == 303
    assert answer.location == "/console/"


@pytest.mark.parametrize(
    "name", ["../views.py", "..%2fviews.py", "..\\views.py", "%2e%2e/form.py", "/etc/passwd", "x\x00.css"]
)
def test_s42_static_files_stay_in_their_folder(house: WebHouse, name: str) -> None:
    for room in ("/qc/static/", "/console/static/"):
        assert house.client().get(room + name, base_url=BASE).status_code == 404


@pytest.fixture
def address(house: WebHouse) -> Iterator[tuple[str, int]]:
    """The app behind its real server."""
    server = WebServer(house.app, WebSettings(port=0))
    server.start()
    yield server.address
    server.stop()


def raw(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address, PATIENCE_S) as line:
        line.sendall(request)
        return line.recv(65536)


def test_s43_a_body_is_refused_by_its_announced_size(address: tuple[str, int]) -> None:
    head = b"POST /hooks/report-sign HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    # Only one byte of it is ever sent.
    answer = raw(address, head + b"Content-Length: 4294967296\r\n\r\n{")
    assert b" 413 " in answer.split(b"\r\n", 1)[0]


def test_s43_a_chunked_flood_is_refused(address: tuple[str, int]) -> None:
    head = b"POST /hooks/report-sign HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = b""
    with socket.create_connection(address, PATIENCE_S) as line:
        try:
            line.sendall(head)
            for _ in range(64):
                line.sendall(chunk)
            line.sendall(b"0\r\n\r\n")
            answer = line.recv(65536)
        except OSError:
            return  # it hung up on us, which is an answer
    assert b" 413 " in answer.split(b"\r\n", 1)[0] or not answer


def test_s43_a_hundred_thousand_fields_are_refused(house: WebHouse) -> None:
    body = "&".join(f"f{n}=1" for n in range(100_000))
    kind = "application/x-www-form-urlencoded"
    browser = house.client()
    browser.get("/console/setup", base_url=BASE)
    for path in ("/qc", "/console/setup"):
        assert browser.post(path, data=body, content_type=kind, base_url=BASE).status_code == 413


def test_s43_the_popup_takes_no_multipart(house: WebHouse) -> None:
    answer = house.client().post(
        "/qc", data={"form_token": "x"}, content_type="multipart/form-data", base_url=BASE
    )
    assert answer.status_code == 415


def test_s43_a_packed_body_is_not_unpacked(house: WebHouse) -> None:
    bomb = gzip.compress(b"[" * 10_000_000)
    answer = house.call("POST", "/hooks/report-sign", bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 400


def test_s57_an_engine_that_knows_no_policy_is_safe_too(house: WebHouse) -> None:
    """Nothing of the popup's safety rests on CSP or SameSite: escaping is done here, the token is no cookie."""
    name = "<script>alert(1)</script>"
    report = {**WRONG_SIDE, "patient": {**REPORT["patient"], "name": name}}
    answer = house.client().get(house.ticket(report=report), base_url=BASE)
    assert name not in answer.text
    assert "Set-Cookie" not in answer.headers
    token = hidden(answer.text, "form_token")
    assert token not in answer.headers.get("Location", "")
    forged = house.client().post("/qc", data={"comment": ""}, base_url=BASE)
    assert forged.status_code == 401


def test_s29_a_stolen_token_is_not_taken_from_another_site(house: WebHouse) -> None:
    page = house.client().get(house.ticket(), base_url=BASE).text
    data = {"form_token": hidden(page, "form_token")}
    for site in ("cross-site", "same-site"):
        refused = house.client().post("/qc", data=data, headers={"Sec-Fetch-Site": site}, base_url=BASE)
        assert refused.status_code == 403
    assert house.client().post("/qc", data=data, base_url=BASE).status_code == 200, "old engines say nothing"


@pytest.mark.parametrize(
    "path",
    ["/qc/x", "/qc/static/popup.js", "/qc/static/popup.css", "/console/sign-in", "/console/static/alerts.js",
     "/healthz", "/readyz", "/metrics", "/openapi.json", "/schemas/analysis_answer.json", "/docs", "/api/v1/exams", "/nothing"],
)  # fmt: skip
def test_s60_every_answer_says_its_charset_and_is_not_sniffed(house: WebHouse, path: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = house.client().get(path, headers=headers, base_url=BASE)
    assert "charset=utf-8" in answer.headers["Content-Type"].lower()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("charset", ["utf-7", "gb18030", "utf-16"])
def test_s60_a_body_in_another_charset_is_refused(house: WebHouse, charset: str) -> None:
    kind = {"content-type": f"application/json; charset={charset}"}
    answer = house.call("POST", "/hooks/report-sign", event(), headers=kind)
    assert answer.status_code == 400


def test_s60_overlong_utf8_is_refused(house: WebHouse) -> None:
    body = json.dumps(event()).encode().replace(b"click-1", b"\xc0\xbcscript\xc0\xbe")
    assert house.call("POST", "/hooks/report-sign", body).status_code == 400


def test_s40_links_are_made_from_the_settings_and_not_from_the_call(house: WebHouse) -> None:
    spoofed = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1"}
    answer = house.call("POST", "/hooks/report-sign", event(), headers=spoofed)
    assert answer.json["popup_url"].startswith(f"{BASE}/qc/")


@pytest.mark.parametrize("path", ["/metrics", "/openapi.json", "/schemas/analysis_answer.json", "/docs"])
def test_s56_beyond_loopback_the_watchers_need_a_token(
    tmp_path: Path, clock: StoppedClock, path: str
) -> None:
    for number, settings in enumerate(({"host": "0.0.0.0"}, {"trusted_proxies": 1})):
        with web_house(tmp_path / str(number), clock, **settings) as house:
            assert house.client().get(path, base_url=BASE).status_code == 401
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            assert house.client().get(path, headers=bearer, base_url=BASE).status_code == 200
            assert house.client().get("/healthz", base_url=BASE).json == {"status": "ok"}


def test_s56_readiness_names_no_host_to_strangers(tmp_path: Path, clock: StoppedClock) -> None:
    probes = {"pacs": lambda: "10.1.2.3:104 does not answer"}
    with web_house(tmp_path, clock, probes=probes, host="0.0.0.0") as house:
        assert house.client().get("/readyz", base_url=BASE).json["checks"] == {"pacs": "failed"}


def test_s58_two_hundred_half_open_requests_do_not_hold_up_the_next(house: WebHouse) -> None:
    half = b"POST /hooks/report-sign HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"
    # Who is held up by them is so for longer than the test has patience.
    server = WebServer(house.app, WebSettings(port=0, channel_timeout_s=600))
    server.start()
    lines = [socket.create_connection(server.address, PATIENCE_S) for _ in range(200)]
    try:
        for line in lines:
            line.sendall(half)
        asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert b" 200 " in raw(server.address, asked)
    finally:
        for line in lines:
            line.close()
        server.stop()
