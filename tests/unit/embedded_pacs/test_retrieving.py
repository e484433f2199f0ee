"""C-MOVE of the embedded PACS: asked by dcmtk and by ourselves, received by a door and by storescp."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from conftest import need_tool
from patience import PATIENCE_S, until
from ports import free_port
from pydicom.data import get_testdata_file
from sr_samples import STUDY, content

from plugin.dimse.server import DimseOptions, DimseServer, ReceivedObject
from plugin.domain.errors import DeliveryFailed
from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.qc_sr import build, encode

IMAGES = ("MR_small_RLE.dcm", "CT_small.dcm", "MR_small_jp2klossless.dcm")


class Ward:
    """A destination that takes everything."""

    def __init__(self) -> None:
        self.received: list[ReceivedObject] = []
        self.door = DimseServer(
            DimseOptions(ae_title="WARD", port=0), lambda *_: None, on_store=self.received.append
        )


@pytest.fixture
def ward() -> Iterator[Ward]:
    made = Ward()
    made.door.start()
    yield made
    made.door.stop()


@contextmanager
def archive(
    folder: Path, destinations: dict[str, tuple[str, int]], image: str = IMAGES[0]
) -> Iterator[EmbeddedPacs]:
    pacs = EmbeddedPacs(folder, port=0, destinations=destinations)
    pacs.start()
    try:
        with client(pacs) as scu:
            scu.store([build(content()), pydicom.dcmread(get_testdata_file(image))])
        yield pacs
    finally:
        pacs.stop()


def client(pacs: EmbeddedPacs) -> Scu:
    return Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port, answer_timeout_s=PATIENCE_S))


def movescu(pacs: EmbeddedPacs, destination: str, *keys: str) -> subprocess.CompletedProcess[bytes]:
    """dcmtk asks; `keys` as ``QueryRetrieveLevel=STUDY``."""
    named = [part for key in keys for part in ("-k", key)]
    return subprocess.run(
        [need_tool("movescu"), "-v", "-S", "-aec", pacs.ae_title, "-aem", destination, *named]
        + ["127.0.0.1", str(pacs.port)],
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )


def test_a_study_is_moved_to_a_named_destination_as_it_was_kept(tmp_path: Path, ward: Ward) -> None:
    with archive(tmp_path, {"WARD": ("127.0.0.1", ward.door.port)}) as pacs, client(pacs) as scu:
        scu.move(STUDY, "WARD")
    [document] = ward.received
    assert document.part10.endswith(encode(content()))


@pytest.mark.parametrize("name", IMAGES)
def test_compressed_images_are_moved_as_they_are(tmp_path: Path, ward: Ward, name: str) -> None:
    sent = pydicom.dcmread(get_testdata_file(name))
    with archive(tmp_path, {"WARD": ("127.0.0.1", ward.door.port)}, name) as pacs, client(pacs) as scu:
        scu.move(str(sent.StudyInstanceUID), "WARD")
    moved = {each.sop_instance_uid: each for each in ward.received}[str(sent.SOPInstanceUID)]
    assert moved.transfer_syntax_uid == sent.file_meta.TransferSyntaxUID


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_dcmtk_has_a_series_moved_to_storescp(tmp_path: Path) -> None:
    """A destination without any compression gets the pixels plain."""
    port, folder = free_port(), tmp_path / "received"
    folder.mkdir()
    receiver = subprocess.Popen([need_tool("storescp"), "-aet", "STORESCP", "-od", str(folder), str(port)])
    try:
        until(lambda: listens(port))
        sent = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm"))
        with archive(tmp_path / "pacs", {"STORESCP": ("127.0.0.1", port)}) as pacs:
            done = movescu(
                pacs,
                "STORESCP",
                "QueryRetrieveLevel=SERIES",
                f"StudyInstanceUID={sent.StudyInstanceUID}",
                f"SeriesInstanceUID={sent.SeriesInstanceUID}",
            )
    finally:
        receiver.terminate()
        receiver.wait(timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr.decode()
    received = [pydicom.dcmread(path) for path in folder.iterdir()]
    assert str(sent.SOPInstanceUID) in {str(ds.SOPInstanceUID) for ds in received}
    assert not any(ds.file_meta.TransferSyntaxUID.is_compressed for ds in received)
    whole = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm"))
    whole.decompress()
    [back] = [ds for ds in received if ds.SOPInstanceUID == sent.SOPInstanceUID]
    assert (back.pixel_array == whole.pixel_array).all()


def test_an_unknown_destination_gets_nothing(tmp_path: Path, ward: Ward) -> None:
    with archive(tmp_path, {"WARD": ("127.0.0.1", ward.door.port)}) as pacs:
        done = movescu(pacs, "ELSEWHERE", "QueryRetrieveLevel=STUDY", f"StudyInstanceUID={STUDY}")
        assert b"MoveDestinationUnknown" in done.stdout + done.stderr
        with client(pacs) as scu, pytest.raises(DeliveryFailed, match="0xA801"):
            scu.move(STUDY, "ELSEWHERE")
    assert ward.received == []


def test_a_destination_that_is_away_is_said_so(tmp_path: Path) -> None:
    with (
        archive(tmp_path, {"WARD": ("127.0.0.1", free_port())}) as pacs,
        client(pacs) as scu,
        pytest.raises(DeliveryFailed, match="0xA801"),
    ):
        scu.move(STUDY, "WARD")


def test_a_query_without_its_unique_key_moves_nothing(tmp_path: Path, ward: Ward) -> None:
    """No key would be the whole archive."""
    with archive(tmp_path, {"WARD": ("127.0.0.1", ward.door.port)}) as pacs:
        for keys in (["QueryRetrieveLevel=STUDY"], ["QueryRetrieveLevel=PATIENT", "PatientID=*"]):
            movescu(pacs, "WARD", *keys)
        with client(pacs) as scu:
            assert scu.find_study(STUDY) is not None
    assert ward.received == []


def test_a_study_that_is_not_there_is_moved_without_objects(tmp_path: Path, ward: Ward) -> None:
    with archive(tmp_path, {"WARD": ("127.0.0.1", ward.door.port)}) as pacs, client(pacs) as scu:
        scu.move("2.25.404", "WARD")
    assert ward.received == []
