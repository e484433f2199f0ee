"""May this study bear a region's label, and if not, every reason why not.

The label certifies images and data; it never certifies the conclusion of a report
(DB50 6.1).  Nothing here looks at one.

>>> from pathlib import Path
>>> from plugin.domain.recognition import Institution
>>> regions = Regions.load(Path("config"))
>>> hospital = Institution(institution_id="H1", name="测试医院", level=3, regions=("chuanyu",))
>>> study = StudyFacts(modality="CT", exam_item="CT胸部平扫", performed_on=date(2026, 5, 1))
>>> decision = next(d for d in regions.decide(study, hospital, [], date(2026, 5, 1)) if d.region_id == "chuanyu")
>>> decision.eligible, decision.item.number, decision.reasons[0][0]
(False, 94, 'evaluation_missing')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.recognition import Evaluation, Institution, LabelDecision, Region
from plugin.rules.recognition.conditions import DataQuality, Judged, Reason, StudyFacts, standing_evaluations
from plugin.rules.recognition.config import RegionVersion, read_region
from plugin.rules.recognition.items import ItemMapper
from plugin.rules.recognition.names import NameReader

__all__ = ["DataQuality", "Regions", "StudyFacts"]


class Regions:
    """All configured regions with all their versions."""

    def __init__(self, versions: Sequence[RegionVersion]) -> None:
        self._versions: dict[str, list[RegionVersion]] = {}
        for each in versions:
            self._versions.setdefault(each.region.region_id, []).append(each)

    @classmethod
    def load(cls, config_dir: Path) -> Regions:
        """Read ``regions/*.toml`` and ``exam_items.toml``.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake; two files of one region, or two
            regions of one rank (which is the wider?) are mistakes.
        """
        reader = NameReader.load(config_dir)
        versions: list[RegionVersion] = []
        owner: dict[str, Path] = {}
        rank: dict[int, str] = {}
        for path in sorted((config_dir / "regions").glob("*.toml")):
            read = read_region(path, reader)
            for each in read[:1]:
                region = each.region
                if region.region_id in owner:
                    text = f"region {region.region_id!r} stands in {owner[region.region_id].name} already"
                    raise ConfigError(str(path), "region_id", text)
                if region.rank in rank:
                    text = f"rank {region.rank} is that of {rank[region.rank]!r}; the wider region has the larger"
                    raise ConfigError(str(path), "rank", text)
                owner[region.region_id], rank[region.rank] = path, region.region_id
            versions.extend(read)
        return cls(versions)

    def with_answers(self, answers: Mapping[tuple[str, str], int]) -> Regions:
        """These regions with what administrators have answered: (region, RIS item name) to item number."""
        if not answers:
            return self
        of_region: dict[str, dict[str, int]] = {}
        for (region_id, name), number in answers.items():
            of_region.setdefault(region_id, {})[name] = number
        return Regions(
            [
                replace(version, mapper=version.mapper.with_answers(of_region[region_id]))
                if region_id in of_region
                else version
                for region_id, versions in self._versions.items()
                for version in versions
            ]
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Region IDs, widest first."""
        return tuple(sorted(self._versions, key=lambda each: -self._versions[each][0].region.rank))

    @property
    def marks(self) -> tuple[str, ...]:
        """Every mark that a label of ours can bear, longest first."""
        marks = {each.region.mark for versions in self._versions.values() for each in versions}
        return tuple(sorted(marks, key=lambda mark: (-len(mark), mark)))

    def region(self, region_id: str, on: date) -> Region | None:
        """The version in force on `on`, ``None`` when none is.

        Raises
        ------
        InvalidInput
            When no such region is configured.
        """
        found = self._in_force(region_id, on)
        return found.region if found else None

    def mapper(self, region_id: str, on: date) -> ItemMapper | None:
        """The item mapper of the version in force, for suggestions and coverage."""
        found = self._in_force(region_id, on)
        return found.mapper if found else None

    def refusals(self, region_id: str) -> tuple[tuple[str, str], ...]:
        """Codes and texts of the reasons not to honour a result (DB50 6.7)."""
        self._check_known(region_id)
        return self._versions[region_id][-1].refusals

    def decide(
        self, study: StudyFacts, institution: Institution, evaluations: Sequence[Evaluation], on: date
    ) -> tuple[LabelDecision, ...]:
        """Judge a study under each region, widest first.

        Parameters
        ----------
        evaluations
            Every result on record; what does not concern the study is passed over.
        on
            The day asked about: of stamping, or today for a label that may have lapsed.
        """
        return tuple(
            self._decide_one(region_id, study, institution, evaluations, on) for region_id in self.ids
        )

    def _decide_one(
        self,
        region_id: str,
        study: StudyFacts,
        institution: Institution,
        evaluations: Sequence[Evaluation],
        on: date,
    ) -> LabelDecision:
        performed = study.performed_on or on
        version = self._in_force(region_id, performed)
        if version is None or self._in_force(region_id, on) is None:
            region = self._versions[region_id][-1].region
            day = performed if version is None else on
            reason = ("region_not_in_force", f"{region.name}互认标准在{day.isoformat()}未生效")
            return LabelDecision(region_id=region_id, mark=region.mark, eligible=False, reasons=(reason,))
        match = version.mapper.map(study.exam_item, study.modality, study.body_part)
        judged = Judged(
            study=study,
            region=version.region,
            institution=institution,
            evaluations=evaluations,
            match=match,
            on=on,
        )
        reasons: list[Reason] = []
        for _, condition in version.conditions:
            reasons.extend(condition(judged))
        return LabelDecision(
            region_id=region_id,
            mark=version.region.mark,
            eligible=not reasons,
            reasons=tuple(dict.fromkeys(reasons)),
            item=match.item,
            versions=(
                ("region", version.region.version),
                ("item_mapping", match.how),
                *(("evaluation", each.evaluation_id) for each in standing_evaluations(judged, on)),
                *study.sources,
            ),
        )

    def _in_force(self, region_id: str, on: date) -> RegionVersion | None:
        self._check_known(region_id)
        for each in self._versions[region_id]:
            if (each.region.valid_from or date.min) <= on <= (each.region.valid_to or date.max):
                return each
        return None

    def _check_known(self, region_id: str) -> None:
        if region_id not in self._versions:
            raise InvalidInput("region", f"{region_id!r} is not configured; known: {', '.join(self.ids)}")


def standing_names(
    regions: Regions,
    region_id: str,
    institution: Institution,
    evaluations: Sequence[Evaluation],
    names: Iterable[tuple[str, str, int]],
    on: date,
) -> Iterator[tuple[str, str, Evaluation]]:
    """Item names that bear the label by an evaluation of their own device, or of all: name, modality, evaluation.

    For an archive that has to decide by itself.  An item with a failed evaluation is left out as a whole.
    """
    mapper = regions.mapper(region_id, on)
    if mapper is None or region_id not in institution.regions:
        return
    ours = [
        each
        for each in evaluations
        if (each.region_id, each.institution_id) == (region_id, institution.institution_id)
        and each.valid_from <= on <= each.valid_to
    ]
    for name, modality, _ in names:
        item = mapper.map(name, modality).item
        meant = [each for each in ours if item is not None and each.item_number in (0, item.number)]
        if all(each.passed for each in meant):
            yield from ((name, modality, each) for each in meant)


def best(decisions: Sequence[LabelDecision]) -> LabelDecision | None:
    """The widest region's label among `decisions` as :meth:`Regions.decide` orders them."""
    return next((each for each in decisions if each.eligible), None)
