"""The report rules, one file each, named as its ID: the table that joins ID, options and function."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.domain.issue import Issue
from plugin.kit.registry import Entry, Registry
from plugin.rules.validators import (
    conclusion_without_finding,
    contradiction,
    finding_without_conclusion,
    laterality,
    missing_field,
    no_comparison,
    sequence_format,
    sex_organ,
    vague_enhancement,
)

_MODULES = (
    missing_field,
    laterality,
    sex_organ,
    no_comparison,
    finding_without_conclusion,
    conclusion_without_finding,
    contradiction,
    vague_enhancement,
    sequence_format,
)

VALIDATORS: Registry[Iterator[Issue]] = Registry(
    "rule",
    [Entry(module.__name__.rpartition(".")[2], module.Options, module.check) for module in _MODULES],
    group="signgate.validators",
)
"""Rule ID to options and function; third parties add theirs under ``signgate.validators``."""
