"""The report rules, one file each, named as its ID."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from plugin.domain.issue import Issue
from plugin.kit.registry import Entry, Registry

RULES = (
    "body_part_mismatch",
    "clinical_question_unaddressed",
    "conclusion_without_finding",
    "contradiction",
    "degree_word",
    "enhancement_not_described",
    "finding_without_conclusion",
    "identity_mismatch",
    "laterality",
    "lesion_incomplete",
    "measurement_implausible",
    "missing_field",
    "modality_mismatch",
    "no_advice",
    "no_comparison",
    "no_location",
    "no_reference_tissue",
    "no_staging",
    "order_mismatch",
    "report_time",
    "request_form",
    "request_form_blank",
    "request_form_history",
    "request_form_item",
    "request_form_omission",
    "resected_organ",
    "sequence_format",
    "sex_organ",
    "technique_incomplete",
    "template_residue",
    "text_format",
    "too_many_differentials",
    "typo",
    "unit_inconsistent",
    "vague_enhancement",
)
"""Each names its file, which holds its `Options` and its function, `check`."""


def _entry(name: str) -> Entry[Iterator[Issue]]:
    module = import_module(f"{__name__}.{name}")
    return Entry(name, module.Options, module.check)


VALIDATORS: Registry[Iterator[Issue]] = Registry("rule", map(_entry, RULES), group="signgate.validators")
"""Rule ID to options and function; third parties add theirs under ``signgate.validators``."""
