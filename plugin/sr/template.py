"""Template QC1000: what the content says, as a content tree (docs/conformance/qc1000.md).

Row numbers in comments are those of the published template.  The tree is kept flat:
OHIF shows children of containers only, and most viewers print no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from plugin.domain.recognition import LabelDecision
from plugin.domain.scoring import Criterion, Deduction, ScoringMode
from plugin.sr import tree
from plugin.sr.codes import Code, CodeBook
from plugin.sr.content import DeviceInfo, Disclosure, ReaderPart, ScoredForm, SrContent, Suggestion
from plugin.sr.tree import HAS_CONCEPT_MOD, HAS_OBS_CONTEXT, HAS_PROPERTIES, Item

MODES = {
    ScoringMode.RANDOM: "mode_random",
    ScoringMode.ACTIVE: "mode_active",
    ScoringMode.COLLECTIVE: "mode_collective",
    ScoringMode.REVIEW: "mode_review",
    ScoringMode.TEACHING: "mode_teaching",
}
ASSESSED_ROLES = {
    "REQ": "role_requesting",
    "IMG": "role_performing",
    "FILM": "role_performing",
    "R3D": "role_performing",
    "RPT": "role_recording",
    "RVW": "role_verifying",
}
"""Whose work an object is (TID 1020, CID 7453)."""

LANGUAGES = {"zh-CN": Code("zh-CN", "RFC5646", "中文（简体）"), "en": Code("en", "RFC5646", "English")}


def qc1000(content: SrContent, book: CodeBook) -> Item:
    """The whole document."""
    readers = _by_reader(content.scored)
    open_names = content.disclosure is not Disclosure.SUMMARY
    rows = [tree.code(book["language"], LANGUAGES[content.language], HAS_CONCEPT_MOD)]  # row 2
    if open_names and len(readers) == 1:
        rows += _person_observer(readers[0][0], content.institution_name, book)  # row 3
    rows += _device_observer(content.device, book)  # row 4
    rows += tree.uid(book["study_uid"], content.study.study_instance_uid, HAS_OBS_CONTEXT)  # row 5
    rows += tree.text(book["accession_number"], content.study.accession_number, HAS_OBS_CONTEXT)
    rows.append(tree.code(book["disclosure"], book[f"disclosure_{content.disclosure}"]))  # row 6
    rows += tree.text(book["report_id"], content.report_id)  # row 7
    passed = overall_passed(content)
    rows.append(tree.code(book["conclusion"], book["pass" if passed else "fail"]))  # row 8
    rows += tree.text(book["summary"], summary(content, book))  # row 9
    if len(readers) == 1:
        rows += _reader_rows(readers[0], content, book)  # rows 10 to 14
    else:
        for reader in readers:  # row 15
            context = _person_observer(reader[0], content.institution_name, book) if open_names else []
            rows.append(tree.container(book["reader"], [*context, *_reader_rows(reader, content, book)]))
    if content.disclosure is Disclosure.FULL:
        rows += [_suggestion(suggestion, book) for suggestion in content.suggestions]  # row 16
    if content.label:
        rows.append(_label(content.label, book))  # row 17
    return Item("", "CONTAINER", book["title"], None, tuple(rows))


def overall_passed(content: SrContent) -> bool:
    """All objects pass; where a third reader decided an object, his word alone counts."""
    decided = {s.form.object for s in content.scored if s.part is ReaderPart.ADJUDICATOR}
    counted = [s for s in content.scored if s.part is ReaderPart.ADJUDICATOR or s.form.object not in decided]
    return all(s.sheet.result.passed for s in counted)


def summary(content: SrContent, book: CodeBook) -> str:
    """One paragraph for viewers that show little else."""
    zh = not content.language.startswith("en")
    parts: list[str] = []
    for scored in content.scored:
        result = scored.sheet.result
        name = object_code(scored, book).meaning
        verdict = result.grade or book["pass" if result.passed else "fail"].meaning
        reached = result.score if result.points is None else f"{result.points:g}"
        points = "" if reached is None else (f"{reached} 分，" if zh else f"{reached}, ")
        who = book[f"part_{scored.part}"].meaning + " " if scored.part is not ReaderPart.SINGLE else ""
        parts.append(f"{who}{name}：{points}{verdict}" if zh else f"{who}{name}: {points}{verdict}")
    at = max(s.sheet.scored_at for s in content.scored).astimezone(content.created_at.tzinfo)
    when = f"{at:%Y-%m-%d %H:%M}"
    return ("；".join(parts) + f"。质控时间：{when}。") if zh else ("; ".join(parts) + f". Scored at {when}.")


def object_code(scored: ScoredForm, book: CodeBook) -> Code:
    """The concept of a scored object; a form of the site's own brings its own."""
    key = f"object_{scored.form.object}"
    if key in book:
        return book[key]
    title = scored.form.title_en if book.language.startswith("en") else scored.form.title
    return book.own(scored.form.object, title)


