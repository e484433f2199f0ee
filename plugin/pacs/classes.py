"""Service classes and transfer syntaxes by name, and what is asked for in a C-GET."""

from __future__ import annotations

from pydicom.uid import (
    JPEG2000,
    UID,
    AllTransferSyntaxes,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")
STUDY_FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
STUDY_MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
STUDY_GET = UID("1.2.840.10008.5.1.4.1.2.2.3")

PLAIN: tuple[str, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
"""Uncompressed transfer syntaxes, preferred first."""

COMPRESSED: tuple[str, ...] = (
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
    JPEG2000,
    JPEGBaseline8Bit,
)
"""What images are kept in.  Deflated is left out: a small object may unpack to any size (S12)."""

KEPT: tuple[str, ...] = tuple(uid for uid in AllTransferSyntaxes if uid not in PLAIN and not uid.is_deflated)
"""All that an archive can keep as it came, without being able to show it."""

DOCUMENT_CLASSES: tuple[str, ...] = (
    "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
    "1.2.840.10008.5.1.4.1.1.88.59",
    "1.2.840.10008.5.1.4.1.1.104.1",
    "1.2.840.10008.5.1.4.1.1.11.1",
)
"""Basic Text, Enhanced, Comprehensive (3D) SR, KOS, Encapsulated PDF, GSPS: never compressed."""

IMAGE_CLASSES: tuple[str, ...] = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.2",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.12.1",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.20",
)
"""CT, MR, CR, DX, MG, US, SC, XA, PET, NM: asked for where a PACS does not tell the classes of a study."""
