"""The invented patients and examinations of the demo, as data/*.toml holds them.

Times are written there as minutes before the demo's start and become clock times here,
so that the work list always looks like today's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import as_file, files

from pydantic import BaseModel, ConfigDict

from plugin.kit.settings import load

_PRIOR_IMAGES = 8


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Part):
    """Who is examined; `pinyin` is the alphabetic group of the DICOM name."""

    patient_id: str
    name: str
    pinyin: str
    sex: str
    birth_date: str
    age: str


class Requisition(_Part):
    """What the clinician asks for."""

    accession_number: str
    placer_order_number: str
    modality: str
    exam_item: str
    exam_item_code: str
    patient_class: str
    department: str
    ward: str = ""
    bed: str = ""
    inpatient_number: str = ""
    outpatient_number: str = ""
    clinical_diagnosis: str
    history: str
    purpose: str
    ordering_provider: str
    ordering_name: str
    minutes_before: int


class Acquisition(_Part):
    """How it was done."""

    technique: str
    technician: str
    minutes_before: int


class Draft(_Part):
    """What the reporting physician has written; `corrected_*` is what he should have."""

    author_id: str
    author: str
    verifier_id: str
    verifier: str
    findings: str
    impression: str
    corrected_findings: str = ""
    corrected_impression: str = ""


class Images(_Part):
    """A drawn series (`phantom`), or a real single image of the pydicom package (`pydicom`)."""

    series: str
    phantom: str = ""
    variant: str = ""
    count: int = 1
    pydicom: str = ""
    laterality: str = ""


class Prior(_Part):
    """An earlier examination of the same patient and kind."""

    accession_number: str
    exam_item: str
    days_before: int
    findings: str
    impression: str


class Expectation(_Part):
    """What the demo's rules must find in the draft: rule IDs and critical codes."""

    rules: tuple[str, ...]
    critical: tuple[str, ...]


class CaseFile(_Part):
    """One file of data/."""

    title: str
    title_en: str
    watch: str
    watch_en: str
    charset: str = "UNICODE UTF-8"
    patient: Person
    order: Requisition
    exam: Acquisition
    report: Draft
    images: Images
    priors: tuple[Prior, ...] = ()
    expect: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCase:
    """A case with its clock times (local, aware)."""

    file: CaseFile
    started_at: datetime

    @property
    def accession_number(self) -> str:
        return self.file.order.accession_number

    @property
    def ordered_at(self) -> datetime:
        return self.started_at - timedelta(minutes=self.file.order.minutes_before)

    @property
    def performed_at(self) -> datetime:
        return self.started_at - timedelta(minutes=self.file.exam.minutes_before)

    def prior_performed_at(self, prior: Prior) -> datetime:
        """When an earlier examination was done."""
        return self.performed_at - timedelta(days=prior.days_before)

    def earlier(self) -> list[DemoCase]:
        """The priors as examinations of their own, with fewer images."""
        return [self._earlier(prior) for prior in self.file.priors]

    def _earlier(self, prior: Prior) -> DemoCase:
        file, minutes = self.file, prior.days_before * 24 * 60
        order = file.order.model_copy(
            update={
                "accession_number": prior.accession_number,
                "placer_order_number": f"RQ{prior.accession_number[2:]}",
                "exam_item": prior.exam_item,
                "minutes_before": file.order.minutes_before + minutes,
            }
        )
        exam = file.exam.model_copy(update={"minutes_before": file.exam.minutes_before + minutes})
        report = file.report.model_copy(
            update={
                "findings": prior.findings,
                "impression": prior.impression,
                "corrected_findings": "",
                "corrected_impression": "",
            }
        )
        images = file.images.model_copy(update={"count": _PRIOR_IMAGES})
        parts = {"order": order, "exam": exam, "report": report, "images": images, "priors": ()}
        return replace(self, file=file.model_copy(update=parts))

    def text(self, section: str, *, corrected: bool = False) -> str:
        """``findings`` or ``impression`` as drafted, or as it should have been written.

        The date of the prior is put where the text compares with it.
        """
        draft = self.file.report
        written: str = getattr(draft, section)
        if corrected:
            written = getattr(draft, f"corrected_{section}") or written
        if self.file.priors:
            date = self.prior_performed_at(self.file.priors[0]).strftime("%Y-%m-%d")
            written = written.replace("{prior_date}", date)
        return written.strip()


def read_cases(started_at: datetime) -> list[DemoCase]:
    """All cases in the order of their file names.

    Raises
    ------
    ConfigError
        Naming file, line and key when one of the files is wrong.
    """
    cases = []
    folder = files("plugin.demo") / "data"
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            with as_file(entry) as path:
                cases.append(DemoCase(file=load(CaseFile, path), started_at=started_at))
    return cases
