"""Statements that rule each other out though no word of them is the same: 消化道穿孔, 未见游离气体.

What a conclusion would be seen by is known of a few (a loose prosthesis by a lucent line, an abscess by
what is liquid); and of a few denials, what they cannot stand beside.  Each pair is a row of the
configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plugin.kit.registry import Options
from plugin.rules.comparison.claims import compatible, sentence_of
from plugin.rules.comparison.statements import Statement
from plugin.rules.texts import Texts

_MOST = 60
"""Statements of a section that are asked about, so that time stays bounded."""
_MOST_ROWS = 12
"""Rows that one report can be asked about; none speaks of as many things."""
_UNSAID = re.compile(r"建议|请|待[排查除]|除外|不[除能]|可疑|术后|修补|病史|较前|复查|风险|[?]")


class Opposition(Options):
    """One row of `contradiction.opposed`.

    Parameters
    ----------
    says
        Words of which the impression holds one, where the row is asked about.
    concluded
        What a clause of the impression says (normalised text).
    found
        What a clause of the findings says that rules it out, with the words of its sentence before it;
        ``{key}`` stands for what `concluded` calls by that name.
    unless
        What excuses it, wherever the findings say so.
    placed
        Both must be of one place: of sides, and of vertebrae, that agree.
    """

    says: tuple[str, ...]
    concluded: re.Pattern[str]
    found: str
    unless: re.Pattern[str] | None = None
    placed: bool = True


def opposed_statements(reading: Texts, rows: Iterable[Opposition]) -> Iterator[tuple[Statement, Statement]]:
    """Statements of the impression, each with the statement of the findings that rules it out."""
    impression, findings = reading.impression.text, reading.findings.text
    asked = [row for row in rows for word in row.says if word in impression]
    last: Opposition | None = None
    for row in asked[:_MOST_ROWS]:
        # A row stands here once for each of its words; these stand beside each other.
        if row is last:
            continue
        last = row
        if row.unless is not None and row.unless.search(findings):
            continue
        for said in reading.impression_statements[:_MOST]:
            match = row.concluded.search(said.text)
            if match is None or _UNSAID.search(said.text):
                continue
            against = _against(reading, row, said, match)
            if against is not None:
                yield said, against
                break


def _against(reading: Texts, row: Opposition, said: Statement, match: re.Match[str]) -> Statement | None:
    key = match.groupdict().get("key") or ""
    ruled_out = re.compile(row.found.replace("{key}", re.escape(key)))
    if ruled_out.search(reading.findings.text) is None:
        return None
    for found in reading.findings_statements:
        sentence = sentence_of(reading.findings, found.clause)
        own = len(sentence) - (found.end - found.start)
        if any(there.end() > own for there in ruled_out.finditer(sentence)) and (
            not row.placed or _agree(said, found)
        ):
            return found
    return None


def _agree(said: Statement, found: Statement) -> bool:
    """Whether two statements may be of one place."""
    if said.levels and found.levels and said.levels.isdisjoint(found.levels):
        return False
    if not said.sides or not found.sides:
        return True
    return any(compatible(ours, theirs) for ours in said.sides for theirs in found.sides)
