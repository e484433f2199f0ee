"""Service classes by name, and what is asked for in a C-GET (128 contexts at most)."""

from __future__ import annotations

from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from pynetdicom import StoragePresentationContexts

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")
STUDY_FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
STUDY_MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
STUDY_GET = UID("1.2.840.10008.5.1.4.1.2.2.3")

PLAIN: tuple[str, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
"""Uncompressed transfer syntaxes, preferred first."""

GET_SYNTAXES: tuple[str, ...] = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
    JPEGBaseline8Bit,
)
"""Deflated is left out: a small object may unpack to any size (S12)."""

GET_CLASSES: tuple[str, ...] = tuple(str(context.abstract_syntax) for context in StoragePresentationContexts)
"""Storage classes by default: pynetdicom's own choice of the 120-odd in use."""

DOCUMENT_CLASSES: tuple[str, ...] = (
    "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.59",
    "1.2.840.10008.5.1.4.1.1.104.1",
    "1.2.840.10008.5.1.4.1.1.11.1",
)
"""Basic Text, Enhanced and Comprehensive SR, KOS, Encapsulated PDF, GSPS: what a reader of QC results wants."""
