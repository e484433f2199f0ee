"""The roads a document may take: a node by DIMSE or by DICOMweb, and its fallback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.scu import Scu
from plugin.pacs.storing import Stored

Dataset = Any
"""A DICOM object; whoever carries it needs not know how it is made."""

PATIENT_ATTEMPTS = 3
"""A destination that is away is asked so often before its fallback takes the document."""


class Terms(Protocol):
    """What a node is sent, and how it proves that it keeps it."""

    @property
    def disclosure(self) -> str: ...
    @property
    def charset(self) -> str: ...
    @property
    def commitment(self) -> Literal["report", "query", "none"]: ...
    @property
    def fallback(self) -> str: ...


class Carrier(Protocol):
    """A node seen from our side; :class:`plugin.pacs.scu.Scu` and :class:`plugin.pacs.dicomweb.DicomWeb`."""

    @property
    def node(self) -> Terms: ...

    def store(self, datasets: Iterable[Dataset]) -> tuple[Stored, ...]: ...

    def find_study(self, study_instance_uid: str) -> Dataset | None: ...

    def find_studies(self, **keys: str) -> Sequence[Dataset]: ...

    def find_series(self, study_instance_uid: str) -> Sequence[Dataset]: ...

    def find_instances(self, study_instance_uid: str, series_instance_uid: str) -> Sequence[Dataset]: ...

    def get(
        self, study_instance_uid: str, series_instance_uid: str = "", sop_instance_uid: str = ""
    ) -> Sequence[Dataset]: ...


@dataclass(frozen=True, slots=True)
class Carriers:
    """All nodes of a site, by name."""

    nodes: Mapping[str, Carrier]

    def of(self, name: str) -> Carrier:
        """A node by its name in site.toml.

        Raises
        ------
        DeliveryFailed
            When the site no longer knows it; a person decides.
        """
        if name not in self.nodes:
            raise DeliveryFailed(f"no PACS called {name!r} in site.toml", retry=False)
        return self.nodes[name]

    def store(self, name: str, document: Dataset, attempts: int) -> str:
        """Store at the node, or at its fallback when it has been away for some attempts.

        Returns
        -------
        str
            The name of the node that took it.

        Raises
        ------
        DeliveryFailed
            Neither took it.  A refusal is never carried to another node.
        """
        carrier = self.of(name)
        try:
            carrier.store([document])
        except DeliveryFailed as failed:
            fallback = carrier.node.fallback
            if not (failed.retry and fallback and attempts >= PATIENT_ATTEMPTS):
                raise
            self.of(fallback).store([document])
            return fallback
        return name

    def ask_commitment(self, name: str, transaction_uid: str, reference: tuple[str, str]) -> bool:
        """Ask a node that reports commitments; ``False`` when this one does not.

        Raises
        ------
        DeliveryFailed
            The node refuses to be asked.
        """
        carrier = self.of(name)
        if not isinstance(carrier, Scu) or carrier.node.commitment != "report":
            return False
        carrier.request_commitment(transaction_uid, [reference])
        return True
