"""The audit trail is followed whatever happens to the file that says how far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.delivery.follow_audit import FollowAudit
from plugin.domain.listing import AuditRow
from plugin.store.store import SqlStore
from tests.patience import until
from tests.stores import temporary_store


def note(store: SqlStore, subject: str) -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    store.write(lambda uow: uow.audit.append(at, "liu", "x", subject, {}))


def test_what_nobody_foresaw_is_told_and_does_not_end_the_thread(tmp_path: Path) -> None:
    told: list[str] = []
    mistakes = [ValueError("a mistake of ours"), OSError(28, "No space left on device")]

    def tell(rows: Sequence[AuditRow]) -> None:
        if mistakes:
            raise mistakes.pop()
        told.extend(row.subject for row in rows)

    with temporary_store(tmp_path / "data") as store:
        follower = FollowAudit(store.read, tell, tmp_path / "position", poll_s=0.01, most_s=0.05)
        follower.start()
        try:
            note(store, "one")
            until(lambda: told == ["one"])
        finally:
            follower.stop()


@pytest.mark.parametrize(
    ("mistake", "said", "not_said"),
    [
        (ValueError("张三 is no number"), "ValueError at ", "张三"),
        (ConnectionRefusedError(111, "refused", "audit.example:6514"), "audit.example:6514", " at "),
    ],
)
def test_pages_are_told_where_and_no_words_that_may_be_a_patients(
    tmp_path: Path, mistake: Exception, said: str, not_said: str
) -> None:
    def tell(rows: Sequence[AuditRow]) -> None:
        raise mistake

    with temporary_store(tmp_path / "data") as store:
        follower = FollowAudit(store.read, tell, tmp_path / "position", poll_s=0.01, most_s=0.05)
        follower.start()
        try:
            note(store, "one")
            until(lambda: bool(follower.faults()))
            assert said in follower.faults()[0]
            assert not_said not in follower.faults()[0]
        finally:
            follower.stop()


def test_a_position_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with temporary_store(tmp_path / "data") as store:
        place = tmp_path / "position"
        place.write_text("", encoding="ascii")
        follower = FollowAudit(store.read, lambda rows: None, place, poll_s=0.01, most_s=0.05)
        follower.start()
        try:
            until(lambda: bool(follower.faults()))
            assert str(place) in follower.faults()[0]
        finally:
            follower.stop()
