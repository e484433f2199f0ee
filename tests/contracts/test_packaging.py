"""The wheel carries everything: each package is named in setup.cfg, each data file is matched by a pattern."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")
PACKAGES = CONFIG["options"]["packages"].split()
FOLDERS = {"plugin._config": ROOT / "config"} | {
    name: ROOT / name.replace(".", "/") for name in PACKAGES if name != "plugin._config"
}
PATTERNS = {
    name: [pattern.strip() for pattern in patterns.split(",")]
    for name, patterns in CONFIG["options.package_data"].items()
}


def data_files() -> list[Path]:
    """Files that are no Python and no rubbish, below plugin/ and config/."""
    return [
        path
        for top in (ROOT / "plugin", ROOT / "config")
        for path in sorted(top.rglob("*"))
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
    ]


def test_every_package_is_named():
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "plugin").rglob("__init__.py")}

    assert found == set(PACKAGES) - {"plugin._config"}


@pytest.mark.parametrize("path", data_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_data_file_is_shipped(path):
    matches = [
        (name, pattern)
        for name, folder in FOLDERS.items()
        for pattern in PATTERNS.get(name, ())
        if path.is_relative_to(folder) and path in set(folder.glob(pattern))
        # Unlike pathlib's, setuptools' wildcards match no file whose name begins with a dot.
        if not path.name.startswith(".") or pattern.rpartition("/")[2].startswith(".")
    ]

    assert matches, f"no pattern of [options.package_data] ships {path.relative_to(ROOT)}"
