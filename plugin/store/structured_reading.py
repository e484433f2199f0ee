"""How many reports are structured, and which: the version that stands of each examination is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.sql.elements import ColumnElement

from plugin.domain.listing import MAX_PAGE, StructuredCase, StructuredShare
from plugin.store.codec import from_us, to_us
from plugin.store.link import Prepared, given
from plugin.store.tables.exams import exams
from plugin.store.tables.reports import reports
from plugin.store.unit_of_work import SqlUnitOfWork

r, e = reports.c, exams.c

# Reports kept before anybody looked (NULL) are neither.
_KEPT_THEN: tuple[ColumnElement[bool], ...] = (
    r.kept_at >= given("since"),
    r.kept_at < given("until"),
    r.structured.is_not(None),
)
_STANDING = reports.join(exams, (e.accession_number == r.accession_number) & (e.report_id == r.id))
_SHARES = Prepared(
    select(e.department, e.modality, r.structured, func.count())
    .select_from(_STANDING)
    .where(*_KEPT_THEN)
    .group_by(e.department, e.modality, r.structured)
)
_CASES = Prepared(
    select(e.accession_number, e.exam_item, r.structured, r.kept_at)
    .select_from(_STANDING)
    .where(*_KEPT_THEN, e.department == given("of_department"), e.modality == given("of_modality"))
    .order_by(r.structured.desc(), r.kept_at.desc())
    .limit(MAX_PAGE)
)


def structured_shares(uow: SqlUnitOfWork, since: datetime, until: datetime) -> Sequence[StructuredShare]:
    """Of the reports kept in this time, by department and modality."""
    counts: dict[tuple[str, str], list[int]] = {}
    found = uow.link.rows(_SHARES, {"since": to_us(since), "until": to_us(until)})
    for department, modality, structured, number in found:
        counts.setdefault((department, modality), [0, 0])[bool(structured)] += number
    return [
        StructuredShare(
            department=department, modality=modality, structured=structured, reports=prose + structured
        )
        for (department, modality), (prose, structured) in sorted(counts.items())
    ]


def structured_cases(
    uow: SqlUnitOfWork, since: datetime, until: datetime, department: str, modality: str
) -> Sequence[StructuredCase]:
    """The newest of them, structured ones first."""
    values = {
        "since": to_us(since),
        "until": to_us(until),
        "of_department": department,
        "of_modality": modality,
    }
    return [
        StructuredCase(
            accession_number=number, exam_item=item, structured=bool(structured), kept_at=from_us(at)
        )
        for number, item, structured, at in uow.link.rows(_CASES, values)
    ]
