"""``site.toml`` as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator

from plugin.delivery.watch_feeds import FeedSettings
from plugin.delivery.worker import WorkerSettings
from plugin.dimse.server import DimseOptions
from plugin.domain.errors import ConfigError
from plugin.fhircast.settings import FhircastSettings
from plugin.kit.registry import Options
from plugin.kit.settings import load
from plugin.pacs.dicomweb import DicomWebNode
from plugin.pacs.node import PacsNode
from plugin.rules.inspectors.pool import InspectorSettings
from plugin.site.alerts import AlertSettings
from plugin.site.atna import AtnaSettings
from plugin.site.callers import CallerSettings
from plugin.site.hl7 import GatewaySettings, Hl7OutSettings, Hl7Settings
from plugin.site.hospital import HospitalSettings
from plugin.site.imaging import EmbeddedPacsSettings, ImageSettings, LabelSettings
from plugin.site.recognition import RecognitionSettings
from plugin.store.settings import StoreSettings
from plugin.web.settings import WebSettings


class Site(Options):
    """The whole file.

    Parameters
    ----------
    archive
        The PACS under ``[pacs]`` that holds the images; ingest is forwarded to it.
    sr_destinations
        Which nodes under ``[pacs]`` and ``[dicomweb]`` get the SR, each an instance of its own
        at its own disclosure level.
    fhircast
        The hub that tells which report is open on whose desktop; ``None``: nobody is subscribed.
    headers_from
        A node under ``[dicomweb]`` that tells the images' headers without their pixels
        (WADO-RS metadata); empty: labels are made from whole images.
    """

    time_zone: str = "Asia/Shanghai"
    language: Literal["zh_CN", "en"] = "zh_CN"
    hospital: HospitalSettings = HospitalSettings()
    store: StoreSettings = StoreSettings()
    hl7: Hl7Settings = Hl7Settings()
    hl7_out: dict[str, Hl7OutSettings] = {}
    gateway: GatewaySettings = GatewaySettings()
    feeds: FeedSettings = FeedSettings()
    web: WebSettings = WebSettings()
    dimse: DimseOptions = DimseOptions()
    delivery: WorkerSettings = WorkerSettings()
    embedded_pacs: EmbeddedPacsSettings = EmbeddedPacsSettings()
    pacs: dict[str, PacsNode] = {"archive": PacsNode(ae_title="EMBEDDED", port=11113)}
    dicomweb: dict[str, DicomWebNode] = {}
    inspectors: InspectorSettings = InspectorSettings()
    archive: str = "archive"
    headers_from: str = ""
    sr_destinations: tuple[str, ...] = ("archive",)
    callers: dict[str, CallerSettings] = {}
    alerts: AlertSettings = AlertSettings()
    labels: LabelSettings = LabelSettings()
    images: ImageSettings = ImageSettings()
    fhircast: FhircastSettings | None = None
    recognition: RecognitionSettings = RecognitionSettings()
    atna: AtnaSettings = AtnaSettings()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone, for instance Asia/Shanghai") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def nodes(self) -> dict[str, PacsNode | DicomWebNode]:
        """Every archive by its name, whichever road leads there."""
        return {**self.dicomweb, **self.pacs}

    def hl7_receivers(self) -> dict[str, tuple[str, ...]]:
        """What is sent by HL7 to the names of those who get it."""
        kinds = ("alert", "score", "label", "citation", "report")
        return {
            kind: tuple(name for name, receiver in self.hl7_out.items() if kind in receiver.sends)
            for kind in kinds
        }

    def on_ports(self, base: int) -> Site:
        """The same site on ports `base` (HL7), +1 (web), +2 (DIMSE), +3 (embedded PACS)."""
        pacs = {
            name: node.model_copy(update={"port": base + 3})
            if self.embedded_pacs.enabled and node.port == self.embedded_pacs.port
            else node
            for name, node in self.pacs.items()
        }
        return self.model_copy(
            update={
                "hl7": self.hl7.model_copy(update={"port": base}),
                "web": self.web.model_copy(update={"port": base + 1}),
                "dimse": self.dimse.model_copy(update={"port": base + 2}),
                "embedded_pacs": self.embedded_pacs.model_copy(update={"port": base + 3}),
                "pacs": pacs,
            }
        )


def load_site(config_dir: Path) -> Site:
    """Read ``site.toml`` and check that its parts fit each other.

    Raises
    ------
    ConfigError
        Naming file, line and key.
    """
    file = config_dir / "site.toml"
    site = load(Site, file)
    if site.archive not in site.pacs:
        known = ", ".join(site.pacs)
        raise ConfigError(str(file), "archive", f"{site.archive!r} is not a node under [pacs]: {known}")
    check_destinations(site, str(file))
    return site


def check_destinations(site: Site, file: str) -> None:
    """Every node that gets documents, or is asked for studies, must exist, and a fallback must not learn more than it may.

    Raises
    ------
    ConfigError
        Naming the key.
    """
    nodes = site.nodes
    named = [
        ("recognition.neighbours", each.node, list(nodes)) for each in site.recognition.neighbours.values()
    ]
    named += [("sr_destinations", name, list(nodes)) for name in site.sr_destinations]
    named += [("headers_from", site.headers_from, list(site.dicomweb))] if site.headers_from else []
    named += [
        (f"{name}.fallback", node.fallback, [each for each in nodes if each != name])
        for name, node in nodes.items()
        if node.fallback
    ]
    for key, name, known in named:
        if name not in known:
            raise ConfigError(file, key, f"{name!r} is not a node that could serve here: {', '.join(known)}")
    if twice := sorted(set(site.pacs) & set(site.dicomweb)):
        raise ConfigError(file, f"dicomweb.{twice[0]}", "stands under [pacs], too; a node has one name")
    if len(set(site.sr_destinations)) < len(site.sr_destinations):
        raise ConfigError(file, "sr_destinations", "names a node twice")
    for name, node in nodes.items():
        other = nodes.get(node.fallback)
        if other is not None and other.disclosure != node.disclosure:
            raise ConfigError(
                file,
                f"{name}.fallback",
                f"{node.fallback!r} has disclosure {other.disclosure!r}, and not {node.disclosure!r}",
            )
