"""The standard's figures 2, 3, 4, 5 and 7 (T/CSBME clause 6) as tables that can leave the house."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from plugin.domain.listing import ScoredRow, StructuredShare
from plugin.kit.spreadsheet import Cell, Table
from plugin.workflow import score_statistics as scored
from plugin.workflow.ports.unit_of_work import UnitOfWork

Worked = tuple[str, str]
"""Who, and with which modality."""


def scores_table(rows: Sequence[ScoredRow]) -> Table:
    """Figure 2, 质控评分统计: person by modality and points, 合计 last."""
    modalities, people = scored.scores_by_person(rows)
    return Table(
        title="质控评分统计",
        columns=["姓名", *(f"{m} {p}分" for m in modalities for p in scored.POINTS)],
        rows=[[each.person, *(n for m in modalities for n in each.counts[m])] for each in people],
    )


def deductions_table(rows: Sequence[ScoredRow]) -> Table:
    """Figure 3, 质控扣分明细."""
    return Table(
        title="质控扣分明细",
        columns=["设备类型", "检查部位", "医生/技师", "质控人", "分数", "不符合项", "严重扣分项", "问题说明"],
        rows=[
            [
                row.modality,
                row.exam_item,
                row.sheet.assessed_name,
                row.sheet.scorer_name or row.sheet.scorer_id,
                row.sheet.result.grade if row.sheet.result.score is None else f"{row.sheet.result.score}分",
                "；".join(each.text for each in unmet),
                "；".join(each.text for each in severe),
                "；".join(each.reason for each in (*unmet, *severe) if each.reason),
            ]
            for row, unmet, severe in scored.deductions(rows)
        ],
    )


def items_table(rows: Sequence[ScoredRow]) -> Table:
    """Figure 4, 质控扣分项目."""
    return Table(
        title="质控扣分项目",
        columns=["扣分类型", "扣分数", "扣分项目"],
        rows=[
            ["严重扣分项" if severe else "不符合项", number, text]
            for severe, text, number in scored.deduction_counts(rows)
        ],
    )


def workload_table(worked: Iterable[Worked], title: str) -> Table:
    """Figure 5, 工作量统计: person by modality, the busiest first, 合计 last."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for person, modality in worked:
        counts[person or scored.UNNAMED][modality or scored.UNNAMED] += 1
    modalities = sorted({m for each in counts.values() for m in each})
    people = sorted(counts, key=lambda person: (-counts[person].total(), person))
    body: list[list[Cell]] = [
        [person, counts[person].total(), *(counts[person][m] for m in modalities)] for person in people
    ]
    sums: list[Cell] = [sum(each[m] for each in counts.values()) for m in modalities]
    total: Cell = sum(each.total() for each in counts.values())
    return Table(title=title, columns=["姓名", "合计", *modalities], rows=[*body, ["合计", total, *sums]])


def quality_table(rows: Sequence[ScoredRow]) -> Table:
    """Figure 7, 质量统计, in per cent."""
    return Table(
        title="质量统计",
        columns=["姓名", "被质控数", "优秀率(%)", "良好率(%)", "合格率(%)", "不合格率(%)"],
        rows=[
            [each.person, each.scored, each.excellent, each.good, each.passed, each.failed]
            for each in scored.quality_by_person(rows)
        ],
    )


def rates_table(rows: Sequence[ScoredRow]) -> Table:
    """合格率 in its three readings (decisions 20); ≥ 3 points leads."""
    rates = scored.pass_rates(rows)
    return Table(
        title="合格率",
        columns=["抽检数", "合格率(≥3分,%)", "恰为3分(%)", "完全符合(%)"],
        rows=[[rates.sampled, rates.passing, rates.exactly_three, rates.complete]],
    )


def estimate_table(rows: Sequence[ScoredRow]) -> Table:
    """合格率 of all examinations, estimated from those drawn (weights 1/p), with its 95 % interval."""
    found = scored.estimated_rate(rows)
    body: list[list[Cell]] = (
        [[found.scored, *(round(100 * share, 1) for share in (found.value, found.low, found.high))]]
        if found
        else []
    )
    return Table(
        title="全部检查的合格率估计（按抽中概率的倒数加权）",
        columns=["抽中并评分", "估计(%)", "95%下限(%)", "95%上限(%)"],
        rows=body,
    )


def workload(uow: UnitOfWork, since: datetime, until: datetime) -> tuple[list[Worked], list[Worked]]:
    """What technicians examined, and what doctors reported, by the reports that stand."""
    technicians, doctors = [], []
    for report in uow.reviews.reported(since, until):
        known = uow.exams.order(report.exam.accession_number) if not report.exam.technician else None
        technician = report.exam.technician or (known[0].technician if known else "")
        technicians.append((technician, report.exam.modality))
        doctors.append((report.author, report.exam.modality))
    return technicians, doctors


SCORED: Mapping[str, tuple[Callable[[Sequence[ScoredRow]], Table], ...]] = {
    "scores": (scores_table,),
    "deductions": (deductions_table,),
    "items": (items_table,),
    "quality": (quality_table, rates_table, estimate_table),
}
"""Name of a command to the tables that it writes."""


def structured_table(shares: Sequence[StructuredShare]) -> Table:
    """结构化报告占比 by department and modality, 合计 last (seed 000: 宜使用结构化报告)."""
    rows: list[list[Cell]] = [
        [each.department, each.modality, each.structured, each.reports, round(each.percent, 1)]
        for each in shares
    ]
    if reports := sum(each.reports for each in shares):
        structured = sum(each.structured for each in shares)
        rows.append(["合计", "", structured, reports, round(100 * structured / reports, 1)])
    return Table(
        title="结构化报告占比", columns=["科室", "设备类型", "结构化报告", "报告总数", "占比 %"], rows=rows
    )
