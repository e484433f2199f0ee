"""db, verify, backup, restore: as an administrator calls them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from stores import temporary_store

from plugin import logs
from plugin.__main__ import main
from plugin.domain.document import DocumentKind, DocumentState, SentDocument


@dataclass
class Answer:
    code: int
    out: str
    err: str


Signgate = Callable[..., Answer]


@pytest.fixture
def signgate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Signgate:
    """The command line in this process: starting one for each call would take most of the time."""
    # The log's set-up holds on to this test's stderr, and would be the next tests' too.
    monkeypatch.setattr(logs, "configure", lambda **options: None)

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["signgate", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Answer(int(ended.value.code or 0), printed.out, printed.err)

    return call


def test_a_database_is_made_verified_backed_up_and_restored(signgate: Signgate, tmp_path: Path) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    made = signgate("db", "upgrade", "--data", data)
    assert made.code == 0
    assert "upgraded from nothing" in made.out
    assert "is up to date" in signgate("db", "upgrade", "--data", data).out
    assert signgate("db", "status", "--data", data).code == 0
    assert "is whole" in signgate("verify", "--data", data).out
    assert signgate("backup", "--make-key", tmp_path / "key").code == 0
    sealed = signgate("backup", tmp_path / "b", "--data", data, "--key-file", tmp_path / "key")
    assert "1 files" in sealed.out
    assert sealed.err == ""  # no progress in a pipe
    refused = signgate("restore", tmp_path / "b", "--data", again)
    assert refused.code == 1
    assert refused.err.startswith("signgate: ")
    assert refused.err.count("\n") == 1
    assert signgate("restore", tmp_path / "b", "--data", again, "--key-file", tmp_path / "key").code == 0
    assert signgate("verify", "--data", again).code == 0


def test_verify_exits_1_and_says_what_is_wrong(signgate: Signgate, tmp_path: Path) -> None:
    with temporary_store(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "signgate.sqlite") as connection:
        connection.execute("INSERT INTO audit_head VALUES (1, 7, 'x')")
    answer = signgate("verify", "--data", tmp_path)
    assert answer.code == 1
    assert "wrong: the audit trail ends at entry 0, but its head says 7" in answer.err


def test_verify_tells_where_documents_lie_and_which_nobody_would_send(
    signgate: Signgate, tmp_path: Path, clock: StoppedClock
) -> None:
    def document(uid: str, state: DocumentState) -> SentDocument:
        return SentDocument(
            sop_instance_uid=uid,
            series_instance_uid="2.25.1",
            destination="archive",
            kind=DocumentKind.SR,
            accession_number="A1",
            sheet_ids=("S1",),
            issued_at=clock(),
            state=state,
        )

    def keep(uow: Any) -> None:
        for number, state in enumerate(
            (DocumentState.COMMITTED, DocumentState.COMMITTED, DocumentState.QUEUED)
        ):
            uow.documents.add(document(f"2.25.10{number}", state))

    with temporary_store(tmp_path, clock) as store:
        store.write(keep)
    answer = signgate("verify", "--data", tmp_path)
    assert "documents for archive: sr committed  2" in answer.out
    assert "documents for archive: sr queued  1" in answer.out
    assert answer.code == 1
    assert "wrong: document 2.25.102 for archive is queued, and no job would send it" in answer.err


@pytest.mark.parametrize("command", [("verify",), ("db", "status"), ("backup", "b")])
def test_an_empty_data_folder_is_told_and_left_empty(
    signgate: Signgate, tmp_path: Path, command: tuple[str, ...]
) -> None:
    name, *rest = command
    answer = signgate(name, *(tmp_path / "b" if r == "b" else r for r in rest), "--data", tmp_path / "none")
    assert answer.code == 1
    assert str(tmp_path / "none") in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_running_signgate_keeps_its_database_from_an_upgrade_but_not_from_verify_and_backup(
    signgate: Signgate, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with temporary_store(data) as store:
        store.write(lambda uow: uow.people.count())
        refused = signgate("db", "upgrade", "--data", data)
        assert refused.code == 1
        assert "in use by process" in refused.err
        assert signgate("verify", "--data", data).code == 0
        assert signgate("backup", tmp_path / "b", "--data", data).code == 0
