"""Images pass through us on their way to the archive, and get their mark as they pass.

Received, coerced, forwarded; the sender is told success only when the archive has taken
the object.  An object that earns no mark is passed on byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from plugin.domain.errors import InvalidInput
from plugin.domain.recognition import LabelDecision
from plugin.labels.institution import InstitutionOptions, stamp_encoded
from plugin.labels.part10 import split
from plugin.labels.text import Mark, Placement
from plugin.pacs.part10 import open_part10
from plugin.pacs.scu import Scu

log = structlog.get_logger()

Decide = Callable[[Mapping[str, str]], LabelDecision | None]
"""Header attributes (keyword to text) to the label that the image may bear."""

ASKED = ("AccessionNumber", "Modality", "StudyDate", "StudyDescription", "BodyPartExamined", "StationName")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardImage:
    """Called by the DICOM door for each received object.

    Parameters
    ----------
    other_marks
        Every mark of every region: an older one is replaced, two never stand side by side.
    """

    archive: Scu
    decide: Decide
    institution_name: str
    placements: Mapping[str, str]
    other_marks: tuple[str, ...]
    options: InstitutionOptions

    def __call__(self, part10: bytes) -> None:
        """Stamp and forward one PS3.10 file.

        Raises
        ------
        DeliveryFailed
            The archive did not take it; the sender keeps it and tries again.
        InvalidInput
            It is no DICOM object.
        """
        self.archive.store([open_part10(self._stamped(part10))])

    def _stamped(self, part10: bytes) -> bytes:
        file = split(part10)
        header = open_part10(part10)
        decision = self.decide({keyword: str(header.get(keyword, "")) for keyword in ASKED})
        if decision is None or "Rows" not in header:
            return part10
        mark = Mark(
            text=decision.mark,
            placement=Placement(self.placements.get(decision.region_id, Placement.AFTER_INSTITUTION)),
            institution=self.institution_name,
            others=self.other_marks,
        )
        try:
            return file.head + stamp_encoded(self.options, file.data, file.transfer_syntax_uid, mark)
        except InvalidInput as error:
            # The image matters more than its mark: it goes on as it came.
            log.warning("image not marked", sop_instance_uid=str(header.SOPInstanceUID), why=str(error))
            return part10
