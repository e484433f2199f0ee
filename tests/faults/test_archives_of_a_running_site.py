"""One running site, one score, and destinations that fail in every way: an administrator sees why each.

Nothing waits for anything else: the archive that is well has its document, and what fails is
listed with its reason where a person looks, to be tried again or left to him.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from orthanc import free_port
from pynetdicom import AE, build_role, evt
from running import SignGate, free_port_base
from running_site import Console, running_site, score

from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.classes import COMMITMENT, COMMITMENT_INSTANCE
from plugin.sr.header import ENHANCED_SR

NODE = 'host = "127.0.0.1"\nconnect_timeout_s = 2\nassociation_timeout_s = 2\nanswer_timeout_s = 2\n'


@contextmanager
def scp(ae_title: str = "PACS", status: int = 0, slow_s: float = 0, **handlers: Any) -> Iterator[int]:
    """An archive of another maker, as far as it answers; its port."""
    ae = AE(ae_title=ae_title)
    ae.require_called_aet = True
    ae.add_supported_context(ENHANCED_SR)
    ae.add_supported_context(COMMITMENT)

    def store(event: evt.Event) -> int:
        time.sleep(slow_s)
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
    base = free_port_base()
    expected: dict[str, str] = {}
    with ExitStack() as stack:
        nodes: dict[str, int] = {}

        def destination(name: str, port: int, says: str) -> None:
            nodes[name], expected[name] = port, says

        taken = lambda *_: (0x0000, None)  # noqa: E731  # a handler that says yes
        well = EmbeddedPacs(folder / "well", "PACS", 0, {"SIGNGATE": ("127.0.0.1", base + 2)})
        well.start()
        stack.callback(well.stop)
        destination("well", well.port, "")
        destination("down", free_port(), "cannot be reached")
        destination("wrong_name", stack.enter_context(scp("OTHER")), "the called AE title is not theirs")
        destination("half_open", stack.enter_context(half_open()), "takes connections and does not answer")
        slow = stack.enter_context(scp(slow_s=6))
        destination("slow", slow, "did not answer the C-STORE")
        destination("full", stack.enter_context(scp(status=0xA700)), "0xA700 out of resources")
        refuses = stack.enter_context(scp(status=0xC000))
        destination("refuses", refuses, "0xC000 cannot understand")
        destination("cut_off", stack.enter_context(cut_off(well.port, 4000)), "broke off the association")
        silent = stack.enter_context(scp(EVT_N_ACTION=taken))
        destination("never_commits", silent, "")
        failing = stack.enter_context(scp(EVT_N_ACTION=reports_failure(base + 2)))
        destination("commits_not", failing, "")
        toml = "".join(
            f'\n[pacs.{name}]\nae_title = "PACS"\nport = {port}\n{NODE}' for name, port in nodes.items()
        )
        yield stack.enter_context(running_site(folder, toml, tuple(nodes), base)), expected


@pytest.mark.slow
def test_each_fault_is_told_where_an_administrator_looks(tmp_path: Path) -> None:
    with site(tmp_path) as (gate, expected):
        score(gate)
        console = Console(gate, "head")
        reasons = {name: says for name, says in expected.items() if says}
        deadline = time.monotonic() + 90
        missing = dict(reasons)
        while missing and time.monotonic() < deadline:
            time.sleep(1)
            rows = console.says("/console/jobs")
            missing = {
                name: says
                for name, says in reasons.items()
                if not any(f"sr:{name}:" in row and says in row for row in rows)
            }
        assert missing == {}, "\n".join(console.says("/console/jobs"))
        exam = console.text("/console/exams/A1")
        for name in expected:
            assert f"→ {name} " in exam, exam
        assert re.search(r"→ well 已承诺", exam), exam
        assert re.search(r"→ never_commits 已存", exam), exam
        while "原因 0x0213" not in exam and time.monotonic() < deadline:
            time.sleep(1)
            exam = console.text("/console/exams/A1")
        assert re.search(r"→ commits_not [^→]*存档报告未保存（已 \d+ 次，原因 0x0213）", exam), exam
        sent = [row for row in console.says("/console/jobs") if "sr:commits_not:" in row]
        assert len(sent) < 5, "the pauses grow: an archive that loses everything is not stormed"
        for name in reasons:
            assert re.search(rf"→ {name} 待发", exam), name
        assert requests.get(gate.web + "/healthz", timeout=5).status_code == 200
        assert gate.terminate() == 0
