"""Settings: a mistake is named with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from plugin.domain.errors import ConfigError
from plugin.kit.settings import line_of, load


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    port: int
    host: str = "127.0.0.1"


class Site(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    nodes: tuple[Node, ...] = ()


def written(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_good_file(tmp_path: Path) -> None:
    site = load(Site, written(tmp_path, 'name = "测试医院"\n[[nodes]]\nport = 104\n'))
    assert (site.name, site.nodes[0].port) == ("测试医院", 104)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"\ncolour = 1\n', r"site\.toml:2: colour: unknown key"),
        (
            'name = "x"\n\n[[nodes]]\nport = 1\n[[nodes]]\nport = "a"\n',
            r"site\.toml:6: nodes\.1\.port: must be a whole number",
        ),
        ('name = "x"\n[[nodes]]\nhost = "h"\n', r"site\.toml:2: nodes\.0\.port: is missing"),
        (
            'name = "x"\n[[nodes]]\nprot = 1\n',
            r"site\.toml:3: nodes\.0\.prot: unknown key; meant is perhaps port",
        ),
        ("name = 5\n", r"site\.toml:1: name: must be text in quotes"),
        ('name = "x\n', r"site\.toml:1: is not TOML"),
    ],
)
def test_mistakes_are_placed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(Site, written(tmp_path, text))


def test_a_file_in_another_charset(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes('name = "放射科"\n'.encode("gb18030"))
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(Site, path)


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="file not found"):
        load(Site, tmp_path / "nothing.toml")


def test_line_of_dotted_and_quoted_keys(tmp_path: Path) -> None:
    path = written(tmp_path, '[a.b]\n"c d" = 1\n[x]\ny.z = 2\n')
    assert line_of(str(path), "a.b.c d") == 2
    assert line_of(str(path), "x.y.z") == 4
    assert line_of(str(path), "nowhere") == 0
