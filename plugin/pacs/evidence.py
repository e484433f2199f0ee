"""The objects of a study, as the PACS lists them: what an SR names as its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed
from plugin.domain.imaging import ArchivedStudy, SeriesEvidence
from plugin.domain.patient import Patient

DOCUMENTS = frozenset({"SR", "KO", "PR", "DOC"})
"""Modalities of what was written about a study, ourselves included; it is not what was scored."""


class Catalogue(Protocol):
    """What can be asked for its studies: a node reached by DIMSE, or by DICOMweb."""

    @property
    def node(self) -> object: ...

    def find_study(self, study_instance_uid: str) -> Dataset | None: ...

    def find_series(self, study_instance_uid: str) -> Sequence[Dataset]: ...

    def find_instances(self, study_instance_uid: str, series_instance_uid: str) -> Sequence[Dataset]: ...


def list_evidence(
    scu: Catalogue, study_instance_uid: str, without: frozenset[str] = DOCUMENTS
) -> tuple[SeriesEvidence, ...]:
    """List the study by C-FIND, series by series, in their numbers' order.

    Returns
    -------
    tuple
        Empty when the PACS has no such study, or nothing of it but documents.

    Raises
    ------
    DeliveryFailed
        When the PACS cannot be asked, or does not return SOP Class UIDs.
    """
    evidence = []
    for series in sorted(
        scu.find_series(study_instance_uid), key=lambda ds: int(ds.get("SeriesNumber") or 0)
    ):
        if series.get("Modality") in without:
            continue
        uid = str(series.SeriesInstanceUID)
        found = sorted(
            scu.find_instances(study_instance_uid, uid), key=lambda ds: int(ds.get("InstanceNumber") or 0)
        )
        if any(not ds.get("SOPClassUID") for ds in found):
            raise DeliveryFailed(
                f"{scu.node} does not tell the SOP Class UIDs of {uid}; ask it by DICOMweb instead",
                retry=False,
            )
        instances = tuple((str(ds.SOPClassUID), str(ds.SOPInstanceUID)) for ds in found)
        if instances:
            evidence.append(
                SeriesEvidence(
                    study_instance_uid=study_instance_uid, series_instance_uid=uid, instances=instances
                )
            )
    return tuple(evidence)


def archived_study(scu: Catalogue, study_instance_uid: str) -> ArchivedStudy | None:
    """How the PACS has filed a study; ``None`` when it has not got it.

    A document with another Patient ID is filed as another study by some archives, and
    mends nothing: who the patient is, is settled between RIS and PACS.

    Raises
    ------
    DeliveryFailed
        When the PACS cannot be asked.
    """
    found = scu.find_study(study_instance_uid)
    if found is None:
        return None

    def text(keyword: str) -> str:
        value = found.get(keyword)
        return "" if value is None else str(value)

    born = text("PatientBirthDate")
    modalities = found.get("ModalitiesInStudy") or ()
    return ArchivedStudy(
        study_instance_uid=study_instance_uid,
        patient=Patient(
            patient_id=text("PatientID"),
            assigning_authority=text("IssuerOfPatientID"),
            name=text("PatientName"),
            sex=text("PatientSex"),
            birth_date=f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else "",
        ),
        accession_number=text("AccessionNumber"),
        study_id=text("StudyID"),
        performed_at=f"{text('StudyDate')} {text('StudyTime')}".strip(),
        description=text("StudyDescription"),
        referring_physician=text("ReferringPhysicianName"),
        modalities=(modalities,) if isinstance(modalities, str) else tuple(map(str, modalities)),
    )
