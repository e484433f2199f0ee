"""Register and statistics of critical values as tables to be written out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from plugin.domain.listing import AlertCase
from plugin.kit.spreadsheet import Table
from plugin.workflow.alert_register import COLUMNS, register_rows
from plugin.workflow.alert_statistics import AlertFigures

FIGURE_COLUMNS = (
    "科室", "级别", "月份", "例数", "发现至通知(分,中位)", "发现至通知(分,P90)",
    "通知至复述(分,中位)", "通知至复述(分,P90)", "及时率(%)", "升级例数", "未接收", "病例", "超时病例",
)  # fmt: skip


def register_table(cases: Sequence[AlertCase], zone: tzinfo) -> Table:
    """危急值登记本, one row an alert, oldest first."""
    return Table(title="危急值登记本", columns=COLUMNS, rows=register_rows(cases, zone))


def figures_table(figures: Sequence[AlertFigures]) -> Table:
    """One row a department, tier and month, each with the alerts behind it."""
    rows = [
        (
            f.department, f.tier, f.month, f.number, f.to_notice, f.to_notice_p90, f.to_read_back,
            f.to_read_back_p90, f.in_time, f.escalated, f.open, " ".join(f.alert_ids), " ".join(f.late_ids),
        )
        for f in figures
    ]  # fmt: skip
    return Table(title="危急值统计", columns=FIGURE_COLUMNS, rows=rows)
