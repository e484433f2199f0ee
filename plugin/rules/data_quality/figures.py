"""DB50 7.1 数据质量: timeliness, consistency, completeness, accuracy, continuity, with the cases behind each figure.

Computed from what came over the wire.  A field that no sender delivers is not known and
counts for nothing; a group of fields without any source is shown as not measurable
(decisions 29).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from plugin.domain.data_quality import DataAlarm, Figure, StudyRecord
from plugin.kit.registry import Options
from plugin.kit.settings import Share, load
from plugin.rules.data_quality import fields, times


class Alarms(Options):
    """When people are told before a limit is broken.

    Parameters
    ----------
    share_margin
        A share that is met by less than this is close to its limit.
    """

    share_margin: Share = 0.01


class DataQualityRules(Options):
    """``config/data_quality.toml``; `names` say what a field is called on the pages."""

    timeliness: times.Timeliness
    consistency: fields.Consistency
    completeness: fields.Completeness
    accuracy: fields.Accuracy
    continuity: times.Continuity
    names: dict[str, str] = {}
    alarms: Alarms = Alarms()

    @classmethod
    def read(cls, config_dir: Path) -> DataQualityRules:
        """Read the file.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        return load(cls, config_dir / "data_quality.toml")


def figures(rules: DataQualityRules, records: Sequence[StudyRecord], now: datetime) -> tuple[Figure, ...]:
    """All figures of a period: timeliness, upload, consistency, completeness, accuracy, each group, continuity."""
    known = fields.with_expected(records, rules.completeness.expected_share)
    return (
        times.reports_in_time(rules.timeliness, records, now),
        times.uploads_in_time(rules.timeliness, records, now),
        fields.consistent(rules.consistency, records),
        *fields.complete(rules.completeness, known, rules.names),
        *fields.accurate(rules.accuracy, records, rules.names),
        times.continuous(rules.continuity, records, now),
    )


def near_break(rules: DataQualityRules, found: Iterable[Figure]) -> Iterator[DataAlarm]:
    """Shares that still are met, and only just; the limits of 100 % have no such room."""
    for figure in found:
        if figure.group or figure.share is None or figure.least >= 1:
            continue
        if figure.least <= figure.share < figure.least + rules.alarms.share_margin:
            text = f"{figure.text}{figure.share:.1%}，接近下限{figure.least:.0%}"
            yield DataAlarm("share", "", text)
