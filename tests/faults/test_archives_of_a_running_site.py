"""One running site, one score, and destinations that fail in every way: an administrator sees why each.

Nothing waits for anything else: the archive that is well has its document, and what fails is
listed with its reason where a person looks, to be tried again or left to him.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from patience import PATIENCE_S, until
from ports import free_port, free_ports
from pynetdicom import AE, build_role, evt
from running import SignGate
from running_site import Console, running_site, score

from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.classes import COMMITMENT, COMMITMENT_INSTANCE
from plugin.sr.header import ENHANCED_SR


@contextmanager
def scp(
    ae_title: str = "PACS", status: int = 0, answers: threading.Event | None = None, **handlers: Any
) -> Iterator[int]:
    """An archive of another maker, as far as it answers, or not before its time; its port."""
    ae = AE(ae_title=ae_title)
    ae.require_called_aet = True
    ae.add_supported_context(ENHANCED_SR)
    ae.add_supported_context(COMMITMENT)

    def store(event: evt.Event) -> int:
        if answers:
            answers.wait(PATIENCE_S)
        return status

    bound = [(evt.EVT_C_STORE, store), *((getattr(evt, name), act) for name, act in handlers.items())]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=bound)
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        ae.shutdown()


@contextmanager
def half_open() -> Iterator[int]:
    """It takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def cut_off(port: int, after: int) -> Iterator[int]:
    """A wire to `port` that breaks in the middle of every data set."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket, most: int) -> None:
        passed = 0
        with source, sink:
            try:
                while (data := source.recv(1024)) and (passed := passed + len(data)) <= most:
                    sink.sendall(data)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            for arguments in ((near, far, after), (far, near, 1 << 30)):
                threading.Thread(target=pump, args=arguments, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def reports_failure(door: int) -> Any:
    """N-ACTION is taken; what is reported some time later is that the object is not kept."""

    def report_later(references: Any, transaction: str) -> None:
        ae = AE(ae_title="PACS")
        ae.add_requested_context(COMMITMENT)
        association = ae.associate(
            "127.0.0.1", door, ae_title="SIGNGATE", ext_neg=[build_role(COMMITMENT, scp_role=True)]
        )
        if association.is_established:
            from pydicom.dataset import Dataset

            told = Dataset()
            told.TransactionUID = transaction
            told.FailedSOPSequence = references
            for item in told.FailedSOPSequence:
                item.FailureReason = 0x0213
            association.send_n_event_report(told, 2, COMMITMENT, COMMITMENT_INSTANCE)
            association.release()

    def on_action(event: evt.Event) -> tuple[int, None]:
        asked = event.action_information
        arguments = (asked.ReferencedSOPSequence, str(asked.TransactionUID))
        threading.Timer(1.0, report_later, arguments).start()
        return 0x0000, None

    return on_action


@contextmanager
def site(folder: Path) -> Iterator[tuple[SignGate, dict[str, str]]]:
    """A site with a destination for each fault; name of the destination to what its page must say."""
    base = free_ports(4)
    expected: dict[str, str] = {}
    with ExitStack() as stack:
        nodes: dict[str, str] = {}

        def destination(name: str, port: int, says: str, patience_s: float = PATIENCE_S) -> None:
            nodes[name] = (
                f'\n[pacs.{name}]\nae_title = "PACS"\nhost = "127.0.0.1"\nport = {port}\n'
                f"association_timeout_s = {patience_s}\nanswer_timeout_s = {patience_s}\n"
            )
            expected[name] = says

        taken = lambda *_: (0x0000, None)  # noqa: E731  # a handler that says yes
        well = EmbeddedPacs(folder / "well", "PACS", 0, {"SIGNGATE": ("127.0.0.1", base + 2)})
        well.start()
        stack.callback(well.stop)
        destination("well", well.port, "")
        destination("down", free_port(), "cannot be reached")
        destination("wrong_name", stack.enter_context(scp("OTHER")), "the called AE title is not theirs")
        half = stack.enter_context(half_open())
        destination("half_open", half, "takes connections and does not answer", 2)
        over = threading.Event()
        slow = stack.enter_context(scp(answers=over))
        stack.callback(over.set)
        destination("slow", slow, "did not answer the C-STORE", 15)
        destination("full", stack.enter_context(scp(status=0xA700)), "0xA700 out of resources")
        refuses = stack.enter_context(scp(status=0xC000))
        destination("refuses", refuses, "0xC000 cannot understand")
        destination("cut_off", stack.enter_context(cut_off(well.port, 4000)), "broke off the association")
        silent = stack.enter_context(scp(EVT_N_ACTION=taken))
        destination("never_commits", silent, "")
        failing = stack.enter_context(scp(EVT_N_ACTION=reports_failure(base + 2)))
        destination("commits_not", failing, "")
        yield stack.enter_context(running_site(folder, "".join(nodes.values()), tuple(nodes), base)), expected


@pytest.mark.slow
def test_each_fault_is_told_where_an_administrator_looks(tmp_path: Path) -> None:
    with site(tmp_path) as (gate, expected):
        score(gate)
        console = Console(gate, "head")
        reasons = {name: says for name, says in expected.items() if says}

        def all_told() -> bool:
            rows = console.says("/console/jobs")
            return all(
                any(f"sr:{name}:" in row and says in row for row in rows) for name, says in reasons.items()
            )

        until(all_told, pause_s=1)
        settled = ("→ well 已承诺", "→ never_commits 已存", "原因 0x0213")
        until(lambda: all(each in console.text("/console/exams/A1") for each in settled), pause_s=1)
        exam = console.text("/console/exams/A1")
        for name in expected:
            assert f"→ {name} " in exam, exam
        assert re.search(r"→ commits_not [^→]*存档报告未保存（已 \d+ 次，原因 0x0213）", exam), exam
        sent = [row for row in console.says("/console/jobs") if "sr:commits_not:" in row]
        assert len(sent) < 5, "the pauses grow: an archive that loses everything is not stormed"
        for name in reasons:
            assert re.search(rf"→ {name} 待发", exam), name
        assert requests.get(gate.web + "/healthz", timeout=PATIENCE_S).status_code == 200
        assert gate.terminate() == 0
