"""What each destination may learn (decisions 25): names and identities leave the house on purpose only.

The template leaves out rows by level; this module changes the values themselves.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

from plugin.domain.errors import InvalidInput
from plugin.domain.imaging import SeriesEvidence
from plugin.domain.patient import Patient
from plugin.domain.scoring import ScoreSheet
from plugin.sr.content import Disclosure, MarkedImage, ReaderPart, ScoredForm, SrContent


def disclosed(content: SrContent) -> SrContent:
    """The content as its disclosure level lets it out; `FULL` is the content itself.

    A pseudonym is an HMAC-SHA256 of the value under the site's key: the same person and
    the same study have the same pseudonym in every object, and only the site can tell
    whose it is.  Free text is left out by the template, because nobody can vouch for it.

    Raises
    ------
    InvalidInput
        When pseudonyms are asked for without a key of at least 16 bytes.
    """
    if content.disclosure is Disclosure.SUMMARY:
        return replace(content, scored=settled(content.scored))
    if content.disclosure is Disclosure.FULL:
        return content
    if len(content.pseudonym_key) < 16:
        raise InvalidInput("pseudonym_key", "pseudonymous disclosure needs a key of at least 16 bytes")
    return _Pseudonyms(content.pseudonym_key).content(content)


def settled(scored: Sequence[ScoredForm]) -> tuple[ScoredForm, ...]:
    """What came out, without who said so or who differed.

    The adjudicator's word on an object stands, else the first reader's.  The names are taken
    out here although no row of the template would show them: what is not there cannot leak.
    """
    rank = {ReaderPart.ADJUDICATOR: 0, ReaderPart.SINGLE: 1, ReaderPart.FIRST: 1, ReaderPart.SECOND: 2}
    best: dict[str, ScoredForm] = {}
    for one in scored:
        held = best.get(one.form.object)
        if held is None or rank[one.part] < rank[held.part]:
            best[one.form.object] = one
    return tuple(replace(one, part=ReaderPart.SINGLE, sheet=_unnamed(one.sheet)) for one in best.values())


def _unnamed(sheet: ScoreSheet) -> ScoreSheet:
    return replace(sheet, scorer_id="", scorer_name="", scorer_role="", assessed_id="", assessed_name="")


class _Pseudonyms:
    def __init__(self, key: bytes) -> None:
        self.key = key

    def content(self, content: SrContent) -> SrContent:
        patient, study = content.patient, content.study
        return replace(
            content,
            patient=Patient(
                patient_id=self._word("P", f"{patient.assigning_authority}\x1f{patient.patient_id}"),
                name=self._word("P", f"{patient.assigning_authority}\x1f{patient.patient_id}"),
                sex=patient.sex,
            ),
            study=replace(
                study,
                study_instance_uid=self._uid(study.study_instance_uid),
                accession_number=self._word("A", study.accession_number),
                study_id="",
                referring_physician="",
                placer_order_number="",
                filler_order_number="",
                other_study_instance_uids=tuple(map(self._uid, study.other_study_instance_uids)),
            ),
            scored=tuple(map(self._scored, content.scored)),
            series_instance_uid=self._uid(content.series_instance_uid),
            evidence=tuple(map(self._series, content.evidence)),
            report_id=self._word("R", content.report_id),
            predecessors=tuple(
                replace(
                    document,
                    study_instance_uid=self._uid(document.study_instance_uid),
                    series_instance_uid=self._uid(document.series_instance_uid),
                )
                for document in content.predecessors
            ),
        )

    def _scored(self, scored: ScoredForm) -> ScoredForm:
        sheet = scored.sheet
        return replace(
            scored,
            sheet=replace(
                sheet,
                sheet_id=self._word("S", sheet.sheet_id),
                amends=self._word("S", sheet.amends),
                scorer_id=self._word("D", sheet.scorer_id),
                scorer_name=self._word("D", sheet.scorer_id or sheet.scorer_name),
                assessed_id=self._word("D", sheet.assessed_id),
                assessed_name=self._word("D", sheet.assessed_id or sheet.assessed_name),
            ),
            images=tuple(
                MarkedImage(
                    sop_class_uid=image.sop_class_uid,
                    sop_instance_uid=self._uid(image.sop_instance_uid),
                    criterion_id=image.criterion_id,
                )
                for image in scored.images
            ),
        )

    def _series(self, series: SeriesEvidence) -> SeriesEvidence:
        return SeriesEvidence(
            study_instance_uid=self._uid(series.study_instance_uid),
            series_instance_uid=self._uid(series.series_instance_uid),
            instances=tuple((sop_class, self._uid(sop)) for sop_class, sop in series.instances),
        )

    def _digest(self, value: str) -> bytes:
        return hmac.new(self.key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()

    def _word(self, kind: str, value: str) -> str:
        """Twelve hexadecimal digits: fits an SH, and a million people collide once in 500 sites."""
        return f"{kind}{self._digest(f'{kind}{value}').hex()[:12].upper()}" if value else ""

    def _uid(self, value: str) -> str:
        """Under 2.25 (PS3.5 B.2)."""
        return f"2.25.{int.from_bytes(self._digest(f'UID{value}')[:16], 'big')}" if value else ""
