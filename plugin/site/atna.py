"""``[atna]``: an IHE audit repository that is told who did what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugin.kit.registry import Options
from plugin.kit.settings import PeerPort
from plugin.pacs.node import TlsOptions


class AtnaSettings(Options):
    """Off without a host.

    Parameters
    ----------
    tls
        Required with a host: audit messages say who looked at whose images.
    poll_s
        How often new entries of the trail are looked for.
    """

    host: str = ""
    port: PeerPort = 6514
    tls: TlsOptions | None = None
    poll_s: Annotated[float, Field(ge=0.1, le=60)] = 2
