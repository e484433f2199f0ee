"""Where one segment of a message ends and the next begins, as vendors really send it."""

from __future__ import annotations

from functools import lru_cache

from plugin.hl7.refusals import refusal

_NAMES = """ABS ACC ADD AFF AIG AIL AIP AIS AL1 APR ARQ ARV AUT BHS BLC BLG BPO BPX BTS BTX CDM CDO CER CM0 CM1
CM2 CNS CON CSP CSR CSS CTD CTI DB1 DG1 DMI DON DRG DSC DSP ECD ECR EDU EQP EQU ERR EVN FAC FHS FT1
FTS GOL GP1 GP2 GT1 IAM IAR IIM ILT IN1 IN2 IN3 INV IPC IPR ISD ITM IVC IVT LAN LCC LCH LDP LOC LRL
MFA MFE MFI MRG MSA MSH NCK NDS NK1 NPU NSC NST NTE OBR OBX ODS ODT OH1 OH2 OH3 OH4 OM1 OM2 OM3 OM4
OM5 OM6 OM7 OMC ORC ORG OVR PAC PCE PCR PD1 PDA PDC PEO PES PID PKG PM1 PMT PR1 PRA PRB PRC PRD PRT
PSG PSH PSL PSS PTH PV1 PV2 PYE QAK QID QPD QRD QRF QRI RCP RDF RDT REL RF1 RFI RGS RMI ROL RQ1 RQD
RXA RXC RXD RXE RXG RXO RXR RXV SAC SCD SCH SCP SDD SFT SGH SGT SHP SID SLT SPM STF STZ TCC TCD TQ1
TQ2 TXA UAC UB1 UB2 URD URS VAR VND"""
SEGMENT_IDS = frozenset(_NAMES.split())
"""Segments of HL7 v2.3 to v2.8; with them and Z segments a line feed can be told from a segment end."""


def segment_lines(text: str, separator: str, limit: int) -> list[str]:
    """Cut a message into segments.

    CR ends a segment (v2.5.1, 2.5.2).  A line feed ends one only before something that is a
    segment's name; elsewhere it is a line break inside a report's text, as is a CR before
    something that cannot be a segment.

    Raises
    ------
    MessageRejected
        When there are more than `limit` segments, or eight times as many lines.
    """
    lines = _as_the_standard_has_it(text, separator, limit)
    if lines is None:
        if text.count("\r") + text.count("\n") > 8 * limit:
            raise refusal("limit", "", what="lines", limit=str(8 * limit))
        lines = _as_vendors_send_it(text, separator)
    if len(lines) > limit:
        raise refusal("limit", "", what="segments", limit=str(limit))
    return lines


def _as_the_standard_has_it(text: str, separator: str, limit: int) -> list[str] | None:
    """Segments of a message in which CR ends each and stands nowhere else; ``None`` when it is another one."""
    if "\n" in text:
        return None
    lines = text.split("\r", limit + 1)
    if not lines[-1]:
        lines.pop()
    beginnings = _beginnings(separator)
    for line in lines:
        if line[:4] not in beginnings or line[-1] == "\x00":
            return None
    return lines


@lru_cache(maxsize=32)
def _beginnings(separator: str) -> frozenset[str]:
    """How segments of the standard begin."""
    return frozenset(name + separator for name in SEGMENT_IDS)


def _as_vendors_send_it(text: str, separator: str) -> list[str]:
    segments: list[list[str]] = []
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r\n")
    for line in text.split("\r"):
        bare = line.lstrip("\n\ufeff\x00 \t")
        if _is_segment(bare, separator):
            segments.append([bare])
        elif segments and bare.strip("\x00"):
            segments[-1].append(line if line.startswith("\n") else "\n" + line)
    return ["".join(lines).rstrip("\n").rstrip("\x00") for lines in segments]


def _is_segment(line: str, separator: str) -> bool:
    name = line[:3]
    if len(name) < 3 or line[3:4] not in ("", separator):
        return False
    return name in SEGMENT_IDS or (name[0] == "Z" and name.isalnum() and name.isascii() and name.isupper())
