"""Site profiles: which field holds what, in the words of each sender (config/hl7/*.toml).

A profile names the senders it is for, by MSH-3, MSH-4 or the listener they connect to.  A
sender that no profile is for is read by the one called ``default``, which believes only what
stands where the standard or most Chinese systems put it, and reports a field as delivered
only when it came.  A profile may say ``extends = "default"`` and name only what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Literal

from pydantic import Field, field_validator

from plugin.domain.errors import ConfigError
from plugin.domain.order import OrderStatus, PatientClass
from plugin.domain.report import ReportStatus
from plugin.hl7.charset import codec_of
from plugin.hl7.header import Header
from plugin.hl7.path import Paths
from plugin.kit.registry import Options
from plugin.kit.settings import read_toml, validate

DEFAULT = "default"


class Match(Options):
    """Which senders a profile is for: every criterion that is named must fit; the more are named, the sooner it is taken."""

    sending_application: tuple[str, ...] = ()
    sending_facility: tuple[str, ...] = ()
    listener: tuple[str, ...] = ()

    def score(self, application: str, facility: str, listener: str) -> int:
        """Number of criteria that fit; 0 when one does not, or none is named."""
        score = 0
        for wanted, given in (
            (self.sending_application, application),
            (self.sending_facility, facility),
            (self.listener, listener),
        ):
            if wanted and given not in wanted:
                return 0
            score += bool(wanted)
        return score


class Reading(Options):
    """How messages as a whole are taken.

    Parameters
    ----------
    charset
        Character set of senders that declare none in MSH-18, in any of its spellings.
    control_id
        ``unreliable``: MSH-10 may be missing or used again; the bytes tell messages apart.
    several_messages
        What a frame with more than one MSH and no batch header means: ``refuse`` or ``split``.
    acknowledge
        ``standard``: MSH-15 and MSH-16 decide whether there is an answer; ``always`` answers.
    """

    charset: str = ""
    control_id: Literal["reliable", "unreliable"] = "reliable"
    versions: tuple[str, ...] = (
        "2.3",
        "2.3.1",
        "2.4",
        "2.5",
        "2.5.1",
        "2.6",
        "2.7",
        "2.7.1",
        "2.8",
        "2.8.1",
        "2.8.2",
    )
    processing_ids: tuple[str, ...] = ("P", "T", "D")
    several_messages: Literal["refuse", "split"] = "refuse"
    acknowledge: Literal["standard", "always"] = "standard"

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and not codec_of(name):
            raise ValueError(f"{name!r} is not a character set of HL7 table 0211 or a known spelling of one")
        return name

    @property
    def codec(self) -> str:
        """Codec of `charset`, or empty."""
        return codec_of(self.charset)


class PatientFields(Options):
    """Where the patient's identity stands."""

    patient_id: Paths = ()
    assigning_authority: Paths = ()
    name: Paths = ()
    sex: Paths = ()
    age: Paths = ()
    birth_date: Paths = ()


class ExamFields(Options):
    """Where a report says what was done."""

    accession_number: Paths = ()
    study_instance_uid: Paths = ()
    modality: Paths = ()
    exam_item: Paths = ()
    exam_item_code: Paths = ()
    body_part: Paths = ()
    performed_at: Paths = ()
    technique: Paths = ()
    technician: Paths = ()
    device: Paths = ()


class ReportFields(Options):
    """Where the rest of a report stands; `author`, `verifier`, `modified_by` point to whole person fields."""

    placer_order_number: Paths = ()
    filler_order_number: Paths = ()
    department: Paths = ()
    clinical_diagnosis: Paths = ()
    author: Paths = ()
    verifier: Paths = ()
    modified_by: Paths = ()
    signature: Paths = ()
    reported_at: Paths = ()
    reported_at_source: Literal["", "ris", "manual"] = ""
    inpatient_number: Paths = ()
    outpatient_number: Paths = ()
    ward: Paths = ()
    bed: Paths = ()
    image_number: Paths = ()
    status: Paths = ()


