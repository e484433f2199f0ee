"""Names as hospitals write them, against the list of 附录A: right or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.recognition import CatalogueItem
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.items import How, ItemMapper
from plugin.rules.recognition.names import Contrast, NameReader, Side

CONFIG = Path(__file__).resolve().parents[4] / "config"
NAMES = Path(__file__).with_name("names.tsv")
UNSEEN = Path(__file__).with_name("names_unseen.tsv")


@pytest.fixture(scope="module")
def mapper() -> ItemMapper:
    found = Regions.load(CONFIG).mapper("chuanyu", date(2026, 6, 1))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def items() -> tuple[CatalogueItem, ...]:
    region = Regions.load(CONFIG).region("chuanyu", date(2026, 6, 1))
    assert region is not None
    return region.items


def rows(path: Path = NAMES) -> Iterator[tuple[str, str, int]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, modality, number = line.split("\t")
            yield name, modality.strip(), int(number)


def test_a_long_list_of_hospital_names_is_mapped_right_or_not_at_all(mapper: ItemMapper) -> None:
    wrong = []
    for name, modality, number in rows():
        match = mapper.map(name, modality)
        if (match.item.number if match.item else 0) != number:
            wrong.append(f"{name}: {match.item.name if match.item else None} ({match.text})")
    assert sum(1 for _ in rows()) >= 200
    assert not wrong


def test_of_lists_written_without_the_vocabulary_few_names_stay_open_and_none_is_wrong(
    mapper: ItemMapper,
) -> None:
    right, wrong, names = 0, [], list(rows(UNSEEN))
    for name, modality, number in names:
        item = mapper.map(name, modality).item
        right += (item.number if item else 0) == number
        if item and item.number != number:
            wrong.append(f"{name}: {item.name}")
    assert len(names) >= 400
    assert not wrong
    assert right / len(names) >= 0.95


def test_a_reconstruction_is_of_the_same_ct_scan_but_another_mr_or_dr(mapper: ItemMapper) -> None:
    ct = mapper.map("骨盆CT平扫+三维重建", "CT").item
    assert ct and ct.number == 85
    for name, modality in (("颅脑MRI平扫+三维重建", "MR"), ("骨盆正位三维重建", "DX")):
        match = mapper.map(name, modality)
        assert (match.item, match.how) == (None, How.UNKNOWN_WORD)
        assert "重建" in match.text


def test_every_item_of_the_list_is_named_in_the_test_names() -> None:
    assert {number for _, _, number in rows()} == set(range(142))


def test_each_printed_name_maps_to_itself(mapper: ItemMapper, items: tuple[CatalogueItem, ...]) -> None:
    for item in items:
        match = mapper.map(item.printed, item.modality)
        assert match.item == item, item.printed
        assert match.how is How.EXACT


@pytest.mark.parametrize("spelling", ["{m}{s}{p}{c}", "{s}{p}{m}{c}", "{p}{m}{c}({s})", "{m} {p}-{s}-{c}"])
def test_the_four_in_any_order(mapper: ItemMapper, spelling: str) -> None:
    for side, part, modality, contrast, expected in [
        ("左侧", "膝关节", "MRI", "平扫", 122),
        ("右", "膝", "磁共振", "增强", 132),
        ("左", "腕关节", "CT", "平扫", 80),
        ("", "颅脑", "MR", "平扫+增强", 126),
    ]:
        text = spelling.format(m=modality, s=side, p=part, c=contrast)
        match = mapper.map(text)
        assert match.item, (text, match.text)
        assert match.item.number == expected


@pytest.mark.parametrize(
    ("name", "modality", "how", "why"),
    [
        ("胸部CT", "CT", How.INCOMPLETE, "检查方案"),
        ("膝关节MRI平扫", "MR", How.INCOMPLETE, "左右"),
        ("胸部正位", "DX", How.INCOMPLETE, "婴幼儿"),
        ("左膝关节正位", "DX", How.INCOMPLETE, "体位"),
        ("床旁胸部正侧位", "DX", How.UNKNOWN_WORD, "床旁"),
        ("颈椎+胸椎MRI平扫", "MR", How.COMBINED, "胸椎、颈椎"),
        ("胸部CT平扫", "MR", How.CONFLICT, "MR"),
        ("胸部MRI平扫", "MR", How.NOT_LISTED, "胸部"),
    ],
)
def test_why_a_name_is_not_mapped(mapper: ItemMapper, name: str, modality: str, how: How, why: str) -> None:
    match = mapper.map(name, modality)
    assert (match.item, match.how) == (None, how)
    assert why in match.text


def test_a_text_that_is_no_name_is_refused_at_once(mapper: ItemMapper) -> None:
    match = mapper.map("A1" * 500_000, "CT")
    assert (match.item, match.how) == (None, How.UNKNOWN_WORD)
    assert len(match.text) < 60


def test_a_body_part_field_completes_a_name_but_never_contradicts_it(mapper: ItemMapper) -> None:
    plain = mapper.map("CT平扫", "CT", "胸部")
    assert plain.item and plain.item.number == 94
    assert mapper.map("头颅CT平扫", "CT", "胸部").item == mapper.map("头颅CT平扫", "CT").item


def test_confirmed_answers_come_first(items: tuple[CatalogueItem, ...]) -> None:
    mapper = ItemMapper(NameReader.load(CONFIG), items, {"胸部正位片": 1, "胸部CT平扫": 0})
    confirmed, refused = mapper.map("胸部正位片", "DX"), mapper.map("胸部CT平扫", "CT")
    assert confirmed.item and confirmed.item.number == 1 and confirmed.how is How.CONFIRMED
    assert refused.item is None and refused.how is How.CONFIRMED


def test_a_confirmed_answer_must_name_a_listed_item(items: tuple[CatalogueItem, ...]) -> None:
    with pytest.raises(InvalidInput, match="999"):
        ItemMapper(NameReader.load(CONFIG), items, {"胸部正位片": 999})


def test_items_that_read_the_same_are_refused(items: tuple[CatalogueItem, ...]) -> None:
    with pytest.raises(InvalidInput, match="reads the same as item 94"):
        ItemMapper(
            NameReader.load(CONFIG),
            [
                *items,
                CatalogueItem(
                    number=142, modality="CT", body_part="胸部", name="CT胸部平扫", printed="CT胸部平扫"
                ),
            ],
        )


@pytest.mark.parametrize(
    ("name", "modality", "first"),
    [
        ("肺尖CT平扫", "CT", 94),
        ("垂体MRI平扫", "MR", 117),
        ("双膝MRI平扫", "MR", 122),
    ],
)
def test_suggestions_rank_what_was_probably_meant(
    mapper: ItemMapper, name: str, modality: str, first: int
) -> None:
    assert mapper.map(name, modality).item is None
    suggestions = mapper.suggest(name, modality)
    assert len(suggestions) == 5
    assert suggestions[0].item.number == first
    assert [each.score for each in suggestions] == sorted((each.score for each in suggestions), reverse=True)


STYLES = [
    "{n}",
    "{m}{n}",
    "{m}-{n}",
    "【{m}】 {n}",
    "{n}({m})",
    "急诊{n}",
    "{n}检查",
    "{m}检查：{n}",
    "{n} {n}",
]


def written(item: CatalogueItem) -> str:
    """The item's name without its modality, as a RIS keeps the two apart."""
    return item.name.replace(" MRI ", "").replace(" CT ", "")


