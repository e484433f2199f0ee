"""Score sheets become documents: one instance a destination, its identity minted here.

Every disclosure level is an instance of its own (decisions 25), so is the PDF twin, and so
is a selection of images that fail.  An amendment continues the series of the document that
it replaces, at each destination; a destination that has never had one starts afresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.document import DocumentKind, SentDocument
from plugin.domain.errors import NotAllowed, UnknownReport
from plugin.domain.scoring import IMAGE_OBJECT, ScoreSheet
from plugin.rules.scoring import Forms
from plugin.workflow.announce import PATIENCE
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

_JOB = {DocumentKind.SR: JobKind.SEND_SR, DocumentKind.PDF: JobKind.SEND_PDF}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDocuments:
    """Asks for the documents of filled forms, in the transaction that keeps the forms.

    Parameters
    ----------
    destinations
        Names of the nodes that each get the SR, the archive of the hospital first.
    twins
        Those of them that also get it as a PDF.
    selections
        The node that holds the images and gets selections of those that fail; empty: none.
    quality_issue
        Failing images are marked (KOS 113010) without being asked for.
    rejection
        The site's switch: a person may have images of a failed sheet hidden (KOS 113001).
    """

    forms: Forms
    around: Surroundings
    destinations: tuple[str, ...]
    twins: frozenset[str] = frozenset()
    selections: str = ""
    quality_issue: bool = True
    rejection: bool = False

    def __call__(self, uow: UnitOfWork, sheets: Sequence[ScoreSheet]) -> tuple[SentDocument, ...]:
        """Write down and enqueue the documents of sheets that were scored together."""
        earlier = uow.documents.for_exam(sheets[0].accession_number)
        issued: list[SentDocument] = []
        first = sheets[0].sop_instance_uid, sheets[0].series_instance_uid
        for number, destination in enumerate(self.destinations):
            identity = first if number == 0 else self._identity()
            sr = self._continuing(earlier, sheets, destination, DocumentKind.SR, identity)
            issued.append(sr)
            if destination in self.twins:
                identity = self._identity()
                issued.append(
                    self._continuing(
                        earlier, sheets, destination, DocumentKind.PDF, identity, sr.sop_instance_uid
                    )
                )
        failing = [sheet for sheet in sheets if sheet.answers.images or self._fails_on_images(sheet)]
        if failing and self.selections and self.quality_issue:
            issued.append(self._selection(failing, DocumentKind.QUALITY_ISSUE))
        for document in issued:
            self._issue(uow, document)
        return tuple(issued)

    def reject(self, uow: UnitOfWork, accession_number: str, login: str, name: str) -> SentDocument:
        """Have the archive hide the images of a failed sheet; `name` confirms it and stands in the object.

        Raises
        ------
        NotAllowed
            The site's switch is off, or the images are rejected already.
        UnknownReport
            No sheet of this examination says that its images fail.
        """
        return self._confirmed(uow, accession_number, DocumentKind.REJECTED, login, name)

    def restore(self, uow: UnitOfWork, accession_number: str, login: str, name: str) -> SentDocument:
        """Take a rejection back.

        Raises
        ------
        NotAllowed
            The site's switch is off, or nothing is rejected.
        """
        return self._confirmed(uow, accession_number, DocumentKind.RESTORED, login, name)

    def offered(self, sheets: Sequence[ScoreSheet], documents: Sequence[SentDocument]) -> str:
        """``reject``, ``restore``, or empty: what a person may ask for as things stand."""
        if not (self.rejection and self.selections):
            return ""
        if is_rejected(documents):
            return "restore"
        return "reject" if any(map(self._fails_on_images, standing(sheets))) else ""

    def _confirmed(
        self, uow: UnitOfWork, accession_number: str, kind: DocumentKind, login: str, name: str
    ) -> SentDocument:
        if not (self.rejection and self.selections):
            raise NotAllowed("this site does not have images hidden; images.rejection in site.toml is off")
        if is_rejected(uow.documents.for_exam(accession_number)) is (kind is DocumentKind.REJECTED):
            raise NotAllowed(
                "these images are rejected already"
                if kind is DocumentKind.REJECTED
                else "nothing is rejected here"
            )
        sheets = standing(uow.sheets.for_exam(accession_number))
        failing = [sheet for sheet in sheets if self._fails_on_images(sheet)]
        if kind is DocumentKind.RESTORED:
            failing = failing or [sheet for sheet in sheets if self._is_about_images(sheet)]
        if not failing:
            raise UnknownReport("no standing sheet of this examination says that its images fail")
        document = self._selection(failing, kind, confirmed_by=name)
        self._issue(uow, document)
        uow.audit.append(
            self.around.clock(),
            login,
            f"images.{kind.value}",
            accession_number,
            {"document": document.sop_instance_uid},
        )
        return document

    def _continuing(
        self,
        earlier: Iterable[SentDocument],
        sheets: Sequence[ScoreSheet],
        destination: str,
        kind: DocumentKind,
        identity: tuple[str, str],
        source: str = "",
    ) -> SentDocument:
        amended = {sheet.amends for sheet in sheets if sheet.amends}
        replaced = [
            each
            for each in earlier
            if each.destination == destination and each.kind is kind and amended.intersection(each.sheet_ids)
        ]
        last = max(replaced, key=lambda each: each.instance_number, default=None)
        # What is replaced says more than what is corrected: the rest of it stands on.
        anew = {sheet.amends: sheet.sheet_id for sheet in sheets if sheet.amends}
        sheet_ids = [anew.get(sheet_id, sheet_id) for sheet_id in (last.sheet_ids if last else ())]
        sheet_ids += [sheet.sheet_id for sheet in sheets if sheet.sheet_id not in sheet_ids]
        return SentDocument(
            sop_instance_uid=identity[0],
            series_instance_uid=last.series_instance_uid if last else identity[1],
            destination=destination,
            kind=kind,
            accession_number=sheets[0].accession_number,
            sheet_ids=tuple(sheet_ids),
            issued_at=self.around.clock(),
            predecessor=last.sop_instance_uid if last else "",
            instance_number=last.instance_number + 1 if last else 1,
            source=source,
        )

    def _selection(
        self, sheets: Sequence[ScoreSheet], kind: DocumentKind, confirmed_by: str = ""
    ) -> SentDocument:
        sop_uid, series_uid = self._identity()
        return SentDocument(
            sop_instance_uid=sop_uid,
            series_instance_uid=series_uid,
            destination=self.selections,
            kind=kind,
            accession_number=sheets[0].accession_number,
            sheet_ids=tuple(sheet.sheet_id for sheet in sheets),
            issued_at=self.around.clock(),
            confirmed_by=confirmed_by,
        )

    def _issue(self, uow: UnitOfWork, document: SentDocument) -> None:
        uow.documents.add(document)
        uow.outbox.enqueue(document_job(document))

    def _identity(self) -> tuple[str, str]:
        return self.around.mint.uid(), self.around.mint.uid()

    def _is_about_images(self, sheet: ScoreSheet) -> bool:
        return self.forms.get(sheet.form_id).object == IMAGE_OBJECT

    def _fails_on_images(self, sheet: ScoreSheet) -> bool:
        return not sheet.result.passed and self._is_about_images(sheet)


def document_job(document: SentDocument, *, again: str = "") -> NewJob:
    """The job that sends one document; `again` (a transaction UID) tells a resend from the first.

    Documents of one kind for one examination leave in order, so that an amendment never
    overtakes what it replaces.
    """
    kind = _JOB.get(document.kind, JobKind.SEND_KOS)
    what = {JobKind.SEND_SR: "sr", JobKind.SEND_PDF: "pdf", JobKind.SEND_KOS: "kos"}[kind]
    return NewJob(
        kind=kind,
        lane=f"{what}:{document.destination}:{document.accession_number}",
        key=f"{what}:{document.destination}:{document.sop_instance_uid}:{again}",
        payload={
            "accession_number": document.accession_number,
            "destination": document.destination,
            "sop_instance_uid": document.sop_instance_uid,
        },
        max_attempts=PATIENCE,
    )


def standing(sheets: Sequence[ScoreSheet]) -> list[ScoreSheet]:
    """Sheets that no other replaces."""
    replaced = {sheet.amends for sheet in sheets}
    return [sheet for sheet in sheets if sheet.sheet_id not in replaced]


def is_rejected(documents: Iterable[SentDocument]) -> bool:
    """Whether the images stand rejected, as far as was asked of the archive; `documents` oldest first."""
    acts = [d.kind for d in documents if d.kind in {DocumentKind.REJECTED, DocumentKind.RESTORED}]
    return bool(acts) and acts[-1] is DocumentKind.REJECTED