class OrderFields(Options):
    """Where an order's fields stand."""

    placer_order_number: Paths = ()
    filler_order_number: Paths = ()
    accession_number: Paths = ()
    study_instance_uid: Paths = ()
    modality: Paths = ()
    exam_item: Paths = ()
    exam_item_code: Paths = ()
    clinical_diagnosis: Paths = ()
    history: Paths = ()
    purpose: Paths = ()
    patient_class: Paths = ()
    department: Paths = ()
    ward: Paths = ()
    bed: Paths = ()
    inpatient_number: Paths = ()
    outpatient_number: Paths = ()
    ordering_provider: Paths = ()
    technician: Paths = ()
    ordered_at: Paths = ()


class Part(Options):
    """One section of a report: by OBX-3 (identifier, suffix after ``&``, or text), or by other fields (NTE-3, Z segments)."""

    codes: tuple[str, ...] = ()
    paths: Paths = ()
    headings: tuple[str, ...] = ()


SectionName = Literal[
    "findings", "impression", "technique", "recommendation", "clinical_diagnosis", "whole", "ignore"
]


class Sections(Options):
    """How a report's text is found.

    Parameters
    ----------
    whole
        One text that holds all sections, to be cut at the other sections' headings.
    uncoded
        OBX-2 to section, for senders that leave OBX-3 empty.
    recommendation_into
        What becomes of 建议: added to the impression as lines of its own, or left out.
    line_join
        What stands between OBX lines of one section.
    repetition
        What an unescaped ``~`` means in text; ``auto`` keeps it between digits (3~5mm).
    html
        Whether HTML entities and tags that leaked from a web page are read as text.
    """

    findings: Part = Part()
    impression: Part = Part()
    technique: Part = Part()
    recommendation: Part = Part()
    clinical_diagnosis: Part = Part()
    whole: Part = Part()
    ignore: Part = Part()
    uncoded: Mapping[str, SectionName] = {}
    recommendation_into: Literal["impression", "none"] = "impression"
    line_join: str = "\n"
    repetition: Literal["auto", "line", "literal"] = "auto"
    html: bool = True

    def parts(self) -> Iterator[tuple[SectionName, Part]]:
        """Every section with its description."""
        yield "findings", self.findings
        yield "impression", self.impression
        yield "technique", self.technique
        yield "recommendation", self.recommendation
        yield "clinical_diagnosis", self.clinical_diagnosis
        yield "whole", self.whole
        yield "ignore", self.ignore

    @cached_property
    def by_code(self) -> dict[str, SectionName]:
        """Upper-cased OBX-3 code to section."""
        return {code.upper(): name for name, part in self.parts() for code in part.codes}


class Values(Options):
    """Words of the sender to ours; looked up in upper case, unknown ones as described at each."""

    sex: Mapping[str, Literal["M", "F", "O", "U"]] = {}
    """Unknown: empty."""
    modality: Mapping[str, str] = {}
    """Unknown: empty; rules then go by the name of the examination."""
    patient_class: Mapping[str, PatientClass] = {}
    report_status: Mapping[str, ReportStatus] = {}
    """OBR-25, OBX-11.  Unknown: refused."""
    order_control: Mapping[str, Literal["new", "change", "status", "cancel"]] = {}
    """ORC-1.  Unknown: refused."""
    order_status: Mapping[str, OrderStatus] = {}
    """ORC-5.  Unknown: as ORC-1 says."""
    abnormal_flag: Mapping[str, str] = {}
    """OBX-8.  Unknown: kept."""

    @field_validator("*", mode="after")
    @classmethod
    def _upper(cls, table: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key.upper(): value for key, value in table.items()}


