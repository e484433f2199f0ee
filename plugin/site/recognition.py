"""``[recognition]``: honouring results of earlier examinations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugin.kit.registry import Options


class NeighbourSettings(Options):
    """``[recognition.neighbours.<name>]``: a hospital whose archive is asked for labelled studies.

    Parameters
    ----------
    node
        Its archive: a name under ``[pacs]`` is asked by C-FIND, one under ``[dicomweb]`` by QIDO-RS.
    assigning_authority
        Whose patient identifiers it files under; patients of another issuer are not looked up there.
    """

    node: str
    institution_id: str
    name: str
    level: Annotated[int, Field(ge=1, le=3)]
    assigning_authority: str


class RecognitionSettings(Options):
    """``[recognition]``: honouring results of earlier examinations (DB50 6.2, 6.6).

    Parameters
    ----------
    image_link
        Address of a viewer, with ``{study_instance_uid}`` or ``{accession_number}`` in it.
    alliances
        Institution IDs of each 医联体 or 医共体 that this hospital knows of.
    issuers
        FHIR Identifier.system to the assigning authority of HL7 (PID-3.4).
    timeout_s
        How long an order waits for the neighbours altogether.
    """

    image_link: str = ""
    alliances: tuple[frozenset[str], ...] = ()
    issuers: dict[str, str] = {}
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    neighbours: dict[str, NeighbourSettings] = {}
