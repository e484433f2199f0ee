"""Checks of radiographs, and of what the pixels of any image say: views, exposure, clipping, marks in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from plugin.kit.settings import Positive, Share
from plugin.rules.image_checks.geometry import deviation
from plugin.rules.image_checks.study import CheckOptions, Finding, OfModalities, StudyImages
from plugin.rules.recognition.names import Side


class ExposureOptions(OfModalities):
    """`deviation_limit`: a deviation index (0018,1413) beyond it, either way, is an issue."""

    deviation_limit: Positive = 3.0


class PixelOptions(CheckOptions):
    """`clipped_share`: share of pixels at the brightest storable value that means saturation."""

    clipped_share: Share = 0.25


def missing_views(options: OfModalities, study: StudyImages) -> Iterable[Finding]:
    """漏扫: fewer images than the item has views (站立 and 卧 are postures, not views)."""
    images = study.of(options.modalities)
    if not study.item or not images:
        return
    views = study.item.views - {"站立", "卧"}
    sides = 2 if study.item.side is Side.BOTH and study.item.modality == "MG" else 1
    needed = sides * sum(2 if view == "双斜" else 1 for view in views)
    if needed > len(images):
        yield Finding(f"项目要求{needed}个体位，只有{len(images)}幅影像，可能漏扫")


def repeated_views(options: OfModalities, study: StudyImages) -> Iterable[Finding]:
    """重照: two original films of one side in one view (0018,5101), where the series say nothing that tells them apart."""
    films = [each for each in study.of(options.modalities) if "DERIVED" not in each.image_type]
    seen = Counter(
        (each.body_part, each.laterality, each.view_position, each.series_description)
        for each in films
        if each.view_position
    )
    for (_, side, view, _), times in seen.items():
        if times > 1:
            yield Finding(f"{side}{view}位有{times}幅影像，可能重照".lstrip())


def exposure(options: ExposureOptions, study: StudyImages) -> Iterable[Finding]:
    """IEC 62494-1 deviation index, written by the unit or from exposure and target index."""
    for each in study.of(options.modalities):
        index = each.deviation_index
        if index is None and each.exposure_index and each.target_exposure_index:
            index = deviation(each.exposure_index, each.target_exposure_index)
        if index is not None and abs(index) >= options.deviation_limit:
            word = "过度" if index > 0 else "不足"
            yield Finding(f"曝光{word}：偏差指数 {index:+.1f}（第{each.instance_number or '?'}幅）")


def pixel_values(options: PixelOptions, study: StudyImages) -> Iterable[Finding]:
    """Empty images, and images driven into saturation."""
    known = [(each, each.pixels) for each in study.images if each.pixels is not None]
    empty = sum(figures.lowest == figures.highest for _, figures in known)
    clipped = sum(
        figures.share_brightest >= options.clipped_share and figures.lowest != figures.highest
        for _, figures in known
    )
    if empty:
        yield Finding(f"{empty}幅影像没有内容（像素值全部相同）")
    if clipped:
        yield Finding(f"{clipped}幅影像大面积达到像素上限，信息被截断")


def covering_marks(options: OfModalities, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.3.1.3: 标识完整、准确，不遮挡图像; told from the pixels."""
    count = sum(
        each.pixels is not None and each.pixels.covering_marks > 0 for each in study.of(options.modalities)
    )
    if count:
        yield Finding(f"{count}幅影像的标识遮挡解剖结构")
