"""``signgate messages`` on a real archive: searched, read anew, set aside, pruned, unmerged."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin.bootstrap.hl7 import build_dispatcher
from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.messages import command
from plugin.domain.archive import MessageState
from plugin.domain.errors import GateConflict, PluginError, StoreUnavailable
from plugin.domain.patient import Patient, PatientMerge
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.replay import Replayer
from plugin.hl7.session import Peer
from plugin.hl7.tree import tree
from plugin.site.gate import load_gate
from plugin.site.settings import load_site
from plugin.store.store import SqlStore
from tests.conftest import ROOT
from tests.running import order, report
from tests.stores import temporary_store

CONFIG = ROOT / "config"


def dispatcher_of(store: SqlStore) -> Dispatcher:
    site = load_site(CONFIG)
    around = surroundings(site)
    journeys = build_journeys(site, load_gate(CONFIG), CONFIG, around)
    return build_dispatcher(site, CONFIG, store, journeys, around)


def receive(data: Path, *messages: bytes) -> None:
    with temporary_store(data) as store:
        dispatcher = dispatcher_of(store)

        async def all_of_them() -> None:
            for message in messages:
                await dispatcher(message, Peer("127.0.0.1", 1))

        asyncio.run(all_of_them())


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--data", str(data)], catch_exceptions=True)


def numbers(result: Result) -> list[str]:
    assert result.exit_code == 0, (result.output, result.exception)
    return [line.split("\t")[6] for line in result.output.splitlines() if "\t" in line]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    bad = report("M2", "双肺纹理清晰。", "未见异常。").replace(b"PID|1||P1", b"PID|1||")
    receive(tmp_path, order("M1"), report("M1", "右肺见结节。", "右肺结节。"), bad)
    return tmp_path


def test_messages_are_found_by_number_type_state_and_text(archive: Path) -> None:
    assert numbers(run(archive, "list")) == ["UM2", "UM1", "OM1"]
    assert numbers(run(archive, "list", "--find", "M1")) == ["UM1", "OM1"]
    assert numbers(run(archive, "list", "--type", "ORM")) == ["OM1"]
    assert numbers(run(archive, "list", "--state", "rejected")) == ["UM2"]
    assert numbers(run(archive, "list", "--text", "右肺结节")) == ["UM1"]
    assert numbers(run(archive, "list", "--until", "2020-01-01")) == []
    assert numbers(run(archive, "list", "--direction", "sent")) == []


def test_a_message_is_shown_with_the_names_of_its_fields(archive: Path) -> None:
    shown = run(archive, "show", "2").output
    assert "PID-3    Patient identifier list: P1^^^H001" in shown
    assert "MSA|AA|UM1" in shown
    receive(archive, b"nonsense\xff")
    assert r"b'nonsense\xff'" in run(archive, "show", "4").output, "what is no message is shown as it came"
    assert CliRunner().invoke(command, ["show", "1", "--raw", "--data", str(archive)]).stdout_bytes == order(
        "M1"
    )


def test_a_refused_message_is_read_by_another_profile_and_an_accepted_one_only_on_demand(
    archive: Path,
) -> None:
    again = run(archive, "replay", "--state", "rejected")
    assert (again.exit_code, "1 of 1 were refused again" in again.output) == (1, True)
    by_sender = run(archive, "replay", "--sender", "RIS", "--limit", "1")
    assert "1 of 1 were refused again" in by_sender.output, "those that had their effect are passed over"
    assert isinstance(run(archive, "replay", "2").exception, GateConflict)
    assert run(archive, "replay", "2", "--again").exit_code == 0
    assert isinstance(run(archive, "replay", "3", "--profile", "no_such").exception, PluginError)
    assert isinstance(run(archive, "replay").exception, PluginError), "everything at once is nobody's wish"


def test_a_garbled_message_is_decoded_with_another_charset(tmp_path: Path) -> None:
    text = "患者：测试甲 双肺纹理清晰"
    raw = report("M3", text, "未见异常。", charset="GB 18030-2000")
    with temporary_store(tmp_path) as store:
        dispatcher = dispatcher_of(store)
        asyncio.run(dispatcher(raw.replace(b"||||||F\r", b"\xff\xff||||||F\r", 1), Peer("127.0.0.1", 1)))
        ((kept),) = store.read(lambda uow: uow.messages.find("RIS|H001", "UM3"))
        assert kept.state is MessageState.QUARANTINED
        replayer = Replayer(store, dispatcher.interpreter)
        assert replayer.replay(kept.message_id, charset="UTF-8") is MessageState.QUARANTINED
        assert replayer.replay(kept.message_id, charset="8859/1") is MessageState.ACCEPTED
        found = store.read(lambda uow: uow.messages.get(kept.message_id))
        assert found is not None and found[1].charset == "iso8859-1"
        ack = asyncio.run(dispatcher(found[1].raw, Peer("127.0.0.1", 1)))
        assert ack is not None and b"MSA|AA|UM3" in ack, "a resend is now answered as the replay was"


def test_pruning_passes_over_what_is_under_inspection(archive: Path) -> None:
    assert run(archive, "quarantine", "3", "--reason", "向厂家询问").exit_code == 0
    assert isinstance(run(archive, "quarantine", "1", "--reason", "x").exception, PluginError)
    assert "0 messages deleted" in run(archive, "prune", "--older-than", "1", "--yes").output
    with temporary_store(archive) as store:
        later = utc_now() + timedelta(days=1)
        assert store.write(lambda uow: uow.messages.forget_before(later, 1)) == 1
        assert store.write(lambda uow: uow.messages.forget_before(later, 10)) == 1
    assert numbers(run(archive, "list")) == ["UM2"]


def test_what_comes_under_a_merged_identifier_is_filed_under_the_surviving_one_and_goes_back(
    archive: Path,
) -> None:
    merge = PatientMerge(
        prior=Patient(patient_id="P1", assigning_authority="H001"),
        surviving=Patient(patient_id="P9", assigning_authority="H001"),
    )
    with temporary_store(archive) as store:
        store.write(lambda uow: uow.patients.merge(merge, None, utc_now()))
    receive(archive, order("M5"), report("M5", "双肺纹理清晰。", "胸部未见异常。"))

    def filed() -> dict[str, str]:
        import sqlite3

        with sqlite3.connect(archive / "signgate.sqlite") as database:
            return dict(database.execute("select accession_number, patient_id from exams").fetchall())

    assert filed() == {"M1": "P9", "M5": "P9"}
    assert "P1^H001\tP9^H001\tM1 M5" in run(archive, "merges").output
    assert "2 examinations went back" in run(archive, "undo-merge", "1", "--reason", "误合并").output
    assert filed() == {"M1": "P1", "M5": "P1"}
    assert run(archive, "merges").output == ""


def test_merges_that_point_at_each_other_hold_nobody(tmp_path: Path) -> None:
    one, other = (Patient(patient_id=each, assigning_authority="H") for each in "AB")
    with temporary_store(tmp_path) as store:
        for prior, surviving in ((one, other), (other, one)):
            merge = PatientMerge(prior=prior, surviving=surviving)
            store.write(lambda uow, merge=merge: uow.patients.merge(merge, None, utc_now()))
        assert store.read(lambda uow: uow.patients.surviving(one)).patient_id in {"A", "B"}
        store.write(lambda uow: uow.patients.follow_merge(one, "X"))


def test_a_tree_names_fields_of_every_version_and_shows_what_it_does_not_know() -> None:
    for version in ("2.3", "2.4", "2.8.2", "9.9"):
        raw = order("T1").replace(b"|2.4|", f"|{version}|".encode()) + b"ZXX|1|x\r"
        segments = tree(raw, "utf-8")
        assert [segment.name for segment in segments] == ["MSH", "PID", "PV1", "ORC", "OBR", "ZXX"]
        pid = {field.path: field for field in segments[1].fields}
        assert pid["PID-5"].name.startswith("Patient name") and pid["PID-5"].value == "测试甲"
        assert pid["PID-3"].parts[0].value == "P1"
        assert [field.value for field in segments[-1].fields] == ["1", "x"]
    assert tree(b"no message", "") == []


def test_a_tree_is_cut_as_the_message_is_read_a_batch_and_text_with_line_feeds_too() -> None:
    body = order("T1") + "NTE|1||第一行\n第二行\r".encode()
    segments = tree(b"BHS|^~\\&|RIS|H001\r" + body + b"BTS|1\r", "utf-8")
    assert [each.name for each in segments] == ["BHS", "MSH", "PID", "PV1", "ORC", "OBR", "NTE", "BTS"]
    note, end = segments[-2:]
    assert (note.fields[-1].value, end.fields[0].value) == ("第一行\n第二行", "1")
    assert [(field.path, field.value) for field in segments[0].fields][2:] == [
        ("BHS-3", "RIS"),
        ("BHS-4", "H001"),
    ]


def test_looking_where_there_is_no_archive_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    looked = run(tmp_path, "list")
    assert isinstance(looked.exception, StoreUnavailable)
    assert "there is no database here" in str(looked.exception)
    assert list(tmp_path.iterdir()) == []


def test_who_sets_a_message_aside_is_in_the_audit_trail(archive: Path) -> None:
    assert run(archive, "quarantine", "3", "--reason", "向厂家询问").exit_code == 0
    with temporary_store(archive) as store:
        (entry,) = [
            row
            for row in store.read(lambda uow: uow.audit.after(0, 100))
            if row.action == "message.set_aside"
        ]
    assert (entry.subject, entry.actor.endswith("@cli")) == ("3", True)
