"""``config/site.toml``: this hospital, its neighbours, and the addresses of both.

Every room declares its own settings; here they are put together, so that one file, read
once and strictly, is the whole site.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from plugin.delivery.watch_feeds import FeedSettings
from plugin.delivery.worker import WorkerSettings
from plugin.dimse.server import DimseOptions
from plugin.domain.critical import Tier
from plugin.domain.errors import ConfigError
from plugin.domain.gate import SignAction
from plugin.domain.recognition import Institution
from plugin.domain.sampling import Caps, Minimum, Period, SamplingRule
from plugin.hl7.writer import Correspondent
from plugin.kit import signature
from plugin.kit.registry import Options
from plugin.kit.settings import load
from plugin.pacs.dicomweb import DicomWebNode
from plugin.pacs.node import AeTitle, PacsNode
from plugin.store.settings import StoreSettings
from plugin.web_settings import WebSettings

Port = Annotated[int, Field(ge=0, le=65535)]


class HospitalSettings(Options):
    """``[hospital]``: who we are to a region of mutual recognition and on a document.

    Parameters
    ----------
    aliases
        Other names of this hospital, as its devices write them into InstitutionName.
    """

    institution_id: str = "LOCAL"
    name: str = "测试医院"
    level: Annotated[int, Field(ge=1, le=3)] = 3
    public: bool = True
    regions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def institution(self) -> Institution:
        return Institution(
            institution_id=self.institution_id,
            name=self.name,
            level=self.level,
            public=self.public,
            regions=self.regions,
        )


class Hl7TlsSettings(Options):
    """``[hl7.tls]``: beside or instead of the plain listener."""

    port: Port = 2576
    certificate: Path
    key: Path
    client_authority: Path | None = None


class Hl7Settings(Options):
    """``[hl7]``: the MLLP listener.  `plain` false leaves only TLS.

    Parameters
    ----------
    tolerant
        Forgive framing that can only be meant in one way (ADR 33); false takes the standard's alone.
    unknown_senders
        ``refuse`` answers AR to senders that no profile under ``config/hl7`` names.
    """

    host: str = "127.0.0.1"
    port: Port = 2575
    plain: bool = True
    tls: Hl7TlsSettings | None = None
    allowed: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    connections: Annotated[int, Field(ge=1, le=20000)] = 256
    connections_per_host: Annotated[int, Field(ge=0)] = 0
    idle_s: Annotated[float, Field(ge=0)] = 0.0
    frame_s: Annotated[float, Field(gt=0)] = 30.0
    max_message_bytes: Annotated[int, Field(ge=1024, le=1 << 28)] = 16 << 20
    tolerant: bool = True
    unknown_senders: Literal["default", "refuse"] = "default"


class Hl7OutTlsSettings(Options):
    """``[hl7_out.<name>.tls]``: encrypted, the receiver's certificate checked; ours shown when given."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = ""


