"""Objects as files: the received bytes behind a PS3.10 header, under names that nobody else chooses."""

from __future__ import annotations

import hashlib
import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.embedded_pacs.index import LEVELS

UID_SHAPE = re.compile(r"[0-9.]{1,64}")
"""What a UID must look like before it goes anywhere (S11); leading zeros exist in the field."""

_KEYWORDS = list(LEVELS["IMAGE"])


class Vault:
    """A folder of objects; `digest` is the SHA-256 of the SOP Instance UID, in hexadecimal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the object of this digest is kept."""
        return self.folder / digest[:2] / f"{digest}.dcm"

    def write(self, sop_instance_uid: str, parts: list[bytes]) -> str:
        """Write an object, synced to disk together with its directory entry.

        Returns
        -------
        str
            Its digest.

        Raises
        ------
        StoreUnavailable
            When the disk does not take it; nothing of it is left.
        """
        digest = digest_of(sop_instance_uid)
        path = self.path(digest)
        part = path.with_suffix(f".{os.urandom(8).hex()}.part")
        try:
            path.parent.mkdir(exist_ok=True)
            try:
                with part.open("xb") as file:
                    file.writelines(parts)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise StoreUnavailable(f"the object cannot be kept: {error.strerror}") from error
        return digest

    def read(self, digest: str) -> Dataset:
        """The object, its elements decoded when looked at."""
        return dcmread(BytesIO(self.path(digest).read_bytes()))


def digest_of(sop_instance_uid: str) -> str:
    """The name of an instance's file."""
    return hashlib.sha256(sop_instance_uid.encode("ascii")).hexdigest()


def read_attributes(part10: bytes) -> dict[str, str]:
    """Attributes for the index, as text; multiple values joined by a backslash.

    Raises
    ------
    InvalidInput
        When the bytes are no data set, or have no study, series and instance UID of
        sound shape.
    """
    try:
        ds = dcmread(BytesIO(part10), stop_before_pixels=True, specific_tags=_KEYWORDS)
        attributes = {keyword: _text(ds.get(keyword)) for keyword in _KEYWORDS}
    except Exception as error:  # pydicom raises what its bytes make it raise; all of it means: no data set
        raise InvalidInput("data set", f"cannot be read: {type(error).__name__}") from error
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"):
        if not UID_SHAPE.fullmatch(attributes[keyword]):
            raise InvalidInput(keyword, "is missing or not a UID")
    return attributes


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)
    return str(value)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a directory; NTFS journals the entry itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
