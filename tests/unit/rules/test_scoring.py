"""附录A of T/CSBME: its wording and its tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.configuration import locate
from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.exchange import case_from_json
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.scoring import FormAnswers, ScoringForm
from plugin.rules.rulebook import Rulebook
from plugin.rules.scoring import Forms, load_forms, score, scores_again, suggest, suggested_scores

FOLDER = Path(__file__).parents[3] / "config" / "scoring"


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms(FOLDER)


def unmet(form: ScoringForm, count: int) -> FormAnswers:
    return FormAnswers(unmet=frozenset(c.id for c in form.conditions[:count]))


def test_the_six_objects_of_the_standard_have_a_form(forms: Forms) -> None:
    assert {
        f.form_id: (f.object, len(f.fatal), len(f.conditions)) for f in forms if f.scores_examination
    } == {
        "request_form": ("REQ", 5, 0),
        "image": ("IMG", 3, 5),
        "film": ("FILM", 3, 4),
        "reconstruction": ("R3D", 3, 4),
        "report": ("RPT", 7, 4),
        "reviewed_report": ("RVW", 8, 4),
    }


@pytest.mark.shared
def test_every_line_is_worded_as_printed(shared: Path, forms: Forms) -> None:
    printed = "".join(next((shared / "seeds").glob("001_*")).read_text("utf-8").split("附录 A  \n")[1])
    for form in forms:
        lines = (*form.fatal, *form.conditions)
        missing = [c.text for c in lines if f") {c.text}" not in printed]
        assert not missing, form.form_id


@pytest.mark.parametrize(
    ("form_id", "by_unmet"),
    [
        ("image", [5, 4, 3, 3, 2, 1]),
        ("film", [5, 4, 3, 2, 1]),
        ("reconstruction", [5, 4, 3, 2, 1]),
        ("report", [5, 4, 3, 2, 1]),
        ("reviewed_report", [5, 4, 3, 2, 1]),
    ],
)
def test_unmet_conditions_lower_the_score_by_the_table(
    forms: Forms, form_id: str, by_unmet: list[int]
) -> None:
    form = forms.get(form_id)
    assert [score(form, unmet(form, n)).score for n in range(len(form.conditions) + 1)] == by_unmet


def test_any_fatal_item_is_one_point_and_the_rest_is_still_told(forms: Forms) -> None:
    for form_id in ("image", "film", "reconstruction", "report", "reviewed_report"):
        form = forms.get(form_id)
        for line in form.fatal:
            answers = replace(unmet(form, 1), present=frozenset({line.id}), reasons={line.id: "原因"})
            result = score(form, answers)
            assert (result.score, result.grade, result.passed) == (1, "不合格", False)
            assert [(d.severe, d.reason) for d in result.deductions] == [(True, "原因"), (False, "")]


@pytest.mark.parametrize(
    ("missing", "grade", "passed"),
    [(0, "优秀", True), (1, "良好", True), (2, "合格", True), (3, "不合格", False)],
)
def test_grades(forms: Forms, missing: int, grade: str, passed: bool) -> None:
    result = score(forms.get("report"), unmet(forms.get("report"), missing))
    assert (result.grade, result.passed) == (grade, passed)


def test_a_request_form_conforms_or_not(forms: Forms) -> None:
    form = forms.get("request_form")
    assert score(form, FormAnswers()) == replace(
        score(form, FormAnswers()), score=None, grade="合格", passed=True
    )
    for line in form.fatal:
        result = score(form, FormAnswers(present=frozenset({line.id})))
        assert (result.score, result.grade, result.passed) == (None, "不合格", False)


def test_a_condition_that_does_not_apply_counts_as_met(forms: Forms) -> None:
    form = forms.get("image")
    assert score(form, FormAnswers(not_applicable=frozenset({"IMG-C5"}))).score == 5


@pytest.mark.parametrize(
    "answers",
    [
        FormAnswers(present=frozenset({"RPT-C1"})),
        FormAnswers(unmet=frozenset({"RPT-F1"})),
        FormAnswers(unmet=frozenset({"IMG-C1"})),
        FormAnswers(unmet=frozenset({"RPT-C1"}), not_applicable=frozenset({"RPT-C1"})),
    ],
)
def test_answers_that_do_not_fit_the_form_are_refused(forms: Forms, answers: FormAnswers) -> None:
    with pytest.raises(InvalidInput):
        score(forms.get("report"), answers)


def test_the_contrast_item_of_figure_3_is_off_until_switched_on() -> None:
    assert all(c.id != "IMG-C6" for c in load_forms(FOLDER).get("image").conditions)
    form = load_forms(FOLDER, {"IMG-C6"}).get("image")
    assert score(form, FormAnswers(unmet=frozenset({"IMG-C6"}))).score == 4
    assert score(form, FormAnswers()).score == 5


def issue(rule: str, severity: Severity) -> Issue:
    return Issue(
        rule=rule,
        severity=severity,
        section=Section.IMPRESSION,
        start=0,
        end=2,
        text="左侧",
        message="左右矛盾",
        clause="T/CSBME 4.2.5 b",
    )


def test_issues_suggest_lines_but_remarks_do_not(forms: Forms) -> None:
    found = [issue("laterality", Severity.ERROR), issue("typo", Severity.INFO)]
    answers = suggest(forms.get("report"), found)
    assert answers.present == {"RPT-F2"}
    assert answers.unmet == frozenset()
    assert answers.reasons == {"RPT-F2": "左右矛盾"}


def test_suggested_scores_speak_only_of_forms_that_rules_know(forms: Forms) -> None:
    assert suggested_scores([forms.get("report"), forms.get("film")], []) == {"report": 5}
    assert suggested_scores([forms.get("report")], [issue("laterality", Severity.ERROR)]) == {"report": 1}


def test_an_unknown_form_is_named(forms: Forms) -> None:
    with pytest.raises(InvalidInput, match="sonography"):
        forms.get("sonography")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("score_by_met = [2, 3, 4, 5]", "score_by_met = [2, 3, 4]", "score_by_met"),
        ("score_by_met = [2, 3, 4, 5]", "score_by_met = [5, 3, 4, 2]", "score_by_met"),
        ("none_met = 1", "none_met = 0", "score_by_met"),
        ('id = "FILM-C2"', 'id = "FILM-C1"', "FILM-C1"),
        ('version = "1"', 'version = "1"\ncolour = 1', "colour"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (FOLDER / "film.toml").read_text("utf-8")
    assert old in text
    (tmp_path / "film.toml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_forms(tmp_path)
    assert caught.value.key == named


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('\nkind = "categories"', '\nkind = "conformity"'),
        ("[[category]]\nid", "[[fatal]]\nid"),
    ],
)
def test_categories_and_nothing_else_make_a_form_without_a_score(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "peer_learning.toml").read_text("utf-8")
    (tmp_path / "peer_learning.toml").write_text(text, "utf-8")
    (form,) = load_forms(tmp_path)
    assert len(form.categories) == 6
    assert not form.scores_examination
    assert old in text
    (tmp_path / "peer_learning.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_forms(tmp_path)
    assert caught.value.key in {"category", "kind"}


def test_a_report_without_a_text_is_scored_by_what_speaks_against_it_alone(forms: Forms) -> None:
    form = forms.get("report")
    empty = issue("missing_field", Severity.ERROR)
    assert suggested_scores([form], [], reported=False) == {}
    assert suggested_scores([form], [empty], reported=False)
    assert scores_again([form], [], {}) == {}
    assert scores_again([form], [], {"report": 1}) == {"report": 5}


def test_an_unknown_optional_line_is_an_error() -> None:
    with pytest.raises(ConfigError, match="IMG-C7"):
        load_forms(FOLDER, {"IMG-C7"})


@pytest.mark.parametrize(
    ("order", "grade"),
    [
        ({"clinical_diagnosis": "", "history": "", "purpose": ""}, "不合格"),
        ({"clinical_diagnosis": "肺部感染", "history": "咳嗽发热3天", "purpose": "除外肺炎"}, "合格"),
        (None, None),
    ],
)
def test_a_requisition_is_graded_when_one_came(order, grade):
    data = {"id": "1", "findings": "双肺清晰。", "impression": "双肺未见异常。"}
    case = case_from_json(data | ({"order": order} if order is not None else {}))

    assert Rulebook.load(locate(None)).inspect(case).suggested_scores.get("request_form") == grade


@pytest.mark.parametrize(
    ("line", "report", "order"),
    [
        ("REQ-F1", {}, {"clinical_diagnosis": "", "history": "/", "purpose": ""}),
        ("REQ-F2", {"patient": {"sex": "M"}}, {"clinical_diagnosis": "腹痛", "history": "子宫肌瘤病史"}),
        (
            "REQ-F3",
            {"findings": "右股骨内固定物在位。", "impression": "右股骨骨折内固定术后改变。"},
            {"clinical_diagnosis": "右髋痛待查", "history": "疼痛3天"},
        ),
        ("REQ-F4", {}, {"clinical_diagnosis": "痛", "history": "", "purpose": ""}),
        (
            "REQ-F5",
            {},
            {"exam_item": "右膝关节正侧位", "clinical_diagnosis": "左膝外伤", "history": "左膝跌伤2小时"},
        ),
    ],
)
def test_each_fault_of_a_requisition_suggests_its_own_line(
    forms: Forms, line: str, report: dict[str, object], order: dict[str, str]
) -> None:
    book = Rulebook.load(locate(None))
    text = {"findings": "双肺清晰。", "impression": "双肺未见异常。"}
    issues = book.inspect(case_from_json({**text, **report, "order": order})).issues

    rules = {issue.rule for issue in issues}
    assert {entry.id for entry in forms.get("request_form").fatal if rules & set(entry.rules)} == {line}


def test_a_report_without_a_conclusion_suggests_the_line_that_says_so() -> None:
    book = Rulebook.load(locate(None))
    report = {"findings": "右肺上叶见结节。", "impression": "右肺上叶结节。"}

    # One after the other: what issues come to is remembered, and both are of one rule.
    scores = [
        book.inspect(case_from_json(report | {empty: ""})).suggested_scores["report"]
        for empty in ("findings", "impression", "findings")
    ]

    assert scores == [5, 1, 5]
