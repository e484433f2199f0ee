"""Options that many commands share, written once so that they read alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def files_argument(command: F) -> F:
    """``FILE…``: one or more files that are there."""
    return click.argument(
        "files",
        metavar="FILE…",
        nargs=-1,
        required=True,
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
    )(command)


def config_option(command: F) -> F:
    """``--config DIR``: the folder of TOML files; ``None`` lets `configuration.locate` find it."""
    return click.option(
        "--config",
        "config_dir",
        envvar="SIGNGATE_CONFIG",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Configuration folder (SIGNGATE_CONFIG) [default: the one that comes with SignGate].",
    )(command)


def data_option(command: F) -> F:
    """``--data DIR``: where database and archive live."""
    return click.option(
        "--data",
        "data_dir",
        envvar="SIGNGATE_DATA",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("data"),
        show_default=True,
        metavar="DIR",
        help="Data folder (SIGNGATE_DATA).",
    )(command)
