"""Versions of reports and the issues found in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, select, update

from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report, ReportStatus
from plugin.store.codec import from_json, sort_key, to_json, to_us
from plugin.store.exams import keep_standing_report
from plugin.store.link import Link, Numbered, Prepared, Row, given, insert_into
from plugin.store.tables.exams import exams
from plugin.store.tables.reports import issues, reports

_SIGNED = frozenset({ReportStatus.FINAL.value, ReportStatus.CORRECTED.value})

D = TypeVar("D", Report, Exam, Patient)

r, i, e = reports.c, issues.c, exams.c

_STANDING = Prepared(
    select(r.id, r.text_digest, r.status, r.report_key, r.body)
    .select_from(exams.join(reports, r.id == e.report_id))
    .where(e.accession_number == given("of_accession"))
)
_ADD = Numbered(reports)
_RULEBOOK = Prepared(update(reports).where(r.id == given("of_id")).values(rulebook=given("rulebook")))
_FILL_IN = Prepared(
    update(reports)
    .where(r.id == given("of_id"))
    .values({name: given(name) for name in ("body", "author_id", "verifier_id", "report_key")})
)
_ISSUE = (
    i.rule, i.severity, i.section, i.start, i.end, i.text, i.message, i.clause, i.related,
    i.analyser, i.analyser_version,
)  # fmt: skip
# Our own first, whenever they were written: who sees a list and judges its third line means that line.
_IN_ORDER = ((i.analyser != "").asc(), i.id)
_ISSUES = Prepared(
    select(*_ISSUE)
    .select_from(exams.join(issues, i.report_id == e.report_id))
    .where(e.accession_number == given("of_accession"))
    .order_by(*_IN_ORDER)
)
_ISSUES_OF = Prepared(select(*_ISSUE).where(i.report_id == given("of_id")).order_by(*_IN_ORDER))
_ADD_ISSUE = Prepared(insert_into(issues, "id"))
_DROP_ISSUES = Prepared(
    delete(issues).where(i.report_id == given("of_id"), i.analyser == given("of_analyser"))
)


class SqlReports:
    """Implements ``ReportRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._stands: dict[str, Report] = {}
        """Versions that this unit of work has made to stand: who asks next need not ask the database."""

    def save(
        self,
        report: Report,
        issues: Sequence[Issue],
        *,
        source: str,
        at: datetime,
        rulebook: str,
        structured: bool = False,
    ) -> int:
        accession_number = report.exam.accession_number
        if not accession_number:
            raise InvalidInput("accession_number", "a report is kept under its accession number; it has none")
        standing = self._link.row(_STANDING, {"of_accession": accession_number})
        digest = report.text_digest
        report_id: int
        if standing and standing[1:3] == (digest, report.status.value):
            report_id = standing[0]
            kept = from_json(Report, standing[4])
            self._stands[accession_number] = self._fill_in(report_id, kept, report, standing[3])
            self._link.put(_RULEBOOK, {"of_id": report_id, "rulebook": rulebook})
            self._link.put(_DROP_ISSUES, {"of_id": report_id, "of_analyser": ""})
        else:
            # A version without a time of its own is as old as what stands: its arrival decides.
            standing_key = standing[3] if standing else ""
            key = sort_key(report.reported_at) or standing_key
            report_id = self._add(report, digest, key, source, at, rulebook, structured)
            late = key < standing_key or (key == standing_key and _is_overtaken(report, source, standing))
            if not late:
                keep_standing_report(self._link, report, report_id, key)
                self._stands[accession_number] = report
        self._link.run_many(_ADD_ISSUE, [_issue_row(report_id, issue) for issue in issues])
        return report_id

    def latest(self, accession_number: str) -> Report | None:
        if known := self._stands.get(accession_number):
            return known
        row = self._link.row(_STANDING, {"of_accession": accession_number})
        return None if row is None else from_json(Report, row[4])

    def issues(self, accession_number: str) -> Sequence[Issue]:
        return [_issue(*row) for row in self._link.rows(_ISSUES, {"of_accession": accession_number})]

    def keep_analysis(self, accession_number: str, analyser: str, issues: Sequence[Issue]) -> None:
        standing = self._link.row(_STANDING, {"of_accession": accession_number})
        if standing is None or not analyser:
            raise InvalidInput("analyser", "there is no report to keep this analysis with, or no name to it")
        report_id: int = standing[0]
        self._link.put(_DROP_ISSUES, {"of_id": report_id, "of_analyser": analyser})
        self._link.run_many(_ADD_ISSUE, [_issue_row(report_id, issue) for issue in issues])

    def _fill_in(self, report_id: int, kept: Report, again: Report, kept_key: str) -> Report:
        """Take over what the same text, come by another way, says besides (a sign event knows no verifier)."""
        full = filled(kept, again)
        if full == kept:
            return kept
        key = max(kept_key, sort_key(full.reported_at))
        self._link.run(
            _FILL_IN,
            {
                "of_id": report_id,
                "body": to_json(full),
                "author_id": full.author_id,
                "verifier_id": full.verifier_id,
                "report_key": key,
            },
        )
        keep_standing_report(self._link, full, report_id, key)
        return full

    def _add(
        self,
        report: Report,
        digest: str,
        key: str,
        source: str,
        at: datetime,
        rulebook: str,
        structured: bool,
    ) -> int:
        return self._link.add(
            _ADD,
            {
                "accession_number": report.exam.accession_number,
                "source": source,
                "kept_at": to_us(at),
                "status": report.status.value,
                "text_digest": digest,
                "report_key": key,
                "rulebook": rulebook,
                "author_id": report.author_id,
                "verifier_id": report.verifier_id,
                "body": to_json(report),
                "structured": structured,
            },
        )


