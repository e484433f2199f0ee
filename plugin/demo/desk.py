"""The simulated RIS itself, without its pages: what it knows of each examination, and what it does.

It speaks to SignGate only as a vendor's RIS would: orders and reports over MLLP, the sign
event over HTTP, and the call-back when a held report may go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

import requests

from plugin.demo.caller import CallRefused
from plugin.demo.cases import DemoCase
from plugin.demo.images import study_uid
from plugin.demo.messages import (
    Envelope,
    ReportText,
    acknowledgement,
    order_message,
    report_message,
)
from plugin.demo.payload import report_json
from plugin.demo.work_list import Event, Exam, Status, WardAlert


class Line(Protocol):
    """One MLLP connection."""

    def send(self, message: bytes) -> bytes: ...


class Hooks(Protocol):
    """Signed calls to SignGate."""

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]: ...

    def get(self, path: str) -> dict[str, Any]: ...


class Desk:
    """What the RIS knows and does; safe for threads.

    Parameters
    ----------
    cases
        In the order of the work list.
    seed
        Of the data folder: Study Instance UIDs follow from it.
    line
        To SignGate's HL7 port.
    hooks
        To SignGate's web door.
    clock
        Local time, aware.
    new_id
        Makes an identifier for each message and each click.
    """

    def __init__(
        self,
        cases: Iterable[DemoCase],
        seed: str,
        line: Line,
        hooks: Hooks,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._seed, self._line, self._hooks = seed, line, hooks
        self._clock, self._new_id = clock, new_id
        self._lock = threading.RLock()
        self.exams = {
            case.accession_number: Exam(
                case=case, findings=case.text("findings"), impression=case.text("impression")
            )
            for case in cases
        }
        self.alerts: dict[str, WardAlert] = {}

    def study_uid(self, accession_number: str) -> str:
        """Study Instance UID of an examination."""
        return study_uid(self._seed, accession_number)

    def send_order(self, accession_number: str) -> str:
        """ORM^O01 for an examination, and ORU^R01 for its priors; return MSA-1 of the order."""
        exam = self.exams[accession_number]
        code = self._send(
            exam, "ORM^O01", order_message(exam.case, self._envelope(), self.study_uid(accession_number))
        )
        exam.ordered = code == "AA"
        for prior in exam.case.earlier():
            text = ReportText(
                findings=prior.text("findings"),
                impression=prior.text("impression"),
                status="F",
                reported_at=prior.performed_at,
            )
            uid = self.study_uid(prior.accession_number)
            self._send(exam, "ORU^R01（既往）", report_message(prior, self._envelope(), text, uid))
        return code

    def save(self, accession_number: str, findings: str, impression: str) -> str:
        """Keep the text and send it as a preliminary report; return MSA-1."""
        exam = self._write(accession_number, findings, impression)
        return self._send_report(exam, "P")

    def sign(
        self, accession_number: str, action: str, signer: Mapping[str, str], findings: str, impression: str
    ) -> Mapping[str, Any]:
        """签发: ask SignGate, and send the final report where it says release.

        A SignGate that does not answer never stops a signature: the report goes, and the
        event is noted for the reconciliation.
        """
        exam = self._write(accession_number, findings, impression)
        event = {
            "event_id": self._new_id(),
            "action": action,
            "accession_number": accession_number,
            "signer": dict(signer),
            "report": report_json(
                exam.case,
                exam.findings,
                exam.impression,
                status="final" if action == "verify" else "preliminary",
                reported_at=self._clock(),
                study_instance_uid=self.study_uid(accession_number),
            ),
        }
        try:
            answer = self._hooks.post("/hooks/report-sign", event)
        except requests.RequestException as error:
            self._note(exam, "HTTP", f"质控服务无应答，照常签发（{type(error).__name__}）", "SignGate is silent: signed all the same", good=False)  # fmt: skip
            self._release(exam)
            return {"decision": "release", "reason": "unreachable", "issues": [], "critical": []}
        except CallRefused as error:
            self._note(exam, "HTTP", f"签发请求被拒：{error}", "the sign event was refused", good=False)
            raise
        with self._lock:
            exam.decision, exam.gate_id = answer, str(answer.get("gate_id") or "")
            exam.signer_id, exam.popup_url = signer["id"], str(answer.get("popup_url") or "")
        self._note(
            exam,
            "HTTP",
            f"签发判定：{_DECISIONS.get(answer['decision'], answer['decision'])}（{answer['reason']}）",
            f"decision {answer['decision']}: {answer['reason']}",
        )
        if answer["decision"] == "release":
            self._release(exam)
        elif answer["decision"] == "hold":
            exam.status = Status.HELD
        return answer

    def reopen_form(self, accession_number: str) -> str:
        """A fresh link to the form of a held report: links open once, within a minute."""
        exam = self.exams[accession_number]
        answer = self._hooks.post(f"/hooks/report-sign/{exam.gate_id}/ticket", {"user_id": exam.signer_id})
        return str(answer["popup_url"])

    def override(self, accession_number: str, reason: str) -> None:
        """Emergency release of a held report."""
        exam = self.exams[accession_number]
        self._hooks.post(
            f"/hooks/report-sign/{exam.gate_id}/override", {"reason": reason, "who": exam.signer_id}
        )
        self._note(exam, "HTTP", f"紧急放行：{reason}", "emergency release")

    def judge(
        self, accession_number: str, issue: Mapping[str, Any], verdict: str, reason: str, who: str
    ) -> None:
        """Hand on what the doctor said of an issue."""
        exam = self.exams[accession_number]
        said = {"accession_number": accession_number, "issue": dict(issue), "verdict": verdict, "who": who}
        self._hooks.post("/hooks/issues/feedback", said | ({"reason": reason} if reason else {}))
        word, english = ("属实", "right") if verdict == "accepted" else ("误报", "wrong")
        self._note(exam, "HTTP", f"质控提示 {issue.get('rule')}：{word}", f"the doctor says: {english}")

    def called_back(self, body: Mapping[str, Any]) -> None:
        """SignGate says that a gate has let its report go; a repeated call changes nothing."""
        exam = next((each for each in self.exams.values() if each.gate_id == body.get("gate_id")), None)
        if exam is None or not body.get("released"):
            return
        self._note(exam, "HTTP", f"收到放行回调（{body.get('state')}）", f"called back: {body.get('state')}")
        self._release(exam)

    def hear(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """The ward's screen asked ``GET /api/v1/alerts``: take over what it was told."""
        for row in rows:
            told = row["alert"]
            if told["state"] == "detected" or told["finding"]["tier"] == "yellow":
                # Not told yet, or for the follow-up list: nothing that a ward must answer.
                continue
            alert_id, accession_number = str(told["alert_id"]), str(told["accession_number"])
            with self._lock:
                known = self.alerts.get(alert_id)
                if new := known is None:
                    known = self.alerts[alert_id] = WardAlert(
                        alert_id=alert_id, accession_number=accession_number, row=row
                    )
                known.row, known.state = row, str(told["state"])
                known.acknowledged_by = str(told["acknowledged_by"] or "").split("@")[0]
            if new and (exam := self.exams.get(accession_number)):
                self._note(exam, "HTTP", "危急值已到病区屏幕", "the critical value is on the ward's screen")

    def raise_alert(self, accession_number: str, text: str, who: str) -> None:
        """A person at the RIS raises a critical value that no text says yet."""
        said = {"accession_number": accession_number, "text": text, "tier": "red", "who": who, "means": "RIS"}
        self._hooks.post("/hooks/alerts", said)
        self._note(self.exams[accession_number], "HTTP", f"人工上报危急值：{text}", "raised by hand")

    def acknowledge(self, alert_id: str, who: str, read_back: str) -> WardAlert:
        """The ward reads the critical value back.

        Raises
        ------
        CallRefused
            When what was read back is not what was told, or somebody else was first.
        """
        alert = self.alerts[alert_id]
        try:
            answer = self._hooks.post(
                f"/hooks/alerts/{alert_id}/acknowledge",
                {"who": who, "read_back": read_back, "means": "ward screen"},
            )
        except CallRefused as error:
            alert.trouble = error.text
            raise
        alert.state, alert.acknowledged_by, alert.trouble = str(answer["state"]), who, ""
        if exam := self.exams.get(alert.accession_number):
            self._note(exam, "HTTP", f"危急值已复述确认：{who}", "the critical value was read back")
        return alert

    def _release(self, exam: Exam) -> None:
        with self._lock:
            if exam.status is Status.RELEASED:
                return
            exam.status = Status.RELEASED
        self._send_report(exam, "F")

    def _write(self, accession_number: str, findings: str, impression: str) -> Exam:
        exam = self.exams[accession_number]
        with self._lock:
            if exam.status is Status.RELEASED and (findings, impression) != (exam.findings, exam.impression):
                # Signing again after an amendment: a correction.
                exam.status = Status.DRAFT
            exam.findings, exam.impression = findings, impression
        return exam

    def _send_report(self, exam: Exam, status: str) -> str:
        text = ReportText(
            findings=exam.findings, impression=exam.impression, status=status, reported_at=self._clock()
        )
        message = report_message(
            exam.case, self._envelope(), text, self.study_uid(exam.case.accession_number)
        )
        return self._send(exam, "ORU^R01（最终）" if status == "F" else "ORU^R01（初步）", message)

    def _send(self, exam: Exam, kind: str, message: bytes) -> str:
        try:
            code, _, text = acknowledgement(self._line.send(message))
        except OSError as error:
            self._note(
                exam, "MLLP", f"{kind} 未送达：{error}", "not delivered; will be sent again", good=False
            )
            return ""
        self._note(
            exam, "MLLP", f"{kind} → {code} {text}".rstrip(), f"acknowledged {code}", good=code == "AA"
        )
        return code

    def _envelope(self) -> Envelope:
        return Envelope(control_id=self._new_id(), at=self._clock())

    def _note(self, exam: Exam, wire: str, text: str, text_en: str, *, good: bool = True) -> None:
        with self._lock:
            exam.events.append(Event(self._clock(), wire, text, text_en, good))


_DECISIONS = {"release": "放行", "hold": "拦截评分", "fix": "需先修改"}
