"""The rulebook as a whole: the standard's own report, its configuration, and input of any kind."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from effort import blows_up
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.domain.errors import ConfigError
from plugin.domain.exchange import case_from_json
from plugin.rules import validators
from plugin.rules.rulebook import OrderCheck, Rulebook, TextCheck

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "config"
BOOK = Rulebook.load(CONFIG)

# Seed 000, table C.1, its placeholders filled.
C1 = {
    "patient": {"name": "张三", "sex": "F", "age": "72岁"},
    "exam": {
        "accession_number": "A0000001", "modality": "MR", "exam_item": "头颅MRI平扫+头颅MRI增强",
        "performed_at": "2024年09月08日 10:24:22",
        "technique": "扫描范围：颅顶-颅底；扫描序列：横断位：横断位：T1WI，T2WI，FLAIR，DWI，T1WI+C； 冠状位、矢状位：T1WI+C",
    },
    "report": {
        "department": "神经内科", "clinical_diagnosis": "头晕；", "author": "李四", "verifier": "王五",
        "reported_at": "2024年09月08日11时30分",
    },
    "findings": "头颅形态如常。右侧顶部大脑凸面脑外见一类圆形异常信号，病变大小约2.4cm×1.8cm×2.3cm，各序列上与脑灰质信号一致，边界清楚，边缘光滑，邻近脑组织略受压移位，邻近颅骨增厚；增强扫描后病变明显均匀强化，可见脑膜尾征。左侧侧脑室后角旁及双侧基底节区见多发斑点状脑脊液样信号影，FLAIR上其周边可见稍高信号影环绕，增强后未见强化。双侧侧脑室周围及大脑深部白质区见多发斑点状异常信号影，T1WI呈等或稍低信号，T2WI及FLAIR呈稍高信号，DWI上信号不高，增强后未见强化。中线结构无偏移。脑室系统扩张，脑沟裂增宽。",
    "impression": "1、右侧顶部脑膜瘤；\n\n2、多发腔梗软化灶；\n\n3、缺血性脑白质病变，改良Fazekas2级；\n4、老年性脑改变。",
}  # fmt: skip


def test_every_file_of_a_rule_is_registered_and_no_rule_twice():
    folder = Path(validators.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "base"}
    assert sorted(validators.RULES) == sorted(files)


def test_the_model_report_is_sound_but_for_its_doubled_plane():
    found = [
        (issue.rule, issue.text)
        for issue in BOOK.inspect(case_from_json(C1)).issues
        if issue.severity in ("error", "warning")
    ]

    assert found == [("sequence_format", "横断位：")]


def test_a_report_without_defects_is_scored_five():
    text = {"findings": "双肺纹理清晰，未见实变及结节影。", "impression": "双肺未见异常。"}

    assert BOOK.inspect(case_from_json(text)).suggested_scores["report"] == 5


def test_a_side_swapped_is_scored_one():
    text = {"findings": "左肾见结石影。右肾未见异常。", "impression": "右肾结石。"}
    inspection = BOOK.inspect(case_from_json(text))

    assert [issue.rule for issue in inspection.issues if issue.severity == "error"] == ["laterality"]
    assert inspection.suggested_scores["report"] == 1


def test_nothing_delivered_raises_nothing_and_is_not_scored():
    inspection = BOOK.inspect(case_from_json({}))
    assert inspection.issues == ()
    assert inspection.suggested_scores == {}


def test_the_version_changes_with_the_configuration(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "rules" / "report.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")

    assert Rulebook.load(tmp_path / "config").version != BOOK.version


@pytest.mark.parametrize("addition", ["[no_such_rule]\nseverity = 'info'\nclause = 'x'\n", "\nstray = 1\n"])
def test_an_unknown_rule_or_key_is_named(tmp_path, addition):
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "rules" / "report.toml"
    file.write_text(file.read_text(encoding="utf-8") + addition, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"no_such_rule|stray"):
        Rulebook.load(tmp_path / "config")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("typo", "meant = 5\n", "typo.toml:1: meant"),
        ("typo", "no_such = 'x'\n", "typo.toml:1: no_such"),
        ("no_such_rule", "meant = 'x'\n", "no_such_rule.toml: 'no_such_rule' is no rule of report.toml"),
    ],
)
def test_a_mistake_in_the_tables_of_a_rule_is_named_where_it_stands(tmp_path, name, text, says):
    shutil.copytree(CONFIG, tmp_path / "config")
    (tmp_path / "config" / "rules" / "tables" / f"{name}.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=re.escape(says)):
        Rulebook.load(tmp_path / "config")


def test_the_table_of_a_rule_wins_over_its_long_options(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "rules" / "report.toml"
    text = file.read_text(encoding="utf-8").replace("[typo]\n", "[typo]\nmeant = ''\n", 1)
    file.write_text(text, encoding="utf-8")

    (options,) = dict(Rulebook.load(tmp_path / "config").checks)["typo"].judge.args

    assert options.meant == ""
    assert options.alike


def test_a_disabled_rule_is_not_run(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "rules" / "report.toml"
    text = file.read_text(encoding="utf-8").replace("[laterality]\n", "[laterality]\nenabled = false\n")
    file.write_text(text, encoding="utf-8")

    assert "laterality" not in dict(Rulebook.load(tmp_path / "config").checks)


def test_rules_on_the_requisition_are_not_run_without_one():
    judged = []
    book = Rulebook(
        BOOK.lexicon, (("asked", OrderCheck(lambda it: judged.append(it) or ())),), BOOK.forms, None, ""
    )

    book.inspect(case_from_json({"findings": "右肾结石。"}))
    assert not judged
    book.inspect(case_from_json({"findings": "右肾结石。", "order": {"history": "腰痛"}}))
    assert len(judged) == 1


def test_rules_on_texts_alone_judge_them_once_for_all_patients():
    judged = []
    book = Rulebook(
        BOOK.lexicon,
        (("texts", TextCheck(lambda it: judged.append(it) or ())),),
        BOOK.forms,
        None,
        "",
    )
    for name in ("张三", "李四"):
        book.inspect(
            case_from_json(
                {"patient": {"name": name}, "findings": "左肾结石，一枚。", "impression": "左肾结石。"}
            )
        )

    assert len(judged) == 1


@given(st.text(max_size=400), st.text(max_size=200), st.text(max_size=80))
@settings(max_examples=150)
def test_no_text_raises(findings, impression, technique):
    for modality in ("CT", "MR", "DR", ""):
        BOOK.inspect(
            case_from_json(
                {
                    "patient": {"sex": "M", "age": findings[:5]},
                    "exam": {"modality": modality, "technique": technique, "exam_item": impression[:20]},
                    "order": {"history": technique, "exam_item": technique},
                    "priors": [{"exam_item": impression[:20]}],
                    "findings": findings,
                    "impression": impression,
                }
            )
        )


_WORDS = ["左肺", "右肾", "双侧", "未见", "可见", "结节", "骨折", "积液", "术后", "切除", "胆囊", "考虑", "可能", "或", "、", "，", "。", "；", "强化", "明显", "大小约", "5mm", "×", "2.1cm", "较前", "2024-05-01", "（", "）", "1.", "2.", "【】", "XX", "T1WI", "：", "横断位", "信号", "密度", "子宫", "前列腺", "“", "”", "原诊", "😀", "\x07", "<td>", "\t"]  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS), max_size=60), st.lists(st.sampled_from(_WORDS), max_size=30))
@settings(max_examples=200)
def test_words_of_reports_in_any_order_raise_nothing(findings, impression):
    texts = {"findings": "".join(findings), "impression": "".join(impression)}
    data = {"patient": {"sex": "F"}, "exam": {"modality": "MR", "technique": texts["findings"]}, **texts}
    for issue in BOOK.inspect(case_from_json(data)).issues:
        if issue.section in texts:
            assert texts[issue.section][issue.start : issue.end] == issue.text


@pytest.mark.parametrize(
    "part",
    [
        "左肺结节",
        "未见",
        "考虑A、",
        "骨折",
        "见、",
        "5mm×",
        "横断位：T1WI",
        "较前",
        "XX",
        "(",
        "可见",
        "\n",
        "胆囊切除",
        "、",
        "<b>",
        "\t1.2",
    ],
)
def test_five_million_characters_are_answered_in_time(part):
    text = part * (5_000_000 // len(part))
    data = {"exam": {"modality": "MR", "technique": text}, "findings": text, "impression": text}
    case = case_from_json(data)

    assert not blows_up(lambda: BOOK.inspect(case))
