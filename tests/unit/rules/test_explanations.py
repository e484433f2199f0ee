"""What an issue says and marks, read as a tired radiologist reads it: which words, against which other words."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.domain.exchange import case_from_json
from plugin.domain.issue import Issue
from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT

BOOK = Rulebook.load(ROOT / "config")


def issues(rule: str, findings: str, impression: str, **more: Any) -> list[Issue]:
    case = case_from_json({"findings": findings, "impression": impression, **more})
    return [issue for issue in BOOK.inspect(case).issues if issue.rule == rule]


def the(rule: str, findings: str, impression: str, **more: Any) -> Issue:
    (issue,) = issues(rule, findings, impression, **more)
    return issue


SIDES = [
    # The side stands behind the organ.
    ("甲状腺左叶见低密度结节，右叶未见异常。", "甲状腺右叶结节。", "甲状腺右叶", "甲状腺左叶"),
    # Half of a disease's name is no place.
    ("左肺上叶舌段见片状实变影。右肺清晰。", "右肺中叶肺炎。", "右肺中叶肺炎", "左肺上叶"),
    # What the side is of, and no bracket that never closes.
    (
        "L4/5椎间盘向后偏左突出。",
        "L4/5椎间盘突出（中央偏右型）。",
        "L4/5椎间盘突出（中央偏右型）",
        "L4/5椎间盘向后偏左突出",
    ),
    (
        "L1双侧椎板骨折。L2-4右侧横突骨折。",
        "L2-4左侧横突骨折。",
        "L2-4左侧横突骨折",
        "L2-4右侧横突骨折",
    ),
    (
        "脑桥左侧见斑片状高信号。右侧椎动脉纤细。",
        "脑桥右侧梗死；右侧椎动脉纤细。",
        "脑桥右侧梗死",
        "脑桥左侧",
    ),
    # A heading that gives the side.
    (
        "右肺上叶：无异常。\n右肺中叶：磨玻璃结节，7mm。\n左肺上叶：无异常。\n左肺下叶：无异常。",
        "左肺上叶磨玻璃结节。",
        "左肺上叶磨玻璃结节",
        "右肺中叶：磨玻璃结节",
    ),
    # Told once.
    (
        "左膝内侧半月板后角见高信号达关节面。外侧半月板形态可。",
        "左膝外侧半月板后角撕裂。",
        "外侧半月板",
        "内侧半月板",
    ),
]


@pytest.mark.parametrize(("findings", "impression", "here", "there"), SIDES)
def test_both_sides_are_quoted_with_what_they_are_of(
    findings: str, impression: str, here: str, there: str
) -> None:
    issue = the("laterality", findings, impression)
    assert (issue.text, issue.related[0].text) == (here, there)
    assert f"“{here}”与影像描述“{there}”" in issue.message


def test_the_side_that_was_examined_is_quoted_by_the_name_of_the_examination() -> None:
    issue = the(
        "laterality", "左肩冈上肌腱信号增高。", "左肩冈上肌腱损伤。", exam={"exam_item": "右肩关节MRI平扫"}
    )
    assert "与检查名称“右肩关节MRI平扫”左右不一致" in issue.message


def test_the_number_of_an_item_is_no_part_of_what_is_quoted() -> None:
    lost = the("conclusion_without_finding", "右肺中叶见片状影。", "1、右肺中叶炎症；\n2. 脾大。")
    assert lost.text == "脾大"
    assert "“脾大”" in lost.message
    against = the("contradiction", "胰脾未见异常。肝左叶见囊肿。", "1.肝囊肿。\n2.胰腺囊肿。")
    assert against.text == "胰腺囊肿"


def test_what_is_called_sound_by_its_name_is_quoted_rather_than_what_lies_beside_it() -> None:
    findings = "双侧内听道对称，未见扩大。桥小脑角池未见占位。双侧乳突小房内未见异常信号。"
    against = the("contradiction", findings, "左侧中耳乳突炎。")
    assert against.related[0].text == "双侧乳突小房内未见异常信号"


def test_a_lobe_is_quoted_with_what_is_denied_in_it() -> None:
    findings = "甲状腺形态正常。左侧叶上极见低回声结节。右侧叶回声均匀，未见结节。"
    against = the("contradiction", findings, "甲状腺右侧叶结节。")
    assert against.related[0].text == "右侧叶回声均匀，未见结节"


SOUND = [
    ("contradiction", "右肺上叶见结节。右肺门淋巴结无肿大。", "右肺上叶结节。纵隔淋巴结转移。"),
    ("contradiction", "甲状腺形态饱满，密度弥漫性减低，未见明确结节影及钙化。", "甲状腺弥漫性病变。"),
    (
        "contradiction",
        "右乳见散在点状影。双乳图像质量良好，未见结构扭曲及可疑钙化。",
        "右乳良性钙化。",
    ),
    (
        "contradiction",
        "肾动脉以下腹主动脉呈瘤样扩张，见附壁血栓。肝、脾、双肾灌注正常。",
        "肾下型腹主动脉瘤。",
    ),
    ("template_residue", "髌骨软骨变薄。", "髌骨软骨软化。"),
    ("text_format", "36牙缺失。46牙根尖周见低密度影。", "1、36牙缺失；\n2、46牙根尖周囊肿；\n3、牙周炎。"),
]


@pytest.mark.parametrize(("rule", "findings", "impression"), SOUND)
def test_nothing_is_told_where_only_a_word_is_shared(rule: str, findings: str, impression: str) -> None:
    assert issues(rule, findings, impression) == []


def test_a_request_to_compare_is_quoted_where_nothing_was_compared() -> None:
    priors = [{"performed_at": "2024-01-05", "modality": "CT", "exam_item": "胸部CT平扫"}]
    exam = {"modality": "CT", "exam_item": "胸部CT平扫"}
    issue = the(
        "no_comparison", "右肺上叶见结节。", "右肺上叶结节。\n请结合原片对比。", exam=exam, priors=priors
    )
    assert issue.text == "请结合原片对比"
    assert "2024-01-05 胸部CT平扫" in issue.message


@pytest.mark.parametrize(
    ("modality", "findings", "words", "own"),
    [("MR", "肝脏密度均匀。", "密度均匀", "信号"), ("CT", "肝脏见T2WI高信号。", "T2WI", "密度")],
)
def test_words_of_another_modality_are_named_beside_its_own(
    modality: str, findings: str, words: str, own: str
) -> None:
    issue = the("modality_mismatch", findings, "肝脏未见异常。", exam={"modality": modality})
    assert issue.message == f"“{words}”不是{modality}报告的用语（{modality}描述{own}），请核对。"


@pytest.mark.parametrize(("age", "printed"), [("045Y", "45岁"), ("66", "66岁"), ("58岁", "58岁")])
def test_an_age_is_told_as_a_report_prints_it(age: str, printed: str) -> None:
    issue = the("identity_mismatch", "骨骺未闭。", "左膝未见异常。", patient={"age": age})
    assert f"受检者年龄（{printed}）" in issue.message


def test_a_list_of_alternatives_keeps_the_first_character_of_a_name() -> None:
    said = "左侧咽旁占位：多形性腺瘤、神经鞘瘤、副神经节瘤、血管瘤、淋巴结病变待鉴别。"
    assert "（多形性腺瘤、" in the("too_many_differentials", "左侧咽旁间隙见肿物。", said).message


def test_a_tooth_that_is_gone_is_quoted_to_the_end_of_the_words() -> None:
    issue = the("resected_organ", "36牙缺失。36牙根尖周未见异常。", "36牙缺失。")
    assert issue.text == "36牙根尖周未见异常"


def test_punctuation_is_shown() -> None:
    issue = the("text_format", "双肺纹理清晰,心影不大。", "心肺未见异常。")
    assert issue.message == "半角标点“,”宜改为全角。"
