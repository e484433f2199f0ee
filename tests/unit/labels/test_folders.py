"""Files of folders: found in order, never written over, never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import InvalidInput
from plugin.labels.folders import read, sources, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.dcm", "a.dcm", "series/c.dcm"):
        write(tmp_path / "in" / name, name.encode())
    return tmp_path / "in"


def test_folder_by_folder_in_order_without_links(folder: Path, tmp_path: Path) -> None:
    (folder / "link.dcm").symlink_to(folder / "a.dcm")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    found = sources([folder, folder / "a.dcm"], tmp_path / "out")
    assert [str(each.relative) for each in found] == ["a.dcm", "b.dcm", "series/c.dcm", "a.dcm"]
    assert [read(each.path) for each in found[:3]] == [b"a.dcm", b"b.dcm", b"series/c.dcm"]


def test_the_output_never_falls_on_an_original(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(folder, target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.dcm").symlink_to(folder / "a.dcm")
    for paths, out in (
        ([folder], folder),
        ([folder], tmp_path / "same"),
        ([folder / "a.dcm"], folder),
        ([tmp_path / "elsewhere" / "a.dcm"], folder),
    ):
        with pytest.raises(InvalidInput, match="would be written over"):
            sources(paths, out)


def test_what_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        sources([folder / "nowhere"], folder / "out")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken.dcm").mkdir()
    with pytest.raises(OSError, match=r"taken\.dcm"):
        write(tmp_path / "taken.dcm", b"head", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.dcm"]


def test_a_target_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "1.dcm", b"longer", b" than before")
    assert read(write(tmp_path / "1.dcm", b"new")) == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["1.dcm"]
