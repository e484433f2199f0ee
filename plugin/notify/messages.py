"""What a notice says, in words: in full inside the hospital, without a patient outside.

Texts stand in the message catalogue (``config/messages``) under ``notice``.  Those for
channels that leave the hospital may fill in nothing that names a patient or quotes a
report; this is checked when they are read, so that no translation can let a name out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, tzinfo
from string import Formatter

from plugin.domain.errors import ConfigError
from plugin.domain.notice import Notice, Occasion
from plugin.domain.order import ImagingOrder
from plugin.kit.messages import Catalogue

OUTSIDE_FIELDS = frozenset({"hospital", "tier", "department", "due", "minutes", "link", "reference"})
"""All that a text outside may fill in."""

_REFERENCE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A message: `subject` is one line, `body` may have several."""

    subject: str
    body: str


def check_outside(catalogue: Catalogue, keys: Iterable[str], allowed: Set[str]) -> None:
    """Refuse texts for outside that fill in what must not leave the hospital.

    Raises
    ------
    ConfigError
        Naming file and key of the first text that fills in more than `allowed`.
    """
    for key in sorted(keys):
        for language in catalogue.languages:
            fields = {name for _, name, _, _ in Formatter().parse(catalogue.text(language, key)) if name}
            if extra := fields - allowed:
                raise ConfigError(
                    f"messages/{language}.toml",
                    key,
                    f"leaves the hospital and may not fill in {{{min(extra)}}}; "
                    f"allowed: {', '.join(sorted(allowed))}",
                )


class MessageWriter:
    """Writes notices in one language.

    Parameters
    ----------
    catalogue
        Texts of all languages.
    language
        The one to write in.
    hospital
        Its name, as receivers know it.
    link
        Address of the ward page that shows an alert, by alert ID; the page asks who looks.
    zone
        In which times are printed.

    Raises
    ------
    ConfigError
        When a text for outside fills in more than :data:`OUTSIDE_FIELDS`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        language: str,
        hospital: str,
        link: Callable[[str], str],
        zone: tzinfo,
    ) -> None:
        self._catalogue, self._language = catalogue, catalogue.language(language)
        self._hospital, self._link, self._zone = hospital, link, zone
        check_outside(
            catalogue, (key for key in catalogue.keys if key.startswith("notice.outside.")), OUTSIDE_FIELDS
        )

    def write(self, notice: Notice, *, outside: bool) -> Text:
        """Put `notice` into words.

        Parameters
        ----------
        outside
            The channel leaves the hospital: no name, no number of the examination, no text of the report.
        """
        place = "outside" if outside else "inside"
        fields = self.outside_fields(notice) if outside else self.inside_fields(notice)
        occasion = notice.occasion.value
        drill = self._text("notice.drill", {}) if notice.alert.is_drill else ""
        return Text(
            drill + self._text(f"notice.{place}.{occasion}_subject", fields),
            drill + self._text(f"notice.{place}.{occasion}_body", fields),
        )

    def outside_fields(self, notice: Notice) -> dict[str, str]:
        """What a message outside may say; `reference` finds the alert on the ward page."""
        alert, order = notice.alert, notice.order or ImagingOrder()
        return {
            "hospital": self._hospital,
            "tier": self._text(f"notice.tier_{alert.finding.tier.value}", {}),
            "department": order.department or self._text("notice.not_given", {}),
            "due": self._clock(alert.due_at),
            "minutes": self._minutes(notice),
            "link": self._link(alert.alert_id),
            "reference": alert.alert_id[-_REFERENCE_LENGTH:],
        }

    def inside_fields(self, notice: Notice) -> dict[str, str]:
        """Everything that the register of critical values asks for and that is known."""
        order, report = notice.order or ImagingOrder(), notice.report
        patient = report.patient if report and report.patient.name else order.patient
        given = {
            "name": patient.name,
            "sex": patient.sex,
            "age": patient.age,
            "patient_id": patient.patient_id,
            "number": (report.inpatient_number if report else "")
            or order.inpatient_number
            or order.outpatient_number,
            "ward": order.ward or (report.ward if report else ""),
            "bed": order.bed or (report.bed if report else ""),
            "exam_item": order.exam_item or (report.exam.exam_item if report else ""),
            "orderer": order.ordering_provider,
            "finding": notice.alert.finding.name,
            "value": notice.alert.finding.text,
            "accession_number": notice.alert.accession_number,
            "detected": self._clock(notice.alert.detected_at),
            "recipients": notice.duty.titles,
        }
        empty = self._text("notice.not_given", {})
        return {**self.outside_fields(notice), **{key: value or empty for key, value in given.items()}}

    def _text(self, key: str, fields: Mapping[str, str]) -> str:
        return self._catalogue.text(self._language, key, **fields)

    def _clock(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}" if at else self._text("notice.no_limit", {})

    def _minutes(self, notice: Notice) -> str:
        due = notice.alert.due_at
        if due is None:
            return self._text("notice.no_limit", {})
        return str(max(round((due - notice.alert.detected_at).total_seconds() / 60), 0))


def message_id(notice: Notice) -> str:
    """Same for each attempt at the same notice, so that a receiver tells a person once."""
    count = notice.alert.escalation_level if notice.occasion is Occasion.ESCALATED else notice.reminder
    return f"{notice.alert.alert_id}.{notice.occasion.value}.{count}"
