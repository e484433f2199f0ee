"""``signgate check-reports FILE|-``: JSON lines in, JSON lines out, one report a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from plugin.bootstrap.checking import answer_to, heading
from plugin.bootstrap.surroundings import surroundings
from plugin.commands.options import config_option, data_option
from plugin.commands.progress import progress_line
from plugin.configuration import locate
from plugin.domain.case import Case
from plugin.domain.errors import InvalidInput
from plugin.domain.exchange import case_from_json, issue_to_json
from plugin.domain.issue import about
from plugin.rules.back_test import BackTest, Difference, Tally
from plugin.rules.rulebook import Rulebook
from plugin.site.settings import load_site
from plugin.store.store import open_beside
from plugin.workflow.archived_case import archived_case
from plugin.workflow.ports.unit_of_work import UnitOfWork

LONGEST_LINE = 4_000_000
"""Characters of one line; a longer one is refused rather than parsed."""


@click.command("check-reports")
@click.argument(
    "file",
    metavar="[FILE|-]",
    required=False,
    type=click.File("r", encoding="utf-8-sig", errors="surrogateescape"),
)
@click.option(
    "--since",
    type=click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Read the archive's reports kept since then (UTC) instead of FILE; needs --with.",
)
@click.option(
    "--with",
    "changed_dir",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Configuration with changed rules: answer only what would appear and disappear.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    help="With --with: JSON lines, or words for people to read.",
)
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=False),
    default="-",
    help="Where the answers go [default: standard output].",
)
@config_option
@data_option
def command(
    file: TextIO | None,
    since: datetime | None,
    changed_dir: Path | None,
    form: str,
    out: TextIO,
    config_dir: Path | None,
    data_dir: Path,
) -> None:
    """Check reports: a JSON object a line in, issues and critical findings a line out.

    A line that cannot be read is answered by a line with "error"; the exit status is then 1.

    With --with, reports of FILE or (--since) of the archive go through the rules of both
    configurations: a line out for each report that they judge differently, and a table of
    the rules on standard error.  Nothing is kept,
    and the running SignGate need not be stopped.
    """
    if (file is None) == (since is None):
        raise click.UsageError("name a FILE (or -), or the archive by --since DATE: one of the two")
    if since is not None and changed_dir is None:
        raise click.UsageError("--since replays the archive through changed rules: name them by --with DIR")
    rulebook = Rulebook.load(locate(config_dir))
    if changed_dir is not None:
        test = BackTest(rulebook, Rulebook.load(changed_dir))
        if since is not None:
            answers = compare_archive(since, locate(config_dir), data_dir, test)
        else:
            answers = compare_lines(file or (), test)
    else:
        answers = check_lines(file or (), rulebook)
    failed = 0
    for answer in answers:
        failed += "error" in answer
        words = form == "text" and changed_dir is not None and "error" not in answer
        out.write(readable(answer) if words else json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
    if changed_dir is not None:
        click.echo("\n".join(_table(test.tally)), err=True)
    if failed:
        click.echo(f"signgate: {failed} line(s) could not be checked", err=True)
        sys.exit(1)


def check_lines(lines: Iterable[str], rulebook: Rulebook) -> Iterator[dict[str, Any]]:
    """Answer each line that is not blank, in order."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield check_line(line, number, rulebook)


