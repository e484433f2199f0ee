"""Figures of data quality (DB50 7.1), and the cases behind them, as tables to be written out."""

from __future__ import annotations

from plugin.kit.spreadsheet import Table
from plugin.workflow.measure_data import DataView


def data_tables(view: DataView) -> list[Table]:
    """One row a figure; then one row a case."""
    return [
        Table(
            title="数据质量",
            columns=["指标", "分组", "条款", "要求(%)", "结果(%)", "可测例数", "不符合例数", "达标"],
            rows=[
                [
                    each.name,
                    each.text,
                    each.clause,
                    round(each.least * 100, 1),
                    None if each.share is None else round(each.share * 100, 2),
                    each.measured,
                    len(each.cases),
                    {True: "达标", False: "未达标", None: "不可测"}[each.met],
                ]
                for each in view.figures
            ],
        ),
        Table(
            title="不符合的病例",
            columns=["指标", "分组", "检查号", "问题"],
            rows=[
                [each.name, each.text, number, text] for each in view.figures for number, text in each.cases
            ],
        ),
    ]
