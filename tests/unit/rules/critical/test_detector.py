"""The detector: what is known from before, what a threshold decides, where a finding stands."""

from pathlib import Path

import pytest
from effort import blows_up, steps

from plugin.domain.case import Case, PriorExam
from plugin.domain.critical import CriticalFinding, Tier
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.detector import Detector
from plugin.text.lexicon import Lexicon

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(ROOT / "config/rules/lexicon")


@pytest.fixture(scope="module")
def detector(lexicon: Lexicon) -> Detector:
    return Detector.load(ROOT / "config", lexicon)


@pytest.fixture
def detect(detector: Detector, lexicon: Lexicon):
    def run(
        findings: str = "",
        impression: str = "",
        *,
        modality: str = "",
        age: str = "",
        performed_at: str = "2026-06-01",
        priors: tuple[PriorExam, ...] | None = None,
        order: ImagingOrder | None = None,
        exam_item: str = "",
    ) -> dict[str, CriticalFinding]:
        report = Report(
            findings=findings,
            impression=impression,
            patient=Patient(age=age),
            exam=Exam(modality=modality, performed_at=performed_at, exam_item=exam_item),
        )
        found = detector.detect(CaseReading(Case(report=report, priors=priors, order=order), lexicon))
        return {finding.code: finding for finding in found}

    return run


def prior(impression: str, performed_at: str = "2026-05-30", findings: str = "") -> tuple[PriorExam, ...]:
    return (PriorExam(performed_at=performed_at, impression=impression, findings=findings),)


class TestPriors:
    def test_the_same_finding_some_days_ago_is_known(self, detect) -> None:
        found = detect(impression="左侧基底节区脑出血。", priors=prior("左侧基底节区脑出血。"))
        assert found["ICH"].state == "known"

    def test_growth_alerts_again_as_progress(self, detect) -> None:
        found = detect(impression="左侧基底节区脑出血，较前增大。", priors=prior("左侧基底节区脑出血。"))
        assert {code: str(finding.state) for code, finding in found.items()} == {"INFARCT_PROGRESS": "new"}

    def test_the_other_side_is_another_event(self, detect) -> None:
        found = detect(impression="右侧基底节区脑出血。", priors=prior("左侧基底节区脑出血。"))
        assert found["ICH"].state == "new"

    def test_a_prior_that_denies_makes_nothing_known(self, detect) -> None:
        found = detect(impression="右侧气胸，肺压缩约60%。", priors=prior("未见气胸。"))
        assert found["LARGE_PTX"].state == "new"

    def test_a_bleed_of_two_years_ago_is_not_this_one(self, detect) -> None:
        found = detect(impression="左侧丘脑出血。", priors=prior("左侧丘脑出血。", "2024-05-30"))
        assert found["ICH"].state == "new"

    def test_a_newly_said_finding_is_new_whatever_stood_before(self, detect) -> None:
        found = detect(impression="左侧丘脑新发脑出血，本次新出现。", priors=prior("左侧丘脑出血。"))
        assert found["ICH"].state == "new"

    def test_the_same_words_without_priors_alert(self, detect) -> None:
        assert detect(impression="左侧基底节区脑出血。", priors=())["ICH"].state == "new"

    def test_a_cancer_that_the_requisition_names_is_known(self, detect) -> None:
        asked = ImagingOrder(clinical_diagnosis="肺癌")
        assert detect(impression="考虑左肺癌。", order=asked)["NEW_CANCER"].state == "known"

    def test_a_cancer_that_the_requisition_asks_for_is_new(self, detect) -> None:
        asked = ImagingOrder(clinical_diagnosis="肺癌待排")
        assert detect(impression="考虑左肺癌。", order=asked)["NEW_CANCER"].state == "new"


