"""``signgate backup``: a consistent copy of the data, while SignGate runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.commands.options import config_option, data_option
from plugin.commands.progress import progress_line
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput


@click.command(name="backup")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="Seal the backup with this key (AES-256-GCM)."
)
@click.option(
    "--make-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make a key file and end; keep it elsewhere.",
)
@config_option
@data_option
def command(
    path: Path | None, key_file: Path | None, make_key: Path | None, config_dir: Path | None, data_dir: Path
) -> None:
    """Write database, embedded archive and secrets of the data folder to the file PATH."""
    from plugin.site.settings import load_site
    from plugin.store.backup import write_backup
    from plugin.store.sealed_file import new_key_file, read_key_file

    if make_key:
        new_key_file(make_key)
        click.echo(f"{make_key}: new key; without it no backup sealed with it can be restored")
        return
    if path is None:
        raise click.UsageError("name the file to write")
    if load_site(locate(config_dir)).store.url:
        raise InvalidInput(
            "store.url",
            "the database is PostgreSQL: back it up with pg_dump -Fc, and copy the data folder beside it",
        )
    key = read_key_file(key_file) if key_file else None
    with progress_line() as progress:
        count = write_backup(data_dir, path, datetime.now(UTC), key, progress)
    click.echo(f"{path}: {count} files, {path.stat().st_size} bytes{', sealed' if key else ''}")
