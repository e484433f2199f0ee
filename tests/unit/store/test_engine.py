from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from patience import PATIENCE_S
from stores import temporary_store

from plugin.domain.errors import ConfigError, StoreUnavailable
from plugin.kit.settings import validate
from plugin.store.engine import Database
from plugin.store.settings import StoreSettings


def test_s53_nobody_else_can_read_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with temporary_store(folder) as store:
        store.write(lambda uow: uow.people.count())
        modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert "signgate.sqlite-wal" in modes


def test_s53_rights_that_are_too_wide_are_narrowed(tmp_path: Path) -> None:
    file = tmp_path / "signgate.sqlite"
    file.touch(0o644)
    file.chmod(0o644)
    with temporary_store(tmp_path):
        assert file.stat().st_mode & 0o777 == 0o600


def test_every_commit_is_synced_and_the_journal_is_wal(tmp_path: Path) -> None:
    database = Database(StoreSettings(), tmp_path)
    connection = database.writer_connection()
    settings = [
        connection.driver_connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert settings == ["wal", 2, 1]


def test_a_second_store_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        temporary_store(tmp_path),
        pytest.raises(StoreUnavailable, match=r"in use by process \d+.*PostgreSQL"),
        temporary_store(tmp_path),
    ):
        pass
    with temporary_store(tmp_path):
        pass


def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom stores import temporary_store\n"
        "from plugin.domain.errors import StoreUnavailable\n"
        "try:\n    with temporary_store(Path(sys.argv[1])): print('opened')\n"
        "except StoreUnavailable as error: print(error)\n"
    )
    with temporary_store(tmp_path):
        answer = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
    assert "in use by process" in answer.stdout


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql:", "sqlite:///other.db", "nonsense"])
def test_an_address_that_is_neither_is_told_with_its_key(url: str) -> None:
    with pytest.raises(ConfigError, match=r"site\.toml: store\.url: .*postgresql://"):
        validate(StoreSettings, {"url": url}, "site.toml", "store")


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "数据 100%?a=b#c"
    with temporary_store(folder):
        assert (folder / "signgate.sqlite").is_file()
    assert [f.name for f in tmp_path.iterdir()] == [folder.name]


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    database = Database(StoreSettings(url="postgresql://u:geheim@127.0.0.1:1/db"), tmp_path)
    assert "geheim" not in database.name
    with pytest.raises(StoreUnavailable) as told:
        database.writer_connection()
    assert "geheim" not in str(told.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="file"), temporary_store(tmp_path / "file" / "data"):
        pass
