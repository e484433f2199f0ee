"""R1, R2, R3, R44: the whole process is killed, drained, and started again."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from plugin.domain.errors import DeliveryFailed
from plugin.domain.people import Role
from tests.console_person import ConsolePerson, add_person
from tests.patience import PATIENCE_S, until
from tests.ports import free_ports
from tests.running import order, report, running, start

pytestmark = pytest.mark.slow

SOUND = ("双肺纹理清晰，未见实变影。", "胸部CT平扫未见明显异常。")


def stored(data: Path) -> dict[str, int]:
    """Control ID to how many rows of the archive bear it."""
    with sqlite3.connect(data / "signgate.sqlite") as database:
        rows = database.execute("select control_id, count(*) from messages group by control_id").fetchall()
    return dict(rows)


def test_r1_r2_killed_in_the_middle_nothing_acknowledged_is_lost_and_nothing_is_done_twice(
    tmp_path: Path,
) -> None:
    data, base = tmp_path / "data", free_ports(4)
    acknowledged: list[str] = []
    unsure: list[str] = []
    numbers = iter(range(100000))

    def send_until_it_dies() -> None:
        with gate.mllp() as client:
            while True:
                number = f"A{next(numbers)}"
                try:
                    answer = client.send(order(number))
                except DeliveryFailed:
                    unsure.append(number)
                    return
                assert answer is not None
                assert answer.code == "AA"
                acknowledged.append(number)

    for first in (20, 100):
        gate = start(data, base)
        sender = threading.Thread(target=send_until_it_dies)
        sender.start()
        enough = len(acknowledged) + first
        until(lambda enough=enough: len(acknowledged) > enough)
        gate.kill()
        sender.join(PATIENCE_S)

    gate = start(data, base)
    try:
        for number in (*unsure, *acknowledged[-20:]):
            assert gate.send(order(number)).code == "AA"
    finally:
        assert gate.terminate() == 0
    kept = stored(data)
    assert {f"O{number}" for number in (*acknowledged, *unsure)} == set(kept)
    assert set(kept.values()) == {1}


def test_r44_sigterm_finishes_what_was_accepted(tmp_path: Path) -> None:
    with running(tmp_path / "data") as gate:
        with gate.mllp() as client:
            answers = [client.send(order(f"B{number}")) for number in range(20)]
            assert gate.terminate() == 0
        assert all(answer is not None and answer.code == "AA" for answer in answers)
        assert len(stored(gate.data)) == 20


def test_an_open_stream_of_events_is_ended_and_not_cut_off(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_person(data, "nurse", Role.CLINICIAN)
    with running(data) as gate:
        told = ConsolePerson(gate.web, "nurse").follow("/console/alerts/stream")
        next(line for line in told if line.startswith("data: "))
        assert gate.terminate() == 0
        # The last chunk of length nought came: one that is cut off raises here.
        assert not [line for line in told if line.startswith("data: ")]


def test_r3_the_same_message_from_ten_connections_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "data") as gate:
        gate.send(order("C1"))
        message = report("C1", *SOUND)
        answers: list[bytes] = []

        def resend() -> None:
            with gate.mllp() as client:
                for _ in range(10):
                    answer = client.send(message)
                    assert answer is not None
                    answers.append(answer.raw)

        threads = [threading.Thread(target=resend) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert len(answers) == 100
        assert len(set(answers)) == 1
        assert b"MSA|AA|UC1" in answers[0]
        gate.terminate()
        with sqlite3.connect(gate.data / "signgate.sqlite") as database:
            row = database.execute("select count(*), sum(duplicates) from messages where control_id='UC1'")
            assert row.fetchone() == (1, 99)
            assert database.execute("select count(*) from reports").fetchone() == (1,)


def test_a_second_process_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "data"), pytest.raises(AssertionError, match="is in use by process"):
        start(tmp_path / "data", free_ports(4))


def test_what_cannot_be_understood_is_answered_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "data") as gate, gate.mllp() as client:
        for bad in (b"garbage", rb"MSH|^~\&|RIS|||||", report("D1", *SOUND).replace(b"ORU^R01", b"XXX^Z99")):
            answer = client.send(bad) if bad != b"garbage" else None
            if answer is not None:
                assert answer.code in {"AE", "AR"}
        good = client.send(report("D2", *SOUND, charset="GB 18030-2000"))
        assert good is not None
        assert good.code == "AA"
