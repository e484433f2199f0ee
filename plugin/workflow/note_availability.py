"""A study is announced: its documents wait until the archive lists all that was announced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plugin.domain.document import Announcement
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

_DOCUMENT_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.11.",
    "1.2.840.10008.5.1.4.1.1.88.",
    "1.2.840.10008.5.1.4.1.1.104.",
)
"""Presentation states, reports and encapsulated documents: not what is scored, and never evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAvailability:
    """Keeps what a study consists of; each announcement adds to the ones before (one a procedure step)."""

    around: Surroundings

    def __call__(
        self, uow: UnitOfWork, study_instance_uid: str, instances: Iterable[tuple[str, str, str]]
    ) -> None:
        """`instances` are (series instance UID, SOP class UID, SOP instance UID)."""
        images = {uid for _, sop_class, uid in instances if not sop_class.startswith(_DOCUMENT_CLASSES)}
        before = uow.documents.announced(study_instance_uid)
        if before is not None and images <= before.instances:
            return
        uow.documents.announce(
            Announcement(
                study_instance_uid=study_instance_uid,
                instances=frozenset(images | (before.instances if before else frozenset())),
                at=self.around.clock(),
            )
        )
