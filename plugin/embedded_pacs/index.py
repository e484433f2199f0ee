"""What the embedded PACS holds, in SQLite: one row an instance, and the query over it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from plugin.embedded_pacs.matching import matches

STUDY = {
    "StudyInstanceUID": "study_instance_uid",
    "PatientID": "patient_id",
    "PatientName": "patient_name",
    "PatientBirthDate": "patient_birth_date",
    "PatientSex": "patient_sex",
    "IssuerOfPatientID": "issuer_of_patient_id",
    "AccessionNumber": "accession_number",
    "StudyID": "study_id",
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "StudyDescription": "study_description",
    "ReferringPhysicianName": "referring_physician_name",
}
SERIES = {
    "SeriesInstanceUID": "series_instance_uid",
    "Modality": "modality",
    "SeriesNumber": "series_number",
    "SeriesDescription": "series_description",
    "BodyPartExamined": "body_part_examined",
    "InstitutionName": "institution_name",
    "Manufacturer": "manufacturer",
    "StationName": "station_name",
}
INSTANCE = {
    "SOPInstanceUID": "sop_instance_uid",
    "SOPClassUID": "sop_class_uid",
    "InstanceNumber": "instance_number",
    "ContentDate": "content_date",
    "ContentTime": "content_time",
    "Rows": "rows",
    "Columns": "columns",
    "NumberOfFrames": "number_of_frames",
}
LEVELS: dict[str, dict[str, str]] = {
    "STUDY": STUDY,
    "SERIES": {**STUDY, **SERIES},
    "IMAGE": {**STUDY, **SERIES, **INSTANCE},
}
"""Query/Retrieve Level → DICOM keyword → column; a lower level answers the upper ones' keys too."""

_UNIQUE = {"STUDY": "study_instance_uid", "SERIES": "series_instance_uid", "IMAGE": "sop_instance_uid"}
_COUNTS = {
    "ModalitiesInStudy": "group_concat(DISTINCT modality)",
    "SOPClassesInStudy": "group_concat(DISTINCT sop_class_uid)",
    "NumberOfStudyRelatedSeries": "count(DISTINCT series_instance_uid)",
    "NumberOfStudyRelatedInstances": "count(*)",
    "NumberOfSeriesRelatedInstances": "count(*)",
}
_MULTIPLE = {"ModalitiesInStudy", "SOPClassesInStudy"}
_COLUMNS = list(LEVELS["IMAGE"].values())
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS instance (
  {", ".join(f"{name} TEXT NOT NULL DEFAULT ''" for name in _COLUMNS if name != "sop_instance_uid")},
  sop_instance_uid TEXT PRIMARY KEY, transfer_syntax_uid TEXT NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instance_study ON instance (study_instance_uid, series_instance_uid);
CREATE INDEX IF NOT EXISTS instance_accession ON instance (accession_number);
CREATE INDEX IF NOT EXISTS instance_patient ON instance (patient_id);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance as the index knows it; `digest` names its file."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    digest: str


class Index:
    """The index file; thread-safe."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.create_function("dicom_matches", 3, matches, deterministic=True)
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def add(self, attributes: Mapping[str, str], transfer_syntax_uid: str, digest: str) -> None:
        """Keep a row; the same instance again replaces it."""
        keyword_of = {column: keyword for keyword, column in LEVELS["IMAGE"].items()}
        names = [*_COLUMNS, "transfer_syntax_uid", "digest"]
        values = [attributes.get(keyword_of[name], "") for name in _COLUMNS]
        marks = ", ".join("?" * len(names))
        with self._locked() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO instance ({', '.join(names)}) VALUES ({marks})",  # noqa: S608  # names are ours
                [*values, transfer_syntax_uid, digest],
            )

    def get(self, sop_instance_uid: str) -> Kept | None:
        """One instance."""
        return next(iter(self.select({"SOPInstanceUID": sop_instance_uid})), None)

    def select(self, keys: Mapping[str, str]) -> list[Kept]:
        """Instances that match unique keys, in the order of series and instance numbers."""
        columns = LEVELS["IMAGE"]
        where, values = _where("IMAGE", {k: v for k, v in keys.items() if k in columns and v})
        with self._locked() as connection:
            rows = connection.execute(
                "SELECT sop_instance_uid, sop_class_uid, transfer_syntax_uid, digest FROM instance"  # noqa: S608  # columns are ours, values are bound
                f"{where} ORDER BY CAST(series_number AS INTEGER), series_instance_uid,"
                " CAST(instance_number AS INTEGER), sop_instance_uid",
                values,
            ).fetchall()
        return [Kept(*row) for row in rows]

    def query(self, level: str, keys: Mapping[str, str], wanted: Iterable[str]) -> list[dict[str, str]]:
        """Entities of `level` that match `keys` (PS3.4 C.2.2.2), each with the `wanted` keywords.

        A keyword that the index does not know is answered empty.
        """
        columns = LEVELS[level]
        asked = [keyword for keyword in wanted if keyword in columns or keyword in _COUNTS]
        unique = _UNIQUE[level]
        picked = [_COUNTS[keyword] if keyword in _COUNTS else f"max({columns[keyword]})" for keyword in asked]
        where, values = _where(level, keys)
        having = ""
        if modality := keys.get("ModalitiesInStudy"):
            inner = "SELECT study_instance_uid FROM instance WHERE dicom_matches('CS', modality, ?)"
            where += (" AND " if where else " WHERE ") + f"study_instance_uid IN ({inner})"
            values.append(modality)
        with self._locked() as connection:
            rows = connection.execute(
                f"SELECT {', '.join([unique, *picked])} FROM instance{where} GROUP BY {unique}{having}",  # noqa: S608  # columns are ours, values are bound
                values,
            ).fetchall()
        return [
            {
                keyword: str(value or "").replace(",", "\\") if keyword in _MULTIPLE else str(value or "")
                for keyword, value in zip(asked, row[1:], strict=True)
            }
            for row in rows
        ]

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection


def _where(level: str, keys: Mapping[str, str]) -> tuple[str, list[str]]:
    """Equality where it can be had from an index of the table, matching elsewhere."""
    columns = LEVELS[level]
    clauses, values = [], []
    for keyword, value in keys.items():
        if not value or value == "*" or keyword not in columns:
            continue
        column = columns[keyword]
        if keyword.endswith("UID"):
            wanted = value.split("\\")
            clauses.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
        else:
            clauses.append(f"dicom_matches('{_KINDS.get(keyword, 'LO')}', {column}, ?)")
            values.append(value)
    return (" WHERE " + " AND ".join(clauses) if clauses else ""), values


_KINDS = {
    "PatientName": "PN",
    "ReferringPhysicianName": "PN",
    "StudyDate": "DA",
    "PatientBirthDate": "DA",
    "ContentDate": "DA",
    "StudyTime": "TM",
    "ContentTime": "TM",
    "SeriesNumber": "IS",
    "InstanceNumber": "IS",
}