def _is_overtaken(report: Report, source: str, standing: Row | None) -> bool:
    """A draft that does not say it is later than the final report on the same wire: sent again, or processed again."""
    is_draft = source == "oru" and report.status is ReportStatus.PRELIMINARY
    return is_draft and standing is not None and standing[2] in _SIGNED


def filled(kept: D, again: D) -> D:
    """`again`, with `kept` where it says nothing; what either sender delivers counts as delivered.

    >>> filled(Exam(modality="CT", device="A"), Exam(modality="CT", exam_item="头颅CT"))
    Exam(accession_number='', study_instance_uid='', modality='CT', exam_item='头颅CT', exam_item_code='', body_part='', performed_at='', technique='', technician='', device='A')
    """
    values: dict[str, Any] = {}
    for name in (field.name for field in fields(kept)):
        old, new = getattr(kept, name), getattr(again, name)
        if is_dataclass(new):
            values[name] = filled(old, new)
        elif isinstance(new, frozenset):
            values[name] = old | new
        else:
            values[name] = new or old
    return replace(again, **values)


def issues_of(link: Link, report_id: int) -> tuple[Issue, ...]:
    """Issues of one version, in the order they were found."""
    return tuple(_issue(*row) for row in link.rows(_ISSUES_OF, {"of_id": report_id}))


def _issue_row(report_id: int, issue: Issue) -> dict[str, object]:
    return {
        "report_id": report_id,
        "rule": issue.rule,
        "severity": issue.severity.value,
        "section": issue.section.value,
        "start": issue.start,
        "end": issue.end,
        "text": issue.text,
        "message": issue.message,
        "clause": issue.clause,
        "related": to_json(issue.related),
        "analyser": issue.analyser,
        "analyser_version": issue.analyser_version,
    }


def _issue(
    rule: str,
    severity: str,
    section: str,
    start: int,
    end: int,
    text: str,
    message: str,
    clause: str,
    related: str,
    analyser: str,
    analyser_version: str,
) -> Issue:
    return Issue(
        rule=rule,
        severity=Severity(severity),
        section=Section(section),
        start=start,
        end=end,
        text=text,
        message=message,
        clause=clause,
        related=from_json(tuple[Span, ...], related),
        analyser=analyser,
        analyser_version=analyser_version,
    )
