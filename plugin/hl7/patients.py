"""Who a message is about, and ADT: registered, updated, merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plugin.domain.patient import Patient, PatientMerge
from plugin.hl7.datatypes import birth_date, patient_name, person_name
from plugin.hl7.path import Paths, Source
from plugin.hl7.profile import Profile
from plugin.hl7.reader import Group, Message, Segment
from plugin.hl7.refusals import refusal
from plugin.kit.registry import Options

UPDATES = frozenset(
    {"A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A11", "A12", "A13", "A14", "A28", "A31"}
)
"""Events of ADT whose PID says what is now known of a patient."""
MERGES = frozenset({"A18", "A30", "A34", "A36", "A40", "A47"})
"""Events by which the history of MRG-1 becomes that of PID-3: merges of a patient, and a changed identifier.

Not A35 and A41 (accounts), A39 (external identifiers), A43 and A45 (a single identifier or visit moves).
"""
IDENTIFIER_CHARS = 199
"""EI.1 has so many at most (v2.5.1, 2.A.28), CX.1 fewer."""


def read_update(message: Message, profile: Profile) -> Patient:
    """Read an ADT message that registers or updates: what is now known of the patient.

    Raises
    ------
    MessageRejected
        When PID or the patient's identifier is missing.
    """
    patient, _ = identify(Group.of(message), profile)
    require_patient(message, patient)
    return patient


def read_merges(message: Message, profile: Profile) -> list[PatientMerge]:
    """Read a merge (`MERGES`): pairs of PID and MRG, in order (v2.5.1, 3.3.40).

    Raises
    ------
    MessageRejected
        When a PID lacks its MRG, or either its identifier.
    """
    merges: list[PatientMerge] = []
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            surviving, _ = identify(Group(pid, None, None, None, [], [], message.nulls), profile)
            prior = _prior(segment, profile)
            if not surviving.patient_id or not prior.patient_id:
                raise refusal("merge", "PID^1^3" if prior.patient_id else "MRG^1^1")
            require_identifier(surviving.patient_id, "PID^1^3")
            require_identifier(prior.patient_id, "MRG^1^1")
            merges.append(PatientMerge(surviving=surviving, prior=prior))
    if not merges:
        raise refusal("merge", "MRG^1^1")
    return merges


def _prior(mrg: Segment, profile: Profile) -> Patient:
    """Who was merged: MRG-1 is read as the profile reads PID-3, its first identifier where that finds none."""
    source = Group(None, None, None, None, [], [mrg])
    paths = profile.patient
    return Patient(
        patient_id=first_value(source, _in_mrg(paths.patient_id)) or mrg.value(1, 1),
        assigning_authority=first_value(source, _in_mrg(paths.assigning_authority)),
        name=person_name(mrg.name_parts(7)),
    )


def _in_mrg(paths: Paths) -> Paths:
    return tuple(
        replace(path, segment="MRG", field=1) for path in paths if (path.segment, path.field) == ("PID", 3)
    )


def identify(source: Source, profile: Profile) -> tuple[Patient, frozenset[str]]:
    """The patient, and which of `Patient`'s fields came, valued or explicitly null."""
    paths = profile.patient
    values = {
        "patient_id": first_value(source, paths.patient_id),
        "assigning_authority": first_value(source, paths.assigning_authority),
        "name": patient_name(source, paths.name),
        "sex": profile.values.sex.get(first_value(source, paths.sex).upper(), ""),
        "age": first_value(source, paths.age),
        "birth_date": birth_date(first_value(source, paths.birth_date)),
    }
    return Patient(**values), frozenset(valued(values) | nulls(source, values, paths))


def require_patient(message: Message, patient: Patient) -> None:
    """Refuse a message that names no patient."""
    if message.first("PID") is None:
        raise refusal("no_segment", "PID^1", segment="PID")
    if not patient.patient_id:
        raise refusal(
            "no_field", "PID^1^3", field="PID-3", meaning="患者标识", meaning_en="patient identifier"
        )
    require_identifier(patient.patient_id, "PID^1^3")
    require_identifier(patient.assigning_authority, "PID^1^3")


def require_identifier(identifier: str, location: str) -> None:
    """Refuse what is too long to number anything: no index holds it."""
    if len(identifier) > IDENTIFIER_CHARS:
        raise refusal("limit", location, what="characters", limit=str(IDENTIFIER_CHARS))


def first_value(source: Source, paths: Paths) -> str:
    """Value of the first path that holds one."""
    for path in paths:
        if value := path.value(source):
            return value
    return ""


def valued(values: Mapping[str, object]) -> set[str]:
    """Names of the values that came."""
    return {name for name, value in values.items() if value}


def nulls(source: Source, names: Iterable[str], paths: Options) -> set[str]:
    """Those of `names` whose field the sender says is empty (``""``); `paths` has each under its name, if it has one."""
    if not source.nulls:
        return set()
    return {name for name in names if any(path.is_null(source) for path in getattr(paths, name, ()))}
