"""The Python client printed in docs/integration.md signs and verifies as SignGate does."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

import pytest

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


def test_links_in_the_guides_lead_somewhere():
    root = GUIDE.parents[1]
    for file in (*root.glob("README*.md"), *(root / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