def criterion_code(scored: ScoredForm, criterion: Criterion, book: CodeBook) -> Code:
    """The criterion as a concept, by its published code."""
    wording = criterion.text_en if book.language.startswith("en") else criterion.text
    return book.own(criterion_value(scored.form.object, criterion.id), wording)


def criterion_value(scored_object: str, criterion_id: str) -> str:
    """``RPT-F1`` as it is; ``f1`` becomes ``RPT:f1``, so that equal IDs of two forms stay two concepts."""
    own = criterion_id.startswith(f"{scored_object}-")
    return criterion_id if own else f"{scored_object}:{criterion_id}"


def _by_reader(scored: tuple[ScoredForm, ...]) -> list[list[ScoredForm]]:
    readers: dict[tuple[str, str, str, ReaderPart], list[ScoredForm]] = {}
    for one in scored:
        sheet = one.sheet
        readers.setdefault((sheet.scorer_id, sheet.scorer_name, sheet.scorer_role, one.part), []).append(one)
    return list(readers.values())


def _person_observer(scored: ScoredForm, organization: str, book: CodeBook) -> list[Item]:
    """TID 1002 with TID 1003; the name is required there, the login stands in for a missing one."""
    sheet = scored.sheet
    here = "image_controller" if scored.form.object in ("IMG", "FILM", "R3D") else "results_controller"
    context = HAS_OBS_CONTEXT
    rows = [tree.code(book["observer_type"], book["person"], context)]
    rows += tree.person(book["observer_name"], sheet.scorer_name or sheet.scorer_id or "?", context)
    rows += tree.text(book["observer_login"], sheet.scorer_id, context)
    rows += tree.text(book["observer_organization"], organization, context)
    if sheet.scorer_role:
        role = book.own(f"ROLE:{sheet.scorer_role}", sheet.scorer_role)
        rows.append(tree.code(book["observer_role"], role, context))
    rows.append(tree.code(book["observer_role_here"], book[here], context))
    return rows


def _device_observer(device: DeviceInfo, book: CodeBook) -> list[Item]:
    """TID 1002 with TID 1004; without a UID there is no device observer to name."""
    if not device.uid:
        return []
    context = HAS_OBS_CONTEXT
    return [
        tree.code(book["observer_type"], book["device"], context),
        *tree.uid(book["device_uid"], device.uid, context),
        *tree.text(book["device_name"], device.name, context),
        *tree.text(book["device_manufacturer"], device.manufacturer, context),
        *tree.text(book["device_model"], device.model, context),
        *tree.text(book["device_serial"], device.serial_number, context),
    ]


def _reader_rows(reader: list[ScoredForm], content: SrContent, book: CodeBook) -> list[Item]:
    first = reader[0]
    rows: list[Item] = []
    if first.part is not ReaderPart.SINGLE:
        rows.append(tree.code(book["part"], book[f"part_{first.part}"]))
    rows += _act(first, content, book)
    if content.disclosure is not Disclosure.SUMMARY:
        rows += tree.text(book["scorer"], first.sheet.scorer_name)
    rows += [_object(scored, first, content, book) for scored in reader]
    return rows


def _act(scored: ScoredForm, content: SrContent, book: CodeBook) -> list[Item]:
    at = scored.sheet.scored_at.astimezone(content.created_at.tzinfo)
    rows = [
        tree.code(book["mode"], book[MODES[scored.sheet.mode]]),
        tree.moment(book["scored_at"], at),
    ]
    if scored.blinded:
        rows.append(tree.code(book["blinded"], book["yes"]))
    return rows


def _object(scored: ScoredForm, first: ScoredForm, content: SrContent, book: CodeBook) -> Item:
    sheet, form, result = scored.sheet, scored.form, scored.sheet.result
    rows: list[Item] = []
    if result.score is not None:
        rows.append(tree.number(book["score"], result.score, book["score_unit"]))
    if result.points is not None:
        rows.append(tree.points(book["points"], result.points, book["score_unit"]))
    rows += tree.text(book["grade"], result.grade)
    rows.append(tree.code(book["assessment"], book[_assessment(scored)]))
    rule_set = book.own(f"{form.form_id}@{form.version}", f"{form.clause} {form.title}".strip())
    rows.append(tree.code(book["standard"], rule_set))
    if content.disclosure is Disclosure.SUMMARY:
        return tree.container(object_code(scored, book), rows)
    act = (sheet.mode, sheet.scored_at, scored.blinded)
    if act != (first.sheet.mode, first.sheet.scored_at, first.blinded):
        rows += _act(scored, content, book)
    rows += tree.text(book["sheet_id"], sheet.sheet_id)
    rows += tree.text(book["amends"], sheet.amends)
    rows += tree.text(book["assessed"], sheet.assessed_name)
    rows += _assessed(scored, book)
    rows += _criteria(scored, book)
    rows += _items(scored, book)
    rows += [_deduction(scored, deduction, content, book) for deduction in result.deductions]
    whole = [image for image in scored.images if not image.criterion_id]
    rows += [tree.image(book["marked_image"], i.sop_class_uid, i.sop_instance_uid) for i in whole]
    if content.disclosure is Disclosure.FULL:
        rows += tree.text(book["comment"], sheet.answers.comment)
    return tree.container(object_code(scored, book), rows)


