"""Other hospitals' archives asked for a patient's studies, all at once, each within its time.

By C-FIND or by QIDO-RS, as the neighbour offers it.  The patient is named by identifier and issuer; a study whose archive names another issuer is
left out, and so is everything of a neighbour that does not use the asker's identifiers.
The label is read where seed 000 puts it: after the InstitutionName of the images.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog
from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed
from plugin.domain.honour import NeighbourStudy
from plugin.domain.recognition import Institution
from plugin.pacs.dicomweb import DicomWeb, DicomWebNode
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

log = structlog.get_logger()

MOST_STUDIES = 20
"""Newest first; whoever has more has been looked at often enough."""


NO_IMAGES = frozenset({"SR", "PR", "KO", "DOC", "SEG", "REG"})
"""Series of documents about images: what they say of the institution is their writer's."""

MOST_UNANSWERED = 2
"""Questions that may hang at one neighbour before it is asked nothing more until one of them ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One archive.

    Parameters
    ----------
    assigning_authority
        Whose patient identifiers this archive files its studies under.
    """

    name: str
    node: PacsNode | DicomWebNode
    institution: Institution
    assigning_authority: str


@dataclass(slots=True, kw_only=True)
class NeighbourArchives:
    """All configured neighbours; whoever does not answer in `timeout_s` is left out of this answer."""

    neighbours: tuple[Neighbour, ...]
    timeout_s: float
    _hanging: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def studies(self, patient_id: str, assigning_authority: str) -> Sequence[NeighbourStudy]:
        """Studies of the patient; never raises for a neighbour that fails."""
        asked = [each for each in self._awake() if each.assigning_authority == assigning_authority]
        if not asked or not patient_id:
            return ()
        pool = ThreadPoolExecutor(max_workers=len(asked), thread_name_prefix="neighbour")
        futures = {pool.submit(_studies, each, patient_id): each for each in asked}
        done, late = wait(futures, timeout=self.timeout_s)
        # A neighbour that hangs ends by its node's own time-outs; nobody waits for it here.
        pool.shutdown(wait=False, cancel_futures=True)
        for future in late:
            self._leave(futures[future].name, future)
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

    def _awake(self) -> list[Neighbour]:
        """Who does not owe us too many answers: else every order would leave a thread at a dead neighbour."""
        with self._lock:
            return [each for each in self.neighbours if self._hanging[each.name] < MOST_UNANSWERED]

    def _leave(self, name: str, future: Future[list[NeighbourStudy]]) -> None:
        log.warning("neighbour too slow", neighbour=name)
        with self._lock:
            self._hanging[name] += 1
        future.add_done_callback(lambda _: self._ended(name))

    def _ended(self, name: str) -> None:
        with self._lock:
            self._hanging[name] -= 1


def _studies(neighbour: Neighbour, patient_id: str) -> list[NeighbourStudy]:
    node = neighbour.node
    with DicomWeb(node) if isinstance(node, DicomWebNode) else Scu(node) as archive:
        studies = _of_patient(archive, patient_id, neighbour.assigning_authority)
        studies.sort(key=lambda ds: _text(ds, "StudyDate"), reverse=True)
        return list(_read(neighbour, archive, studies[:MOST_STUDIES], patient_id))


def _of_patient(archive: Scu | DicomWeb, patient_id: str, issuer: str) -> list[Dataset]:
    """By QIDO the issuer is asked for, not asked by: a service that does not know the key would match nothing."""
    if isinstance(archive, DicomWeb):
        return archive.find_studies("IssuerOfPatientID", "StudyDescription", PatientID=patient_id)
    return archive.find_studies(PatientID=patient_id, IssuerOfPatientID=issuer)


def _read(
    neighbour: Neighbour, archive: Scu | DicomWeb, studies: Sequence[Dataset], patient_id: str
) -> Iterator[NeighbourStudy]:
    for study in studies:
        issuer = _text(study, "IssuerOfPatientID")
        if _text(study, "PatientID") != patient_id or issuer not in ("", neighbour.assigning_authority):
            continue
        uid = _text(study, "StudyInstanceUID")
        series = archive.find_series(uid, "InstitutionName")
        names = {_text(each, "InstitutionName") for each in series if _holds_images(each)} - {""}
        # Series that disagree, some of them without the mark, are no labelled study.
        if len(names) != 1:
            continue
        kinds = {_text(each, "Modality") for each in series if _holds_images(each)} - {""}
        yield NeighbourStudy(
            source=neighbour.name,
            institution=neighbour.institution,
            accession_number=_text(study, "AccessionNumber"),
            study_instance_uid=uid,
            description=_text(study, "StudyDescription"),
            modality=kinds.pop() if len(kinds) == 1 else "",
            performed_at=f"{_text(study, 'StudyDate')} {_text(study, 'StudyTime')[:6]}".strip(),
            labelled_name=names.pop(),
        )


def _holds_images(series: Dataset) -> bool:
    return _text(series, "Modality") not in NO_IMAGES


def _text(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    return "" if value is None else str(value).strip()
