"""Checks of images that need no model: headers, and a few figures of pixels.

They give the same issues as the checks of reports, on section ``record``; they feed the
suggestions for 图像质量 and the data-quality facts that recognition asks about (DB50 7.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin.domain.errors import ConfigError
from plugin.domain.issue import Issue, Section, Severity
from plugin.kit.registry import Entry, Registry
from plugin.kit.settings import line_of, read_toml
from plugin.rules.image_checks import films, geometry, phases
from plugin.rules.image_checks.study import CheckOptions, Finding, OfModalities, StudyImages
from plugin.rules.recognition.conditions import DataQuality
from plugin.rules.recognition.names import Side


class MarksOptions(CheckOptions):
    """`keywords` of attributes that must be there (``A|B``: either), and how people call them."""

    keywords: dict[str, str]


def identity(options: CheckOptions, study: StudyImages) -> Iterable[Finding]:
    """Patient and accession of every image are those of the order."""
    for name, expected, found in (
        ("患者ID", study.patient_id, {each.patient_id for each in study.images}),
        ("检查号", study.accession_number, {each.accession_number for each in study.images}),
    ):
        others = sorted(found - {"", expected})
        if expected and others:
            yield Finding(f"影像的{name}（{'、'.join(others)}）与申请单（{expected}）不一致")
        elif len(found - {""}) > 1:
            yield Finding(f"同一检查的影像{name}不一致：{'、'.join(sorted(found - {''}))}")


def lossy(options: CheckOptions, study: StudyImages) -> Iterable[Finding]:
    """DB50 7.1: DICOM无损压缩格式."""
    count = sum(each.lossy for each in study.images)
    if count:
        yield Finding(f"{count}幅影像经有损压缩")


def laterality(options: OfModalities, study: StudyImages) -> Iterable[Finding]:
    """A sided item has its side on every image, and the right one."""
    wanted = {Side.LEFT: "L", Side.RIGHT: "R"}.get(study.item.side) if study.item else None
    if wanted is None:
        return
    images = study.of(options.modalities)
    missing = sum(each.laterality in ("", "U") for each in images)
    contrary = sum(each.laterality in {"L", "R"} - {wanted} for each in images)
    if missing:
        yield Finding(f"{missing}幅影像缺少左右标识")
    if contrary:
        yield Finding(
            f"{contrary}幅影像的左右标识与检查项目（{study.item.side if study.item else ''}侧）相反"
        )


def required_marks(options: MarksOptions, study: StudyImages) -> Iterable[Finding]:
    """Seed 000 基本标识; looked for when the facts were taken."""
    absent = {keyword for each in study.images for keyword in each.absent}
    if missing := [name for keyword, name in options.keywords.items() if keyword in absent]:
        yield Finding(f"影像缺少基本标识：{'、'.join(missing)}")


CHECKS: Registry[Iterable[Finding]] = Registry(
    "image check",
    [
        Entry("image_identity", CheckOptions, identity),
        Entry("lossy_compression", CheckOptions, lossy),
        Entry("laterality_mark", OfModalities, laterality),
        Entry("required_marks", MarksOptions, required_marks),
        Entry("slices", geometry.SliceOptions, geometry.slices),
        Entry("slice_thickness", geometry.ThicknessOptions, geometry.slice_thickness),
        Entry("display_direction", geometry.GeometryOptions, geometry.display_direction),
        Entry("repeated_series", geometry.GeometryOptions, geometry.repeated_series),
        Entry("planes", geometry.PlaneOptions, geometry.planes),
        Entry("contrast_phase", phases.PhaseOptions, phases.contrast_phase),
        Entry("missing_views", OfModalities, films.missing_views),
        Entry("repeated_views", OfModalities, films.repeated_views),
        Entry("exposure", films.ExposureOptions, films.exposure),
        Entry("pixel_values", films.PixelOptions, films.pixel_values),
        Entry("covering_marks", OfModalities, films.covering_marks),
    ],
    group="signgate.image_checks",
)


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    options: CheckOptions
    run: Callable[[StudyImages], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class ImageChecks:
    """The configured checks.

    >>> from plugin.domain.image import ImageFacts
    >>> checks = ImageChecks.load(Path("config"))
    >>> image = ImageFacts(sop_instance_uid="1", series_instance_uid="2", patient_id="P2")
    >>> [issue.rule for issue in checks.inspect(StudyImages(images=(image,), patient_id="P1"))]
    ['image_identity']
    """

    checks: tuple[_Check, ...] = field(default=())

    @classmethod
    def load(cls, config_dir: Path) -> ImageChecks:
        """Read ``image_checks.toml``.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        path = config_dir / "image_checks.toml"
        checks = []
        for name, raw in read_toml(path).items():
            if not isinstance(raw, dict):
                raise ConfigError(str(path), name, "unknown key; checks are tables", line_of(str(path), name))
            run: Any = CHECKS.build(name, raw, str(path), name)
            checks.append(_Check(name, run.args[0], run))
        return cls(tuple(checks))

    @property
    def required_keywords(self) -> tuple[str, ...]:
        """What to look for when facts are taken of images."""
        marks = next((c.options for c in self.checks if isinstance(c.options, MarksOptions)), None)
        return tuple(marks.keywords) if marks else ()

    def inspect(self, study: StudyImages) -> tuple[Issue, ...]:
        """Every issue of a study's images, in the order of the configuration."""
        return tuple(
            Issue(
                rule=check.name,
                severity=Severity(check.options.severity),
                section=Section.RECORD,
                start=0,
                end=0,
                text="",
                message=finding.message,
                clause=check.options.clause,
            )
            for check in self.checks
            for finding in check.run(study)
        )


def data_quality(study: StudyImages, issues: Iterable[Issue]) -> DataQuality:
    """What recognition asks about the data, from the issues of :meth:`ImageChecks.inspect`."""
    found = {issue.rule for issue in issues}
    sided = study.item is not None and study.item.side in (Side.LEFT, Side.RIGHT)
    return DataQuality(
        lossless="lossy_compression" not in found if study.images else None,
        identity_consistent="image_identity" not in found if study.images else None,
        laterality_marked="laterality_mark" not in found if sided else None,
        missing_tags=tuple(
            sorted({keyword for each in study.images for keyword in each.absent} & _ESSENTIAL)
        ),
    )


_ESSENTIAL = frozenset({"PatientID", "PatientName", "InstitutionName", "StudyDate|AcquisitionDate"})
"""Without these nobody can tell whose image it is: they bar the label, the other marks are issues only."""
