"""``signgate profile learn FILE…``: propose a site profile from sample messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unicodedata import east_asian_width

import click

from plugin.commands.options import config_option, files_argument
from plugin.commands.send import messages_in
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput, MessageRejected
from plugin.hl7.learn import Sample, compared, learn, open_sample
from plugin.hl7.profile import DEFAULT, Profile, load_profiles, parse_profile
from plugin.kit.settings import read_toml

_WIDTH = 40


@click.group("profile")
def command() -> None:
    """Site profiles of HL7 senders (config/hl7)."""


@command.command("learn")
@files_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the profile there [default: standard output].",
)
@config_option
def learn_command(files: Sequence[Path], out: Path | None, config_dir: Path | None) -> None:
    """Propose a profile from sample messages of ONE sender, and show what it would extract.

    Read it, correct it, and put it into config/hl7 under a name of its own.
    """
    folder = locate(config_dir) / "hl7"
    default = load_profiles(folder).default
    samples = _samples(files)
    proposal = learn(samples, default)
    base = read_toml(folder / f"{DEFAULT}.toml") if (folder / f"{DEFAULT}.toml").is_file() else {}
    proposed = parse_profile("proposed", proposal.content, {k: v for k, v in base.items() if k != "match"})
    if out:
        out.write_text(proposal.as_toml(), encoding="utf-8")
        click.echo(f"written to {out}", err=True)
    else:
        click.echo(proposal.as_toml())
    for line in _side_by_side(samples, default, proposed):
        click.echo(line, err=out is None)
    for line in proposal.questions:
        click.echo(line, err=True)


def _samples(files: Sequence[Path]) -> list[Sample]:
    samples: list[Sample] = []
    for file in files:
        for number, block in enumerate(messages_in(file.read_bytes()), 1):
            try:
                samples.append(open_sample(f"{file.name}#{number}", block))
            except MessageRejected as error:
                click.echo(f"{file}#{number}: passed over: {error.text}", err=True)
    if not samples:
        raise InvalidInput(", ".join(map(str, files)), "hold no HL7 message that can be read")
    return samples


def _side_by_side(samples: Sequence[Sample], default: Profile, proposed: Profile) -> list[str]:
    lines: list[str] = []
    for sample in samples:
        before, after = compared(sample, default), compared(sample, proposed)
        lines += ["", f"{sample.name}  {sample.header.code}^{sample.header.event}"]
        lines.append(f"    {'field':<28} {_padded('default')} proposed")
        for key in dict.fromkeys((*before, *after)):
            old, new = _short(before.get(key, "")), _short(after.get(key, ""))
            lines.append(f"  {'*' if old != new else ' '} {key:<28} {_padded(old)} {new}")
    return lines


def _short(text: str) -> str:
    line = text.replace("\n", "⏎")
    if _columns(line) <= _WIDTH:
        return line
    while _columns(line) >= _WIDTH:
        line = line[:-1]
    return line + "…"


def _padded(text: str) -> str:
    return text + " " * (_WIDTH - _columns(text))


def _columns(text: str) -> int:
    """Columns on a terminal: Hanzi take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
