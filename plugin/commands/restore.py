"""``signgate restore``: a backup into an empty data folder."""

from __future__ import annotations

from pathlib import Path

import click

from plugin.commands.options import data_option
from plugin.commands.progress import progress_line


@click.command(name="restore")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--key-file", type=click.Path(path_type=Path), help="The key that the backup was sealed with.")
@data_option
def command(path: Path, key_file: Path | None, data_dir: Path) -> None:
    """Restore the backup PATH into the data folder, which must be empty or absent.

    Every file is checked before anything takes its place.
    """
    from plugin.store.backup import restore_backup
    from plugin.store.sealed_file import read_key_file

    key = read_key_file(key_file) if key_file else None
    with progress_line() as progress:
        count = restore_backup(path, data_dir, key, progress)
    click.echo(f"{data_dir}: {count} files restored and checked")
