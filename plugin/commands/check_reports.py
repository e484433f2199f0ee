"""``signgate check-reports FILE|-``: JSON lines in, JSON lines out, one report a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from plugin.commands.options import config_option
from plugin.configuration import locate
from plugin.domain.errors import InvalidInput
from plugin.domain.exchange import case_from_json, critical_to_json, issue_to_json
from plugin.rules.rulebook import Rulebook

LONGEST_LINE = 4_000_000
"""Characters of one line; a longer one is refused rather than parsed."""


@click.command("check-reports")
@click.argument(
    "file", metavar="FILE|-", type=click.File("r", encoding="utf-8-sig", errors="surrogateescape")
)
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=False),
    default="-",
    help="Where the answers go [default: standard output].",
)
@config_option
def command(file: TextIO, out: TextIO, config_dir: Path | None) -> None:
    """Check reports: a JSON object a line in, issues and critical findings a line out.

    A line that cannot be read is answered by a line with "error"; the exit status is then 1.
    """
    rulebook = Rulebook.load(locate(config_dir))
    failed = 0
    for answer in check_lines(file, rulebook):
        failed += "error" in answer
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
    if failed:
        click.echo(f"signgate: {failed} line(s) could not be checked", err=True)
        sys.exit(1)


def check_lines(lines: Iterable[str], rulebook: Rulebook) -> Iterator[dict[str, Any]]:
    """Answer each line that is not blank, in order."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield check_line(line, number, rulebook)


def check_line(line: str, number: int, rulebook: Rulebook) -> dict[str, Any]:
    """Answer one line; what is wrong with it is said under ``error``."""
    report_id: object = None
    try:
        if len(line) > LONGEST_LINE:
            raise InvalidInput(f"line {number}", f"is longer than {LONGEST_LINE} characters")
        data = json.loads(_as_utf8(line, number))
        if isinstance(data, dict):
            report_id = data.get("id")
        inspection = rulebook.inspect(case_from_json(data))
    except InvalidInput as error:
        return {"id": report_id, "line": number, "error": str(error)}
    except (ValueError, RecursionError) as error:
        return {"id": report_id, "line": number, "error": f"line {number} is not JSON: {error}"}
    return {
        "id": report_id,
        "issues": [issue_to_json(issue) for issue in inspection.issues],
        "critical": [critical_to_json(finding) for finding in inspection.critical],
        "suggested_scores": inspection.suggested_scores,
    }


def _as_utf8(line: str, number: int) -> str:
    """Refuse a line that was not UTF-8 (its bytes came through as lone surrogates)."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"line {number}", f"is not UTF-8 at character {error.start}; save it as UTF-8"
        ) from None
    return line
