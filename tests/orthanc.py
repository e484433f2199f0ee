"""A real Orthanc on random ports, with a password, for tests that need a PACS not of our making."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from conftest import need_tool
from patience import PATIENCE_S
from ports import free_port

_PLUGIN_FOLDERS = (
    "/usr/share/orthanc/plugins",
    "/usr/lib/orthanc/plugins",
    "/usr/local/share/orthanc/plugins",
)


@dataclass(frozen=True)
class Orthanc:
    """A running server."""

    ae_title: str
    dicom_port: int
    http_port: int
    user: str
    password: str
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb(self) -> str:
        return f"{self.url}/dicom-web"

    def http(self) -> requests.Session:
        session = requests.Session()
        session.auth = (self.user, self.password)
        return session


@contextmanager
def running_orthanc(folder: Path, peers: Mapping[str, tuple[str, int]], lua: str = "") -> Iterator[Orthanc]:
    """Start Orthanc in `folder`, with a script of ours if `lua` is given.

    `peers` (AE title → host, port) may store and ask for commitment.
    """
    program = need_tool("Orthanc")
    ports = free_port(), free_port()
    password = secrets.token_urlsafe(16)
    web = next((p for f in _PLUGIN_FOLDERS if (p := Path(f) / "libOrthancDicomWeb.so").exists()), None)
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": ports[0],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"tester": password},
        "DicomAet": "ORTHANC",
        "DicomPort": ports[1],
        "DicomCheckCalledAet": True,
        "DicomModalities": {
            name.lower(): {"AET": name, "Host": host, "Port": port, "AllowStorageCommitment": True}
            for name, (host, port) in peers.items()
        },
        "DicomAlwaysAllowStore": False,
        "DefaultEncoding": "Utf8",
        "StableAge": 1,
        "OverwriteInstances": False,
        "Plugins": [str(web)] if web else [],
    }
    if lua:
        (folder / "ours.lua").write_text(lua, encoding="utf-8")
        settings["LuaScripts"] = [str(folder / "ours.lua")]
    (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    log = folder / "orthanc.log"
    process = subprocess.Popen(
        [program, f"--logfile={log}", str(folder / "orthanc.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Orthanc("ORTHANC", ports[1], ports[0], "tester", password, log)
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _wait(server: Orthanc, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Orthanc ended: {server.log.read_text(errors='replace')[-2000:]}")
        try:
            if server.http().get(f"{server.url}/system", timeout=PATIENCE_S).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"Orthanc did not answer within {PATIENCE_S:g} s")
