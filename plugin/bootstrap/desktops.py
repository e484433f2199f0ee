"""Joins the FHIRcast hub, where the site names one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugin.bootstrap.surroundings import jitter
from plugin.domain.errors import ConfigError
from plugin.notify.tools import Tools
from plugin.site.settings import Site
from plugin.workflow.ports.surroundings import Surroundings

if TYPE_CHECKING:
    from plugin.fhircast.desktops import Desktops


def build_desktops(site: Site, config_dir: Path, tools: Tools, around: Surroundings) -> Desktops | None:
    """Who answers which report is open; ``None`` without a hub.

    Raises
    ------
    ConfigError
        When the bearer token that the site names is not kept.
    """
    settings = site.fhircast
    if settings is None:
        return None
    # Few sites have a hub; the others need not load a websocket library.
    from plugin.fhircast.desktops import Desktops

    try:
        token = tools.secret(settings.token) if settings.token else ""
    except KeyError:
        file = str(config_dir / "site.toml")
        raise ConfigError(file, "fhircast.token", f"no secret called {settings.token!r} is kept") from None
    return Desktops(settings=settings, token=token, wire=tools, clock=around.clock, jitter=jitter)
