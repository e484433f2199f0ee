"""The other road: STOW-RS, QIDO-RS, WADO-RS (PS3.18), where a PACS offers no DIMSE.

Every answer is read up to a limit, every redirect refused: a node is where the
administrator says it is.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from io import BytesIO
from types import TracebackType
from typing import Annotated, Any, Literal
from urllib.parse import quote

import requests
from pydantic import Field, SecretStr, StringConstraints
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.node import DocumentTerms
from plugin.pacs.storing import Stored

MAX_ANSWER = 1 << 30
_RETRY = {408, 425, 429, 500, 502, 503, 504}


class DicomWebNode(DocumentTerms):
    """A DICOMweb service root, for instance ``https://pacs.example/dicom-web``.

    HTTP has no storage commitment: the proof is a ``query`` some time later, or ``none``.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^@\s]+$")]
    user: str = ""
    password: SecretStr = SecretStr("")
    authority: str = ""
    """PEM file of the authority that signed the service's certificate; empty is the system's store."""
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30
    commitment: Literal["query", "none"] = "query"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content_type: str
    content: bytes


class DicomWeb:
    """A node reached by HTTP; keeps its connection."""

    def __init__(self, node: DicomWebNode) -> None:
        self.node = node
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc decides where patients' data go
        if node.user:
            self._session.auth = (node.user, node.password.get_secret_value())
        if node.authority:
            self._session.verify = node.authority

    def __enter__(self) -> DicomWeb:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def store(self, datasets: Iterable[Dataset]) -> tuple[Stored, ...]:
        """STOW-RS, one request for all.

        Raises
        ------
        DeliveryFailed
            With ``retry=True`` when the service is away or busy; with ``False`` when it
            refused an object (Failure Reason, PS3.18 10.5.3).
        """
        boundary = uuid.uuid4().hex
        uids, body = [], BytesIO()
        for ds in datasets:
            uids.append(str(ds.SOPInstanceUID))
            body.write(f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode())
            part = BytesIO()
            dcmwrite(part, ds, enforce_file_format=True)
            body.write(part.getvalue() + b"\r\n")
        body.write(f"--{boundary}--\r\n".encode())
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        }
        answer = self._call("POST", "/studies", headers, body.getvalue(), allow={200, 202, 409})
        result = self._dataset(answer)
        failed = {
            str(item.get("ReferencedSOPInstanceUID", "")): int(item.get("FailureReason", 0) or 0)
            for item in result.get("FailedSOPSequence") or ()
        }
        for uid, reason in failed.items():
            if reason != 0x0111:  # a duplicate is stored
                raise DeliveryFailed(
                    f"{self.node} refused {uid}: 0x{reason:04X}",
                    retry=0xA700 <= reason <= 0xA7FF or reason == 0x0110,
                )
        warned = {
            str(item.ReferencedSOPInstanceUID): f"0x{int(item.WarningReason):04X}"
            for item in result.get("ReferencedSOPSequence") or ()
            if item.get("WarningReason")
        }
        return tuple(Stored(uid, warned.get(uid, "")) for uid in uids)

    def find_studies(self, *more: str, **keys: str) -> list[Dataset]:
        """QIDO-RS for studies, e.g. ``AccessionNumber="A1"``; `more` are keywords that are asked for besides."""
        return self._find("/studies", {**keys, **_wanted(more)})

    def find_study(self, study_instance_uid: str) -> Dataset | None:
        """The study's attributes, ``None`` when the service does not know it."""
        found = self.find_studies(StudyInstanceUID=study_instance_uid)
        return found[0] if found else None

    def find_series(self, study_instance_uid: str, *more: str) -> list[Dataset]:
        """All series of a study; `more` are keywords that are asked for besides."""
        return self._find(f"/studies/{_segment(study_instance_uid)}/series", _wanted(more))

    def find_instances(self, study_instance_uid: str, series_instance_uid: str) -> list[Dataset]:
        """All instances of a series."""
        path = f"/studies/{_segment(study_instance_uid)}/series/{_segment(series_instance_uid)}/instances"
        return self._find(path, {})

    def get(
        self, study_instance_uid: str, series_instance_uid: str = "", sop_instance_uid: str = ""
    ) -> list[Dataset]:
        """WADO-RS: a study, a series or an instance, as stored."""
        path = f"/studies/{_segment(study_instance_uid)}"
        if series_instance_uid:
            path += f"/series/{_segment(series_instance_uid)}"
        if sop_instance_uid:
            path += f"/instances/{_segment(sop_instance_uid)}"
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        answer = self._call("GET", path, {"Accept": accept}, allow={200, 404})
        if answer.status == 404:
            return []
        return [dcmread(BytesIO(part)) for part in _parts(answer)]

    def headers(self, study_instance_uid: str, series_instance_uid: str) -> list[Dataset]:
        """WADO-RS metadata: a series' objects without their pixels (PS3.18 10.4.1.1.2)."""
        path = f"/studies/{_segment(study_instance_uid)}/series/{_segment(series_instance_uid)}/metadata"
        found = self._find(path, {})
        for ds in found:
            # A service may name where the pixels are; here that would read as an image without any.
            for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
                if keyword in ds:
                    del ds[keyword]
        return found

    def _find(self, path: str, keys: Mapping[str, str | list[str]]) -> list[Dataset]:
        answer = self._call(
            "GET", path, {"Accept": "application/dicom+json"}, params=keys, allow={200, 204, 404}
        )
        if answer.status != 200 or not answer.content:
            return []
        found = self._json(answer)
        return [self._read_json(one) for one in found] if isinstance(found, list) else []

    def _dataset(self, answer: _Answer) -> Dataset:
        if not answer.content:
            return Dataset()
        read = self._json(answer)
        return self._read_json(read[0] if isinstance(read, list) and read else read)

    def _read_json(self, found: Any) -> Dataset:
        try:
            return Dataset.from_json(found)
        except Exception as error:  # pydicom raises what the answer makes it raise
            raise DeliveryFailed(f"{self.node} answered what is no DICOM JSON", retry=False) from error

    def _json(self, answer: _Answer) -> Any:
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise DeliveryFailed(f"{self.node} answered what is no JSON", retry=False) from error

    def _call(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None = None,
        *,
        params: Mapping[str, str | list[str]] | None = None,
        allow: set[int],
    ) -> _Answer:
        url = self.node.url.rstrip("/") + path
        try:
            answer = self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                params=params,
                timeout=self.node.timeout_s,
                allow_redirects=False,
                stream=True,
            )
            content = answer.raw.read(MAX_ANSWER + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            raise DeliveryFailed(
                f"{self.node} cannot be reached ({type(error).__name__})", retry=True
            ) from error
        if len(content) > MAX_ANSWER:
            raise DeliveryFailed(f"{self.node} answers more than {MAX_ANSWER} bytes", retry=False)
        if answer.status_code not in allow:
            raise DeliveryFailed(
                f"{self.node} answered {answer.status_code} to {method} {path}",
                retry=answer.status_code in _RETRY,
            )
        return _Answer(answer.status_code, answer.headers.get("Content-Type", ""), content)


def _wanted(keywords: Iterable[str]) -> dict[str, list[str]]:
    """``includefield`` (PS3.18 8.3.4.3), one a tag: not every service undoes the escape of a comma."""
    tags = [f"{tag:08X}" for keyword in keywords if (tag := tag_for_keyword(keyword)) is not None]
    return {"includefield": tags} if tags else {}


def _segment(uid: str) -> str:
    return quote(uid, safe="")


def _parts(answer: _Answer) -> Iterator[bytes]:
    """The bodies of a multipart/related answer (RFC 2387)."""
    header = Message()
    header["Content-Type"] = answer.content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str):
        if header.get_content_type() == "application/dicom":
            yield answer.content
        return
    for part in answer.content.split(b"--" + boundary.encode())[1:]:
        if part.startswith(b"--"):
            return
        _, blank, body = part.partition(b"\r\n\r\n")
        if blank:
            yield body.removesuffix(b"\r\n")