def test_every_item_in_every_style(mapper: ItemMapper, items: tuple[CatalogueItem, ...]) -> None:
    for item in items:
        for style in STYLES:
            text = style.format(m=item.modality, n=written(item))
            match = mapper.map(text, item.modality)
            assert match.item == item, (text, match.text)


@pytest.mark.parametrize(
    "word", ["床旁", "低剂量", "血管成像", "灌注", "引导下穿刺", "A", "椎间盘", "DWI", "定位"]
)
def test_a_word_too_many_is_never_mapped(
    mapper: ItemMapper, items: tuple[CatalogueItem, ...], word: str
) -> None:
    for item in items:
        for text in (word + item.name, item.name + word):
            assert mapper.map(text, item.modality).item is None, text


def test_the_other_side_is_another_item_or_none(mapper: ItemMapper, items: tuple[CatalogueItem, ...]) -> None:
    swap = str.maketrans("左右", "右左")
    sided = [item for item in items if set(item.name) & set("左右")]
    assert len(sided) > 60
    for item in sided:
        other = mapper.map(item.name.translate(swap), item.modality).item
        assert other is not None and other.number != item.number
        neither = mapper.map(item.name.replace("左侧", "").replace("右侧", "").strip("左右"), item.modality)
        assert neither.item is None or not set(neither.item.name) & set("左右")


def test_coverage_counts_examinations_not_names(mapper: ItemMapper) -> None:
    report = mapper.coverage([("胸部CT平扫", "CT", 900), ("胸部正位", "DX", 80), ("头颅CTA", "CT", 20)])
    assert report.ratio == pytest.approx(0.9)
    assert [row[0] for row in report.unmapped] == ["胸部正位", "头颅CTA"]


def test_a_name_is_read_whole() -> None:
    name = NameReader.load(CONFIG).read("磁共振左膝关节（平扫＋增强）")
    assert (name.modality, name.part, name.side, name.contrast) == (
        "MR",
        "膝关节",
        Side.LEFT,
        Contrast.ENHANCED,
    )
    assert not name.leftover


@pytest.mark.parametrize(
    ("is_", "was"), [('"脊柱" = ["颈锥", ', '"脊柱" = ["颈椎", '), ('"肝" = "上腹"', '"肝" = "上腹部"')]
)
def test_a_part_that_nobody_wrote_down_is_refused(tmp_path: Path, is_: str, was: str) -> None:
    text = (CONFIG / "exam_items.toml").read_text(encoding="utf-8")
    assert text.count(was) == 1
    (tmp_path / "exam_items.toml").write_text(text.replace(was, is_), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"颈锥|上腹"):
        NameReader.load(tmp_path)


def test_the_list_is_that_of_the_reference(shared: Path, items: tuple[CatalogueItem, ...]) -> None:
    with (shared / "reference/recognition_items_chuanyu_141.tsv").open(encoding="utf-8") as file:
        reference = [(int(row["no"]), row["item"]) for row in csv.DictReader(file, delimiter="\t")]
    assert [(item.number, item.printed) for item in items] == reference
    assert {kind: sum(item.modality == kind for item in items) for kind in ("DR", "CT", "MR")} == {
        "DR": 66,
        "CT": 49,
        "MR": 26,
    }
