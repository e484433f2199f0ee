"""The archive beside the running listener: searched, processed again, pruned, and whole after all of it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from stores import temporary_store, utc_now

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.people import Role
from plugin.store.codec import to_us
from tests.conftest import ROOT
from tests.console_person import ConsolePerson, add_person
from tests.patience import PATIENCE_S, until
from tests.running import SignGate, order, report, running

pytestmark = pytest.mark.slow

ODD = b"OBX|1|TX|X1||%s||||||F\rOBX|2|TX|X2||%s||||||F\r"
PROFILE = """
extends = "default"
[sections.findings]
codes = ["X1"]
[sections.impression]
codes = ["X2"]
"""


def unknown(number: str) -> bytes:
    """A report whose sections only the profile ``odd`` knows."""
    head = report(number, "x", "y").split(b"OBX|1")[0]
    return head + ODD % ("双肺纹理清晰。".encode(), "未见异常。".encode())


@contextmanager
def serving(folder: Path, extra: str = "") -> Iterator[SignGate]:
    config, data = folder / "config", folder / "data"
    shutil.copytree(ROOT / "config", config)
    (config / "hl7" / "odd.toml").write_text(PROFILE, "utf-8")
    if extra:
        site = config / "site.toml"
        site.write_text(site.read_text("utf-8").replace("keep_days = 0", extra), "utf-8")
    with running(data, "--config", str(config)) as gate:
        yield gate


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'signgate.sqlite'}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def test_refused_messages_are_processed_again_by_filter_while_others_arrive(tmp_path: Path) -> None:
    add_person(tmp_path / "data", "staff", Role.QC_STAFF)
    stop, live = threading.Event(), list[str]()

    with serving(tmp_path) as gate:

        def keep_sending() -> None:
            with gate.mllp() as client:
                while not stop.is_set():
                    answer = client.send(order(f"L{len(live)}"))
                    assert answer is not None and answer.accepted
                    live.append(answer.control_id)

        for number in range(40):
            gate.send(order(f"R{number}"))
            assert gate.send(unknown(f"R{number}")).code == "AE"
        sender = threading.Thread(target=keep_sending)
        sender.start()
        try:
            person = ConsolePerson(gate.web, "staff")
            (one,) = rows(gate.data, "select id from messages where control_id='UR7'")
            path = f"/console/messages/{one[0]}"
            page = person.page(f"{path}?preview=1&profile=odd")
            assert "<mark>双肺纹理清晰。</mark>" in page
            assert "运行异常：RIS|H001：1 小时内 40 条消息中拒绝 40 条" in page, (
                "who is refused so often is told on every page"
            )
            person.press(f"{path}/replay", charset="", profile="odd")
            assert rows(gate.data, "select count(*) from reports") == [(1,)]
            page = person.press("/console/messages/replay", state="rejected", sender="RIS", profile="odd")
            assert "接受 39 条，仍拒绝 0 条" in page
            until(lambda: len(live) > 5)
        finally:
            stop.set()
            sender.join(PATIENCE_S)

        assert rows(gate.data, "select count(*) from messages where state <> 'accepted'") == [(0,)]
        assert rows(gate.data, "select count(distinct accession_number) from reports") == [(40,)]
        done = rows(gate.data, "select accession_number from reports order by id")
        others = [str(number) for (number,) in done if number != "R7"]
        assert others == sorted(others, key=lambda each: int(each[1:])), "the oldest first"
        again = gate.send(unknown("R3"))
        assert (again.code, again.control_id) == ("AA", "UR3"), "a resend is answered as the replay was"
        assert gate.terminate() == 0
    assert len(rows(tmp_path / "data", "select raw from messages where control_id like 'OL%'")) == len(live)
    (raw,) = rows(tmp_path / "data", "select raw, profile from messages where control_id='UR9'")
    assert raw == (unknown("R9"), "odd")


def test_age_prunes_the_archive_and_passes_over_what_is_under_inspection(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_person(data, "staff", Role.QC_STAFF)
    with serving(tmp_path, "keep_days = 30") as gate:
        for number in ("K1", "K2"):
            assert gate.send(order(number)).accepted
        gate.send(unknown("K2"))
        gate.send(unknown("K3"))
        (aside,) = rows(data, "select id from messages where control_id='UK3'")
        ConsolePerson(gate.web, "staff").press(f"/console/messages/{aside[0]}/set-aside", reason="问厂商")
        assert gate.terminate() == 0
    with closing(sqlite3.connect(data / "signgate.sqlite")) as database, database:
        long_ago = to_us(utc_now() - timedelta(days=31))
        database.execute("update messages set received_at=? where control_id <> 'OK2'", (long_ago,))
    with temporary_store(data) as store:
        due = NewJob(kind=JobKind.KEEP_HOUSE, lane="timer:now", key="now", due_at=utc_now())
        store.write(lambda uow: uow.outbox.enqueue(due))
    with running(data, "--config", str(tmp_path / "config")) as gate:
        kept = "select control_id from messages order by id"
        until(lambda: len(rows(data, kept)) == 2)
        assert rows(data, kept) == [("OK2",), ("UK3",)]
        assert rows(data, "select count(*) from exams") == [(2,)], "what the messages said stays"
        assert gate.send(order("K9")).accepted
        assert gate.terminate() == 0
