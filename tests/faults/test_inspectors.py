"""Inspectors of a whole process: a flood starts them, one is killed in the middle, and none outlives its parent."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from pathlib import Path

import pytest
import requests
from patience import PATIENCE_S, until

from tests.processes import inspectors_of, is_inspector
from tests.running import SignGate, report, running

pytestmark = pytest.mark.slow

CONFIG = Path(__file__).parents[2] / "config"
SENDERS = 6


def inspected_beside(gate: SignGate) -> int:
    lines = requests.get(f"{gate.web}/metrics", timeout=PATIENCE_S).text.splitlines()
    (line,) = (each for each in lines if each.startswith('signgate_inspections{made="beside"}'))
    return int(line.split()[-1])


def test_one_killed_in_a_flood_costs_no_report_and_none_outlives_the_process(tmp_path: Path) -> None:
    config = shutil.copytree(CONFIG, tmp_path / "config")
    site = config / "site.toml"
    patient = (
        site.read_text()
        .replace("# processes = 2", "processes = 1")
        .replace("patience_s = 2.0", "patience_s = 60")
    )
    site.write_text(patient)
    with running(tmp_path / "data", "--config", str(config)) as gate:
        flooding = threading.Event()
        sent: list[str] = []
        answers: list[str] = []

        def flood(sender: int) -> None:
            with gate.mllp() as client:
                number = 0
                while not flooding.is_set():
                    number += 1
                    accession = f"S{sender}N{number}"
                    answer = client.send(
                        report(accession, f"右肺上叶见结节，大小约{number}mm。", "左肺上叶结节。")
                    )
                    assert answer is not None
                    sent.append(accession)
                    answers.append(answer.code)

        senders = [threading.Thread(target=flood, args=(number,)) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            until(lambda: inspected_beside(gate) > 20)
            first = inspectors_of(gate.process.pid)
            for pid in first:
                os.kill(pid, signal.SIGKILL)
            before = inspected_beside(gate)
            until(lambda: inspected_beside(gate) > before + 20)
        finally:
            flooding.set()
            for sender in senders:
                sender.join(PATIENCE_S)
        second = inspectors_of(gate.process.pid)
        assert first and second
        assert not first & second
        assert set(answers) == {"AA"}
        with sqlite3.connect(gate.data / "signgate.sqlite") as database:
            kept = database.execute("select accession_number from reports").fetchall()
            found = database.execute("select count(*) from issues where rule = 'laterality'").fetchone()
        assert sorted(number for (number,) in kept) == sorted(sent)
        assert found == (len(sent),)
        gate.kill()
        until(lambda: not any(is_inspector(pid) for pid in second))
