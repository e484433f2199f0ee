"""``config/analysers.toml``: who is asked, of what, and within which bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from plugin.domain.errors import ConfigError
from plugin.domain.issue import Severity
from plugin.kit.registry import Options
from plugin.kit.settings import line_of, read_toml, validate


class AnalyserSettings(Options):
    """What an ``[[analyser]]`` table holds beside the keys of its kind.

    Parameters
    ----------
    name
        Prefix of its rules; it stands beside each of its issues.
    enabled
        Nobody is asked without this.
    modalities
        Of which examinations it is asked; empty: of all.
    timeout_s
        For one question.
    parallel
        Questions at once.
    breaker_failures, breaker_pause_s
        After so many failures in a row it is left in peace for so long.
    late_after_s
        A report that has waited longer is not asked about any more.
    highest
        A graver severity in an answer is lowered to this; errors are shown beyond any budget.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,19}$")]
    kind: str
    enabled: bool = False
    modalities: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    parallel: Annotated[int, Field(ge=1, le=8)] = 2
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = 5
    breaker_pause_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    late_after_s: Annotated[float, Field(ge=10, le=86_400)] = 600.0
    highest: Severity = Severity.WARNING


def read_analysers(file: Path) -> Iterator[tuple[AnalyserSettings, dict[str, Any], str]]:
    """The tables of `file`: common settings, options of the kind, and the dotted key.  None without the file.

    Raises
    ------
    ConfigError
        Naming file, line and key.
    """
    if not file.is_file():
        return
    raw = read_toml(file)
    if unknown := set(raw) - {"analyser"}:
        key = min(unknown)
        raise ConfigError(str(file), key, "unknown key; known: analyser", line_of(str(file), key))
    tables = raw.get("analyser", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(str(file), "analyser", "write each analyser as a table [[analyser]]")
    names: set[str] = set()
    for index, table in enumerate(tables):
        key = f"analyser.{index}"
        common = {name: value for name, value in table.items() if name in AnalyserSettings.model_fields}
        settings = validate(AnalyserSettings, common, str(file), key)
        if settings.name in names:
            where = f"{key}.name"
            raise ConfigError(
                str(file), where, f"the name {settings.name!r} stands twice", line_of(str(file), where)
            )
        names.add(settings.name)
        yield settings, {name: value for name, value in table.items() if name not in common}, key
