"""Disease packs: what an examination for one disease must show and its report must say (DB50 section 8).

A pack is one file in ``config/disease_packs/``; a site adds its own and mends ours.  It
speaks only of examinations whose requisition or report names the disease, and its issues
are remarks: it never bars a label.

>>> packs = DiseasePacks.load(Path("config"))
>>> packs.ids
('echinococcosis', 'kashin_beck')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin.domain.errors import ConfigError
from plugin.domain.image import ImageFacts
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.kit.registry import Options
from plugin.kit.settings import load
from plugin.rules.recognition.names import NameReader


class Examination(Options):
    """One way to examine for the disease.

    Parameters
    ----------
    modalities
        (0008,0060); empty: any.
    items
        Names of the list or of the RIS; empty: any item of these modalities.
    views
        Projections that the item's name, or as many images, must give: 正, 侧 …
    thickness_mm
        Slices must not be thicker.
    parts_shown
        Words of which the findings must hold each; ``A|B``: either.
    """

    modalities: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    thickness_mm: float | None = None
    parts_shown: tuple[str, ...] = ()


class Pack(Options):
    """``config/disease_packs/<pack>.toml``; `suspects` are the words that name the disease."""

    pack_id: str
    name: str
    clause: str
    suspects: tuple[str, ...]
    examinations: tuple[Examination, ...]


@dataclass(frozen=True, slots=True)
class DiseasePacks:
    """All packs of a site."""

    packs: tuple[Pack, ...]
    reader: NameReader

    @classmethod
    def load(cls, config_dir: Path) -> DiseasePacks:
        """Read ``disease_packs/*.toml``; a site without any has none.

        Raises
        ------
        ConfigError
            Naming file and key: a pack that stands twice, or that nothing leads to.
        """
        found: dict[str, Pack] = {}
        for path in sorted((config_dir / "disease_packs").glob("*.toml")):
            pack = load(Pack, path)
            if pack.pack_id in found:
                raise ConfigError(str(path), "pack_id", f"{pack.pack_id!r} stands in another file already")
            if not pack.suspects or not pack.examinations:
                raise ConfigError(str(path), "suspects", "names no word, or no examination, that leads to it")
            found[pack.pack_id] = pack
        return cls(tuple(found.values()), NameReader.load(config_dir))

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(pack.pack_id for pack in self.packs)

    def inspect(
        self, report: Report, order: ImagingOrder | None, images: Sequence[ImageFacts] = ()
    ) -> tuple[Issue, ...]:
        """Issues of an examination that looks for a disease of a pack."""
        asked = (order.clinical_diagnosis, order.purpose, order.history) if order else ()
        said = "\n".join((*asked, report.clinical_diagnosis, report.impression))
        return tuple(
            issue
            for pack in self.packs
            if any(word in said for word in pack.suspects)
            for issue in self._of_pack(pack, report, images)
        )

    def _of_pack(self, pack: Pack, report: Report, images: Sequence[ImageFacts]) -> Iterator[Issue]:
        modality = report.exam.modality
        meant = [each for each in pack.examinations if not each.modalities or modality in each.modalities]
        fitting = [
            each for each in meant if not each.items or self._listed(report.exam.exam_item, each.items)
        ]
        if not fitting:
            yield _issue(
                pack, Section.RECORD, f"{pack.name}：检查项目“{report.exam.exam_item}”不在本病规范的检查中"
            )
            return
        for each in fitting:
            yield from self._of_examination(pack, each, report, images)

    def _of_examination(
        self, pack: Pack, wanted: Examination, report: Report, images: Sequence[ImageFacts]
    ) -> Iterator[Issue]:
        views = self.reader.read(report.exam.exam_item).views
        if missing := [view for view in wanted.views if view not in views]:
            yield _issue(pack, Section.RECORD, f"{pack.name}：缺少体位 {'、'.join(missing)}")
        thick = [each.slice_thickness_mm for each in images if each.slice_thickness_mm is not None]
        if wanted.thickness_mm is not None and thick and min(thick) > wanted.thickness_mm:
            yield _issue(
                pack,
                Section.RECORD,
                f"{pack.name}：最薄层厚 {min(thick):g} mm，规范要求不大于 {wanted.thickness_mm:g} mm",
            )
        silent = [
            words
            for words in wanted.parts_shown
            if not any(word in report.findings for word in words.split("|"))
        ]
        if silent and report.findings:
            shown = "、".join(words.replace("|", "或") for words in silent)
            yield _issue(pack, Section.FINDINGS, f"{pack.name}：影像描述未提及 {shown}")

    def _listed(self, name: str, items: Iterable[str]) -> bool:
        """The same name, or one that reads the same (双手正位 and DR双手正位片)."""
        read = self.reader.read(name)
        keys = {(each.parts, each.side, each.contrast) for each in map(self.reader.read, items) if each.parts}
        return name in items or (read.parts, read.side, read.contrast) in keys


def _issue(pack: Pack, section: Section, message: str) -> Issue:
    return Issue(
        rule="disease_pack",
        severity=Severity.INFO,
        section=section,
        start=0,
        end=0,
        text="",
        message=message,
        clause=pack.clause,
    )
