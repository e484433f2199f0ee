"""Where slices lie: missing, doubled, out of order, uneven; directions; series acquired twice.

PS3.3 C.7.6.2: position and orientation of an image plane in the patient's own axes (mm;
+x to the left, +y to the back, +z to the head).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Annotated

from pydantic import Field

from plugin.domain.image import ImageFacts
from plugin.kit.settings import Positive, Share
from plugin.rules.image_checks.study import CheckOptions, Finding, StudyImages

Vector = tuple[float, float, float]

_PLANES = ("矢状位", "冠状位", "横断位")
_SAME_MM = 0.01


class GeometryOptions(CheckOptions):
    """Which modalities are looked at."""

    modalities: tuple[str, ...] = ()


class SliceOptions(GeometryOptions):
    """`tolerance` as a share of the usual spacing; shorter series than `least_images` are let be."""

    tolerance: Share = 0.1
    least_images: Annotated[int, Field(ge=2)] = 5


class PlaneOptions(GeometryOptions):
    """`least`: planes that a study must show; fewer series than that prove nothing."""

    least: Annotated[int, Field(ge=1)] = 2


class ThicknessOptions(GeometryOptions):
    """`thinnest_mm`: at least one series must be this thin."""

    thinnest_mm: Positive = 1.0


def slices(options: SliceOptions, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.3.2.3: 图像按解剖顺序排列，无层面遗漏及错位."""
    for series in study.series(options.modalities):
        stack = _stack(series)
        if len(stack) < options.least_images:
            continue
        name = _name(series[0])
        places = [place for _, place in stack]
        # Several slices at each place (phases, echoes, diffusion) are as intended when all places have as many.
        times = Counter(round(place / _SAME_MM) for place in places)
        if len(set(times.values())) > 1:
            doubled = sum(count > min(times.values()) for count in times.values())
            yield Finding(f"{name}：{doubled}个层面重复")
        distinct = sorted(key * _SAME_MM for key in times)
        gaps = [after - before for before, after in pairwise(distinct)]
        if not gaps:
            continue
        usual = median(gaps)
        missing = sum(round(gap / usual) - 1 for gap in gaps if gap > usual * (1.5 + options.tolerance))
        uneven = sum(
            options.tolerance * usual < abs(gap - usual) <= usual * (0.5 + options.tolerance) for gap in gaps
        )
        if missing:
            yield Finding(f"{name}：缺少约{missing}个层面")
        if uneven:
            yield Finding(f"{name}：{uneven}处层间距不均匀（通常{usual:.2f} mm）")
        if len(times) == len(places) and not _in_order(stack):
            yield Finding(f"{name}：图像编号与解剖顺序不一致")


def _in_order(stack: Sequence[tuple[ImageFacts, float]]) -> bool:
    numbered = [(each.instance_number, place) for each, place in stack if each.instance_number is not None]
    places = [place for _, place in sorted(numbered)]
    return places in (sorted(places), sorted(places, reverse=True))


def slice_thickness(options: ThicknessOptions, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.3.2.3: lesions of 1 mm can be seen only in slices as thin."""
    known = [each.slice_thickness_mm for each in study.of(options.modalities) if each.slice_thickness_mm]
    if known and min(known) > options.thinnest_mm:
        yield Finding(f"最薄层厚 {min(known):g} mm，不能分辨 {options.thinnest_mm:g} mm 的病变")


def display_direction(options: GeometryOptions, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.3.3.3: 各序列图像显示方向保持一致（从左往右、从前往后、从上往下）."""
    directions: dict[str, set[bool]] = {}
    for series in study.series(options.modalities):
        stack = [(each, place) for each, place in _stack(series) if each.instance_number is not None]
        if len(stack) < 2:
            continue
        ordered = sorted(stack, key=lambda pair: pair[0].instance_number or 0)
        first, last = ordered[0][0].position_mm, ordered[-1][0].position_mm
        axis = plane_axis(series[0].orientation)
        if abs(last[axis] - first[axis]) > _SAME_MM:
            directions.setdefault(_PLANES[axis], set()).add(last[axis] > first[axis])
    for plane, found in directions.items():
        if len(found) > 1:
            yield Finding(f"{plane}各序列的层面排列方向不一致")


def planes(options: PlaneOptions, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.3.3.3: 能多方位显示目标组织标准解剖结构."""
    oriented = [series for series in study.series(options.modalities) if series[0].orientation]
    shown = {plane_axis(series[0].orientation) for series in oriented}
    if len(oriented) >= options.least > len(shown) > 0:
        yield Finding(f"只有{'、'.join(_PLANES[axis] for axis in sorted(shown))}图像，未能多方位显示")


def repeated_series(options: GeometryOptions, study: StudyImages) -> Iterable[Finding]:
    """重扫: two series of one description, without contrast agent in only one of them, at the same places."""
    seen: dict[object, ImageFacts] = {}
    for series in study.series(options.modalities):
        stack = _stack(series)
        if len(stack) < 2 or not series[0].series_description:
            continue
        places = tuple(sorted(round(place, 1) for _, place in stack))
        first = series[0]
        key = (
            first.modality,
            first.series_description,
            first.contrast_agent,
            first.slice_thickness_mm,
            tuple(round(value, 2) for value in first.orientation),
            places,
        )
        if key in seen:
            yield Finding(f"{_name(first)}与{_name(seen[key])}的范围和参数相同，可能重扫")
        seen.setdefault(key, first)


def deviation(exposure_index: float, target: float) -> float:
    """Deviation index of IEC 62494-1: 10 · log10(EI / EI_T)."""
    return 10 * math.log10(exposure_index / target)


def plane_axis(orientation: Sequence[float]) -> int:
    """The patient's axis (0 x, 1 y, 2 z) that is nearest to the normal of a plane."""
    normal = _normal(orientation)
    return max(range(3), key=lambda axis: abs(normal[axis]))


def _normal(orientation: Sequence[float]) -> Vector:
    a, b, c, d, e, f = orientation
    return (b * f - c * e, c * d - a * f, a * e - b * d)


def _stack(series: Sequence[ImageFacts]) -> list[tuple[ImageFacts, float]]:
    """Images of the series' first orientation with their place along its normal, in mm."""
    placed = [each for each in series if each.position_mm and each.orientation]
    if not placed:
        return []
    main = placed[0].orientation
    normal = _normal(main)
    same = [
        each
        for each in placed
        if all(abs(mine - its) < 0.01 for mine, its in zip(each.orientation, main, strict=True))
    ]
    return [(each, sum(n * p for n, p in zip(normal, each.position_mm, strict=True))) for each in same]


def _name(image: ImageFacts) -> str:
    number = "" if image.series_number is None else f"{image.series_number} "
    return f"序列{number}{image.series_description}".rstrip()
