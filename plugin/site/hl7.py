"""``[hl7]``, ``[hl7_out]``, ``[gateway]``: who sends us messages and who gets ours."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from plugin.hl7.envelope import Correspondent
from plugin.kit.registry import Options
from plugin.kit.settings import OwnPort, PeerPort


class Hl7TlsSettings(Options):
    """``[hl7.tls]``: beside or instead of the plain listener."""

    port: OwnPort = 2576
    certificate: Path
    key: Path
    client_authority: Path | None = None


class Hl7Settings(Options):
    """``[hl7]``: the MLLP listener.  `plain` false leaves only TLS.

    Parameters
    ----------
    allowed
        Networks (``10.2.0.0/16``) or addresses that may connect; empty lets everybody.
    certificates
        Common or DNS names of client certificates that may connect; empty lets all of the authority.
    connections, connections_per_host
        Open at once; more are closed at once.  0 of a host: no limit of its own.
    idle_s
        Silence between two messages after which a connection is closed; 0 never does.
    frame_s
        Time from the first byte of a message to its last.
    tolerant
        Forgive framing that can only be meant in one way (ADR 33); false takes the standard's alone.
    unknown_senders
        ``refuse`` answers AR to senders that no profile under ``config/hl7`` names.
    max_attachment_bytes
        A larger document beside a report (OBX-2 ED) is noted and not kept.
    keep_days
        Messages older than this leave the archive, those under inspection and those that
        still wait to be passed on excepted; 0 keeps all.
    """

    host: str = "127.0.0.1"
    port: OwnPort = 2575
    plain: bool = True
    tls: Hl7TlsSettings | None = None
    allowed: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    connections: Annotated[int, Field(ge=1, le=20000)] = 256
    connections_per_host: Annotated[int, Field(ge=0)] = 0
    idle_s: Annotated[float, Field(ge=0)] = 0.0
    frame_s: Annotated[float, Field(gt=0)] = 30.0
    max_message_bytes: Annotated[int, Field(ge=1024, le=1 << 28)] = 16 << 20
    max_attachment_bytes: Annotated[int, Field(ge=0, le=1 << 28)] = 8 << 20
    keep_days: Annotated[int, Field(ge=0)] = 0
    tolerant: bool = True
    unknown_senders: Literal["default", "refuse"] = "default"

    @field_validator("allowed")
    @classmethod
    def _networks(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        for network in allowed:
            ip_network(network, strict=False)
        return allowed


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
        ``alert`` (told, revoked, read back), ``score``, ``label``, ``citation`` (a recognised result
        that a doctor took over, for the medical record), and ``report``: the reports that go
        through us, byte for byte (``[gateway]``).
    answer_s
        How long its acknowledgement is waited for.
    """

    host: str = "127.0.0.1"
    port: PeerPort
    tls: Hl7OutTlsSettings | None = None
    sends: tuple[Literal["alert", "score", "label", "citation", "report"], ...] = ()
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
