"""A whole SignGate with a site's own destinations, a score that goes to them, and a person at its console."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests
from patience import PATIENCE_S
from ports import free_ports
from running import SignGate, order, report, start

CONFIG = Path(__file__).parents[1] / "config"
PASSWORD = "battery horse staple 7"


@contextmanager
def running_site(
    folder: Path, site_toml: str, destinations: Sequence[str] = (), base: int = 0
) -> Iterator[SignGate]:
    """Run with `site_toml` behind the shipped settings; every signature is drawn, no minute waited for.

    `destinations` get the SR besides the archive.  ``head`` and ``admin`` may sign in.
    """
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    names = ", ".join(f'"{name}"' for name in ("archive", *destinations))
    text = (config / "site.toml").read_text()
    text = text.replace('sr_destinations = ["archive"]', f"sr_destinations = [{names}]")
    (config / "site.toml").write_text(text + "\n" + site_toml)
    gate = (config / "gate.toml").read_text().replace("undo_seconds = 60", "undo_seconds = 0")
    (config / "gate.toml").write_text(re.sub(r"(?m)^p = [0-9.]+", "p = 1.0", gate))
    data = folder / "data"
    for login, role in (("head", "head"), ("admin", "system_admin")):
        subprocess.run(
            [sys.executable, "-m", "plugin", "user", "add", login, "--name", "测试主任", "--role", role]
            + ["--staff-id", login, "--config", str(config), "--data", str(data)],
            input=PASSWORD + " first\n",
            text=True,
            check=True,
            capture_output=True,
        )
    running = start(data, base or free_ports(4), "--config", str(config))
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()


class Console:
    """A person at the console's pages."""

    def __init__(self, gate: SignGate, login: str) -> None:
        self.gate, self.session = gate, requests.Session()
        self.sign_in(login, PASSWORD + " first")
        csrf = self.field(self.get("/console/password"), "csrf")
        self.post("/console/password", csrf=csrf, old=PASSWORD + " first", password=PASSWORD, again=PASSWORD)
        self.sign_in(login, PASSWORD)  # a changed password ends every session

    def sign_in(self, login: str, password: str) -> None:
        door = self.field(self.get("/console/sign-in"), "door")
        self.post("/console/sign-in", login=login, password=password, door=door, next="")

    def get(self, path: str) -> str:
        return self.session.get(self.gate.web + path, timeout=PATIENCE_S).text

    def post(self, path: str, **fields: str) -> None:
        answer = self.session.post(self.gate.web + path, data=fields, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text

    @staticmethod
    def field(page: str, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', page)
        assert found, page[:2000]
        return found.group(1)

    def text(self, page: str) -> str:
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", self.get(page))))

    def says(self, page: str) -> list[str]:
        """The rows of a page's table, as text."""
        rows = re.findall(r"<tr>.*?</tr>", self.get(page), re.DOTALL)
        return [html.unescape(re.sub(r"<[^>]+>", " ", row)) for row in rows]


def score(gate: SignGate) -> None:
    assert gate.send(order("A1")).code == "AA"
    assert gate.send(report("A1", "双肺纹理清晰，未见实变。", "双肺未见明确异常。")).code == "AA"
    signer = {"id": "D7", "name": "测试医师庚", "role": "senior"}
    event = {"event_id": "e1", "action": "verify", "accession_number": "A1", "signer": signer}
    answer = gate.call("POST", "/hooks/report-sign", event).json()
    page = requests.get(answer["popup_url"], timeout=PATIENCE_S).text
    token = Console.field(page, "form_token")
    suggested = dict.fromkeys(re.findall(r'name="(s\.[^"]+)"', page), "no")
    done = requests.post(gate.web + "/qc", data={"form_token": token, **suggested}, timeout=PATIENCE_S)
    assert done.status_code == 200, done.text
