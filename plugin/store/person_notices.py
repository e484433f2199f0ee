"""Notices to people of the department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql

from plugin.domain.person_notice import PersonNotice
from plugin.store.codec import from_json, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, upsert
from plugin.store.tables.person_notices import person_notices

n = person_notices.c

# SQLite has borrowed the clause from PostgreSQL; the same construct compiles for both.
_ADD = Prepared(
    postgresql.insert(person_notices)
    .values({c.name: given(c.name) for c in person_notices.columns})
    .on_conflict_do_nothing(index_elements=["about", "occasion", "person_id", "person_name"])
)
_SAVE = Prepared(upsert(person_notices))
_GET = Prepared(select(n.body).where(n.notice_id == given("of_id")))
_MINE = or_(
    and_(n.person_id == given("of_person"), n.person_id != literal_column("''")),
    and_(
        n.person_id == literal_column("''"),
        n.person_name == given("of_name"),
        n.person_name != literal_column("''"),
    ),
)
_OF = Prepared(select(n.body).where(_MINE).order_by(n.made_at.desc(), n.notice_id).limit(given("at_most")))
_UNSEEN = Prepared(select(func.count()).select_from(person_notices).where(_MINE, n.seen_at.is_(None)))
_NEW = Prepared(select(n.body).where(_MINE, n.seen_at.is_(None)))


class SqlPersonNotices:
    """Implements ``PersonNoticeRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, notice: PersonNotice) -> bool:
        return self._link.run(_ADD, _row(notice)) > 0

    def get(self, notice_id: str) -> PersonNotice | None:
        row = self._link.row(_GET, {"of_id": notice_id})
        return None if row is None else from_json(PersonNotice, row[0])

    def save(self, notice: PersonNotice) -> None:
        self._link.run(_SAVE, _row(notice))

    def of(self, person_id: str, name: str, limit: int = 100) -> Sequence[PersonNotice]:
        asked = {"of_person": person_id, "of_name": name, "at_most": limit}
        return [from_json(PersonNotice, row[0]) for row in self._link.rows(_OF, asked)]

    def unseen(self, person_id: str, name: str) -> int:
        row = self._link.row(_UNSEEN, {"of_person": person_id, "of_name": name})
        return int(row[0]) if row else 0

    def see_all(self, person_id: str, name: str, at: datetime) -> int:
        rows = self._link.rows(_NEW, {"of_person": person_id, "of_name": name})
        for row in rows:
            self.save(replace(from_json(PersonNotice, row[0]), seen_at=at))
        return len(rows)


def _row(notice: PersonNotice) -> dict[str, Any]:
    return {
        "notice_id": notice.notice_id,
        "occasion": notice.occasion.value,
        "about": notice.about,
        "person_id": notice.to.person_id,
        "person_name": notice.to.name,
        "made_at": to_us(notice.made_at),
        "seen_at": to_us_or_none(notice.seen_at),
        "body": to_json(notice),
    }
