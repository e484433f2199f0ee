"""``signgate check-config``: read everything, and name what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from plugin.bootstrap.journeys import build_journeys
from plugin.bootstrap.notices import check_channels
from plugin.bootstrap.surroundings import surroundings
from plugin.configuration import locate
from plugin.domain.errors import ConfigError
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
    """Read every file of the configuration as `serve` would; name every mistake, and exit 1 if there is one."""
    found = locate(folder or config_dir)
    try:
        click.echo(f"{found}: sound; {_read(found)}")
    except ConfigError as error:
        for mistake in _mistakes(found, error):
            click.echo(f"signgate: {mistake}", err=True)
        click.get_current_context().exit(1)


def _read(found: Path) -> str:
    """Read all of a folder; what there is, in words.

    Raises
    ------
    ConfigError
        What is wrong with the first file that is not sound.
    """
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
    return (
        f"{len(journeys.rulebook.checks)} rules, {len(image_checks.checks)} image checks, "
        f"{len(list(journeys.forms))} forms, {len(journeys.labels.regions.ids)} regions, "
        f"{len(list(profiles))} HL7 profiles, {channels} notice channels, outside analysers: {analysers or 'none'}"
    )


def _mistakes(folder: Path, error: ConfigError | None) -> Iterator[ConfigError]:
    """All mistakes, the first one being known: each file that holds one gives way, in a copy, to the shipped one.

    What follows from a file that has given way is not told; it may be no mistake at all.
    """
    shipped, given_way = locate(None), set[Path]()
    with TemporaryDirectory(prefix="signgate-config-") as made:
        copy = Path(made) / "config"
        shutil.copytree(folder, copy)
        while error is not None:
            wrong = _within(error, folder) or _within(error, copy)
            if wrong is None or wrong in given_way:
                if not given_way:
                    yield error
                return
            given_way.add(wrong)
            for each in (error, *error.others):
                yield ConfigError(str(folder / wrong), each.key, each.text, each.line)
            (copy / wrong).unlink(missing_ok=True)
            if (shipped / wrong).is_file():
                shutil.copyfile(shipped / wrong, copy / wrong)
            error = _first_mistake(copy)


def _first_mistake(folder: Path) -> ConfigError | None:
    try:
        _read(folder)
    except ConfigError as error:
        return error
    return None


def _within(error: ConfigError, folder: Path) -> Path | None:
    """The file below `folder` that an error names."""
    file = Path(error.file)
    return file.relative_to(folder) if file.is_relative_to(folder) and file != folder else None
