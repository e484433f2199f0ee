"""What others are told of a score, and when.

The report is released at once.  What others are told of the score (SR, ORU) waits for the
minute in which the person may take the form back: a timer settles it (ADR 75).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.scoring import ScoreSheet
from plugin.workflow.announce import Announce
from plugin.workflow.correct import Correct
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.open_form import standing
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleScore:
    """From sheets that may still be taken back to sheets that everybody knows of.

    Parameters
    ----------
    documents
        Asks for the SR of each destination, and what goes with it.
    undo_time
        For so long a form may be taken back, and its score is told to nobody.
    """

    documents: IssueDocuments
    corrections: Correct
    announce: Announce = field(default_factory=Announce)
    undo_time: timedelta = timedelta(seconds=60)

    def later(
        self, uow: UnitOfWork, sheets: tuple[ScoreSheet, ...], at: datetime, turn: str = "first"
    ) -> None:
        """Settle them at `at`; `turn` tells a second filling from the first."""
        first = sheets[0].sheet_id
        if not self.undo_time:
            self(uow, [sheet.sheet_id for sheet in sheets])
            return
        uow.outbox.enqueue(
            NewJob(
                kind=JobKind.SETTLE_SCORE,
                lane=f"timer:score:{first}:{turn}",
                key=settle_key(first, turn),
                payload={"sheet_ids": [sheet.sheet_id for sheet in sheets]},
                due_at=at,
            )
        )

    def forget(self, uow: UnitOfWork, sheets: tuple[ScoreSheet, ...]) -> None:
        """They are replaced: nobody is told of them."""
        for turn in ("first", "again"):
            uow.outbox.cancel(settle_key(sheets[0].sheet_id, turn))

    def undo_until(self, sheets: tuple[ScoreSheet, ...]) -> datetime | None:
        """Until when they may be taken back."""
        return sheets[0].scored_at + self.undo_time if sheets and self.undo_time else None

    def __call__(self, uow: UnitOfWork, sheet_ids: Sequence[str]) -> None:
        """The minute is over: tell the archives and whoever listens, unless others stand meanwhile."""
        kept = [sheet for sheet_id in sheet_ids if (sheet := uow.sheets.get(sheet_id))]
        gate = uow.gates.get(kept[0].gate_id) if kept else None
        if gate is None or {s.sheet_id for s in kept} != {s.sheet_id for s in standing(uow, gate.gate_id)}:
            return
        self.tell(uow, kept)

    def tell(self, uow: UnitOfWork, sheets: Sequence[ScoreSheet]) -> None:
        """Let archives and listeners know of sheets that stand; a failing one opens its correction."""
        for sheet in sheets:
            self.announce.score(uow, sheet)
            self.corrections.open(uow, sheet)
        self.documents(uow, sheets)


def settle_key(sheet_id: str, turn: str) -> str:
    """Of the timer for a first filling (``first``) or the one after it was taken back (``again``)."""
    return f"settle:{sheet_id}:{turn}"
