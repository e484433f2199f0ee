"""Facts of images, one row an image: the same image sent again replaces its own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from plugin.domain.image import ImageFacts
from plugin.store.codec import from_json, to_json
from plugin.store.link import Link, Prepared, given, upsert
from plugin.store.tables.recognition import image_facts

i = image_facts.c

_ADD = Prepared(upsert(image_facts))
_FOR_EXAM = Prepared(
    select(i.body).where(i.accession_number == given("of_accession")).order_by(i.sop_instance_uid)
)


class SqlImages:
    """Implements ``ImageRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, accession_number: str, facts: ImageFacts) -> None:
        self._link.run(
            _ADD,
            {
                "sop_instance_uid": facts.sop_instance_uid,
                "accession_number": accession_number,
                "body": to_json(facts),
            },
        )

    def for_exam(self, accession_number: str) -> Sequence[ImageFacts]:
        if not accession_number:
            return []
        found = self._link.rows(_FOR_EXAM, {"of_accession": accession_number})
        return [from_json(ImageFacts, row[0]) for row in found]
