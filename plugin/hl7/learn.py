"""A site profile proposed from sample messages: what differs from the default, and why it is thought so.

Nothing here is certain; the proposal is TOML for a person to read, with what it would
extract shown beside what the default extracts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plugin.domain.errors import MessageRejected
from plugin.hl7 import charset
from plugin.hl7 import header as msh
from plugin.hl7.extraction import extracted
from plugin.hl7.header import Header
from plugin.hl7.learn_text import learn_text
from plugin.hl7.meaning import reader_for
from plugin.hl7.profile import Profile
from plugin.hl7.proposal import Proposal
from plugin.hl7.reader import Group, Message, Segment

_STATUSES = frozenset("FPCXRAS")
_LIKELY_MODALITY = (24, 23, 22, 15, 21, 19)
_LIKELY_STATUS = (25, 24, 26)
_LIKELY_ACCESSION = (18, 3, 2, 20)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message, read as far as the default reads it."""

    name: str
    header: Header
    message: Message
    guessed_codec: str


def open_sample(name: str, block: bytes) -> Sample:
    """Read a block as the listener would.

    Raises
    ------
    MessageRejected
        When it could not be read at all.
    """
    header = msh.read(block)
    msh.require(header)
    decoded = charset.decode(block, header.codec)
    guessed = decoded.codec if decoded.guessed and not header.codec else ""
    return Sample(name, header, Message(decoded.text, header.delimiters, decoded.codec), guessed)


def learn(samples: Sequence[Sample], default: Profile) -> Proposal:
    """Propose what differs from the default for the sender of these messages."""
    proposal = Proposal()
    _senders(samples, proposal)
    _charset(samples, proposal)
    reports = [sample for sample in samples if sample.header.code in ("ORU", "MDM")]
    groups = [group for sample in reports for group in sample.message.groups() if group.obr]
    learn_text([sample.message for sample in reports], default, proposal)
    if groups:
        _numbers(groups, default, proposal)
        _modality(groups, default, proposal)
        _status(groups, default, proposal)
        _people(groups, proposal)
    _words(samples, default, proposal)
    return proposal


def compared(sample: Sample, profile: Profile) -> Mapping[str, str]:
    """What a profile makes of a message, by dotted name; ``refused`` alone when it refuses."""
    try:
        reader_for(sample.header)  # which refuses a type that nobody reads
        return extracted(sample.header, sample.message, profile)
    except MessageRejected as error:
        return {"refused": str(error)}


def _senders(samples: Sequence[Sample], proposal: Proposal) -> None:
    for key, number in (("sending_application", 3), ("sending_facility", 4)):
        found = sorted({text for sample in samples if (text := sample.header.text(number))})
        if found:
            proposal.propose(f"match.{key}", found, f"MSH-{number}")


def _charset(samples: Sequence[Sample], proposal: Proposal) -> None:
    guessed = Counter(sample.guessed_codec for sample in samples if sample.guessed_codec)
    if guessed:
        codec, count = guessed.most_common(1)[0]
        name = {"gb18030": "GB18030", "utf-8": "UTF-8"}.get(codec, codec.upper())
        proposal.propose("message.charset", name, f"{count} message(s) declare none and read so")


def _numbers(groups: Sequence[Group], default: Profile, proposal: Proposal) -> None:
    if any(path.value(group) for group in groups for path in default.exam.accession_number):
        return
    number = _first_valued(groups, _LIKELY_ACCESSION)
    if number:
        proposal.propose(
            "exam.accession_number", [f"OBR-{number}.1"], "the first number that is always there"
        )
        proposal.propose("order.accession_number", [f"OBR-{number}.1"], "as in reports")


def _modality(groups: Sequence[Group], default: Profile, proposal: Proposal) -> None:
    words = default.values.modality
    if any(path.value(group).upper() in words for group in groups for path in default.exam.modality):
        return
    for number in _LIKELY_MODALITY:
        found = {obr.value(number, 1).upper() for obr in _obrs(groups)} - {""}
        if found and found <= set(words):
            shown = ", ".join(sorted(found))
            proposal.propose("exam.modality", [f"OBR-{number}.1"], f"holds {shown}")
            proposal.propose("order.modality", [f"OBR-{number}.1"], "as in reports")
            return


def _status(groups: Sequence[Group], default: Profile, proposal: Proposal) -> None:
    if any(path.value(group) for group in groups for path in default.report.status):
        return
    for number in _LIKELY_STATUS:
        found = {obr.value(number, 1).upper() for obr in _obrs(groups)} - {""}
        if found and found <= _STATUSES:
            proposal.propose("report.status", [f"OBR-{number}.1"], f"holds {', '.join(sorted(found))}")
            return


def _people(groups: Sequence[Group], proposal: Proposal) -> None:
    """Two people from OBR-32 on: in China mostly the reporting physician first. Only a person can tell."""
    valued = [number for number in range(32, 36) if any(obr.value(number) for obr in _obrs(groups))]
    if len(valued) < 2:
        return
    author, verifier = valued[:2]
    if (author, verifier) == (32, 33):
        proposal.questions.append("report.author, report.verifier: CHECK who is 报告医师, OBR-32 or OBR-33")
        return
    proposal.propose("report.author", [f"OBR-{author}"], "the first person: CHECK that this is 报告医师")
    proposal.propose("report.verifier", [f"OBR-{verifier}"], "the second person: CHECK that this is 审核医师")
    proposal.propose("exam.technician", [f"OBR-{n}" for n in (*valued[2:3], 10)], "CHECK")


def _words(samples: Sequence[Sample], default: Profile, proposal: Proposal) -> None:
    """Words that no table of values knows: the person fills in ours."""
    for key, table, segment, number in (
        ("sex", default.values.sex, "PID", 8),
        ("patient_class", default.values.patient_class, "PV1", 2),
        ("order_control", default.values.order_control, "ORC", 1),
        ("report_status", default.values.report_status, "OBR", 25),
    ):
        found = Counter(
            word
            for sample in samples
            for found_segment in sample.message.all(segment)
            if (word := found_segment.value(number, 1)) and word.upper() not in _upper(table)
        )
        if found:
            words = ", ".join(f"{word} ({count})" for word, count in found.most_common(5))
            proposal.questions.append(
                f"values.{key}: {segment}-{number} holds words that are not known: {words}"
            )


def _upper(table: Mapping[str, object]) -> set[str]:
    return {key.upper() for key in table}


def _first_valued(groups: Sequence[Group], numbers: Iterable[int]) -> int:
    return next((n for n in numbers if all(obr.value(n, 1) for obr in _obrs(groups))), 0)


def _obrs(groups: Sequence[Group]) -> list[Segment]:
    return [group.obr for group in groups if group.obr]
