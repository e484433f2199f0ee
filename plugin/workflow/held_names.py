"""Which names a journey holds (``UnitOfWork.hold``), so that two nodes do not find the same thing new."""

from __future__ import annotations

from collections.abc import Iterator


def held_names(patient_id: str, *numbers: str) -> Iterator[str]:
    """An examination by each number that leads to it, and its patient, whom another node may be merging."""
    for number in numbers:
        if number:
            yield f"exam {number}"
    if patient_id:
        yield f"patient {patient_id}"
