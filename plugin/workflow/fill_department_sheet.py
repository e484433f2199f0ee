"""The department's own sheet (seed 000 表B.1) is filled, kept and printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.scoring import FormAnswers, FormKind, ScoringForm
from plugin.domain.staff import StaffRole
from plugin.kit.spreadsheet import Table
from plugin.rules.rights import Rights
from plugin.rules.scoring import Forms, score
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

OBJECT = "DEPT"
"""``object`` of a form that is about the department."""

COLUMNS = ("检查项目", "检查内容", "机构提供的资料", "考评方法", "分值", "得分", "扣分理由")
"""Of table B.1, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDepartmentSheet:
    """Journeys of such sheets; any form of this kind under ``config/scoring`` is offered."""

    forms: Forms
    rights: Rights
    around: Surroundings

    def blanks(self, person: Signer) -> list[ScoringForm]:
        """Forms that this person may fill."""
        return [
            form
            for form in self.forms
            if form.kind is FormKind.POINTS
            and form.object == OBJECT
            and self.rights.may_score(StaffRole(person.role), form.form_id)
        ]

    def may_see(self, person: Signer, form_id: str) -> bool:
        return self.rights.may_see(StaffRole(person.role), form_id)

    def fill(
        self,
        uow: UnitOfWork,
        form_id: str,
        days: tuple[date, date],
        scorer: Signer,
        answers: FormAnswers,
        amends: str = "",
    ) -> DepartmentSheet:
        """Score it and keep it.

        Parameters
        ----------
        days
            First and last day that were looked at.
        amends
            Sheet that it replaces.

        Raises
        ------
        NotAllowed
            When the person's role may not fill it.
        InvalidInput
            A line without points, or short of its points without a reason; days the wrong way
            round or to come.
        GateConflict
            The sheet that is to be replaced was replaced already.
        """
        form = next((each for each in self.blanks(scorer) if each.form_id == form_id), None)
        if form is None:
            raise NotAllowed(f"the role {scorer.role} may not fill {form_id}")
        now = self.around.clock()
        if not days[0] <= days[1] <= now.astimezone(self.around.zone).date():
            raise InvalidInput("last_day", "lies before the first day, or has not come yet")
        result = score(form, answers)
        for lost in result.deductions:
            if not lost.reason.strip():
                raise InvalidInput(f"r.{lost.criterion_id}", f"扣分需要写明理由: {lost.text}")
        if amends:
            standing(uow, amends, form_id)
        sheet = DepartmentSheet(
            sheet_id=self.around.mint.id(),
            form_id=form_id,
            form_version=form.version,
            first_day=days[0],
            last_day=days[1],
            scorer_id=scorer.id,
            scorer_name=scorer.name,
            scorer_role=scorer.role,
            scored_at=now,
            answers=answers,
            result=result,
            amends=amends,
        )
        uow.department_sheets.add(sheet)
        uow.audit.append(
            now, scorer.id or scorer.name, "department_sheet.filled", sheet.sheet_id, {"form": form_id}
        )
        return sheet

    def table(self, sheet: DepartmentSheet) -> Table:
        """The sheet as the standard prints it, with its total below."""
        form = self.forms.get(sheet.form_id)
        rows = [
            (
                item.group,
                item.text,
                item.material,
                item.method,
                item.points,
                sheet.answers.points.get(item.id),
                sheet.answers.reasons.get(item.id, ""),
            )
            for item in form.items
        ]
        verdict = f"{sheet.result.grade}（不合格判定为：总分＜{form.pass_points:g}分）"
        rows.append(
            ("合计得分", "", "", verdict, form.full_points, sheet.result.points, sheet.answers.comment)
        )
        return Table(title=form.title, columns=COLUMNS, rows=rows)

    def listed(self, uow: UnitOfWork, person: Signer) -> Sequence[tuple[DepartmentSheet, bool]]:
        """Sheets that the person may see, newest first, and whether each still stands."""
        mine = (f for f in self.forms if f.object == OBJECT and self.may_see(person, f.form_id))
        every = [sheet for form in mine for sheet in uow.department_sheets.of_form(form.form_id)]
        replaced = {sheet.amends for sheet in every}
        newest = sorted(every, key=lambda sheet: sheet.scored_at, reverse=True)
        return [(sheet, sheet.sheet_id not in replaced) for sheet in newest]


def standing(uow: UnitOfWork, sheet_id: str, form_id: str) -> DepartmentSheet:
    """The sheet that is to be replaced.

    Raises
    ------
    UnknownReport
        There is none of this form.
    GateConflict
        It was replaced already.
    """
    former = uow.department_sheets.get(sheet_id)
    if former is None or former.form_id != form_id:
        raise UnknownReport("no such sheet to replace")
    if sheet_id in uow.department_sheets.replaced(form_id):
        raise GateConflict("this sheet was replaced already; look at the one that stands")
    return former
