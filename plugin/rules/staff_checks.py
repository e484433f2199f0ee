"""What seed 000 asks of the signature, by the staff table: licence, first stage, last editor, two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from plugin.domain.gate import SignAction, Signer
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.report import Report
from plugin.domain.staff import StaffMember, StaffRole
from plugin.kit.registry import Options
from plugin.kit.settings import load

RULES = (
    "signer_not_listed",
    "signer_not_licensed",
    "signer_first_stage",
    "signer_not_last_editor",
    "one_person",
)
"""IDs that gate.toml may list under ``fix_rules``."""

_CLAUSE = "放射影像检查报告生成质量控制规范 基本要求"


class StaffPolicy(Options):
    """``config/staff.toml``."""

    two_people: bool = False
    must_be_listed: bool = False
    severity: Severity = Severity.WARNING
    correction_days: int = Field(default=7, ge=1, le=365)

    @classmethod
    def read(cls, config_dir: Path) -> StaffPolicy:
        return load(cls, config_dir / "staff.toml")


def check_signature(
    policy: StaffPolicy, action: SignAction, signer: Signer, report: Report, member: StaffMember | None
) -> Iterator[Issue]:
    """Issues of the record that a sign event has, beside those of the text.

    A person or a name that the sender does not tell is not known, and nothing fires on it.
    """
    name = signer.name or (member.name if member else "") or signer.id

    def issue(rule: str, text: str) -> Issue:
        return Issue(
            rule=rule,
            severity=policy.severity,
            section=Section.RECORD,
            start=0,
            end=0,
            text="",
            message=text,
            clause=_CLAUSE,
        )

    if member is None:
        if policy.must_be_listed:
            yield issue("signer_not_listed", f"{name}不在人员表中，签发资格无法核对；请在人员表中登记。")
    elif member.role is not StaffRole.TECHNICIAN or action is SignAction.VERIFY:
        if not member.licensed:
            yield issue("signer_not_licensed", f"{name}在人员表中无本专业执业医师资格证，不能签发报告。")
        if not member.first_stage:
            yield issue(
                "signer_first_stage", f"{name}未通过（或未视同通过）住院医师第一阶段考核，不能签发报告。"
            )
    last = report.modified_by.strip()
    if action is SignAction.VERIFY and last and signer.name and last not in {signer.name, signer.id}:
        yield issue("signer_not_last_editor", f"报告最后由{last}修改，签发医师为{name}；应由最后修改者签发。")
    if action is SignAction.VERIFY and policy.two_people and signer.id and signer.id == report.author_id:
        yield issue("one_person", f"报告医师与审核医师同为{name}；应由两人分别书写和审核。")