class TestGrowth:
    """Sizes beside those of the same patient's earlier reports, where the text itself says no change."""

    BLEED = "左侧基底节区脑出血。"

    @pytest.mark.parametrize(
        ("then", "now", "outcome"),
        [
            ("血肿量约30ml", "血肿量约45ml", {"INFARCT_PROGRESS": "new"}),
            ("血肿量约30ml", "血肿量约30ml", {"ICH": "known"}),
            ("血肿量约30ml", "血肿量约32ml", {"ICH": "known"}),
            ("血肿量约45ml", "血肿量约30ml", {"ICH": "known"}),
            ("血肿大小约30mm×20mm", "血肿大小约4.2cm×3.0cm", {"INFARCT_PROGRESS": "new"}),
            ("血肿大小约3.0×3.0×3.0cm", "血肿量约30毫升", {"INFARCT_PROGRESS": "new"}),
            ("血肿量约30ml", "血肿", {"ICH": "known"}),
        ],
    )
    def test_a_bleed(self, detect, then: str, now: str, outcome: dict[str, str]) -> None:
        found = detect(
            findings=f"左侧基底节区见高密度{now}，CT值约65HU。",
            impression=self.BLEED,
            priors=prior(self.BLEED, findings=f"左侧基底节区见高密度{then}，CT值约65HU。"),
        )
        assert states(found) == outcome

    @pytest.mark.parametrize(
        ("then", "now", "state"),
        [(30, 60, "new"), (60, 80, "new"), (60, 65, "known"), (80, 60, "known"), (20, 30, "uncertain")],
    )
    def test_a_pneumothorax(self, detect, then: int, now: int, state: str) -> None:
        found = detect(
            impression=f"右侧气胸，肺组织压缩约{now}%。", priors=prior(f"右侧气胸，肺组织压缩约{then}%。")
        )
        assert states(found) == {"LARGE_PTX": state}

    @pytest.mark.parametrize(("then", "now", "state"), [(25, 45, "new"), (25, 27, "known")])
    def test_a_pericardial_effusion(self, detect, then: int, now: int, state: str) -> None:
        found = detect(
            impression=f"大量心包积液，最深约{now}mm。", priors=prior(f"大量心包积液，最深约{then}mm。")
        )
        assert states(found) == {"TAMPONADE": state}

    @pytest.mark.parametrize(("then", "now", "state"), [(50, 90, "new"), (50, 55, "known")])
    def test_a_pleural_effusion(self, detect, then: int, now: int, state: str) -> None:
        found = detect(
            impression=f"右侧大量胸腔积液，最深约{now}mm。",
            priors=prior(f"右侧大量胸腔积液，最深约{then}mm。"),
        )
        assert states(found) == {"MASSIVE_EFFUSION": state}

    @pytest.mark.parametrize("said", ["较前相仿", "较前吸收"])
    def test_a_text_that_its_own_figures_gainsay_asks_the_radiologist(self, detect, said: str) -> None:
        found = detect(
            impression=f"左侧基底节区脑出血，量约45ml，{said}。",
            priors=prior("左侧基底节区脑出血，量约30ml。"),
        )
        assert states(found) == {"ICH": "uncertain"}

    def test_the_newest_report_that_gives_a_size_is_the_one_to_compare_with(self, detect) -> None:
        earlier = (
            *prior("左侧基底节区脑出血，量约44ml。", "2026-05-31"),
            *prior("左侧基底节区脑出血，量约30ml。", "2026-05-30"),
        )
        assert states(detect(impression="左侧基底节区脑出血，量约45ml。", priors=earlier)) == {"ICH": "known"}

    def test_two_bleeds_that_have_both_grown_are_one_progress(self, detect) -> None:
        said = "左侧基底节区脑出血，量约{}ml。左侧额部硬膜下血肿，厚约{}mm。"
        found = detect(impression=said.format(45, 15), priors=prior(said.format(30, 8)))
        assert states(found) == {"INFARCT_PROGRESS": "new"}

    def test_the_thickness_of_slices_is_no_size(self, detect) -> None:
        found = detect(
            findings="层厚10mm。左侧额部硬膜下血肿。",
            impression="左侧额部硬膜下血肿。",
            priors=prior("左侧额部硬膜下血肿。", findings="层厚5mm。左侧额部硬膜下血肿。"),
        )
        assert states(found) == {"SDH_EDH": "known"}


def states(found: dict[str, CriticalFinding]) -> dict[str, str]:
    return {code: str(finding.state) for code, finding in found.items()}


class TestThresholds:
    @pytest.mark.parametrize(
        ("text", "state"),
        [
            ("右侧气胸，肺组织压缩约50%。", "new"),
            ("右侧气胸，肺组织压缩约49%。", "uncertain"),
            ("右侧气胸，肺压缩约2/3。", "new"),
            ("右侧气胸。", "uncertain"),
        ],
    )
    def test_compression_decides_about_a_pneumothorax(self, detect, text: str, state: str) -> None:
        assert detect(impression=text)["LARGE_PTX"].state == state

    @pytest.mark.parametrize(("text", "state"), [("10mm", "new"), ("1.2cm", "new"), ("0.9cm", "uncertain")])
    def test_midline_shift_is_read_in_either_unit(self, detect, text: str, state: str) -> None:
        found = detect(findings=f"中线结构向左移位约{text}。", modality="CT")
        assert found["HERNIATION"].state == state

    def test_a_large_unruptured_aneurysm_is_orange(self, detect) -> None:
        found = detect(impression="腹主动脉瘤，直径约6.0cm。")
        assert (found["ANEURYSM"].tier, found["ANEURYSM"].state) == (Tier.ORANGE, "new")

    def test_a_ruptured_one_is_red(self, detect) -> None:
        assert detect(impression="腹主动脉瘤破裂。")["ANEURYSM"].tier is Tier.RED

    def test_gas_in_the_bowel_wall_of_a_newborn_is_enterocolitis(self, detect) -> None:
        text = "肠壁积气、门静脉积气。"
        assert set(detect(impression=text, age="6天")) == {"NEC"}
        assert set(detect(impression=text, age="60岁")) == {"STRANGULATION"}


