"""Faults of an archive, as the whole road of a document meets them: job, worker, association, record.

Nothing is lost, everything is visible, and what heals goes on by itself.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from document_house import (
    House,
    fetched,
    node,
    put_images,
    running_archive,
    running_house,
)
from orthanc import running_orthanc
from ports import free_port
from pynetdicom import AE, evt

from plugin.domain.document import DocumentState
from plugin.pacs.node import PacsNode
from plugin.site.settings import Site
from plugin.sr.header import ENHANCED_SR


@contextmanager
def proxy(port: int, spoil: Callable[[int], int | None]) -> Iterator[int]:
    """A wire to `port` that is cut after ``spoil(connection number)`` bytes; ``None`` is a whole one."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def pump(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        try:
            while data := source.recv(4096):
                passed += len(data)
                if limit is not None and passed > limit:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def serve() -> None:
        number = 0
        while not stopping.is_set():
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            number += 1
            threading.Thread(target=pump, args=(near, far, spoil(number)), daemon=True).start()
            threading.Thread(target=pump, args=(far, near, None), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


@pytest.fixture
def archive(tmp_path: Path) -> Any:
    """The hospital's archive, which is well; what fails is the destination beside it."""
    with running_archive(tmp_path / "archive") as made:
        put_images(made)
        yield made


@contextmanager
def sending_to(tmp_path: Path, clock: StoppedClock, archive: Any, destination: PacsNode) -> Iterator[House]:
    site = Site(pacs={"archive": node(archive), "other": destination}, sr_destinations=("other",))
    with running_house(tmp_path, clock, site) as house:
        house.report()
        house.sheet()
        yield house


def state(house: House) -> DocumentState:
    return house.sent()[0].state


def test_r9_an_archive_that_was_down_gets_everything_when_it_is_back(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    port = free_port()
    down = node(archive, ae_title="SECOND").model_copy(update={"port": port})
    with sending_to(tmp_path, clock, archive, down) as house:
        for _ in range(3):
            [said] = house.work(minutes=6)
            assert f"127.0.0.1:{port}" in said
        assert state(house) is DocumentState.QUEUED
        with running_archive(tmp_path / "second", port, ae_title="SECOND") as back:
            house.work(minutes=6)
            house.work(minutes=6)
            assert state(house) is DocumentState.COMMITTED
            assert fetched(back, house.sent()[0]).SOPInstanceUID == house.sent()[0].sop_instance_uid


def test_a_half_open_archive_does_not_hold_the_worker(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    """It takes the connection and says nothing: the negotiation's own time-out ends it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        half_open = node(archive, port=silent.getsockname()[1], association_timeout_s=1)
        with sending_to(tmp_path, clock, archive, half_open) as house:
            assert house.work()
            assert house.parked() == []
            assert state(house) is DocumentState.QUEUED


def test_an_aborted_data_set_is_sent_again_and_stored_once(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    with (
        running_archive(tmp_path / "second", ae_title="SECOND") as second,
        proxy(second.port, lambda number: 3000 if number <= 2 else None) as port,
    ):
        cut = node(second).model_copy(update={"port": port})
        with sending_to(tmp_path, clock, archive, cut) as house:
            assert house.work()
            assert state(house) is DocumentState.QUEUED
            for _ in range(4):
                house.work(minutes=6)
            assert state(house) is DocumentState.COMMITTED
            assert len(second.instances()) == 1


def test_a_wrong_ae_title_is_named_to_the_administrator(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    wrong = node(archive, ae_title="NOBODY")
    with sending_to(tmp_path, clock, archive, wrong) as house:
        [said] = house.work()
        assert "NOBODY" in said
        assert "reject" in said.lower()
        assert state(house) is DocumentState.QUEUED


def test_a_full_archive_is_tried_again_and_a_refusing_one_is_left_to_a_person(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    """0xA700 is out of resources; 0x0124 is not authorised (PS3.4 B.2.3, PS3.7 C)."""
    answers = [0xA700, 0xA700, 0x0000]
    ae = AE(ae_title="SECOND")
    ae.add_supported_context(ENHANCED_SR)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda event: answers.pop(0))]
    )
    full = node(archive, ae_title="SECOND", commitment="none").model_copy(
        update={"port": server.server_address[1]}
    )
    try:
        with sending_to(tmp_path, clock, archive, full) as house:
            [said] = house.work()
            assert "0xA700" in said
            for _ in range(2):
                house.work(minutes=6)
            assert state(house) is DocumentState.COMMITTED
            answers.append(0x0124)
            house.sheet()
            house.work(minutes=6)
            [job] = house.parked()
            assert "0x0124" in job.last_error
    finally:
        server.shutdown()
        ae.shutdown()


def test_r29_a_commitment_that_never_comes_is_asked_for_again_and_stays_visible(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    """The archive does not know where to report to; the document is stored and never counts as kept."""
    asked: list[str] = []
    with running_archive(tmp_path / "second", ae_title="SECOND") as second:
        second._server.bind(
            evt.EVT_N_ACTION, lambda event: (asked.append(event.action_information.TransactionUID) or 0, None)
        )
        with sending_to(tmp_path, clock, archive, node(second, commitment="report")) as house:
            house.work()
            for _ in range(3):
                said = house.work(minutes=6)
            assert state(house) is DocumentState.STORED
            assert any("has not committed" in each for each in said)
    assert len(asked) >= 3
    assert len(set(asked)) == len(asked)


def test_orthanc_takes_the_documents_and_commits_by_dicomweb(
    tmp_path: Path, clock: StoppedClock, archive: Any
) -> None:
    """An archive not of our making, reached by STOW-RS, asked by QIDO-RS whether it keeps what it took."""
    from plugin.pacs.dicomweb import DicomWebNode

    (tmp_path / "orthanc").mkdir()
    with running_orthanc(tmp_path / "orthanc", {}) as orthanc:
        web = DicomWebNode(url=orthanc.dicomweb, user=orthanc.user, password=orthanc.password, pdf_twin=True)
        site = Site(pacs={"archive": node(archive)}, dicomweb={"web": web}, sr_destinations=("web",))
        with running_house(tmp_path, clock, site) as house:
            house.report()
            house.sheet()
            assert house.work() == []
            assert house.work(minutes=3) == []
            assert {each.kind.value: each.state for each in house.sent()} == {
                "sr": DocumentState.COMMITTED,
                "pdf": DocumentState.COMMITTED,
            }
