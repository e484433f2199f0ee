"""``signgate check-config``: read everything, and name what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.notices import check_channels
from plugin.bootstrap.surroundings import surroundings
from plugin.configuration import locate
from plugin.hl7.profile import load_profiles
from plugin.kit.messages import load_catalogue
from plugin.rules.data_quality.figures import DataQualityRules
from plugin.rules.image_checks.checks import ImageChecks
from plugin.site.gate import load_gate
from plugin.site.settings import load_site


@click.command("check-config")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--config", "config_dir", envvar="SIGNGATE_CONFIG", type=click.Path(path_type=Path), hidden=True
)
def command(folder: Path | None, config_dir: Path | None) -> None:
    """Read every file of the configuration as `serve` would; exit 1 at the first mistake."""
    found = locate(folder or config_dir)
    site = load_site(found)
    around = surroundings(site)
    journeys = build_journeys(site, load_gate(found), found, around)
    profiles = load_profiles(found / "hl7")
    catalogue = load_catalogue(found / "messages")
    channels = check_channels(
        site, catalogue, found, around, lambda form_id: journeys.forms.get(form_id).title
    )
    image_checks = ImageChecks.load(found)
    DataQualityRules.read(found)
    analysers = ", ".join(
        f"{each.settings.name} ({'on' if each.settings.enabled else 'off'})"
        for each in journeys.declared_analysers
    )
    click.echo(
        f"{found}: sound; {len(journeys.rulebook.checks)} rules, {len(image_checks.checks)} image checks, "
        f"{len(list(journeys.forms))} forms, {len(journeys.labels.regions.ids)} regions, "
        f"{len(list(profiles))} HL7 profiles, {channels} notice channels, outside analysers: {analysers or 'none'}"
    )
