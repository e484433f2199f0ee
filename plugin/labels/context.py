"""What every writer is given besides images and mark: the time, and identifiers that a retry finds again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

_SPACE = uuid.UUID("6f1a1f52-6c0e-5d0a-9c56-1e4a7b1c0e50")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """One act of stamping.

    Parameters
    ----------
    now
        When the label was decided on; with its time zone.
    uid
        A UID for a key (``gsps/<series>``, ``burned-in/<instance>``): the same key, the same UID.
    """

    now: datetime
    uid: Callable[[str], str]


def uids_of(label_id: str) -> Callable[[str], str]:
    """UIDs of kind 2.25 that depend on the label and the key alone (PS3.5 B.2)."""
    return partial(_uid, label_id)


def _uid(label_id: str, key: str) -> str:
    return f"2.25.{uuid.uuid5(_SPACE, f'{label_id}/{key}').int}"


def value(ds: Dataset, keyword: str) -> Any:
    """Value of an element, ``None`` where it is absent.

    As `ds.get(keyword)`, which looks the keyword up each time and raises for what is absent:
    a series asks ten thousand times, and this answers in a third of the time.
    """
    tag = _tag(keyword)
    return ds[tag].value if tag in ds.keys() else None  # noqa: SIM118  # `in ds` looks the tag up once more


@cache
def _tag(keyword: str) -> BaseTag:
    return Tag(keyword)


def _own(ds: Dataset, tag: BaseTag, element: DataElement | RawDataElement) -> DataElement | RawDataElement:
    if not isinstance(element, RawDataElement):
        return copy(element)
    # A value of which the reading was put off is read now: the copy knows no file.
    return ds.get_item(tag) if element.value is None else element


def shallow(ds: Dataset) -> Dataset:
    """A data set with the same elements; what is set on it does not reach the original."""
    # Setting a keyword changes an element in place: each data set needs its own.  What is still raw
    # nobody can change; put in one by one, each private element of a copy would be decoded.
    new = Dataset({tag: _own(ds, tag, each) for tag, each in ds.items()})
    if ds.original_encoding[0] is not None:
        new.set_original_encoding(*ds.original_encoding, ds.original_character_set)
    if hasattr(ds, "file_meta"):
        new.file_meta = ds.file_meta
    return new
