"""``signgate demo --once``: the whole journey without a person, over the real sockets.

Every step does one thing and says what it observed; what it expected and did not see ends
the journey.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import requests

from plugin.demo.archive_steps import COMMENT, VERIFIER, ArchiveSteps
from plugin.demo.caller import CallRefused, HookCaller, MllpLine, ReadApi
from plugin.demo.cases import DemoCase
from plugin.demo.images import study_uid
from plugin.demo.listener import CallBackListener
from plugin.demo.messages import Envelope, ReportText, acknowledgement, order_message, report_message
from plugin.demo.popup_form import read_form
from plugin.demo.stage import HOST, Stage, local_now
from plugin.demo.steps import PATIENCE_S, NotSeen, Step, expect, play_steps, wait_for
from plugin.pacs.scu import Scu


class Journey:
    """The steps, in order, against a running stage."""

    def __init__(self, stage: Stage, stack: ExitStack) -> None:
        self._stage = stage
        self._hooks = HookCaller(stage.web_url, stage.secret, PATIENCE_S)
        self._api = ReadApi(stage.web_url, stage.scene.ward_token, PATIENCE_S)
        self._line = stack.enter_context(MllpLine(HOST, stage.ports.hl7, PATIENCE_S))
        self._listener = stack.enter_context(CallBackListener(HOST, stage.ports.ris, self._hooks))
        self._viewer: Scu = stage.pacs("DEMO_VIEWER")
        self._case = next(case for case in stage.cases if "ICH" in case.file.expect.critical)
        self._sound = next(case for case in stage.cases if case.file.charset.startswith("GB"))
        self._uid = study_uid(stage.scene.seed, self._case.accession_number)
        self._order = order_message(self._case, _envelope(), self._uid)
        self._first_ack = b""
        self._alert: Mapping[str, Any] = {}
        self._gate: Mapping[str, Any] = {}
        self._html = ""
        self._archive = ArchiveSteps(self._viewer, self._api, self._case, self._uid)

    def steps(self) -> list[Step]:
        """What is done and seen, one after another."""
        return [
            Step("申请单已接收", "order accepted", self.order_accepted),
            Step("重发同一消息，得到同一应答", "the same message again, the same ACK", self.resend_answered),
            Step("国标编码的申请单，汉字无损", "GB18030 order, Hanzi intact", self.gb18030_order),
            Step("影像经网关入库", "images stored through the gateway", self.images_stored),
            Step("报告已接收", "report accepted", self.report_accepted),
            Step("报告中的质控问题已发现", "issues found in the report", self.issues_found),
            Step("合格报告不误报", "a sound report raises nothing", self.sound_report_is_quiet),
            Step("危急值已告警", "critical alert raised", self.alert_raised),
            Step("危急值复述确认，误述被拒", "read back; a wrong one is refused", self.alert_acknowledged),
            Step("签发被拦截", "sign event held", self.sign_held),
            Step("评分表已打开，链接只能用一次", "form fetched; its link works once", self.form_fetched),
            Step("评分表已提交", "form posted", self.form_posted),
            Step("报告放行，RIS 收到回调", "gate released, RIS called back", self.called_back),
            Step("更正报告，问题消失", "the corrected report has no such issue", self.correction_accepted),
            Step("质控SR已写入 PACS，C-FIND 可查", "SR stored, found by C-FIND", self._archive.sr_found),
            Step(
                "C-GET 取回SR，得分与汉字一致", "SR fetched, same score and Hanzi", self._archive.sr_read_back
            ),
            Step("互认标识已标注并读回", "label stamped and read back", self._archive.label_read_back),
        ]

    def order_accepted(self) -> str:
        """ORM^O01 in UTF-8 gets AA, and the read API knows the order."""
        self._first_ack = self._line.send(self._order)
        code, control_id, text = acknowledgement(self._first_ack)
        expect(code == "AA", f"the ACK is {code} {text}")
        exam = self._api.get(f"/exams/{self._case.accession_number}")
        known = exam["order"]["exam_item"]
        expect(known == self._case.file.order.exam_item, f"the order is known as {known!r}")
        return f"ORM^O01 → AA, MSA-2 {control_id[:8]}…, {known} 检查号 {self._case.accession_number}"

    def resend_answered(self) -> str:
        """The same bytes again get the same ACK, byte for byte (decisions 10)."""
        again = self._line.send(self._order)
        expect(again == self._first_ack, "another ACK came than for the first sending")
        return f"{len(again)} bytes, identical"

    def gb18030_order(self) -> str:
        """An order in GB18030 arrives with its Hanzi intact."""
        case = self._sound
        uid = study_uid(self._stage.scene.seed, case.accession_number)
        code, _, text = acknowledgement(self._line.send(order_message(case, _envelope(), uid)))
        expect(code == "AA", f"the ACK is {code} {text}")
        patient = self._api.get(f"/exams/{case.accession_number}")["order"]["patient"]
        expect(patient["name"] == case.file.patient.name, f"the patient is called {patient['name']!r}")
        return f"MSH-18 GB 18030-2000 → AA, PID-5 {patient['name']}"

    def images_stored(self) -> str:
        """C-STORE to SIGNGATE; the PACS lists as many images as were sent."""
        sent = sum(count for _, count in self._stage.series_of([self._case]))

        def count() -> int:
            series = self._viewer.find_series(self._uid)
            return sum(len(self._viewer.find_instances(self._uid, each.SeriesInstanceUID)) for each in series)

        found = wait_for(count, lambda value: value == sent)
        expect(found == sent, f"{sent} images were sent, the PACS lists {found}")
        return f"C-STORE {sent} images → SIGNGATE → PACS, C-FIND lists {found}"

    def report_accepted(self) -> str:
        """ORU^R01 with the swapped side gets AA."""
        code, _, text = acknowledgement(self._send_report(self._case))
        expect(code == "AA", f"the ACK is {code} {text}")
        return "ORU^R01 (OBR-25 F) → AA"

    def issues_found(self) -> str:
        """The rules that the case promises have fired."""
        rows = self._api.get(f"/issues/{self._case.accession_number}")["rows"]
        found = {row["rule"] for row in rows}
        expect(set(self._case.file.expect.rules) <= found, f"found were {sorted(found) or 'none'}")
        first = next(row for row in rows if row["rule"] in self._case.file.expect.rules)
        return f"{first['rule']} ({first['severity']}) 「{first['text']}」 {first['message']}"

    def sound_report_is_quiet(self) -> str:
        """A sound report in GB18030 raises neither issue nor alert."""
        code, _, text = acknowledgement(self._send_report(self._sound))
        expect(code == "AA", f"the ACK is {code} {text}")
        exam = self._api.get(f"/exams/{self._sound.accession_number}")
        loud = [issue["rule"] for issue in exam["issues"] if issue["severity"] != "info"]
        expect(not loud and not exam["alerts"], f"it raised {loud} and {len(exam['alerts'])} alerts")
        return "ORU^R01 → AA, no issue, no alert"

    def alert_raised(self) -> str:
        """The critical value stands on the list that wards ask for."""

        def ours() -> Mapping[str, Any] | None:
            rows = self._api.get("/alerts")["rows"]
            return next(
                (row for row in rows if row["alert"]["accession_number"] == self._case.accession_number), None
            )

        row = wait_for(ours, lambda found: found is not None)
        if row is None:
            raise NotSeen("no alert stands on the ward's list")
        self._alert = row["alert"]
        finding = self._alert["finding"]
        expect(finding["code"] in self._case.file.expect.critical, f"the alert is {finding['code']}")
        return f"{finding['code']} {finding['name']} ({finding['tier']}), 「{finding['text']}」"

    def alert_acknowledged(self) -> str:
        """A wrong read-back is refused, the right one acknowledges."""
        path = f"/hooks/alerts/{self._alert['alert_id']}/acknowledge"
        try:
            self._hooks.post(path, {"who": "N3001", "read_back": "肺部感染", "means": "telephone"})
        except CallRefused as refused:
            expect(refused.status == 400, f"a wrong read-back got {refused}")
        else:
            raise NotSeen("a wrong read-back was taken")
        name = self._alert["finding"]["name"]
        answer = self._hooks.post(path, {"who": "N3001", "read_back": name, "means": "telephone"})
        expect(answer["state"] == "acknowledged", f"the alert is {answer['state']}")
        return f"wrong read-back → 400; 「{name}」 → {answer['state']} by {answer['acknowledged_by']}"

    def sign_held(self) -> str:
        """The sign event is drawn with certainty and held."""
        event = {
            "event_id": uuid.uuid4().hex,
            "action": "verify",
            "accession_number": self._case.accession_number,
            "signer": VERIFIER,
        }
        self._gate = self._hooks.post("/hooks/report-sign", event)
        expect(
            self._gate["decision"] == "hold" and self._gate["reason"] == "sampled",
            f"the decision is {self._gate['decision']} ({self._gate['reason']})",
        )
        draw = self._gate["draw"]
        return f"decision hold, reason sampled, p={draw['p']} u={draw['u']:.4f} rule {draw['rule']}"

    def form_fetched(self) -> str:
        """The popup opens by its link, and by that link only once."""
        url = self._gate["popup_url"]
        page = self._browse().get(url, timeout=PATIENCE_S)
        expect(page.status_code == 200, f"the link answered {page.status_code}")
        self._html = page.text
        try:
            read_form(self._html)
        except ValueError as error:
            raise NotSeen(str(error)) from error
        again = self._browse().get(url, timeout=PATIENCE_S).status_code
        expect(again in {401, 403, 410}, f"the used link answered {again}")
        return f"{len(page.content)} bytes of form; the link again → {again}"

    def form_posted(self) -> str:
        """Every suggestion is accepted, the form is scored; posting it again changes nothing."""
        form = read_form(self._html)
        suggested = form.accept_suggestions()
        form.fields["comment"] = COMMENT
        form.fields["seconds"] = "12000"
        target = f"{self._stage.web_url}/qc"
        headers = {"Accept": "application/json"}
        first = self._browse().post(target, data=form.fields, headers=headers, timeout=PATIENCE_S)
        expect(first.status_code == 200, f"the form answered {first.status_code}")
        expect(first.json().get("released") is True, "the answer does not say released")
        second = self._browse().post(target, data=form.fields, headers=headers, timeout=PATIENCE_S)
        expect(second.status_code == 200, f"the second submit answered {second.status_code}")
        return f"suggestions accepted: {', '.join(suggested) or 'none'}; released; a second submit changed nothing"

    def called_back(self) -> str:
        """The signed call-back arrives, and the gate says that it is released."""
        call = self._listener.next(PATIENCE_S)
        if call is None:
            raise NotSeen(f"no signed call-back came within {PATIENCE_S:.0f} s")
        expect(
            call.get("gate_id") == self._gate["gate_id"] and call.get("released") is True, f"it said {call}"
        )
        state = self._hooks.get(f"/hooks/report-sign/{self._gate['gate_id']}")
        expect(state["state"] == "released", f"the gate is {state['state']}")
        return f"signed call {call['type']}, state {call['state']}; GET says {state['state']}"

    def correction_accepted(self) -> str:
        """The corrected report supersedes the first and has no such issue."""
        code, _, text = acknowledgement(self._send_report(self._case, corrected=True))
        expect(code == "AA", f"the ACK is {code} {text}")
        exam = self._api.get(f"/exams/{self._case.accession_number}")
        left = {issue["rule"] for issue in exam["issues"]} & set(self._case.file.expect.rules)
        expect(not left, f"{', '.join(left)} still stands")
        versions = len(self._api.get(f"/reports/{self._case.accession_number}")["rows"])
        expect(versions >= 2, f"{versions} version of the report is kept")
        return f"ORU^R01 (OBR-25 C) → AA; {versions} versions kept, issue gone"

    def _send_report(self, case: DemoCase, *, corrected: bool = False) -> bytes:
        text = ReportText(
            findings=case.text("findings", corrected=corrected),
            impression=case.text("impression", corrected=corrected),
            status="C" if corrected else "F",
            reported_at=local_now(),
        )
        uid = study_uid(self._stage.scene.seed, case.accession_number)
        return self._line.send(report_message(case, _envelope(), text, uid))

    def _browse(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session


def play(stage: Stage, say: Callable[[str], None]) -> bool:
    """Play the journey against a running stage; ``True`` when every step was observed."""
    with ExitStack() as stack:
        return play_steps(Journey(stage, stack).steps(), say)


def _envelope() -> Envelope:
    return Envelope(control_id=uuid.uuid4().hex[:20], at=local_now())
