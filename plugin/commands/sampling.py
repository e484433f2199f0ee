"""``signgate sampling``: the policy shown, changed, tried out beforehand, and proved afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from plugin.bootstrap.surroundings import surroundings, utc_now
from plugin.commands.options import config_option, data_option
from plugin.configuration import locate
from plugin.domain.sampling import SamplingPolicy, Scorer
from plugin.kit.settings import load
from plugin.rules.sampling.forecast import Forecast, Load
from plugin.rules.scoring import load_forms
from plugin.site.gate import PolicyFile, load_gate
from plugin.site.settings import Site, load_site
from plugin.store.store import SqlReader, SqlStore, open_beside, open_store
from plugin.workflow.change_policy import ChangePolicy, PolicyDraft


@click.group("sampling")
def command() -> None:
    """The sampling policy.

    `show`, `simulate` and `prove` may run beside `signgate serve`; `set` needs the database for
    itself: on SQLite stop `serve` first, or use the policy page of the console.
    """


@command.command("show")
@config_option
@data_option
@click.option("--all", "every", is_flag=True, help="Every version, not only the live one.")
def show(config_dir: Path | None, data_dir: Path, every: bool) -> None:
    """The live policy, or every version."""
    with _looking_on(config_dir, data_dir) as (store, _):
        live = store.read(lambda uow: uow.policies.live(utc_now()))
        versions = store.read(lambda uow: list(uow.policies.versions()))
    for policy in versions:
        if every or (live and policy.version == live.version):
            click.echo("\n".join(_sentences(policy, live)))


@command.command("set")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--author", required=True, help="Who changes it.")
@click.option("--approved-by", default="", help="Who else has agreed.")
@click.option("--comment", default="", help="Why.")
@config_option
@data_option
def put(
    file: Path, author: str, approved_by: str, comment: str, config_dir: Path | None, data_dir: Path
) -> None:
    """Put FILE ([[policy]], [[minimum]], [caps] as in gate.toml) live as the next version."""
    rows = load(PolicyFile, file)
    draft = PolicyDraft(
        rules=rows.rules(),
        minimums=rows.minimums(),
        caps=rows.caps.caps(),
        author=author,
        approved_by=approved_by,
        comment=comment,
    )
    with _desk(config_dir, data_dir) as (store, change):
        policy = store.write(lambda uow: change.put_live(uow, draft))
    click.echo(f"version {policy.version} is live; key committed to by SHA-256 {policy.key_digest}")


@command.command("simulate")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--weeks", type=click.IntRange(1, 104), default=8, show_default=True)
@config_option
@data_option
def simulate(file: Path, weeks: int, config_dir: Path | None, data_dir: Path) -> None:
    """What FILE would have done with the real sign events of the last weeks."""
    rows = load(PolicyFile, file)
    draft = PolicyDraft(rules=rows.rules(), minimums=rows.minimums(), caps=rows.caps.caps())
    since = utc_now() - timedelta(weeks=weeks)
    with _looking_on(config_dir, data_dir) as (store, change):
        result = store.read(lambda uow: change.simulate(uow, draft, since))
    click.echo("\n".join(_forecast_lines(result)))


@command.command("prove")
@click.argument("version", type=int)
@config_option
@data_option
def prove(version: int, config_dir: Path | None, data_dir: Path) -> None:
    """Reveal the key of an ended VERSION and recompute each of its draws; exit 1 at any discrepancy."""
    with _looking_on(config_dir, data_dir) as (store, change):
        policy, proof = store.read(lambda uow: change.prove(uow, version))
    click.echo(f"version {version}: key {policy.key.hex()}, committed SHA-256 {policy.key_digest}")
    click.echo(
        f"{proof.checked} draws recomputed, {proof.drawn} drawn, {proof.expected:.1f} expected "
        f"({proof.deviations:+.2f} standard deviations)"
    )
    for each in proof.discrepancies:
        click.echo(f"discrepancy: gate {each.gate_id or '-'}: {each.what}")
    if proof.discrepancies:
        sys.exit(1)


@contextmanager
def _desk(config_dir: Path | None, data_dir: Path) -> Iterator[tuple[SqlStore, ChangePolicy]]:
    """To change something: the database for itself, on SQLite."""
    site, change = _change(config_dir)
    with open_store(site.store, data_dir, change.around.clock) as store:
        yield store, change


@contextmanager
def _looking_on(config_dir: Path | None, data_dir: Path) -> Iterator[tuple[SqlReader, ChangePolicy]]:
    """To read: beside a running `serve`."""
    site, change = _change(config_dir)
    with open_beside(site.store, data_dir, change.around.clock) as store:
        yield store, change


def _change(config_dir: Path | None) -> tuple[Site, ChangePolicy]:
    folder = locate(config_dir)
    site = load_site(folder)
    forms, two_person = load_forms(folder / "scoring"), load_gate(folder).two_person
    return site, ChangePolicy(forms=forms, around=surroundings(site), two_person=two_person)


def _sentences(policy: SamplingPolicy, live: SamplingPolicy | None) -> Iterator[str]:
    state = "live" if live and policy.version == live.version else "ended"
    if policy.live_from > datetime.now(UTC):
        state = "to come"
    yield (
        f"version {policy.version} ({state}) from {policy.live_from:%Y-%m-%d %H:%M}Z by {policy.author or '?'}"
        f"{f', approved by {policy.approved_by}' if policy.approved_by else ''}; "
        f"key SHA-256 {policy.key_digest}"
    )
    if policy.comment:
        yield f"  {policy.comment}"
    for number, rule in enumerate(policy.rules, 1):
        when = ", ".join(f"{name} is {' or '.join(values)}" for name, values in rule.conditions.items())
        forms = f"; forms {', '.join(rule.forms)}" if rule.forms else ""
        forms += "; scored by another" if rule.scorer is Scorer.ANOTHER else ""
        yield f"  {number}. {rule.name}: {f'if {when}, ' if when else 'else '}p = {rule.p:g}{forms}"
    for minimum in policy.minimums:
        yield f"  at least {minimum.count} a signer and {minimum.period.value}: {minimum.name}"
    caps = policy.caps
    if caps.per_hour or caps.per_shift or caps.gap_minutes:
        yield f"  at most {caps.per_hour or '∞'} an hour, {caps.per_shift or '∞'} a shift, {caps.gap_minutes} min apart"


def _forecast_lines(result: Forecast) -> Iterator[str]:
    yield f"{result.days:.0f} days of sign events"
    for title, loads in (("signer", result.signers), ("modality", result.modalities)):
        yield f"{title:<12} signed  popups (5–95 %)      a day  a month  owed"
        for each in loads:
            yield _load_line(each, result.days)
    for signer, minimum, share in result.short:
        yield f"{signer} would miss 「{minimum}」 in {share:.0%} of the periods"


def _load_line(each: Load, days: float) -> str:
    spread = f"{each.popups:.1f} ({each.popups_low}–{each.popups_high})"
    return (
        f"{each.name or '-':<12} {each.signed:>6}  {spread:<20} {each.a_day(days):>5.2f}  "
        f"{each.a_month(days):>7.1f}  {each.owed:.1f}"
    )
