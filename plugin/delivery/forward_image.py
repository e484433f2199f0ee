"""Images pass through us on their way to the archive, and get their mark as they pass.

Received, coerced, forwarded; the sender is told success only when the archive has taken
the object.  An object that earns no mark is passed on byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from plugin.domain.errors import InvalidInput
from plugin.domain.image import ImageFacts
from plugin.domain.recognition import LabelDecision
from plugin.labels.encoded import Truncated
from plugin.labels.facts import image_facts
from plugin.labels.institution import InstitutionOptions, stamp_encoded
from plugin.labels.part10 import Part10, split, surveyed
from plugin.labels.text import Mark, Placement
from plugin.pacs.part10 import open_part10
from plugin.pacs.scu import Scu
from plugin.pacs.storing import EncodedObject

log = structlog.get_logger()

Decide = Callable[[Mapping[str, str], ImageFacts], LabelDecision | None]
"""Header attributes (keyword to text) and facts of an image to the label that it may bear."""

ASKED = ("AccessionNumber", "Modality", "StudyDate", "StudyDescription", "BodyPartExamined", "StationName")


def _keep_nothing(facts: ImageFacts, part10: bytes) -> None:
    """A gateway that only passes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardImage:
    """Called by the DICOM door for each received object.

    Parameters
    ----------
    other_marks
        Every mark of every region: an older one is replaced, two never stand side by side.
    aliases
        Other names of this hospital, as its devices write them.
    required
        Keywords that the checks of images look for.
    note
        Keeps the facts of an image that has arrived, and may look at the file as it came; it must
        not keep the sender waiting.
    """

    archive: Scu
    decide: Decide
    institution_name: str
    placements: Mapping[str, str]
    other_marks: tuple[str, ...]
    options: InstitutionOptions
    aliases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    note: Callable[[ImageFacts, bytes], None] = _keep_nothing

    def __call__(self, part10: bytes) -> None:
        """Stamp and forward one PS3.10 file.

        Raises
        ------
        DeliveryFailed
            The archive did not take it; the sender keeps it and tries again.
        InvalidInput
            It is no DICOM object, or only the beginning of one: a sender that is told success
            deletes its copy.
        """
        header = open_part10(part10)
        file = split(part10)
        _refuse_truncated(file)
        if "Rows" not in header:
            self._send(file, file.data, header)
            return
        facts = image_facts(header, self.required)
        self._send(file, self._stamped(file, header, facts), header)
        self.note(facts, part10)

    def _send(self, file: Part10, data: bytes, header: Any) -> None:
        """Byte for byte where the archive takes the transfer syntax, else as another one that it takes."""
        item = EncodedObject(file.sop_class_uid, str(header.SOPInstanceUID), file.transfer_syntax_uid, data)
        if self.archive.store_encoded(item) is None:
            self.archive.store([open_part10(file.head + data)])

    def _stamped(self, file: Part10, header: Any, facts: ImageFacts) -> bytes:
        decision = self.decide({keyword: str(header.get(keyword, "")) for keyword in ASKED}, facts)
        if decision is None:
            return file.data
        mark = Mark(
            text=decision.mark,
            placement=Placement(self.placements.get(decision.region_id, Placement.AFTER_INSTITUTION)),
            institution=self.institution_name,
            aliases=self.aliases,
            others=self.other_marks,
        )
        try:
            return stamp_encoded(self.options, file.data, file.transfer_syntax_uid, mark)
        except InvalidInput as error:
            # The image matters more than its mark: it goes on as it came.
            log.warning("image not marked", sop_instance_uid=str(header.SOPInstanceUID), why=str(error))
            return file.data


def _refuse_truncated(file: Part10) -> None:
    """Only what is cut off: what is odd in another way goes on, as it always did."""
    try:
        surveyed(file)
    except Truncated:
        raise
    except InvalidInput as error:
        log.info("odd object", sop_class_uid=file.sop_class_uid, why=str(error))
