"""Facts of images, one row an image: the same image sent again replaces its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from plugin.domain.image import ImageFacts
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, offered, upsert
from plugin.store.tables.recognition import image_arrivals, image_facts

i, a = image_facts.c, image_arrivals.c


def _other(name: str) -> ColumnElement[Any]:
    """Keep a value that differs from the first; what an image leaves out differs from nothing."""
    brought = offered(image_arrivals, name)
    differs = and_(brought != "", a[name] != "", brought != a[name])
    return case((differs, brought), else_=a[f"other_{name}"])


_ADD = Prepared(upsert(image_facts))
_KNOWN = Prepared(select(i.accession_number).where(i.sop_instance_uid == given("of_uid")))
_FOR_EXAM = Prepared(
    select(i.body).where(i.accession_number == given("of_accession")).order_by(i.sop_instance_uid)
)
_ARRIVED = Prepared(
    upsert(
        image_arrivals,
        {
            "acquired_at": func.coalesce(
                func.nullif(a.acquired_at, ""), offered(image_arrivals, "acquired_at")
            ),
            "last_at": offered(image_arrivals, "last_at"),
            "patient_id": func.coalesce(func.nullif(a.patient_id, ""), offered(image_arrivals, "patient_id")),
            "other_patient_id": _other("patient_id"),
            "modality": func.coalesce(func.nullif(a.modality, ""), offered(image_arrivals, "modality")),
            "other_modality": _other("modality"),
        },
    )
)


class SqlImages:
    """Implements ``ImageRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, accession_number: str, facts: ImageFacts, at: datetime) -> None:
        known = self._link.row(_KNOWN, {"of_uid": facts.sop_instance_uid})
        self._link.run(
            _ADD,
            {
                "sop_instance_uid": facts.sop_instance_uid,
                "accession_number": accession_number,
                "body": to_json(facts),
            },
        )
        # An image that comes again, and one that was computed later, say nothing of the upload.
        if known is None and "DERIVED" not in facts.image_type:
            self._link.run(
                _ARRIVED,
                {
                    "accession_number": accession_number,
                    "acquired_at": facts.acquired_at,
                    "first_at": to_us(at),
                    "last_at": to_us(at),
                    "patient_id": facts.patient_id,
                    "other_patient_id": "",
                    "modality": facts.modality,
                    "other_modality": "",
                },
            )

    def for_exam(self, accession_number: str) -> Sequence[ImageFacts]:
        if not accession_number:
            return []
        found = self._link.rows(_FOR_EXAM, {"of_accession": accession_number})
        return [from_json(ImageFacts, row[0]) for row in found]
