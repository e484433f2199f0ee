"""The codes of template QC1000, as ``config/codes/sr.toml`` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import plugin
from plugin.domain.errors import ConfigError
from plugin.kit.registry import Options
from plugin.kit.settings import load

MEANING_BYTES = 64
"""Code Meaning is LO: 64 characters by the standard, 64 bytes by dciodvfy's count."""


_NEEDED_NAMES = """
title language observer_type person device observer_name observer_login observer_organization
observer_role observer_role_here results_controller image_controller device_uid device_name
device_manufacturer device_model device_serial study_uid accession_number mode mode_random
mode_active mode_collective mode_review mode_teaching scorer scored_at report_id blinded disclosure
disclosure_full disclosure_pseudonymous disclosure_summary conclusion summary comment pass fail
reader part part_single part_first part_second part_adjudicator sheet_id amends score score_unit
points full_points grade assessment image_usable image_substandard image_unusable standard quality_finding assessed
person_name person_id person_role role_requesting role_performing role_recording role_verifying
yes no not_applicable absent present deduction deduction_item deduction_type severe nonconforming
wording reason marked_image suggestion algorithm_name algorithm_version suggested_object issue
issue_rule issue_severity issue_message issue_clause label label_region label_mark label_eligible
label_item label_reason label_basis label_scope
"""
NEEDED = frozenset(_NEEDED_NAMES.split())
"""Names that the template and its reader ask for."""


@dataclass(frozen=True, slots=True)
class Code:
    """A coded entry (PS3.3 section 8); two codes are the same when value and scheme are."""

    value: str
    scheme: str
    meaning: str

    def same_as(self, other: Code) -> bool:
        """Equal as a concept, whatever the meaning says (PS3.3 section 8.3)."""
        return (self.value, self.scheme) == (other.value, other.scheme)


class Scheme(Options):
    """Our private coding scheme and template, for Coding Scheme Identification."""

    designator: str
    uid: str
    name: str
    organization: str
    template: str
    template_version: str
    mapping_resource_uid: str


Row = tuple[str, str, str, str]


class CodesFile(Options):
    """``config/codes/sr.toml``."""

    scheme: Scheme
    codes: dict[str, Row]
    texts: dict[str, tuple[str, str]]
    quality_findings: dict[str, Row] = {}


class CodeBook:
    """Codes by the name the template knows them by, in one language.

    Parameters
    ----------
    file
        The parsed table.
    language
        ``zh-CN`` or ``en``: which meaning is written.
    """

    def __init__(self, file: CodesFile, language: str = "zh-CN") -> None:
        self.scheme = file.scheme
        self.language = language
        self.file = file
        self._column = 3 if language.startswith("en") else 2
        self._codes = {name: self._code(row) for name, row in file.codes.items()}
        self._names = {(row[0], row[1]): name for name, row in file.codes.items()}
        self._findings = {key: self._code(row) for key, row in file.quality_findings.items()}

    def __getitem__(self, name: str) -> Code:
        return self._codes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._codes

    def name_of(self, code: Code | None) -> str:
        """Under which name the template knows `code`, empty when it does not."""
        return self._names.get((code.value, code.scheme), "") if code else ""

    def own(self, value: str, meaning: str) -> Code:
        """A code of our scheme that data brings along: a criterion, a region, a rule set."""
        return Code(value, self.scheme.designator, fit(meaning or value, MEANING_BYTES))

    def text(self, name: str) -> str:
        """A fixed sentence in the document's language."""
        return self.file.texts[name][self._column - 2]

    def quality_finding(self, scored_object: str, criterion_id: str) -> Code | None:
        """The CID 7011 code for an unmet criterion, where the site or the standard gives one."""
        return self._findings.get(criterion_id) or self._findings.get(f"{scored_object}:{criterion_id}")

    def in_language(self, language: str) -> CodeBook:
        """The same codes with the other meanings."""
        return self if language == self.language else CodeBook(self.file, language)

    def _code(self, row: Row) -> Code:
        return Code(row[0], row[1], row[self._column])


def read_codes(path: Path) -> CodeBook:
    """Read the code table.

    Raises
    ------
    ConfigError
        When a key is unknown, a code is missing that the template needs, a meaning is
        too long, or two names share one code.
    """
    file = load(CodesFile, path)
    if missing := sorted(NEEDED - file.codes.keys()):
        raise ConfigError(str(path), f"codes.{missing[0]}", "is missing; template QC1000 needs it")
    seen: dict[tuple[str, str], str] = {}
    for name, row in file.codes.items():
        for meaning in row[2:]:
            if not meaning or len(meaning.encode()) > MEANING_BYTES:
                raise ConfigError(
                    str(path), f"codes.{name}", f"a meaning has 1 to {MEANING_BYTES} bytes: {meaning!r}"
                )
        if (other := seen.setdefault((row[0], row[1]), name)) != name:
            raise ConfigError(str(path), f"codes.{name}", f"has the same code as {other}")
    return CodeBook(file)


@cache
def shipped_codes() -> CodeBook:
    """The table that comes with SignGate, read at first use."""
    package = Path(plugin.__file__).parent
    for folder in (package.parent / "config", package / "_config"):
        if (path := folder / "codes" / "sr.toml").is_file():
            return read_codes(path)
    raise ConfigError("codes/sr.toml", "", "is not part of this installation; install SignGate again")


def fit(text: str, limit: int) -> str:
    """Cut `text` to `limit` bytes of UTF-8, at a character, with an ellipsis when cut."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    return raw[: limit - 3].decode("utf-8", "ignore") + "…"


def describe(codes: Mapping[str, Row]) -> str:
    """The code table as Markdown, for docs/conformance."""
    lines = ["| code value | scheme | 中文 | English |", "|---|---|---|---|"]
    lines += [f"| {value} | {scheme} | {zh} | {en} |" for value, scheme, zh, en in codes.values()]
    return "\n".join(lines)
