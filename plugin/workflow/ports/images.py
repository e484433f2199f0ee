"""What the headers of images said as they passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.image import ImageFacts


class ImageRepository(Protocol):
    """What the headers of images said as they passed."""

    def add(self, accession_number: str, facts: ImageFacts, at: datetime) -> None:
        """Keep, or replace, the facts of one image, which passed through us at `at`."""
        ...

    def for_exam(self, accession_number: str) -> Sequence[ImageFacts]: ...