class Profile(Options):
    """All that is known of a kind of sender.

    Parameters
    ----------
    delivered
        Dotted names of fields that these senders always deliver, so that an empty one is a
        defect: ``patient.age``, ``report.verifier``, ``findings``; order fields as ``order.exam_item``.
    """

    name: str = ""
    description: str = ""
    match: Match = Match()
    message: Reading = Reading()
    patient: PatientFields = PatientFields()
    exam: ExamFields = ExamFields()
    report: ReportFields = ReportFields()
    order: OrderFields = OrderFields()
    sections: Sections = Sections()
    values: Values = Values()
    delivered: frozenset[str] = Field(default=frozenset())

    @field_validator("delivered")
    @classmethod
    def _named(cls, names: frozenset[str]) -> frozenset[str]:
        known = {"findings", "impression"}
        for group, model in (
            ("patient", PatientFields),
            ("exam", ExamFields),
            ("report", ReportFields),
            ("order", OrderFields),
        ):
            known |= {f"{group}.{field}" for field in model.model_fields}
        known |= {f"order.patient.{field}" for field in PatientFields.model_fields}
        if unknown := sorted(names - known):
            raise ValueError(
                f"{unknown[0]!r} is no field; for instance patient.age, report.verifier, order.exam_item"
            )
        return names

    @cached_property
    def order_delivered(self) -> frozenset[str]:
        """Names below ``order.``."""
        return frozenset(name[6:] for name in self.delivered if name.startswith("order."))

    @cached_property
    def report_delivered(self) -> frozenset[str]:
        """Names of a report's fields."""
        return frozenset(name for name in self.delivered if not name.startswith("order."))


class Profiles:
    """The profiles of a site."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = {profile.name: profile for profile in profiles}
        self.default = self._profiles.get(DEFAULT) or Profile(name=DEFAULT)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._profiles.values())

    def get(self, name: str) -> Profile | None:
        """The profile called `name`."""
        return self._profiles.get(name)

    def select(self, header: Header, listener: str = "") -> Profile:
        """The profile for a sender; the cautious default when none is for it."""
        return self._best(header, listener) or self.default

    def is_known(self, header: Header, listener: str = "") -> bool:
        """Whether a profile names this sender."""
        return self._best(header, listener) is not None

    def _best(self, header: Header, listener: str) -> Profile | None:
        application, facility = header.text(3), header.text(4)
        component = header.delimiters.component
        application, facility = application.split(component)[0], facility.split(component)[0]
        scored = [
            (profile.match.score(application, facility, listener), profile)
            for profile in self._profiles.values()
        ]
        best = max(scored, key=lambda pair: pair[0], default=(0, self.default))
        return best[1] if best[0] else None


def load_profiles(folder: FilePath) -> Profiles:
    """Read every ``*.toml`` of a folder; a profile's name is its file's.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake, or a profile that extends one that is not there.
    """
    raw = {path.stem: (str(path), read_toml(path)) for path in sorted(folder.glob("*.toml"))}
    return Profiles([_profile(name, raw, ()) for name in raw])


def parse_profile(
    name: str, content: Mapping[str, Any], base: Mapping[str, Any] | None = None, file: str = ""
) -> Profile:
    """Check one profile's content, laid over `base`."""
    merged = _laid_over(base or {}, {key: value for key, value in content.items() if key != "extends"})
    return validate(Profile, {**merged, "name": name}, file)


def _profile(name: str, raw: Mapping[str, tuple[str, dict[str, Any]]], below: tuple[str, ...]) -> Profile:
    file, content = raw[name]
    return parse_profile(name, content, _base(name, raw, below), file)


def _base(name: str, raw: Mapping[str, tuple[str, dict[str, Any]]], below: tuple[str, ...]) -> dict[str, Any]:
    """Content of the profile that `name` extends, itself laid over its own base; without its senders."""
    file, content = raw[name]
    base = content.get("extends")
    if base is None:
        return {}
    if base not in raw or base in (name, *below):
        raise ConfigError(file, "extends", f"there is no other profile called {base!r}")
    merged = _laid_over(_base(base, raw, (*below, name)), raw[base][1])
    return {key: value for key, value in merged.items() if key not in ("match", "extends", "description")}


def _laid_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        merged[key] = (
            _laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return merged
