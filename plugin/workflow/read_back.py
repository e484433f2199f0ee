"""Whether what was read back is what was told."""

from __future__ import annotations

import unicodedata

from plugin.domain.critical import Alert


def says_the_same(read_back: str, alert: Alert) -> bool:
    """``True`` when the read-back names the finding: its name, its code, or the words of the report.

    Spaces, punctuation and letter widths do not count.
    """
    said = _essence(read_back)
    finding = alert.finding
    return bool(said) and said in {_essence(finding.name), _essence(finding.code), _essence(finding.text)}


def _essence(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())
