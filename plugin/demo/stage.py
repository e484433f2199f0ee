"""Sets the demo up: configuration, SignGate with its embedded PACS, and the data a hospital would have.

From here on everything goes over the wires: nothing of the running SignGate is touched
but its start, its stop, and the evaluation that a QC centre would have sent on paper.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import socket
import string
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from plugin.application import Application
from plugin.configuration import locate
from plugin.demo.cases import DemoCase, read_cases
from plugin.demo.images import build_series
from plugin.demo.steps import PATIENCE_S
from plugin.demo.visitors import Visitors, invite
from plugin.domain.errors import StoreUnavailable
from plugin.domain.recognition import Evaluation
from plugin.kit.free_ports import neighbouring_ports
from plugin.kit.signature import decode_secret
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.site.gate import load_gate
from plugin.site.settings import load_site

INSTITUTION = "示范市人民医院"
HOST = "127.0.0.1"
SCENE = "demo.json"
"""File in the data folder that tells a demo's from any other."""
ZONE = ZoneInfo("Asia/Shanghai")


def local_now() -> datetime:
    """The hospital's wall clock, wherever the demo is shown."""
    return datetime.now(ZONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Loopback ports of everything that listens."""

    hl7: int = 2575
    web: int = 8080
    dimse: int = 11112
    pacs: int = 11113
    ris: int = 8081

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """`base` for HL7, then web, DIMSE, embedded PACS and RIS."""
        return cls(hl7=base, web=base + 1, dimse=base + 2, pacs=base + 3, ris=base + 4)

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody listens on now."""
        return cls.from_base(neighbouring_ports(5))

    def check(self) -> None:
        """Every port can be listened on.

        Raises
        ------
        StoreUnavailable
            Naming the port that is taken.
        """
        for name, port in asdict(self).items():
            with closing(socket.socket()) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    raise StoreUnavailable(
                        f"port {port} ({name}) cannot be used: {error.strerror}; stop who listens there or name others with --port-base N"
                    ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What stays the same when the demo is started again in the same folder."""

    seed: str
    started_at: datetime
    ward_token: str


class Stage:
    """A running SignGate with the demo's configuration in `folder`.

    Parameters
    ----------
    folder
        Configuration, database, archive and secrets; continued when it is there already.
    ports
        Where to listen.
    undo_seconds
        How long a filled form may be taken back; its SR is written when they are over.
    """

    def __init__(self, folder: Path, ports: Ports, undo_seconds: int = 20) -> None:
        self.folder, self.ports, self.undo_seconds = folder, ports, undo_seconds
        self.scene = _scene(folder)
        self.cases = read_cases(self.scene.started_at)
        self.visitors: Visitors | None = None
        self._application: Application | None = None
        self._stack = ExitStack()

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @property
    def ris_url(self) -> str:
        return f"http://{HOST}:{self.ports.ris}"

    @property
    def secret(self) -> bytes:
        """The secret that SignGate and the RIS share; there after the start."""
        return decode_secret((self.folder / "secrets" / "ris").read_text(encoding="ascii").strip())

    def start(self) -> str:
        """Start SignGate; return its ready line.

        Raises
        ------
        StoreUnavailable
            When a port is taken or another process uses the folder.
        """
        self.ports.check()
        config = self.write_config()
        application = Application(load_site(config), load_gate(config), config, self.folder)
        self._application = application
        application.start()
        application.store.write(
            lambda uow: uow.labels.add_evaluation(_evaluation(self.scene.started_at.date()))
        )
        self.visitors = invite(application.accounts, self.folder)
        application.setup_key.discard()
        return application.ready_line()

    def stop(self) -> None:
        """Release associations, then stop SignGate."""
        self._stack.close()
        if self._application is not None:
            self._application.stop()
            self._application = None

    def pacs(self, own_ae_title: str) -> Scu:
        """An association to the embedded PACS, as another system would have it."""
        return self._scu("DEMO_PACS", self.ports.pacs, own_ae_title)

    def modality(self) -> Scu:
        """Sends images through SignGate, which labels and forwards them."""
        return self._scu("SIGNGATE", self.ports.dimse, "DEMO_CT")

    def series_of(self, cases: Iterable[DemoCase]) -> Iterator[tuple[DemoCase, int]]:
        """Build and send the images of each case and of its priors; yield how many were taken."""
        modality = self.modality()
        for case in cases:
            for each in (case, *case.earlier()):
                yield each, len(modality.store(build_series(each, self.scene.seed, INSTITUTION)))

    def write_config(self) -> Path:
        """The shipped configuration with the demo's own site, policy and RIS profile laid over it."""
        config = self.folder / "config"
        shutil.copytree(
            locate(None), config, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py")
        )
        values = {
            **asdict(self.ports),
            "undo_seconds": self.undo_seconds,
            "ward_token_sha256": hashlib.sha256(self.scene.ward_token.encode()).hexdigest(),
        }
        for name, place in (
            ("site.toml", "site.toml"),
            ("gate.toml", "gate.toml"),
            ("demo_ris.toml", "hl7/demo_ris.toml"),
            ("roster.toml", "critical/roster.toml"),
        ):
            source = files("plugin.demo") / "templates" / name
            text = string.Template(source.read_text(encoding="utf-8")).substitute(values)
            (config / place).write_text(text, encoding="utf-8")
        self._keep_token()
        return config

    def _keep_token(self) -> None:
        """The token of the read API where whoever tries the API finds it, beside the secret of the hook."""
        file = self.folder / "secrets" / "api_token"
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(self.scene.ward_token, encoding="utf-8")

    def _scu(self, ae_title: str, port: int, own_ae_title: str) -> Scu:
        """As patient as a step: everything runs in one process here, on whatever machine there is."""
        node = PacsNode(
            ae_title=ae_title,
            port=port,
            own_ae_title=own_ae_title,
            association_timeout_s=PATIENCE_S,
            answer_timeout_s=PATIENCE_S,
        )
        return self._stack.enter_context(Scu(node))


def _scene(folder: Path) -> Scene:
    """Read the folder's scene, or make one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / SCENE
    if file.exists():
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Scene(
            seed=kept["seed"],
            started_at=datetime.fromisoformat(kept["started_at"]),
            ward_token=kept["ward_token"],
        )
    scene = Scene(
        seed=secrets.token_hex(8),
        started_at=local_now().replace(microsecond=0),
        ward_token=secrets.token_urlsafe(24),
    )
    text = json.dumps(
        {"seed": scene.seed, "started_at": scene.started_at.isoformat(), "ward_token": scene.ward_token}
    )
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return scene


def _evaluation(on: date) -> Evaluation:
    """An invented QC centre has passed all items and devices of the demo's hospital."""
    return Evaluation(
        evaluation_id="DEMO-EVALUATION",
        region_id="chuanyu",
        institution_id="DEMO",
        item_number=0,
        device="",
        passed=True,
        valid_from=date(on.year, 1, 1),
        valid_to=date(on.year, 12, 31),
    )