def compare_lines(lines: Iterable[str], test: BackTest) -> Iterator[dict[str, Any]]:
    """Answer each line that both rulebooks do not judge alike, and each that cannot be read."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        case, answer = _read_line(line, number)
        if case is None:
            yield answer
        elif difference := test.compare(case):
            yield answer | _told(difference)


def compare_archive(
    since: datetime, config_dir: Path, data_dir: Path, test: BackTest
) -> Iterator[dict[str, Any]]:
    """The same for the standing reports of the archive kept since then, each with its order and priors.

    One report is held at a time, whatever the range.
    """
    site = load_site(config_dir)
    clock = surroundings(site).clock
    with open_beside(site.store, data_dir, clock) as store, progress_line() as progress:
        start = since.replace(tzinfo=UTC)
        numbers = store.read(lambda uow: uow.reviews.reported_numbers(start, clock()))
        for done, number in enumerate(numbers):
            if done % 100 == 0:
                progress(f"{done} of {len(numbers)} reports")
            case = store.read(partial(_case_of, accession_number=number))
            if case is not None and (difference := test.compare(case)):
                progress("")
                yield {"id": number} | _told(difference)


def _case_of(uow: UnitOfWork, accession_number: str) -> Case | None:
    report = uow.reports.latest(accession_number)
    return None if report is None else archived_case(uow, report)


def _told(difference: Difference) -> dict[str, Any]:
    return {
        "appears": [issue_to_json(issue) for issue in difference.appears],
        "disappears": [issue_to_json(issue) for issue in difference.disappears],
    }


_SECTIONS = {
    "findings": "影像描述",
    "impression": "诊断结论",
    "technique": "检查技术",
    "order": "申请单",
    "record": "报告抬头",
}


def readable(answer: Mapping[str, Any]) -> str:
    """One report's difference in words: ``+`` appears, ``-`` disappears, ``~`` changes its severity."""
    was = {_place(issue): issue["severity"] for issue in answer["disappears"]}
    now = {_place(issue) for issue in answer["appears"]}
    lines = [str(answer["id"])]
    for sign, issues in (("+", answer["appears"]), ("-", answer["disappears"])):
        for issue in issues:
            place, severity = _place(issue), issue["severity"]
            if place in was and place in now:
                if sign == "-":
                    continue
                sign_here, severity = "~", f"{was[place]} → {severity}"
            else:
                sign_here = sign
            quoted = [issue, *issue.get("related", ())]
            places = "; ".join(
                f"{_SECTIONS[each['section']]}“{each['text']}”" for each in quoted if each["text"]
            )
            lines.append(f"  {sign_here} {issue['rule']} ({severity}): {issue['message']}")
            lines += [f"      {places}"] if places else []
    return "\n".join(lines) + "\n"


def _place(issue: Mapping[str, Any]) -> tuple[Any, ...]:
    start, end = issue["start"], issue["end"]
    return issue["rule"], issue["section"], start, end, about(start, end, issue["message"])


def _table(tally: Tally) -> Iterator[str]:
    yield f"{tally.reports} reports, {tally.changed} judged differently"
    yield f"{'rule':28}{'before':>8}{'after':>8}{'appear':>8}{'disappear':>11}"
    for rule in tally.rules():
        counts = (
            f"{tally.before[rule]:8}{tally.after[rule]:8}{tally.appear[rule]:8}{tally.disappear[rule]:11}"
        )
        yield f"{rule:28}{counts}"


def check_line(line: str, number: int, rulebook: Rulebook) -> dict[str, Any]:
    """Answer one line; what is wrong with it is said under ``error``."""
    case, answer = _read_line(line, number)
    if case is None:
        return answer
    return answer | answer_to(case, rulebook.inspect(case), rulebook.forms)


def _read_line(line: str, number: int) -> tuple[Case | None, dict[str, Any]]:
    """The case of a line and the head of its answer; without a case, the answer says why."""
    report_id: object = None
    try:
        if len(line) > LONGEST_LINE:
            raise InvalidInput(f"line {number}", f"is longer than {LONGEST_LINE} characters")
        data = json.loads(_as_utf8(line, number))
        if isinstance(data, dict):
            report_id = data.get("id")
        return case_from_json(data), heading(data)
    except InvalidInput as error:
        return None, {"id": report_id, "line": number, "error": str(error)}
    except (ValueError, RecursionError) as error:
        return None, {"id": report_id, "line": number, "error": f"line {number} is not JSON: {error}"}


def _as_utf8(line: str, number: int) -> str:
    """Refuse a line that was not UTF-8 (its bytes came through as lone surrogates)."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"line {number}", f"is not UTF-8 at character {error.start}; save it as UTF-8"
        ) from None
    return line
