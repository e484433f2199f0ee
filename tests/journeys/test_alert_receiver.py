"""A critical value by HL7, from the report to the read-back, at a receiver that knows nothing of us."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from conftest import ROOT
from hl7_peers import listening
from hl7apy.parser import parse_message
from patience import until
from running import order, report, running

from plugin.hl7.session import Peer

pytestmark = pytest.mark.slow

FINDINGS = "左侧基底节区见团片状高密度影，大小约4.2cm×3.1cm，CT值约65HU，周围见低密度水肿带。"
IMPRESSION = "左侧基底节区急性脑出血。"


class Ris:
    """Keeps what it is sent, read by another library's parser, and takes everything."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.raw: list[bytes] = []

    async def __call__(self, block: bytes, _peer: Peer) -> bytes:
        message = parse_message(block.decode(), find_groups=False)
        rows = {obx.obx_3.obx_3_1.value: obx for obx in message.obx}
        self.raw.append(block)
        self.taken.append(
            {
                "status": message.obr.obr_25.value,
                "accession": message.obr.obr_18.value,
                **{code: obx.obx_5.value for code, obx in rows.items()},
                "flag": rows["73568-8"].obx_8.value,
            }
        )
        control_id = message.msh.msh_10.value
        return f"MSH|^~\\&|RIS||SIGNGATE||1||ACK^R01|X{control_id}|P|2.5.1\rMSA|AA|{control_id}\r".encode()


def configured(folder: Path, port: int) -> Path:
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    site = config / "site.toml"
    receiver = f'\n[hl7_out.ris]\nhost = "127.0.0.1"\nport = {port}\nsends = ["alert"]\n'
    site.write_text(site.read_text("utf-8") + receiver, "utf-8")
    return config


def test_raised_escalated_and_read_back_arrive_in_order_and_the_report_gets_its_sentence(
    tmp_path: Path,
) -> None:
    ris = Ris()
    with (
        listening(ris) as (_, port),
        running(tmp_path / "data", "--config", str(configured(tmp_path, port))) as gate,
    ):
        gate.send(order("A1", item="头颅CT平扫"))
        gate.send(report("A1", FINDINGS, IMPRESSION))
        until(lambda: len(ris.taken) == 1)
        alert_id = ris.taken[0]["ALERT_ID"]
        path = f"/hooks/alerts/{alert_id}"
        assert gate.call("GET", path).json()["addendum"] == ""
        assert gate.call("POST", f"{path}/decline", {"who": "N1", "reason": "非本科患者"}).status_code == 200
        until(lambda: len(ris.taken) == 2)
        wrong = gate.call("POST", f"{path}/acknowledge", {"who": "N3", "read_back": "气胸"})
        assert wrong.status_code == 400
        right = gate.call("POST", f"{path}/acknowledge", {"who": "N3", "read_back": IMPRESSION[:-1]})
        assert right.status_code == 200
        until(lambda: len(ris.taken) == 3)
        again = gate.call("POST", f"{path}/acknowledge", {"who": "N3", "read_back": IMPRESSION[:-1]})
        other = gate.call("POST", f"{path}/acknowledge", {"who": "N4", "read_back": IMPRESSION[:-1]})
        assert (again.status_code, other.status_code) == (200, 409)
        time.sleep(0.5)
    raised, escalated, read = ris.taken
    for message in ris.taken:
        assert (message["accession"], message["flag"], message["status"]) == ("A1", "AA", "F")
        assert message["ACR_CATEGORY"].startswith("RID49480^")
        assert message["ALERT_ID"] == alert_id
    assert raised["ALERT_DUE"] != escalated["ALERT_DUE"]
    assert "ESCALATION_LEVEL" not in raised
    assert escalated["ESCALATION_LEVEL"] == "1"
    assert "ACKNOWLEDGED_BY" not in escalated
    assert read["ACKNOWLEDGED_BY"] == "N3@ris"
    assert len({block.split(b"|")[9] for block in ris.raw}) == 3, "each message has an identity of its own"
    assert "N3@ris" in right.json()["addendum"]
    assert "脑实质内急性出血/血肿" in right.json()["addendum"]


def test_what_was_read_back_cannot_be_revoked_and_what_was_revoked_cannot_be_read_back(
    tmp_path: Path,
) -> None:
    ris = Ris()
    with (
        listening(ris) as (_, port),
        running(tmp_path / "data", "--config", str(configured(tmp_path, port))) as gate,
    ):
        gate.send(report("A2", FINDINGS, IMPRESSION))
        until(lambda: len(ris.taken) == 1)
        sound = report("A2", "颅内未见异常密度影。", "头颅CT平扫未见明显异常。", control_id="U2")
        gate.send(sound.replace(b"|CT|F\r", b"|CT|C\r"))
        until(lambda: len(ris.taken) == 2)
        path = f"/hooks/alerts/{ris.taken[0]['ALERT_ID']}"
        late = gate.call("POST", f"{path}/acknowledge", {"who": "N3", "read_back": IMPRESSION[:-1]})
    assert ris.taken[1]["status"] == "X"
    assert late.status_code == 409
    assert "revoked" in late.text
