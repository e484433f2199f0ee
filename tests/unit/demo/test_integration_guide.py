"""The Python client printed in docs/integration.md signs and verifies as SignGate does."""

from __future__ import annotations

import base64
import io
import json
import re
import time
import urllib.request
from pathlib import Path

import pytest
from web_house import web_house

from plugin.kit import signature

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "integration.md"
SECRET = bytes(range(32))


@pytest.fixture
def printed(tmp_path, monkeypatch) -> dict:
    """What the guide's Python block defines, run beside a secret file."""
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    (tmp_path / "ris.secret").write_text("whsec_" + base64.b64encode(SECRET).decode() + "\n")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code[1], names)
    return names


def test_its_signature_is_ours(printed):
    body = '{"name": "钱二"}'.encode()

    assert printed["signature"]("id1", "1700000000", body) == signature.sign(SECRET, "id1", 1700000000, body)


def test_it_believes_signgate_and_nobody_else(printed):
    body, now = b'{"released": true}', int(time.time())
    good = signature.headers(SECRET, "c1", now, body)

    assert printed["is_from_signgate"](good, body)
    assert not printed["is_from_signgate"](good, b'{"released": false}')
    assert not printed["is_from_signgate"](signature.headers(b"x" * 32, "c1", now, body), body)
    assert not printed["is_from_signgate"](signature.headers(SECRET, "c1", now - 900, body), body)


def test_a_question_is_signed_by_its_method_and_path(printed, monkeypatch):
    sent = []

    def urlopen(request, timeout):
        sent.append(request)
        return io.BytesIO(b'{"state": "held"}')

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert printed["get"]("http://127.0.0.1:8080/hooks/report-sign/5c0e?a=1") == {"state": "held"}
    (request,) = sent
    told = {name.lower(): value for name, value in request.header_items()}
    when = int(told["webhook-timestamp"])
    expected = signature.sign(SECRET, told["webhook-id"], when, b"GET /hooks/report-sign/5c0e?a=1")
    assert told["webhook-signature"] == expected


def test_the_printed_answer_is_the_one_to_the_printed_call(tmp_path, clock):
    asked, printed = (
        json.loads(block)
        for block in re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[:2]
    )
    with web_house(tmp_path, clock) as house:
        answered = house.call("POST", "/hooks/report-sign", asked).json

    assert printed.keys() == answered.keys()
    assert printed["decision"] == answered["decision"]
    assert printed["critical"] == answered["critical"]
    assert printed["draw"].keys() == answered["draw"].keys()
    assert printed["issues"] == [each for each in answered["issues"] if each["severity"] == "error"]


def test_links_in_the_guides_lead_somewhere():
    root = GUIDE.parents[1]
    for file in (*root.glob("README*.md"), *(root / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
