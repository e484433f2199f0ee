"""What a section must hold so that a measure may be read from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.rules.critical.measures import MEASURES, Around, may_give

PARTS = ["建议", "3", "三", "12", "-", "个月", "月", "周", "年", "天", "后", "内", "左右", "复查", "随访", "随诊", "定期",
         "，", "。", "周围", "结节", "8mm", "CT值", "约"]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=10).map("".join), st.sampled_from(MEASURES.names()))
def test_a_section_that_may_not_give_a_measure_gives_none(section: str, measure: str) -> None:
    value = MEASURES.build(measure, {})(Around(section, 0, section))
    assert value is None or may_give(measure, section)


def test_a_follow_up_is_looked_for_only_where_one_is_advised() -> None:
    assert may_give("follow_up_months", "右肺结节，建议3个月后复查")
    assert not may_give("follow_up_months", "右肺结节，周围见毛刺，年龄不详")
