"""The parts of a running SignGate that its doors and deliveries share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.analysers.panel import Panel
from plugin.delivery.carriers import Carriers
from plugin.hl7.outbound import Outbound
from plugin.notify.tools import Tools
from plugin.pacs.scu import Scu
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is opened before anything listens or sends.

    Parameters
    ----------
    secrets
        Caller to the secrets by which its calls are signed, the newest first.
    pacs, carriers
        Nodes by DIMSE alone; the same and those by DICOMweb.
    outbound
        Receivers of our HL7 messages.
    tools
        What the notice channels need.
    panel
        The outside analysers.
    pseudonym_key
        Of documents that name no patient.
    """

    store: SqlStore
    jobs: SqlJobStore
    secrets: Mapping[str, tuple[str, ...]]
    pacs: Mapping[str, Scu]
    carriers: Carriers
    outbound: Outbound
    tools: Tools
    panel: Panel
    pseudonym_key: bytes
