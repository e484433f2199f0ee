"""``signgate doctor`` against what is there, and what is not."""

from __future__ import annotations

import shutil
from pathlib import Path

from analyser_server import model_server, written
from click.testing import CliRunner, Result

from plugin.commands.doctor import command
from plugin.hl7.session import Peer
from tests.conftest import ROOT
from tests.hl7_peers import listening
from tests.ports import free_port
from tests.stores import temporary_store


def run(tmp_path: Path, receivers: str, pacs_port: int) -> Result:
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config, dirs_exist_ok=True)
    text = (ROOT / "config" / "site.toml").read_text(encoding="utf-8")
    text = text.replace('host = "127.0.0.1"\nport = 11113', f'host = "127.0.0.1"\nport = {pacs_port}')
    (config / "site.toml").write_text(text + receivers, encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    with temporary_store(data):
        pass
    return CliRunner().invoke(command, ["--config", str(config), "--data", str(data)])


def test_what_answers_is_fine_and_what_does_not_is_named(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def receiver(block: bytes, _peer: Peer) -> bytes:
        asked.append(block)
        control_id = block.split(b"|")[9].decode()
        return f"MSH|^~\\&|E||S||1||ACK|X|P|2.5.1\rMSA|AR|{control_id}\r".encode()

    with listening(receiver) as (_, port):
        receivers = f"\n[hl7_out.emr]\nport = {port}\n\n[hl7_out.gone]\nport = {free_port()}\n"
        result = run(tmp_path, receivers, free_port())
    lines = {line.split(":")[0]: line for line in result.output.splitlines()}
    assert result.exit_code == 1
    assert "answers AR" in lines["ok     hl7_out emr"], "whoever refuses the question is there"
    assert "wrong  hl7_out gone" in lines
    assert "wrong  pacs archive" in lines
    assert "is whole" in lines["ok     database"]
    assert b"|NMD^N02|" in asked[0]


def test_a_folder_without_data_is_said_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--config", str(ROOT / "config"), "--data", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "no folder" in result.output


def test_an_analyser_is_asked_of_an_invented_report(tmp_path: Path) -> None:
    assert "analyser lungnet" not in run(tmp_path, "", free_port()).output
    config = tmp_path / "config"
    arguments = ["--config", str(config), "--data", str(tmp_path / "data")]
    with model_server() as model:
        written(config / "analysers.toml", model)
        asked = CliRunner().invoke(command, arguments)
        model.answer = {"version": "2", "issues": "none"}
        lying = CliRunner().invoke(command, arguments)
    assert "ok     analyser lungnet: version 2.1.0 answers in" in asked.output
    assert "wrong  analyser lungnet: the answer is refused: issues" in lying.output


def test_a_roster_without_numbers_is_named_and_is_no_fault(tmp_path: Path) -> None:
    result = run(tmp_path, "", free_port())
    (todo,) = (line for line in result.output.splitlines() if line.startswith("todo"))
    assert "医院总值班 科室值班医师" in todo
    assert "值班表" in todo
    roster = tmp_path / "config" / "critical" / "roster.toml"
    roster.write_text(roster.read_text("utf-8").replace('phone = ""', 'phone = "8000"'), "utf-8")
    again = CliRunner().invoke(
        command, ["--config", str(tmp_path / "config"), "--data", str(tmp_path / "data")]
    )
    assert "todo" not in again.output