class TestEvents:
    def test_findings_and_impression_make_one_finding(self, detect) -> None:
        found = detect("右侧胸腔积气，右肺压缩约60%。", "右侧气胸，肺压缩约60%。")
        assert list(found) == ["LARGE_PTX"]
        assert found["LARGE_PTX"].section == "impression"

    def test_what_was_compared_in_the_findings_holds_for_the_impression(self, detect) -> None:
        found = detect("左侧丘脑血肿，大小同前。", "左侧丘脑出血。")
        assert found["ICH"].state == "known"

    def test_a_new_bleed_beside_an_old_one_alerts(self, detect) -> None:
        found = detect("", "1.左侧基底节区陈旧性脑出血。2.右侧丘脑出血。")
        assert (found["ICH"].state, found["ICH"].text) == ("new", "右侧丘脑出血")

    def test_the_specific_code_wins(self, detect) -> None:
        assert set(detect(impression="绞窄性肠梗阻。")) == {"STRANGULATION"}
        assert set(detect(impression="脾破裂，腹腔积血。")) == {"ORGAN_RUPTURE"}

    def test_a_sign_that_the_conclusion_denies_says_nothing(self, detect) -> None:
        found = detect("肺动脉内见充盈缺损样低密度影。", "CTPA未见肺栓塞。", modality="CT")
        assert not any(finding.state == "new" for finding in found.values())

    def test_red_comes_first(self, detect) -> None:
        assert list(detect(impression="考虑左肺癌。右侧大量气胸，肺压缩80%。")) == ["LARGE_PTX", "NEW_CANCER"]

    def test_advice_to_follow_up_after_treatment_makes_nothing_old(self, detect) -> None:
        assert detect(impression="左侧丘脑急性脑梗死，建议治疗后复查。")["ACUTE_INFARCT"].state == "new"

    def test_a_comparison_that_is_announced_reaches_the_finding(self, detect) -> None:
        found = detect(impression="左侧硬膜下血肿，与2026-05-02片比较示：血肿较前缩小。")
        assert found["SDH_EDH"].state == "resolved"

    def test_a_sentence_that_sums_up_reaches_back(self, detect) -> None:
        assert detect(impression="左侧额叶脑出血。以上较前无明显变化。")["ICH"].state == "known"


def test_places_count_characters_as_given(detect) -> None:
    given = "１．<b>双肺</b>未见异常。\n２．右侧大量气胸，肺组织压缩约８０％。"
    finding = detect(impression=given)["LARGE_PTX"]
    assert given[finding.start : finding.end] == finding.text
    assert "大量气胸" in finding.text


def test_a_sign_needs_a_modality_that_shows_it(detect) -> None:
    text = "左侧基底节区见团片状高密度影，CT值约65HU。"
    assert detect(text, modality="CT")["ICH"].state == "new"
    assert detect(text)["ICH"].state == "new"
    assert detect(text, modality="US")["ICH"].state == "uncertain"


@pytest.mark.parametrize(
    "text", ["", " ", "，，，。。", "<>&nbsp;", "\x00\ufeff", "A normal chest.", "😀" * 50]
)
def test_odd_text_has_no_critical_finding(detect, text: str) -> None:
    assert detect(text, text) == {}


@pytest.mark.parametrize(
    "piece", ["脑出血", "肺癌转移结节随访复查", "未见脑出血", "较前气胸压缩50%", "亚急性脑梗死", "(" * 5]
)
def test_time_grows_no_faster_than_the_text(detect, piece: str) -> None:
    def effort(length: int) -> int:
        text = (piece * length)[:length]
        return steps(lambda: detect(text, text))

    assert effort(3_999) < 5 * effort(1_000)
    assert not blows_up(lambda: detect(piece * 1_000_000, piece * 1_000_000))


def test_the_journey_reads_whom_to_tell_and_how_fast(detector: Detector) -> None:
    assert len(detector.catalogue) == 44
    entry = detector.catalogue["LARGE_PTX"]
    assert (entry.tier, entry.minutes, entry.acr_category) == (Tier.RED, 10, 1)
    assert entry.tell[0] == "申请医师"
    assert detector.version.startswith("2026.1+")


def test_codes_are_those_of_the_reference(detector: Detector, shared: Path) -> None:
    lines = (shared / "reference/critical_findings.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert {line.split(",")[0] for line in lines} == set(detector.catalogue)
