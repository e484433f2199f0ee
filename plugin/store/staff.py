"""The staff table, teaching sessions, and policies that wait for approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, literal_column, select

from plugin.domain.sampling import ProposedPolicy
from plugin.domain.staff import StaffMember, Teaching
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, upsert
from plugin.store.tables.policies import policy_drafts
from plugin.store.tables.staff import staff, teachings

m, t, d = staff.c, teachings.c, policy_drafts.c

_SAVE = Prepared(upsert(staff))
_GET = Prepared(select(m.body).where(m.staff_id == given("of_id")))
_ALL = Prepared(select(m.body).order_by(m.staff_id))
_REMOVE = Prepared(delete(staff).where(m.staff_id == given("of_id")))
_SAVE_TEACHING = Prepared(upsert(teachings))
_TEACHING = Prepared(select(t.body).where(t.teaching_id == given("of_id")))
_TEACHINGS = Prepared(
    select(t.body)
    .where(t.starts_at >= given("since"), t.starts_at < given("until"))
    .order_by(t.starts_at, t.teaching_id)
)
_SAVE_DRAFT = Prepared(upsert(policy_drafts))
_DRAFT = Prepared(select(d.body).where(d.draft_id == given("of_id")))
_WAITING = Prepared(
    select(d.body).where(d.state == literal_column("'proposed'")).order_by(d.proposed_at.desc())
)


class SqlStaff:
    """Implements ``StaffRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def save(self, member: StaffMember) -> None:
        row = {"staff_id": member.staff_id, "name": member.name, "body": to_json(member)}
        self._link.run(_SAVE, row)

    def get(self, staff_id: str) -> StaffMember | None:
        row = self._link.row(_GET, {"of_id": staff_id})
        return None if row is None else from_json(StaffMember, row[0])

    def all(self) -> Sequence[StaffMember]:
        return [from_json(StaffMember, row[0]) for row in self._link.rows(_ALL, {})]

    def remove(self, staff_id: str) -> bool:
        return self._link.run(_REMOVE, {"of_id": staff_id}) > 0

    def save_teaching(self, teaching: Teaching) -> None:
        self._link.run(
            _SAVE_TEACHING,
            {
                "teaching_id": teaching.teaching_id,
                "resident_id": teaching.resident_id,
                "teacher_id": teaching.teacher_id,
                "starts_at": to_us(teaching.starts_at),
                "state": teaching.state.value,
                "body": to_json(teaching),
            },
        )

    def teaching(self, teaching_id: str) -> Teaching | None:
        row = self._link.row(_TEACHING, {"of_id": teaching_id})
        return None if row is None else from_json(Teaching, row[0])

    def teachings(self, since: datetime, until: datetime) -> Sequence[Teaching]:
        span = {"since": to_us(since), "until": to_us(until)}
        return [from_json(Teaching, row[0]) for row in self._link.rows(_TEACHINGS, span)]


class SqlDrafts:
    """Implements ``DraftRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def save(self, draft: ProposedPolicy) -> None:
        self._link.run(
            _SAVE_DRAFT,
            {
                "draft_id": draft.draft_id,
                "proposed_at": to_us(draft.proposed_at),
                "state": draft.state.value,
                "body": to_json(draft),
            },
        )

    def get(self, draft_id: str) -> ProposedPolicy | None:
        row = self._link.row(_DRAFT, {"of_id": draft_id})
        return None if row is None else from_json(ProposedPolicy, row[0])

    def waiting(self) -> Sequence[ProposedPolicy]:
        return [from_json(ProposedPolicy, row[0]) for row in self._link.rows(_WAITING, {})]
