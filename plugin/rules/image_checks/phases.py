"""Phases of an enhanced examination: those that its name promises, and those that images show (DB50 7.3.2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plugin.domain.image import ImageFacts
from plugin.kit.settings import Positive
from plugin.rules.image_checks.study import Finding, OfModalities, StudyImages
from plugin.rules.recognition.names import Contrast


class PhaseOptions(OfModalities):
    """Options of `contrast_phase`.

    Parameters
    ----------
    phases
        Words of an item's name to the number of enhanced phases that they promise (三期: 3).
    plain
        Words that promise a scan before the contrast agent.
    apart_s
        Scans that begin so far apart are two phases.
    """

    phases: dict[str, int] = {}
    plain: tuple[str, ...] = ()
    apart_s: Positive = 8.0


def contrast_phase(options: PhaseOptions, study: StudyImages) -> Iterable[Finding]:
    """An enhanced item whose images lack the agent, a phase that it names, or the scan before."""
    if study.item is None or study.item.contrast is not Contrast.ENHANCED or not study.of(options.modalities):
        return
    series = study.series(options.modalities)
    enhanced = [images for images in series if any(each.contrast_agent for each in images)]
    if not any(each.contrast_agent for each in study.of(options.modalities)):
        yield Finding("增强检查没有任何序列记录对比剂，增强期相可能缺失")
        return
    promised = max((number for word, number in options.phases.items() if word in study.exam_item), default=1)
    shown = _phases(enhanced, options.apart_s)
    if shown is not None and shown < promised:
        yield Finding(f"项目要求{promised}个增强期相，只见{shown}个")
    if len(enhanced) == len(series) and any(word in study.exam_item for word in options.plain):
        yield Finding("项目要求平扫，所有序列均为增强后")


def _phases(enhanced: Sequence[Sequence[ImageFacts]], apart_s: float) -> int | None:
    """How many times scans began; ``None`` when a series does not say when.

    A series may hold several phases: its images then begin again at a place they have been at.
    """
    starts: list[float] = []
    for images in enhanced:
        times: dict[tuple[float, ...], list[float]] = {}
        for each in images:
            at = _seconds(each.acquisition_time)
            if at is None:
                return None
            times.setdefault(each.position_mm, []).append(at)
        passes = max(len(found) for found in times.values())
        starts += [
            min(sorted(found)[number] for found in times.values() if len(found) > number)
            for number in range(passes)
        ]
    starts.sort()
    return sum(number == 0 or start - starts[number - 1] >= apart_s for number, start in enumerate(starts))


def _seconds(time: str) -> float | None:
    """Seconds of the day of a DICOM TM; ``None`` when it is none."""
    plain = time.replace(":", "")
    if len(plain) < 6 or not plain[:6].isdigit():
        return None
    return int(plain[:2]) * 3600 + int(plain[2:4]) * 60 + float(plain[4:] or 0)
