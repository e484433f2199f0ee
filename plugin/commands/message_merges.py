"""``signgate messages merges`` and ``undo-merge``: merges of patients that messages asked for."""

from __future__ import annotations

from pathlib import Path

import click

from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.actor import actor
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.site.settings import load_site
from plugin.store.store import open_beside, open_store
from plugin.workflow.receive_patient import undo_merge


@click.command("merges")
@config_option
@data_option
def merges(config_dir: Path | None, data_dir: Path) -> None:
    """List merges of patients that stand, newest first: number, time, prior, surviving, examinations moved."""
    site = load_site(locate(config_dir))
    with open_beside(site.store, data_dir, utc_now) as store:
        for record in store.read(lambda uow: uow.patients.merges(200)):
            prior, surviving = record.merge.prior, record.merge.surviving
            fields = (
                str(record.merge_id),
                f"{record.merged_at.astimezone(site.zone):%Y-%m-%d %H:%M:%S}",
                f"{prior.patient_id}^{prior.assigning_authority}",
                f"{surviving.patient_id}^{surviving.assigning_authority}",
                " ".join(record.exams),
            )
            click.echo("\t".join(fields))


@click.command("undo-merge")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@config_option
@data_option
def undo(number: int, reason: str, config_dir: Path | None, data_dir: Path) -> None:
    """Move back what merge NUMBER moved, and what arrived under the prior identifier since."""
    site = load_site(locate(config_dir))
    with open_store(site.store, data_dir, utc_now) as store:
        moved = store.write(lambda uow: undo_merge(uow, number, surroundings(site), actor(), reason))
    click.echo(f"merge {number} undone; {moved} examinations went back")
