"""Documents that were sent to archives, and studies whose objects were announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, update

from plugin.domain.document import Announcement, DocumentKind, DocumentState, SentDocument
from plugin.domain.errors import InvalidInput
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, insert_into, upsert
from plugin.store.tables.documents import announcements, documents

d, n = documents.c, announcements.c

_COLUMNS = (
    d.sop_instance_uid, d.series_instance_uid, d.destination, d.kind, d.accession_number, d.sheet_ids, d.state,
    d.at, d.lies_at, d.predecessor, d.instance_number, d.source, d.confirmed_by, d.study_instance_uid,
    d.sop_class_uid, d.note, d.losses, d.lost_why, d.created_at,
)  # fmt: skip
_ADD = Prepared(insert_into(documents))
_GET = Prepared(select(*_COLUMNS).where(d.sop_instance_uid == given("of_uid")))
_FOR_EXAM = Prepared(
    select(*_COLUMNS)
    .where(d.accession_number == given("of_accession"))
    .order_by(d.created_at, d.sop_instance_uid)
)
_MARK = Prepared(
    update(documents)
    .where(d.sop_instance_uid == given("of_uid"))
    .values(
        state=given("state"),
        at=given("at"),
        lies_at=given("lies_at"),
        study_instance_uid=given("study_instance_uid"),
        sop_class_uid=given("sop_class_uid"),
        note=given("note"),
        losses=given("losses"),
        lost_why=given("lost_why"),
    )
)
_TALLY = Prepared(
    select(d.destination, d.kind, d.state, func.count())
    .group_by(d.destination, d.kind, d.state)
    .order_by(d.destination, d.kind, d.state)
)
_ANNOUNCED = Prepared(select(n.instances, n.at).where(n.study_instance_uid == given("of_study")))
_ANNOUNCE = Prepared(upsert(announcements))


class SqlDocuments:
    """Implements ``DocumentRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, document: SentDocument) -> None:
        self._link.run(
            _ADD,
            {
                "sop_instance_uid": document.sop_instance_uid,
                "series_instance_uid": document.series_instance_uid,
                "destination": document.destination,
                "kind": document.kind.value,
                "accession_number": document.accession_number,
                "sheet_ids": to_json(document.sheet_ids),
                "state": document.state.value,
                "at": to_us_or_none(document.at),
                "lies_at": document.lies_at,
                "predecessor": document.predecessor,
                "instance_number": document.instance_number,
                "source": document.source,
                "confirmed_by": document.confirmed_by,
                "study_instance_uid": document.study_instance_uid,
                "sop_class_uid": document.sop_class_uid,
                "note": document.note,
                "losses": document.losses,
                "lost_why": document.lost_why,
                "created_at": to_us(document.issued_at),
            },
        )

    def get(self, sop_instance_uid: str) -> SentDocument | None:
        row = self._link.row(_GET, {"of_uid": sop_instance_uid}) if sop_instance_uid else None
        return None if row is None else _document(*row)

    def for_exam(self, accession_number: str) -> Sequence[SentDocument]:
        return [_document(*row) for row in self._link.rows(_FOR_EXAM, {"of_accession": accession_number})]

    def mark(self, document: SentDocument) -> None:
        met = self._link.run(
            _MARK,
            {
                "of_uid": document.sop_instance_uid,
                "state": document.state.value,
                "at": to_us_or_none(document.at),
                "lies_at": document.lies_at,
                "study_instance_uid": document.study_instance_uid,
                "sop_class_uid": document.sop_class_uid,
                "note": document.note,
                "losses": document.losses,
                "lost_why": document.lost_why,
            },
        )
        if not met:
            raise InvalidInput("sop_instance_uid", f"no document {document.sop_instance_uid}")

    def tally(self) -> Mapping[tuple[str, DocumentKind, DocumentState], int]:
        return {
            (destination, DocumentKind(kind), DocumentState(state)): count
            for destination, kind, state, count in self._link.rows(_TALLY, {})
        }

    def announced(self, study_instance_uid: str) -> Announcement | None:
        row = self._link.row(_ANNOUNCED, {"of_study": study_instance_uid})
        if row is None:
            return None
        return Announcement(
            study_instance_uid=study_instance_uid,
            instances=from_json(frozenset[str], row[0]),
            at=from_us(row[1]),
        )

    def announce(self, announcement: Announcement) -> None:
        self._link.run(
            _ANNOUNCE,
            {
                "study_instance_uid": announcement.study_instance_uid,
                "instances": to_json(announcement.instances),
                "at": to_us(announcement.at),
            },
        )


def _document(
    sop_instance_uid: str,
    series_instance_uid: str,
    destination: str,
    kind: str,
    accession_number: str,
    sheet_ids: str,
    state: str,
    at: int | None,
    lies_at: str,
    predecessor: str,
    instance_number: int,
    source: str,
    confirmed_by: str,
    study_instance_uid: str,
    sop_class_uid: str,
    note: str,
    losses: int,
    lost_why: str,
    created_at: int,
) -> SentDocument:
    return SentDocument(
        sop_instance_uid=sop_instance_uid,
        series_instance_uid=series_instance_uid,
        destination=destination,
        kind=DocumentKind(kind),
        accession_number=accession_number,
        sheet_ids=from_json(tuple[str, ...], sheet_ids),
        state=DocumentState(state),
        at=from_us_or_none(at),
        lies_at=lies_at,
        predecessor=predecessor,
        instance_number=instance_number,
        source=source,
        confirmed_by=confirmed_by,
        study_instance_uid=study_instance_uid,
        sop_class_uid=sop_class_uid,
        note=note,
        losses=losses,
        lost_why=lost_why,
        issued_at=from_us(created_at),
    )
