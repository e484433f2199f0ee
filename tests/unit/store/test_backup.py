from __future__ import annotations

import io
import json
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE_S
from stores import temporary_store

from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.store.backup import MANIFEST, restore_backup, write_backup
from plugin.store.sealed_file import new_key_file, read_key_file

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with temporary_store(folder) as store:
        for n in range(20):
            store.write(lambda uow, n=n: uow.calls.add("ris", str(n), "d", 200, "正文𠮷" * 100, NOW))
        (folder / "archive/ab").mkdir(parents=True)
        (folder / "archive/ab/object").write_bytes(bytes(range(256)) * 5000)
        (folder / "secrets.toml").write_text("secret", encoding="utf-8")
        (folder / "half.tmp").write_text("passing", encoding="utf-8")
    return folder


def count(folder: Path) -> int:
    with temporary_store(folder) as store:
        return sum(
            store.read(lambda uow, n=n: uow.calls.find("ris", str(n))) is not None for n in range(10_000)
        )


def test_what_was_backed_up_comes_back(data: Path, tmp_path: Path) -> None:
    assert write_backup(data, tmp_path / "b", NOW) == 3
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    assert restore_backup(tmp_path / "b", tmp_path / "again") == 3
    names = sorted(
        f.relative_to(tmp_path / "again").as_posix() for f in (tmp_path / "again").rglob("*") if f.is_file()
    )
    assert names == ["archive/ab/object", "secrets.toml", "signgate.sqlite"]
    assert (tmp_path / "again/archive/ab/object").read_bytes() == bytes(range(256)) * 5000
    assert count(tmp_path / "again") == 20


def test_r39_a_backup_during_ingest_is_whole_and_misses_nothing_older(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with temporary_store(data) as store:
        done, enough, stop = [], threading.Event(), threading.Event()

        def ingest() -> None:
            while not stop.is_set():
                store.write(lambda uow: uow.calls.add("ris", str(len(done)), "d", 200, "x" * 2000, NOW))
                done.append(1)
                if len(done) == 100:
                    enough.set()

        writer = threading.Thread(target=ingest)
        writer.start()
        assert enough.wait(PATIENCE_S)
        before = len(done)
        write_backup(data, tmp_path / "b", NOW)
        stop.set()
        writer.join()
    restore_backup(tmp_path / "b", tmp_path / "again")
    assert count(tmp_path / "again") >= before


def test_s55_a_sealed_backup_opens_with_its_key_only(data: Path, tmp_path: Path) -> None:
    new_key_file(tmp_path / "key")
    new_key_file(tmp_path / "other")
    key, other = read_key_file(tmp_path / "key"), read_key_file(tmp_path / "other")
    write_backup(data, tmp_path / "b", NOW, key)
    sealed = (tmp_path / "b").read_bytes()
    assert b"signgate.sqlite" not in sealed
    with pytest.raises(InvalidInput, match="--key-file"):
        restore_backup(tmp_path / "b", tmp_path / "again")
    with pytest.raises(InvalidInput, match="another key"):
        restore_backup(tmp_path / "b", tmp_path / "again", other)
    flipped = sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]
    for damaged in (sealed[:-1], sealed[:-5000], flipped, sealed[:60]):
        (tmp_path / "bad").write_bytes(damaged)
        with pytest.raises(InvalidInput):
            restore_backup(tmp_path / "bad", tmp_path / "again", key)
    assert not (tmp_path / "again").exists()
    restore_backup(tmp_path / "b", tmp_path / "again", key)
    assert count(tmp_path / "again") == 20


def test_a_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    new_key_file(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidInput, match="never overwritten"):
        new_key_file(tmp_path / "key")
    (tmp_path / "bad").write_text("short", encoding="utf-8")
    for name in ("bad", "absent"):
        with pytest.raises(InvalidInput, match=name):
            read_key_file(tmp_path / name)


def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    write_backup(data, tmp_path / "b", NOW)
    with pytest.raises(InvalidInput, match="there already"):
        write_backup(data, tmp_path / "b", NOW)
    with pytest.raises(InvalidInput, match="not empty"):
        restore_backup(tmp_path / "b", data)
    with pytest.raises(InvalidInput, match="nothing to back up"):
        write_backup(tmp_path / "empty", tmp_path / "c", NOW)


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo("/etc/outside"),
        tarfile.TarInfo("a/../../outside"),
        tarfile.TarInfo("C:\\outside"),
        link("symlink", tarfile.SYMTYPE),
        link("hardlink", tarfile.LNKTYPE),
        link("device", tarfile.CHRTYPE),
        link("folder", tarfile.DIRTYPE),
    ],
)
def test_a_member_that_leads_outside_is_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    bad = archive(tmp_path / "bad", (member, b""))
    with pytest.raises(InvalidInput, match="which no backup of ours holds"):
        restore_backup(bad, tmp_path / "again")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["bad"]


def test_a_damaged_archive_is_refused(data: Path, tmp_path: Path) -> None:
    write_backup(data, tmp_path / "b", NOW)
    whole = (tmp_path / "b").read_bytes()
    for damaged in (
        whole[:-100],
        whole[: len(whole) // 2],
        b"",
        b"nonsense",
        whole[:500] + bytes([whole[500] ^ 0xFF]) + whole[501:],
    ):
        (tmp_path / "bad").write_bytes(damaged)
        with pytest.raises(InvalidInput, match="bad"):
            restore_backup(tmp_path / "bad", tmp_path / "again")
    with pytest.raises(InvalidInput, match="cannot be read"):
        restore_backup(tmp_path / "absent", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_file_that_was_exchanged_is_refused(tmp_path: Path) -> None:
    manifest = json.dumps({"format": 1, "sha256": {"a": "0" * 64}}).encode()
    bad = archive(tmp_path / "bad", (tarfile.TarInfo("a"), b"x"), (tarfile.TarInfo(MANIFEST), manifest))
    with pytest.raises(InvalidInput, match="not what was backed up"):
        restore_backup(bad, tmp_path / "again")
    other = json.dumps({"format": 2, "sha256": {}}).encode()
    with pytest.raises(InvalidInput, match="format 2"):
        restore_backup(archive(bad, (tarfile.TarInfo(MANIFEST), other)), tmp_path / "again")


def test_a_backup_of_a_newer_version_is_refused(data: Path, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(data / "signgate.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    write_backup(data, tmp_path / "b", NOW)
    with pytest.raises(StoreUnavailable, match="newer version"):
        restore_backup(tmp_path / "b", tmp_path / "again")
    assert not (tmp_path / "again").exists()
