"""One PACS node, as ``site.toml`` names it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plugin.domain.errors import ConfigError
from plugin.kit.registry import Options
from plugin.kit.settings import PeerPort

AeTitle = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=r"^[\x21-\x5b\x5d-\x7e ]+$")]
"""PS3.5: 1 to 16 characters of the default repertoire, no backslash, no control character."""

Seconds = Annotated[float, Field(gt=0, le=3600)]


class TlsOptions(Options):
    """TLS to a node (PS3.15 B.9: TLS 1.2 or newer).

    `certificate` and `key` identify us where the node asks for it; `authority` is the
    PEM file of the authority that signed the node's certificate, and no other is trusted.
    """

    authority: Path
    certificate: Path | None = None
    key: Path | None = None
    check_host_name: bool = True


class DocumentTerms(Options):
    """What a destination is sent, by whichever road it is reached.

    Parameters
    ----------
    charset, disclosure
        How objects for this node are written.
    pdf_twin
        The structured report goes there as an Encapsulated PDF, too.
    fallback
        Another node that takes the document over when this one cannot be reached; it must
        have the same disclosure level.
    """

    charset: Literal["ISO_IR 192", "GB18030"] = "ISO_IR 192"
    disclosure: Literal["full", "pseudonymous", "summary"] = "full"
    pdf_twin: bool = False
    fallback: str = ""


class PacsNode(DocumentTerms):
    """Where objects go to and are found.

    Parameters
    ----------
    own_ae_title
        How we call ourselves to this node.
    commitment
        What counts as proof that an object is kept: the node's ``report`` (storage
        commitment), a ``query`` some time later, or ``none``.
    idle_s
        A kept association that was silent for longer is opened anew.
    """

    ae_title: AeTitle = "PACS"
    host: str = "127.0.0.1"
    port: PeerPort = 11113
    own_ae_title: AeTitle = "SIGNGATE"
    connect_timeout_s: Seconds = 5
    association_timeout_s: Seconds = 10
    answer_timeout_s: Seconds = 30
    idle_s: Seconds = 20
    commitment: Literal["report", "query", "none"] = "report"
    tls: TlsOptions | None = None

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"


def tls_context(options: TlsOptions, key: str = "pacs.tls") -> ssl.SSLContext:
    """A client context that trusts the named authority alone; `key` is where the options stand.

    Raises
    ------
    ConfigError
        When a file cannot be read or does not hold what it must.
    """
    try:
        context = ssl.create_default_context(cafile=str(options.authority))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = options.check_host_name
        if options.certificate:
            context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise ConfigError("site.toml", key, f"certificates cannot be used: {error}") from error
    return context
