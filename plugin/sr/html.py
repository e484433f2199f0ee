"""A document as one HTML page: readable without us, without scripts, without the network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType

from plugin.domain.scoring import Criterion
from plugin.sr.content import ReaderPart, ScoredForm, SrContent
from plugin.sr.read import SrDocument
from plugin.sr.render import name_text, value_text
from plugin.sr.tree import Item

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;margin:0;background:#f4f6f8;color:#1b2733}
main{max-width:56em;margin:0 auto;padding:1.5em}
h1{font-size:1.5em;margin:0 0 .5em}h2{font-size:1.15em;margin:0}
section,header{background:#fff;border:1px solid #d9e0e7;border-radius:6px;padding:1em 1.25em;margin:0 0 1em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:0}dt{color:#4d6073}dd{margin:0;overflow-wrap:anywhere}
.score{font-weight:600}.pass{color:#0a6b3d}.fail{color:#a11d1d}
table{border-collapse:collapse;width:100%;margin:.5em 0}td,th{text-align:left;vertical-align:top;padding:.25em .5em;border-top:1px solid #e6ebf0}
th{font-weight:400;color:#4d6073}ul{margin:.25em 0;padding-left:1.25em}li{overflow-wrap:anywhere;white-space:pre-wrap}
.mark{display:inline-block;border:2px solid #0a6b3d;border-radius:4px;padding:0 .5em;font-weight:600;color:#0a6b3d}
.note{color:#a11d1d}details{margin-top:1em}summary{cursor:pointer;color:#4d6073}
@media print{body{background:#fff}section,header{border:0;padding:.25em 0}details{display:none}}
"""


_SEXES = {"M": "男 Male", "F": "女 Female", "O": "其他 Other"}
_STATES = {
    "COMPLETE": "完整 Complete",
    "PARTIAL": "不完整 Partial",
    "VERIFIED": "已审核 Verified",
    "UNVERIFIED": "未审核 Unverified",
}
_OBJECTS = {
    "REQ": "申请单",
    "IMG": "图像质量",
    "FILM": "胶片排版",
    "R3D": "三维重建",
    "RPT": "报告质量",
    "RVW": "审核报告质量",
}
"""Titles of 附录A, for what a document names by its code alone."""


def page(*documents: SrDocument, wordings: Mapping[str, str] | None = None) -> str:
    """A whole page of one document, or of several below one another.

    Parameters
    ----------
    wordings
        Criterion to its words in full: a code's meaning holds 64 bytes, and a document cuts what is longer.
    """
    first = documents[0]
    title = escape(first.title or first.modality or "DICOM")
    shown = "\n".join(body(each, wordings or {}) for each in documents)
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main>\n{shown}\n</main></body></html>\n"
    )


def body(document: SrDocument, wordings: Mapping[str, str] = MappingProxyType({})) -> str:
    """The page's content alone, for a page of somebody else's making."""
    parts = [_header(document)]
    if document.content:
        parts += _qc(document.content, wordings)
        if document.root:
            parts.append(
                f"<details><summary>全部内容 Full content tree</summary><ul>{_tree(document.root)}</ul></details>"
            )
    elif document.root:
        parts.append(f"<section><ul>{_tree(document.root)}</ul></section>")
    if document.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in document.notes)
        parts.append(f'<section class="note"><h2>无法读取的部分 Not readable</h2><ul>{notes}</ul></section>')
    return "\n".join(parts)


def _header(document: SrDocument) -> str:
    patient, study = document.patient, document.study
    facts = (
        (
            "患者 Patient",
            " ".join(
                filter(
                    None,
                    (printed_name(patient.name), _SEXES.get(patient.sex, patient.sex), patient.patient_id),
                )
            ),
        ),
        ("检查号 Accession", study.accession_number),
        ("检查项目 Examination", study.exam_item or study.description),
        ("检查时间 Performed", study.performed_at),
        ("机构 Institution", document.institution_name),
        ("书写时间 Written", document.written_at),
        (
            "状态 State",
            "，".join(
                _STATES.get(flag, flag) for flag in (document.completion, document.verification) if flag
            ),
        ),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)
    title = escape(document.title or document.modality or "DICOM")
    return f"<header><h1>{title}</h1><dl>{rows}</dl></header>"


