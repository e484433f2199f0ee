"""How tables leave: to a file, to a pipe, but no Excel to a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from plugin.commands.stats_output import write
from plugin.kit.spreadsheet import Table

TABLE = Table(title="评分", columns=("姓名", "分数"), rows=(("张三", 4),))


class Screen(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_an_excel_file_does_not_go_to_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdout", Screen(io.BytesIO()))
    with pytest.raises(click.UsageError, match="name a file with --out"):
        write([TABLE], "xlsx", None)
    write([TABLE], "xlsx", tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")


def test_text_goes_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", screen)
    write([TABLE], "csv", None)
    assert '"张三","4"' in screen.buffer.getvalue().decode("utf-8-sig")  # type: ignore[attr-defined]  # a BytesIO
