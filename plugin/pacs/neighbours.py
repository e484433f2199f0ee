"""Other hospitals' archives asked for a patient's studies, all at once, each within its time.

The patient is named by identifier and issuer; a study whose archive names another issuer is
left out, and so is everything of a neighbour that does not use the asker's identifiers.
The label is read where seed 000 puts it: after the InstitutionName of the images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import structlog
from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed
from plugin.domain.honour import NeighbourStudy
from plugin.domain.recognition import Institution
from plugin.pacs.node import PacsNode
from plugin.pacs.query import SERIES_KEYS, identifier
from plugin.pacs.scu import Scu

log = structlog.get_logger()

MOST_STUDIES = 20
"""Newest first; whoever has more has been looked at often enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One archive.

    Parameters
    ----------
    assigning_authority
        Whose patient identifiers this archive files its studies under.
    """

    name: str
    node: PacsNode
    institution: Institution
    assigning_authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourArchives:
    """All configured neighbours; whoever does not answer in `timeout_s` is left out of this answer."""

    neighbours: tuple[Neighbour, ...]
    timeout_s: float

    def studies(self, patient_id: str, assigning_authority: str) -> Sequence[NeighbourStudy]:
        """Studies of the patient; never raises for a neighbour that fails."""
        asked = [each for each in self.neighbours if each.assigning_authority == assigning_authority]
        if not asked or not patient_id:
            return ()
        pool = ThreadPoolExecutor(max_workers=len(asked), thread_name_prefix="neighbour")
        futures = {pool.submit(_studies, each, patient_id): each for each in asked}
        done, late = wait(futures, timeout=self.timeout_s)
        # A neighbour that hangs ends by its node's own time-outs; nobody waits for it here.
        pool.shutdown(wait=False, cancel_futures=True)
        for future in late:
            log.warning("neighbour too slow", neighbour=futures[future].name)
        found: list[NeighbourStudy] = []
        for future in done:
            error = future.exception()
            if isinstance(error, DeliveryFailed):
                log.warning("neighbour failed", neighbour=futures[future].name, why=str(error))
            elif error is not None:
                raise error
            else:
                found.extend(future.result())
        return found


def _studies(neighbour: Neighbour, patient_id: str) -> list[NeighbourStudy]:
    with Scu(neighbour.node) as scu:
        studies = scu.find_studies(PatientID=patient_id, IssuerOfPatientID=neighbour.assigning_authority)
        studies.sort(key=lambda ds: _text(ds, "StudyDate"), reverse=True)
        return list(_read(neighbour, scu, studies[:MOST_STUDIES], patient_id))


def _read(
    neighbour: Neighbour, scu: Scu, studies: Sequence[Dataset], patient_id: str
) -> Iterator[NeighbourStudy]:
    for study in studies:
        issuer = _text(study, "IssuerOfPatientID")
        if _text(study, "PatientID") != patient_id or issuer not in ("", neighbour.assigning_authority):
            continue
        uid = _text(study, "StudyInstanceUID")
        query = identifier("SERIES", (*SERIES_KEYS, "InstitutionName"), StudyInstanceUID=uid)
        names = {_text(series, "InstitutionName") for series in scu.find(query)} - {""}
        # Series that disagree, some of them without the mark, are no labelled study.
        if len(names) != 1:
            continue
        modalities = study.get("ModalitiesInStudy") or ""
        kinds = [modalities] if isinstance(modalities, str) else list(modalities)
        images = [kind for kind in kinds if kind not in {"SR", "PR", "KO", "DOC"}]
        yield NeighbourStudy(
            source=neighbour.name,
            institution=neighbour.institution,
            accession_number=_text(study, "AccessionNumber"),
            study_instance_uid=uid,
            description=_text(study, "StudyDescription"),
            modality=images[0] if len(images) == 1 else "",
            performed_at=f"{_text(study, 'StudyDate')} {_text(study, 'StudyTime')[:6]}".strip(),
            labelled_name=names.pop(),
        )


def _text(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    return "" if value is None else str(value).strip()