def _assessment(scored: ScoredForm) -> str:
    """CID 6044 for images, pass or fail else."""
    result = scored.sheet.result
    if scored.form.object != "IMG":
        return "pass" if result.passed else "fail"
    if result.passed:
        return "image_usable"
    return "image_unusable" if result.score == 1 else "image_substandard"


def _assessed(scored: ScoredForm, book: CodeBook) -> list[Item]:
    """TID 1020: the person whose work this is."""
    sheet = scored.sheet
    properties = tree.text(book["person_id"], sheet.assessed_id, HAS_PROPERTIES)
    if role := ASSESSED_ROLES.get(scored.form.object):
        properties.append(tree.code(book["person_role"], book[role], HAS_PROPERTIES))
    name = sheet.assessed_name or sheet.assessed_id
    return tree.person(book["person_name"], name, tree.CONTAINS, properties)


def _criteria(scored: ScoredForm, book: CodeBook) -> Iterable[Item]:
    """Fatal items are absent or present; conditions are met, unmet or not applicable."""
    form, answers = scored.form, scored.sheet.answers
    for criterion in form.fatal:
        value = "present" if criterion.id in answers.present else "absent"
        yield tree.code(criterion_code(scored, criterion, book), book[value])
    for criterion in form.conditions:
        value = "yes"
        if criterion.id in answers.not_applicable:
            value = "not_applicable"
        elif criterion.id in answers.unmet:
            value = "no"
        yield tree.code(criterion_code(scored, criterion, book), book[value])


def _items(scored: ScoredForm, book: CodeBook) -> Iterable[Item]:
    """Lines of a form that adds up points: what was given, and the full number below it."""
    for item in scored.form.items:
        wording = item.text_en if book.language.startswith("en") else item.text
        full = replace(
            tree.points(book["full_points"], item.points, book["score_unit"]), relationship=HAS_PROPERTIES
        )
        code = book.own(criterion_value(scored.form.object, item.id), wording)
        yield tree.points(code, scored.sheet.answers.points.get(item.id, 0.0), book["score_unit"], [full])


def _deduction(scored: ScoredForm, deduction: Deduction, content: SrContent, book: CodeBook) -> Item:
    full = content.disclosure is Disclosure.FULL
    rows = tree.text(book["deduction_item"], criterion_value(scored.form.object, deduction.criterion_id))
    rows.append(tree.code(book["deduction_type"], book["severe" if deduction.severe else "nonconforming"]))
    rows += tree.text(book["wording"], deduction.text)
    rows += tree.text(book["reason"], deduction.reason if full else "")
    if finding := book.quality_finding(scored.form.object, deduction.criterion_id):
        rows.append(tree.code(book["quality_finding"], finding))
    for image in scored.images:
        if image.criterion_id == deduction.criterion_id:
            rows.append(tree.image(book["marked_image"], image.sop_class_uid, image.sop_instance_uid))
    return tree.container(book["deduction"], rows)


def _suggestion(suggestion: Suggestion, book: CodeBook) -> Item:
    """TID 4019 names the algorithm; what it found stands below it, apart from any answer."""
    rows = tree.text(book["algorithm_name"], suggestion.algorithm)
    rows += tree.text(book["algorithm_version"], suggestion.version)
    rows += tree.text(book["suggested_object"], suggestion.object)
    if suggestion.score is not None:
        rows.append(tree.number(book["score"], suggestion.score, book["score_unit"]))
    for issue in suggestion.issues:
        entries = tree.text(book["issue_rule"], issue.rule)
        entries += tree.text(book["issue_severity"], issue.severity.value)
        entries += tree.text(book["issue_message"], issue.message)
        entries += tree.text(book["issue_clause"], issue.clause)
        rows.append(tree.container(book["issue"], entries))
    return tree.container(book["suggestion"], rows)


def _label(label: LabelDecision, book: CodeBook) -> Item:
    """The label and what it covers; it never certifies the conclusion (DB50 6.1)."""
    rows = [
        tree.code(book["label_region"], book.own(label.region_id, label.region_id)),
        tree.code(book["label_eligible"], book["yes" if label.eligible else "no"]),
        *tree.text(book["label_mark"], label.mark),
    ]
    if label.item:
        printed = f"{label.item.number} {label.item.printed or label.item.name}"
        rows += tree.text(book["label_item"], printed)
    for reason_code, reason in label.reasons:
        rows.append(tree.code(book["label_reason"], book.own(f"REASON:{reason_code}", reason)))
    rows += [
        item for key, value in label.versions for item in tree.text(book["label_basis"], f"{key}={value}")
    ]
    rows += tree.text(book["label_scope"], book.text("label_scope"))
    return tree.container(book["label"], rows)
