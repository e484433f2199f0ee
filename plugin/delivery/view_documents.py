"""Documents as pages: fetched from any node of the site when somebody asks, and never kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugin.delivery.carriers import Carrier, Carriers
from plugin.delivery.ports import Reader
from plugin.domain.document import DocumentKind, DocumentState
from plugin.domain.errors import InvalidInput
from plugin.domain.imaging import ArchivedStudy, ShownStudy
from plugin.pacs.evidence import archived_study
from plugin.sr import html
from plugin.sr.read import read

_SHOWN = frozenset({"SR", "KO"})
_UID = re.compile(r"[0-9.]{1,64}")
_NUMBER = re.compile(r"[^*?\\\x00-\x1f]{1,64}")
"""No wildcard: a page that lists a whole archive is nobody's business."""

MOST_STUDIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDocuments:
    """Implements ``DocumentReading``.

    Parameters
    ----------
    sources
        Names of the nodes that may be asked, the hospital's archive first.
    wordings
        Criterion of our forms to its words in full.
    """

    read: Reader
    carriers: Carriers
    sources: Sequence[str]
    wordings: Mapping[str, str] = field(default_factory=dict)

    def studies(
        self, source: str, *, accession_number: str = "", study_instance_uid: str = ""
    ) -> Sequence[ArchivedStudy]:
        carrier = self._carrier(source)
        if study_instance_uid:
            uids = [_uid(study_instance_uid)]
        elif _NUMBER.fullmatch(accession_number):
            found = carrier.find_studies(AccessionNumber=accession_number)
            uids = sorted(str(study.StudyInstanceUID) for study in found)[:MOST_STUDIES]
        else:
            raise InvalidInput("accession_number", "give an accession number, or a Study Instance UID")
        return [study for uid in uids if (study := archived_study(carrier, uid)) is not None]

    def page(self, source: str, study_instance_uid: str) -> ShownStudy | None:
        carrier, uid = self._carrier(source), _uid(study_instance_uid)
        documents = [
            read(ds)
            for series in carrier.find_series(uid)
            if series.get("Modality") in _SHOWN
            for ds in carrier.get(uid, str(series.SeriesInstanceUID))
        ]
        if not documents:
            return None
        patients = dict.fromkeys(each.patient.patient_id for each in documents if each.patient.patient_id)
        return ShownStudy(html=html.page(*documents, wordings=self.wordings), patient_ids=tuple(patients))

    def page_of_sheet(self, sheet_id: str) -> str | None:
        sheet = self.read(lambda uow: uow.sheets.get(sheet_id))
        if sheet is None:
            return None
        documents = self.read(lambda uow: uow.documents.for_exam(sheet.accession_number))
        for each in documents:
            readable = each.kind is DocumentKind.SR and each.destination == self.sources[0]
            if readable and sheet_id in each.sheet_ids and each.state is not DocumentState.QUEUED:
                found = self.carriers.of(each.lies_at).get(
                    each.study_instance_uid, each.series_instance_uid, each.sop_instance_uid
                )
                if found:
                    return html.page(read(found[0]), wordings=self.wordings)
        return None

    def page_of_file(self, data: bytes) -> str:
        return html.page(read(data), wordings=self.wordings)

    def _carrier(self, source: str) -> Carrier:
        if source not in self.sources:
            raise InvalidInput("source", f"is not one of {', '.join(self.sources)}")
        return self.carriers.of(source)


def _uid(value: str) -> str:
    if not _UID.fullmatch(value):
        raise InvalidInput("study_instance_uid", "is not a UID: digits and dots, at most 64 characters")
    return value
