"""Attacks on accounts, and what may leak; each test bears the number of its row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import StoppedClock
from web_house import BASE, FIRST_PASSWORD, PASSWORD, REPORT, TOKEN, WebHouse, event, hidden, web_house

from plugin.domain.errors import DeliveryFailed, InvalidInput, NotAuthentic
from plugin.domain.people import Role
from plugin.kit.pinned_call import post
from plugin.kit.totp import STEP_S, code, matching_step, new_secret
from plugin.notify.webhook import WebhookOptions

SECRET = new_secret(b"12345678901234567890")
CANARY = ("金丝雀甲乙", "CanaryName", "330102199901011234", "金丝雀影像描述")


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def present_code(house: WebHouse, steps: int = 0) -> str:
    return code(b"12345678901234567890", int(house.clock().timestamp() // STEP_S) + steps)


def enter(house: WebHouse, password: str = PASSWORD, offered: str = "", address: str = "10.0.0.1") -> None:
    house.sign_in.open("chief", password, address, offered)


def test_s32_five_wrong_passwords_shut_an_address_out_and_nobody_else(
    house: WebHouse, clock: StoppedClock
) -> None:
    house.person("chief", Role.HEAD)
    for _ in range(5):
        with pytest.raises(NotAuthentic):
            enter(house, "wrong password 1")
    with pytest.raises(NotAuthentic):
        enter(house)  # the right one, from there
    enter(house, address="10.0.0.2")
    clock.advance(minutes=15)
    enter(house)


def test_s32_spraying_and_unknown_users_get_the_same_words(house: WebHouse) -> None:
    house.person("chief", Role.HEAD)
    said = set()
    for login in ("chief", *(f"user{number}" for number in range(100))):
        with pytest.raises(NotAuthentic) as refused:
            house.sign_in.open(login, "wrong password 1", "10.0.0.3")
        said.add(str(refused.value))
    assert len(said) == 1


def test_s33_the_codes_are_those_of_the_standard() -> None:
    # RFC 6238 appendix B, SHA-1, the last six of the eight digits.
    table = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924"}
    assert {at: code(b"12345678901234567890", at // STEP_S) for at in table} == table


def test_s33_a_code_is_good_once_and_only_about_now(house: WebHouse, clock: StoppedClock) -> None:
    house.person("chief", Role.HEAD)
    house.accounts.set_second_factor("chief", SECRET, present_code(house))
    with pytest.raises(NotAuthentic):
        enter(house)
    with pytest.raises(NotAuthentic):
        enter(house, offered=present_code(house))  # it proved the device, and is used up
    clock.advance(seconds=STEP_S)
    enter(house, offered=present_code(house))
    with pytest.raises(NotAuthentic):
        enter(house, offered=present_code(house))
    clock.advance(minutes=5)
    for steps in (-2, 2):
        with pytest.raises(NotAuthentic):
            enter(house, offered=present_code(house, steps))
    enter(house, offered=present_code(house, 1))  # a device that is a little fast


def test_s33_guesses_are_counted_like_passwords(house: WebHouse, clock: StoppedClock) -> None:
    house.person("chief", Role.HEAD)
    house.accounts.set_second_factor("chief", SECRET, present_code(house))
    clock.advance(minutes=1)
    for guess in ("000000", "111111", "222222", "333333", "444444"):
        with pytest.raises(NotAuthentic):
            enter(house, offered=guess)
    with pytest.raises(NotAuthentic):
        enter(house, offered=present_code(house))
    house.accounts.drop_second_factor("admin", "chief")
    enter(house, address="10.0.0.9")


@pytest.mark.parametrize("offered", ["", "12345", "1234567", "１２３４５６", "abcdef", "-12345", "٠٠٠٠٠٠"])
def test_s33_what_is_no_code(offered: str) -> None:
    assert matching_step(SECRET, offered, 59, 0) is None
    assert matching_step("not base32!", "287082", 59, 0) is None


def test_s33_the_page_switches_it_on(house: WebHouse, clock: StoppedClock) -> None:
    house.person("chief", Role.HEAD)
    browser = house.signed_in("chief")
    page = browser.get("/console/second-factor", base_url=BASE).text
    data = {"csrf": hidden(page, "csrf"), "secret": SECRET}
    wrong = browser.post("/console/second-factor", data={**data, "code": "000000"}, base_url=BASE)
    assert wrong.status_code == 400
    right = {**data, "code": present_code(house)}
    assert browser.post("/console/second-factor", data=right, base_url=BASE).status_code == 303
    assert browser.get("/console/held", base_url=BASE).status_code == 302  # every session has ended
    clock.advance(minutes=1)
    enter(house, offered=present_code(house))


@pytest.mark.parametrize(
    "password", ["chief-of-all-1", "Fangshe-2026!", "测试医院2026!", "aaaaaaaaaaaa", "short1!"]
)
def test_s34_a_password_that_is_guessed_first_is_refused(house: WebHouse, password: str) -> None:
    house.accounts.passwords.words = ("测试医院",)
    with pytest.raises(InvalidInput):
        house.accounts.add("test", "chief", "甲", Role.HEAD, password)


def test_s34_the_last_five_are_not_taken_again(house: WebHouse) -> None:
    house.person("chief", Role.HEAD)
    with pytest.raises(InvalidInput, match="last 5"):
        house.accounts.change_own_password("chief", PASSWORD, FIRST_PASSWORD)
    for number in range(4):
        house.accounts.change_password("chief", "chief", f"another horse {number} battery", by_owner=True)
    house.accounts.change_password("chief", "chief", FIRST_PASSWORD, by_owner=True)


def test_s34_an_outworn_password_is_changed_before_anything_else(
    house: WebHouse, clock: StoppedClock
) -> None:
    house.person("chief", Role.HEAD)
    clock.advance(days=181)
    answer = house.signed_in("chief").get("/console/held", base_url=BASE)
    assert answer.headers["Location"].endswith("/console/password")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.SYSTEM_ADMIN, "/console/audit"),
        (Role.AUDIT_ADMIN, "/console/people"),
        (Role.SECURITY_ADMIN, "/console/exams"),
        (Role.SYSTEM_ADMIN, "/console/exams/A1"),
        (Role.AUDIT_ADMIN, "/console/exams/A1"),
        (Role.SECURITY_ADMIN, "/console/audit"),
        (Role.HEAD, "/console/people"),
        (Role.HEAD, "/console/audit"),
    ],
)
def test_s35_three_administrators_exclude_one_another(house: WebHouse, role: Role, path: str) -> None:
    house.hold()
    house.person("person", role)
    assert house.signed_in("person").get(path, base_url=BASE).status_code == 403


def test_s35_after_set_up_nobody_is_everything(house: WebHouse) -> None:
    house.person("person", Role.SYSTEM_ADMIN)
    browser = house.signed_in("person")
    data = {"csrf": house.csrf(browser), "do": "role", "login": "person", "role": "audit_admin"}
    refused = browser.post("/console/people", data=data, base_url=BASE)
    assert refused.status_code in {400, 403}


def test_s38_no_name_reaches_a_sink(house: WebHouse, capfd: pytest.CaptureFixture[str]) -> None:
    report = {
        **REPORT,
        "patient": {"patient_id": CANARY[2], "name": CANARY[0], "sex": "M", "age": "72Y"},
        "report": {**REPORT["report"], "clinical_diagnosis": CANARY[1]},
        "findings": f"{CANARY[3]}，左肺上叶见结节。",
    }
    seen: list[str] = []
    link = house.hold(report=report)["popup_url"].removeprefix(BASE)
    opened = house.client().get(link, base_url=BASE)
    assert CANARY[0] in opened.text  # the form shows it, and nothing else does
    token = hidden(opened.text, "form_token")
    seen.append(link + str(opened.headers))
    house.person("chief", Role.HEAD, staff_id="D7")
    browser = house.signed_in("chief")
    for path in (
        "/console/exams/A1",
        "/console/exams/unknown",
        "/console/rules",
        f"/console/exams?text={CANARY[0]}",
    ):
        answer = browser.get(path, base_url=BASE)
        seen.append(str(answer.headers) + (answer.text if answer.status_code >= 400 else ""))
    bad = event(2, report={**report, "patient": {**report["patient"], "sex": CANARY[0]}}, action=CANARY[0])
    refused = house.call("POST", "/hooks/report-sign", {**bad, "action": "sign"})
    seen.append(refused.text)
    done = house.client().post("/qc", data={"form_token": token}, base_url=BASE)
    seen.append(str(done.headers) + done.text)
    seen.append(
        house.client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, base_url=BASE).text
    )
    seen += [str(job.payload) + job.key for job in house.jobs.listing(None)]
    out, err = capfd.readouterr()
    for sink in (*seen, out, err):
        for canary in CANARY:
            assert canary not in sink
    assert opened.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://169.254.169.254/latest",
        "http://2130706433/x",
        "http://017700000001/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1:9/x",
    ],
)
def test_s39_only_listed_places_can_be_named(url: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|https://|host"):
        WebhookOptions(url=url, secret="robot", allowed=("hook.example:443",), plain_http=True)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "169.254.169.254", "10.1.2.3", "fe80::1", "::ffff:127.0.0.1", "0.0.0.0"]
)
def test_s39_a_listed_name_that_leads_inside_is_not_called(address: str) -> None:
    """DNS rebinding, and numbers in odd spellings: what counts is the address that would be called."""
    options = WebhookOptions(
        url="http://hook.example:80/x", secret="robot", allowed=("hook.example:80",), plain_http=True
    )
    tools = SimpleNamespace(resolve=lambda host, port: [address])
    with pytest.raises(DeliveryFailed, match="no allowed address"):
        post(options, tools, b"{}", {}, timeout_s=1)  # type: ignore[arg-type]  # it asks nothing else of its tools
