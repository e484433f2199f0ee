"""Joins the outside analysers of ``config/analysers.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from plugin.analysers.panel import Declared, Panel, build_panel
from plugin.analysers.protocol import AnalyserTools
from plugin.rules.case_reading import modality_of
from plugin.site.private_files import kept_secrets
from plugin.workflow.ask_analysers import Asked
from plugin.workflow.ports.surroundings import Surroundings


def asked(declared: Iterable[Declared]) -> tuple[Asked, ...]:
    """Who is asked of new reports."""
    return tuple(
        Asked(
            name=each.settings.name,
            modalities=frozenset(modality_of(word, "") or word for word in each.settings.modalities),
            parallel=each.settings.parallel,
        )
        for each in declared
        if each.settings.enabled
    )


def panel_of(declared: Iterable[Declared], data_dir: Path, around: Surroundings) -> Panel:
    """The analysers, ready to be asked.

    Raises
    ------
    ConfigError
        One asks for a secret that is not kept.
    """
    return build_panel(tuple(declared), AnalyserTools(secret=kept_secrets(data_dir), clock=around.clock))
