"""``[embedded_pacs]``, ``[labels]``, ``[images]``: the archive beside us and what becomes of images."""

from __future__ import annotations

from plugin.kit.registry import Options
from plugin.kit.settings import OwnPort
from plugin.pacs.node import AeTitle


class MoveDestination(Options):
    """Where an AE title that C-MOVE names is reached."""

    host: str
    port: OwnPort


class EmbeddedPacsSettings(Options):
    """``[embedded_pacs]``: our own small archive, for demos and sites without one.

    Parameters
    ----------
    destinations
        AE titles that studies may be moved to; any other is refused.
    """

    enabled: bool = True
    ae_title: AeTitle = "EMBEDDED"
    port: OwnPort = 11113
    destinations: dict[AeTitle, MoveDestination] = {}


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
