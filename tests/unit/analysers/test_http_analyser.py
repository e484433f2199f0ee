"""One POST to a model server over a real socket that lies, babbles, hangs and drips."""

from __future__ import annotations

import json

import pytest
from analyser_server import KEY, QUESTION, REMARK, panel

from plugin.domain.errors import DeliveryFailed
from plugin.kit import signature


def test_the_question_names_nobody_and_is_signed(tmp_path, server, clock) -> None:
    panel(tmp_path, server, clock, secret="lungnet").ask("lungnet", QUESTION)
    [said], [sent], [body] = server.asked, server.headers, server.bodies
    assert said["schema"] == "signgate.analysis/1"
    assert said["findings"] == QUESTION.findings
    assert "accession_number" not in json.dumps(said)
    call_id, _ = signature.verify([signature.decode_secret(KEY)], sent, body, clock().timestamp())
    assert call_id == QUESTION.request_id


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html>Service ready</html>",
        b"[]",
        b'{"version": "1"}',
        b'{"version": "1", "version": "2", "issues": []}',
        b'{"version": "1", "issues": [], "x": NaN}',
        b'{"version": "1", "issues": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"version": "1\\u0000", "issues": []}',
        b'{"version": "", "issues": []}',
        b'{"version": "1", "issues": {}}',
        b"\xff\xfe{}",
        b" " * 300_000,
        json.dumps({"version": "1", "issues": [REMARK, REMARK]}).encode(),
        json.dumps({"version": "1", "issues": [{**REMARK, "rule": f"rule_{n}"} for n in range(21)]}).encode(),
    ],
)
def test_garbage_is_refused(tmp_path, server, clock, garbage) -> None:
    server.answer = garbage
    with pytest.raises(DeliveryFailed, match="answer"):
        panel(tmp_path, server, clock).ask("lungnet", QUESTION)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_an_error_and_a_redirect_are_failures(tmp_path, server, clock, status) -> None:
    server.status, server.location = status, "http://169.254.169.254/latest"
    with pytest.raises(DeliveryFailed, match=str(status)):
        panel(tmp_path, server, clock).ask("lungnet", QUESTION)
    assert len(server.asked) == 1


def test_a_server_that_hangs_or_drips_has_its_time_and_no_more(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock, timeout_s=0.3)
    for hangs, drip_s in ((True, 0.0), (False, 0.1)):
        server.hangs, server.drip_s = hangs, drip_s
        with pytest.raises(DeliveryFailed, match="in time"):
            asked.ask("lungnet", QUESTION)
    assert asked.states()[0].failed == 2


def test_nobody_listening_is_a_failure(tmp_path, server, clock) -> None:
    asked = panel(tmp_path, server, clock)
    server.server_close()
    with pytest.raises(DeliveryFailed, match="cannot be called"):
        asked.ask("lungnet", QUESTION)


def test_an_address_outside_the_networks_is_never_called(tmp_path, server, clock) -> None:
    with pytest.raises(DeliveryFailed, match="no allowed address"):
        panel(tmp_path, server, clock, networks=["10.0.0.0/8"]).ask("lungnet", QUESTION)
    assert server.asked == []