def printed_name(name: str) -> str:
    """A person's name (PS3.5 6.2.1) as it is read: the ideographic group where there is one.

    >>> printed_name("Zhang^San=张^三"), printed_name("Zhang^San"), printed_name("张三")
    ('张三', 'Zhang San', '张三')
    """
    alphabetic, _, others = name.partition("=")
    ideographic = others.partition("=")[0]
    return ideographic.replace("^", "") or " ".join(alphabetic.replace("^", " ").split())


def _qc(content: SrContent, wordings: Mapping[str, str]) -> list[str]:
    parts = []
    if label := content.label:
        state = "可互认 Recognised" if label.eligible else "不予标识 No label"
        item = f" {label.item.number} {label.item.printed}" if label.item else ""
        reasons = "".join(f"<li>{escape(text)}</li>" for _, text in label.reasons)
        mark = f'<span class="mark">{escape(label.mark)}</span> ' if label.eligible else ""
        parts.append(f"<section>{mark}{state}{escape(item)}<ul>{reasons}</ul></section>")
    parts += [_object(scored, wordings) for scored in content.scored]
    for suggestion in content.suggestions:
        issues = "".join(
            f"<li>{escape(i.message)} <small>{escape(i.clause)}</small></li>" for i in suggestion.issues
        )
        score = "" if suggestion.score is None else f"：{suggestion.score} 分"
        heading = (
            f"系统建议 Machine suggestion {escape(_OBJECTS.get(suggestion.object, suggestion.object))}{score}"
        )
        parts.append(f"<section><h2>{heading}</h2><ul>{issues}</ul></section>")
    return parts


def _whole(criterion: Criterion, wordings: Mapping[str, str]) -> str:
    """The words of a line: those of the document, completed where it was cut and they begin alike."""
    known = wordings.get(criterion.id, "")
    cut = criterion.text.endswith("…") and known.startswith(criterion.text[:-1])
    return known if cut else criterion.text


def _object(scored: ScoredForm, wordings: Mapping[str, str]) -> str:
    sheet, result = scored.sheet, scored.sheet.result
    reached = result.score if result.points is None else f"{result.points:g}"
    points = "" if reached is None else f"{reached} 分 "
    verdict = "pass" if result.passed else "fail"
    reader = f"（{_READERS[scored.part]}）" if scored.part is not ReaderPart.SINGLE else ""
    who = "，".join(
        text
        for text in (
            f"质控人 {sheet.scorer_name}" if sheet.scorer_name else "",
            f"被评人 {sheet.assessed_name}" if sheet.assessed_name else "",
            f"{sheet.scored_at:%Y-%m-%d %H:%M}",
        )
        if text
    )
    answers = sheet.answers
    rows = [(_whole(c, wordings), "有" if c.id in answers.present else "无") for c in scored.form.fatal]
    rows += [
        (
            _whole(c, wordings),
            "不适用" if c.id in answers.not_applicable else "不符合" if c.id in answers.unmet else "符合",
        )
        for c in scored.form.conditions
    ]
    rows += [(i.text, f"{answers.points.get(i.id, 0):g} / {i.points:g}") for i in scored.form.items]
    table = "".join(f"<tr><th>{escape(text)}</th><td>{answer}</td></tr>" for text, answer in rows)
    lost = "".join(
        f"<li>{'严重扣分项' if d.severe else '不符合项'}：{escape(d.text)}"
        + (f"（{escape(d.reason)}）" if d.reason else "")
        + "</li>"
        for d in result.deductions
    )
    comment = f"<p>{escape(answers.comment)}</p>" if answers.comment else ""
    return (
        f'<section><h2>{escape(scored.form.title)}{reader} <span class="score {verdict}">'
        f"{points}{escape(result.grade)}</span></h2><p>{escape(who)}</p>"
        + (f"<table>{table}</table>" if table else "")
        + (f"<ul>{lost}</ul>" if lost else "")
        + f"{comment}</section>"
    )


_READERS = {
    ReaderPart.FIRST: "第一评分人",
    ReaderPart.SECOND: "第二评分人",
    ReaderPart.ADJUDICATOR: "仲裁评分人",
}


def _tree(item: Item) -> str:
    value = value_text(item)
    shown = f"{escape(name_text(item))}: {escape(value)}" if value else f"<b>{escape(name_text(item))}</b>"
    below = "".join(_tree(child) for child in item.children)
    return f"<li>{shown}{f'<ul>{below}</ul>' if below else ''}</li>"