class Hl7OutSettings(Correspondent):
    """``[hl7_out.<name>]``: a receiver of ours, how it is addressed (MSH-3 to MSH-6, MSH-18), and what it gets.

    Parameters
    ----------
    sends
        ``alert`` (told, revoked, read back), ``score``, ``label``, and ``report``: the reports
        that go through us, byte for byte (``[gateway]``).
    answer_s
        How long its acknowledgement is waited for.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: Hl7OutTlsSettings | None = None
    sends: tuple[Literal["alert", "score", "label", "report"], ...] = ()
    answer_s: Annotated[float, Field(gt=0, le=300)] = 30.0

    def correspondent(self) -> Correspondent:
        return Correspondent(**{name: getattr(self, name) for name in Correspondent.model_fields})


class GatewaySettings(Options):
    """``[gateway]``: reports pass through us to the receivers whose `sends` holds ``report``.

    Parameters
    ----------
    senders
        MSH-3 of the systems whose reports pass through; empty: all.
    """

    senders: tuple[str, ...] = ()


class EmbeddedPacsSettings(Options):
    """``[embedded_pacs]``: our own small archive, for demos and sites without one."""

    enabled: bool = True
    ae_title: AeTitle = "EMBEDDED"
    port: Port = 11113


class CallerSettings(Options):
    """``[callers.<name>]``: a system that calls the hooks.

    Parameters
    ----------
    secret_file
        Webhook secret, relative to the data folder; made at random when it is not there,
        so that no secret stands in a configuration file (ADR 6).
    previous_secret_file
        The secret before, still taken during a rotation.
    call_back
        Where a released gate is reported; empty: the caller asks.
    """

    secret_file: Path
    previous_secret_file: Path | None = None
    call_back: str = ""


class AlertSettings(Options):
    """``[alerts]``: how each tier is told (decisions 22).

    Parameters
    ----------
    minutes
        From detection to read-back; a catalogue entry with ``minutes`` of its own goes before.
    confirmations
        People besides author and verifier who confirm a finding that waits for it (双人核对).
    """

    minutes: dict[Tier, int] = {Tier.RED: 10, Tier.ORANGE: 60}
    confirm_first: tuple[Tier, ...] = (Tier.ORANGE,)
    chased: tuple[Tier, ...] = (Tier.RED, Tier.ORANGE)
    flags: tuple[str, ...] = ("AA", "HH", "LL")
    flag_tier: Tier = Tier.RED
    escalate_every_minutes: Annotated[float, Field(gt=0)] = 5
    last_level: Annotated[int, Field(ge=1, le=8)] = 3
    confirmations: Annotated[int, Field(ge=1, le=2)] = 1


class LabelSettings(Options):
    """``[labels]``: how an examination that earned it is stamped.

    Parameters
    ----------
    at_ingest
        Coerce InstitutionName of what is sent through us (seed 000: after the institution's name).
    presentation_state
        Send a GSPS for each image series.
    """

    at_ingest: bool = True
    presentation_state: bool = True


class NeighbourSettings(Options):
    """``[recognition.neighbours.<name>]``: a hospital whose archive is asked for labelled studies.

    Parameters
    ----------
    node
        Its archive, a name under ``[pacs]``.
    assigning_authority
        Whose patient identifiers it files under; patients of another issuer are not looked up there.
    """

    node: str
    institution_id: str
    name: str
    level: Annotated[int, Field(ge=1, le=3)]
    assigning_authority: str


class RecognitionSettings(Options):
    """``[recognition]``: honouring results of earlier examinations (DB50 6.2, 6.6).

    Parameters
    ----------
    image_link
        Address of a viewer, with ``{study_instance_uid}`` or ``{accession_number}`` in it.
    alliances
        Institution IDs of each 医联体 or 医共体 that this hospital knows of.
    issuers
        FHIR Identifier.system to the assigning authority of HL7 (PID-3.4).
    timeout_s
        How long an order waits for the neighbours altogether.
    """

    image_link: str = ""
    alliances: tuple[frozenset[str], ...] = ()
    issuers: dict[str, str] = {}
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    neighbours: dict[str, NeighbourSettings] = {}


class ImageSettings(Options):
    """``[images]``: what becomes of images that fail quality.

    Parameters
    ----------
    quality_issue
        A Key Object Selection (113010) marks them for whoever reads them.
    rejection
        A person may have the archive hide them (113001), by name and with a way back.
        Many archives then show them to nobody, so that it is off.
    """

    quality_issue: bool = True
    rejection: bool = False


class Site(Options):
    """The whole file.

    Parameters
    ----------
    archive
        The PACS under ``[pacs]`` that holds the images; ingest is forwarded to it.
    sr_destinations
        Which nodes under ``[pacs]`` and ``[dicomweb]`` get the SR, each an instance of its own
        at its own disclosure level.
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
    archive: str = "archive"
    headers_from: str = ""
    sr_destinations: tuple[str, ...] = ("archive",)
    callers: dict[str, CallerSettings] = {}
    alerts: AlertSettings = AlertSettings()
    labels: LabelSettings = LabelSettings()
    images: ImageSettings = ImageSettings()
    recognition: RecognitionSettings = RecognitionSettings()

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

    def hl7_receivers(self) -> dict[str, tuple[str, ...]]:
        """What is sent by HL7 to the names of those who get it."""
        kinds = ("alert", "score", "label", "report")
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


class PolicyRow(Options):
    """``[[policy]]`` of gate.toml: one sampling rule."""

    name: str
    p: float
    conditions: dict[str, tuple[str, ...]] = {}
    forms: tuple[str, ...] = ()

    def rule(self) -> SamplingRule:
        return SamplingRule(name=self.name, p=self.p, conditions=dict(self.conditions), forms=self.forms)


class MinimumRow(Options):
    """``[[minimum]]`` of gate.toml: a number of examinations that each signer must reach."""

    name: str
    count: int
    period: Period = Period.MONTH
    conditions: dict[str, tuple[str, ...]] = {}

    def minimum(self) -> Minimum:
        return Minimum(name=self.name, count=self.count, period=self.period, conditions=dict(self.conditions))


class CapsRow(Options):
    """``[caps]`` of gate.toml: what a signer is spared; 0 is no limit."""

    per_hour: int = 0
    per_shift: int = 0
    gap_minutes: int = 0
    shifts: tuple[int, ...] = (8, 16, 0)

    def caps(self) -> Caps:
        return Caps(**self.model_dump())


class PolicyFile(Options):
    """The policy's part of ``gate.toml``, and the whole of a file for ``signgate sampling set``."""

    policy: tuple[PolicyRow, ...] = ()
    minimum: tuple[MinimumRow, ...] = ()
    caps: CapsRow = CapsRow()

    def rules(self) -> tuple[SamplingRule, ...]:
        return tuple(row.rule() for row in self.policy)

    def minimums(self) -> tuple[Minimum, ...]:
        return tuple(row.minimum() for row in self.minimum)


class GateSettings(PolicyFile):
    """``config/gate.toml``.

    Parameters
    ----------
    two_person
        A new policy version needs another person's approval.
    undo_seconds
        How long a form may be taken back after posting; its SR waits for so long.
    later_per_shift
        How many popups a person may put off in a shift; their forms are owed.
    """

    hold_minutes: Annotated[float, Field(gt=0, le=7 * 24 * 60)] = 120
    fix_rules: tuple[str, ...] = ()
    forms: dict[SignAction, tuple[str, ...]] = {}
    two_person: bool = False
    undo_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    later_per_shift: Annotated[int, Field(ge=0, le=50)] = 2


def load_site(config_dir: Path) -> Site:
    """Read ``site.toml`` and check that its parts fit each other.

    Raises
    ------
    ConfigError
        Naming file, line and key.
    """
    file = config_dir / "site.toml"
    site = load(Site, file)
    neighbours = tuple(each.node for each in site.recognition.neighbours.values())
    for key, names in (
        ("archive", (site.archive,)),
        ("recognition.neighbours", neighbours),
    ):
        for name in names:
            if name not in site.pacs:
                raise ConfigError(
                    str(file), key, f"{name!r} is not a node under [pacs]: {', '.join(site.pacs)}"
                )
    check_destinations(site, str(file))
    return site


def check_destinations(site: Site, file: str) -> None:
    """Every node that gets documents must exist, and a fallback must not learn more than it may.

    Raises
    ------
    ConfigError
        Naming the key.
    """
    nodes: dict[str, PacsNode | DicomWebNode] = {**site.dicomweb, **site.pacs}
    named = [("sr_destinations", name, list(nodes)) for name in site.sr_destinations]
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


def load_gate(config_dir: Path) -> GateSettings:
    """Read ``gate.toml``."""
    return load(GateSettings, config_dir / "gate.toml")


def caller_secrets(caller: CallerSettings, data_dir: Path) -> tuple[str, ...]:
    """The caller's secrets (``whsec_…``), current first; a missing current one is made.

    Raises
    ------
    ConfigError
        When a secret file holds no webhook secret.
    """
    current = data_dir / caller.secret_file
    if not current.exists():
        write_private(current, "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    files = [current]
    if caller.previous_secret_file is not None:
        files.append(data_dir / caller.previous_secret_file)
    found = []
    for file in files:
        try:
            secret = file.read_text(encoding="ascii").strip()
            signature.decode_secret(secret)
            found.append(secret)
        except (OSError, ValueError) as error:
            raise ConfigError(str(file), "", f"cannot be used as a webhook secret: {error}") from error
    return tuple(found)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads; an existing one is left alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
