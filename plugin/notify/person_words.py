"""What a notice to a person of the department says, in words.

Texts stand under ``person`` in the message catalogue.  No notice of this kind holds a
patient's name or a word of a report; outside the hospital the person is a staff number,
and the examination's number is left out.  This is checked when the texts are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

from plugin.domain.person_notice import PersonNotice
from plugin.kit.messages import Catalogue
from plugin.notify.messages import Text, check_outside

OUTSIDE_FIELDS = frozenset(
    {"hospital", "form", "grade", "due", "count", "link", "reference", "person_id", "rule"}
)
"""All that a text may fill in which leaves the hospital."""

_REFERENCE_LENGTH = 8


class PersonWriter:
    """Writes such notices in one language.

    Parameters
    ----------
    link
        Address of the page on which the person finds it.
    form_title
        Form ID to its title.

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
        link: str,
        zone: tzinfo,
        form_title: Callable[[str], str],
    ) -> None:
        self._catalogue, self._language = catalogue, catalogue.language(language)
        self._hospital, self._link, self._zone, self._title = hospital, link, zone, form_title
        check_outside(catalogue, filter(_leaves, catalogue.keys), OUTSIDE_FIELDS)

    def write(self, notice: PersonNotice, *, outside: bool) -> Text:
        """Put `notice` into words; `outside`: the channel leaves the hospital."""
        fields = self.fields(notice, outside=outside)
        occasion = notice.occasion.value
        place = "outside" if outside else "inside"
        body = (
            self._text(f"person.body.{occasion}", fields),
            self._text(f"person.{place}", fields),
            self._text("person.link", fields),
        )
        return Text(self._text(f"person.subject.{occasion}", fields), "\n".join(body))

    def fields(self, notice: PersonNotice, *, outside: bool) -> dict[str, str]:
        """What a message, or a system that takes fields, may be told."""
        empty = self._text("notice.not_given", {})
        known = {
            "hospital": self._hospital,
            "form": self._title(notice.form_id) if notice.form_id else "",
            "grade": notice.grade,
            "due": f"{notice.due_at.astimezone(self._zone):%Y-%m-%d %H:%M}" if notice.due_at else "",
            "count": str(notice.count),
            "rule": self._rule(notice.rule),
            "link": self._link,
            "reference": notice.notice_id[-_REFERENCE_LENGTH:],
            "person_id": notice.to.person_id,
        }
        if not outside:
            known |= {"person": notice.to.name, "accession_number": notice.accession_number}
        return {name: value or empty for name, value in known.items()}

    def _rule(self, rule: str) -> str:
        """Its name in words; a rule of the site's or of an analyser's has none but its ID."""
        key = f"rule_name.{rule}"
        return self._catalogue.text(self._language, key) if key in self._catalogue else rule

    def _text(self, key: str, fields: Mapping[str, str]) -> str:
        return self._catalogue.text(self._language, key, **fields)


def _leaves(key: str) -> bool:
    return key.startswith(("person.subject.", "person.body.")) or key in {"person.outside", "person.link"}
