"""Reports: sections wherever they stand, several orders, statuses, what is delivered at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from effort import blows_up
from hl7_peers import opened

from plugin.domain.attachment import AttachmentFault
from plugin.domain.errors import MessageRejected
from plugin.domain.report import ReportStatus
from plugin.hl7.profile import Profile, Profiles, parse_profile
from plugin.hl7.reports import ReceivedReport, read_reports
from plugin.hl7.sections import readable, split_at_headings
from plugin.kit.settings import read_toml

Wire = Callable[[str], bytes]
HEAD = "MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|1|P|2.4\rPID|1||P1||张三\r"
OBR = "OBR|1|SQ1|CT1|1^胸部CT平扫||||||||||||||CT1|||||||F\r"


def one(raw: bytes, profile: Profile) -> ReceivedReport:
    (received,) = read_reports(opened(raw), profile)
    return received


def texts(body: str, profile: Profile) -> tuple[str, str]:
    report = one((HEAD + OBR + body).encode(), profile).report
    return report.findings, report.impression


def with_sections(**sections: object) -> Profile:
    base = read_toml(Path(__file__).resolve().parents[3] / "config" / "hl7" / "default.toml")
    return parse_profile("site", {"sections": sections}, base)


_SAME_TEXT = [
    "oru_r01__final", "oru_r01__final_gb18030", "oru_r01__lf", "oru_r01__crlf", "oru_r01__utf8_bom", "oru_r01__utf16",
    "oru_r01__no_charset_gb18030", "oru_r01__ascii_declared_gb18030_sent", "oru_r01__charset_in_msh17",
    "oru_r01__embedded_pdf",
]  # fmt: skip


# R25, R27
@pytest.mark.parametrize("name", _SAME_TEXT)
def test_one_report_in_every_dress(name: str, wire: Wire, profiles: Profiles) -> None:
    received = one(wire(name), profiles.default)
    report = received.report
    assert (
        report.findings
        == "双侧大脑半球对称，左侧基底节区见团片状高密度影，大小约4.2cm×3.1cm，周围见低密度水肿带。"
    )
    assert report.impression == "左侧基底节区脑出血。"
    assert report.status is ReportStatus.FINAL
    assert (report.author_id, report.author) == ("3001", "李四")
    assert (report.verifier_id, report.verifier) == ("3002", "王五")
    assert report.exam.technician == "赵六"
    assert (report.exam.accession_number, report.exam.modality) == ("CT1001", "CT")
    assert report.exam.study_instance_uid == "1.2.826.0.1.3680043.10.1001"
    assert (report.exam.performed_at, report.reported_at) == ("2026-06-01 09:00:00", "2026-06-01 09:29:00")
    assert (report.department, report.ward, report.bed) == ("神经外科", "0306", "05")
    assert report.abnormal_flags == ("A",)
    assert (received.placer_order_number, received.filler_order_number) == ("SQ1001", "CT1001")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("oru_r01__preliminary", ReportStatus.PRELIMINARY),
        ("oru_r01__corrected_gb18030", ReportStatus.CORRECTED),
        ("oru_r01__cancelled", ReportStatus.CANCELLED),
    ],
)
def test_statuses(name: str, status: ReportStatus, wire: Wire, profiles: Profiles) -> None:
    assert one(wire(name), profiles.default).report.status is status


@pytest.mark.parametrize(
    ("obr_25", "obx_11", "status"),
    [("F", "P", ReportStatus.FINAL), ("", "C", ReportStatus.CORRECTED), ("", "P", ReportStatus.PRELIMINARY),
     ("", "", ReportStatus.FINAL), ("", "Z", ReportStatus.FINAL), ("R", "", ReportStatus.PRELIMINARY)],
)  # fmt: skip
def test_obr_25_leads_and_obx_11_fills_in(
    obr_25: str, obx_11: str, status: ReportStatus, profiles: Profiles
) -> None:
    raw = HEAD + OBR.replace("|F\r", f"|{obr_25}\r") + f"OBX|1|TX|GDT||所见。||||||{obx_11}\r"
    assert one(raw.encode(), profiles.default).report.status is status


def test_an_unknown_status_is_refused(profiles: Profiles) -> None:
    with pytest.raises(MessageRejected, match="OBR-25"):
        one((HEAD + OBR.replace("|F\r", "|Q\r") + "OBX|1|TX|GDT||所见\r").encode(), profiles.default)


def test_lines_are_put_in_the_order_of_obx_4(wire: Wire, profiles: Profiles) -> None:
    report = one(wire("oru_r01__lines_by_obx4"), profiles.default).report
    assert report.findings == "第一行。\n第二行。\n第三行。"
    assert report.impression == "未见明显异常\n建议随访", "a recommendation is added to the impression"


# S2
def test_escapes_are_read_once(wire: Wire, profiles: Profiles) -> None:
    report = one(wire("oru_r01__escapes"), profiles.default).report
    assert report.findings == "T1WI~T2WI & FLAIR，3^5mm\n第二行\n第三行|完\\。"


def test_html_that_leaked_is_read_as_what_it_shows(wire: Wire, profiles: Profiles) -> None:
    assert one(wire("oru_r01__html"), profiles.default).report.findings == "胸廓对称&气管居中。\n大小<5mm。"


@pytest.mark.parametrize(
    ("cut", "together"),
    [
        (("两肺清晰\\.b", "r\\心影不大"), "两肺清晰\n心影不大"),
        (("肿块3\\", "T\\4cm", "边界清"), "肿块3&4cm\n边界清"),
        (("胸部\\XE5B7", "A6\\侧位"), "胸部左侧位"),
        (("甲\\", "T\\乙\\.s", "p2\\丙"), "甲&乙\n\n丙"),
        (("甲\\E\\", "T\\E\\乙"), "甲\\\nT\\乙"),
        (("见C:\\data", "r\\无异常"), "见C:\\data\nr\\无异常"),
        (("甲\\.br\\", "F\\乙"), "甲\nF\\乙"),
    ],
)
@pytest.mark.parametrize("numbered", [True, False])
def test_an_escape_that_was_cut_between_two_lines_is_one(
    cut: tuple[str, ...], together: str, numbered: bool, profiles: Profiles
) -> None:
    lines = [f"OBX|{n}|FT|GDT|{n if numbered else ''}|{part}||||||F\r" for n, part in enumerate(cut, 1)]
    if numbered:
        lines.reverse()
    assert texts("".join(lines), profiles.default)[0] == together


def test_line_feeds_in_text_are_lines(wire: Wire, profiles: Profiles) -> None:
    findings = one(wire("oru_r01__line_feeds_in_text"), profiles.default).report.findings
    assert findings == "胸廓对称。\n右肺上叶见磨玻璃结节。\n余肺野清晰。"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("L4/5突出&硬膜囊受压;T1WI^T2WI减低", "L4/5突出&硬膜囊受压;T1WI^T2WI减低"),
        ("大小约3~5mm", "大小约3~5mm"),
        ("第一行~第二行", "第一行\n第二行"),
        ("L3~L5椎体，大小3mm~5mm", "L3~L5椎体，大小3mm~5mm"),
        ("第3~第5肋，Ⅱ~Ⅲ级", "第3~第5肋，Ⅱ~Ⅲ级"),
        ("1. 结节5mm~2. 右肺", "1. 结节5mm\n2. 右肺"),
        ("大小1.5cm~2.0cm", "大小1.5cm~2.0cm"),
        ("&#65533;&#0;&lt;5mm", "&#65533;&#0;<5mm"),
        ("a<b，T1<T2", "a<b，T1<T2"),
        ("A&T", "A&T"),
        ('""', ""),
    ],
)
def test_delimiters_that_were_left_unescaped_are_text(sent: str, read: str, profiles: Profiles) -> None:
    assert texts(f"OBX|1|TX|GDT||{sent}\rOBX|2|TX|IMP||x\r", profiles.default)[0] == read


def test_repetitions_and_html_are_settings() -> None:
    body = "OBX|1|TX|GDT||3~5 a~b &lt;\rOBX|2|TX|IMP||x\r"
    assert texts(body, with_sections(repetition="literal", html=False))[0] == "3~5 a~b &lt;"
    assert texts(body, with_sections(repetition="line"))[0] == "3\n5 a\nb <"


def test_text_without_any_code_goes_by_its_type(profiles: Profiles) -> None:
    assert texts("OBX|1|TX|||所见。\rOBX|2|ST|||结论。\r", profiles.default) == ("所见。", "结论。")


def test_text_in_nte_and_z_segments_by_profile() -> None:
    profile = with_sections(findings={"codes": [], "paths": ["NTE-3"]}, impression={"paths": ["ZRP-2"]})
    assert texts("NTE|1||第一行\rNTE|2||第二行\rZRP|1|结论\r", profile) == ("第一行\n第二行", "结论")


def test_a_whole_text_is_cut_at_its_headings(wire: Wire, profiles: Profiles) -> None:
    received = one(wire("mdm_t02__headings"), profiles.default)
    report = received.report
    assert (report.findings, report.impression) == ("双侧大脑半球对称。", "未见明显异常。")
    assert report.exam.technique == "头颅CT平扫"
    assert (report.author, report.verifier) == ("李四", "王五")
    assert received.filler_order_number == "CT1001"


def test_a_whole_text_without_headings_is_all_findings_and_no_conclusion_is_missed(
    profiles: Profiles,
) -> None:
    report = one((HEAD + OBR + "OBX|1|TX|18748-4||双肺未见异常。\r").encode(), profiles.default).report
    assert report.findings == "双肺未见异常。"
    assert "impression" not in report.delivered


def test_two_orders_may_share_one_report(wire: Wire, profiles: Profiles) -> None:
    first, second = read_reports(opened(wire("oru_r01__two_orders_one_report")), profiles.default)
    assert (first.report.exam.accession_number, second.report.exam.accession_number) == ("CT1", "CT2")
    assert first.report.findings == second.report.findings == "双肺未见异常。"
    assert second.report.exam.exam_item == "上腹部CT平扫"


def test_orders_of_one_number_are_one_report(profiles: Profiles) -> None:
    raw = HEAD + OBR + "OBX|1|TX|GDT||所见。\r" + OBR.replace("OBR|1", "OBR|2") + "OBX|2|TX|IMP||结论。\r"
    report = one(raw.encode(), profiles.default).report
    assert (report.findings, report.impression) == ("所见。", "结论。")


def test_two_patients_never_share_a_report(profiles: Profiles) -> None:
    raw = HEAD + OBR + "OBX|1|TX|GDT||所见。\rPID|2||P2||李四\r" + OBR.replace("CT1", "CT2")
    with pytest.raises(MessageRejected, match=r"OBR 2 .胸部CT平扫. has no report text"):
        read_reports(opened(raw.encode()), profiles.default)


@pytest.mark.parametrize(
    ("obx", "said"),
    [
        ("OBX|1|TX|X9^胸部||双肺清晰。", "OBX-3 X9 is not listed under"),
        ("OBX|1|TX|GDT||\rOBX|2|TX|IMP|| ", "OBX-5 of OBX-3 GDT, IMP is empty"),
        (
            "OBX|1|ED|18748-4^Diagnostic Imaging Report^LN||^TEXT^xml^Base64^aGk=",
            "OBX-2 is ED, which holds none",
        ),
        ("OBX|1|NM|GDT||5.3", "OBX-2 is NM, which holds none"),
        ("NTE|1||双肺清晰。", "no OBX with report text"),
    ],
)
def test_a_report_without_text_is_told_where_its_text_was_looked_for(
    obx: str, said: str, profiles: Profiles
) -> None:
    with pytest.raises(MessageRejected) as refused:
        read_reports(opened((HEAD + OBR + obx + "\r").encode()), profiles.default)
    assert said in refused.value.text


def test_an_embedded_document_is_kept_beside_the_text(wire: Wire, profiles: Profiles) -> None:
    (pdf,) = one(wire("oru_r01__embedded_pdf"), profiles.default).attachments
    assert (pdf.code, pdf.media_type, pdf.fault) == ("ZMF", "application/pdf", None)
    assert pdf.content.startswith(b"%PDF-1.4")


def test_an_embedded_document_that_does_not_decode_does_not_cost_the_report(profiles: Profiles) -> None:
    raw = (
        HEAD
        + OBR
        + "OBX|1|TX|GDT||所见。\rOBX|2|ED|Z||A^application^pdf^Base64^abc\rOBX|3|RP|RRP||//pacs/1.pdf^^application^pdf\r"
    )
    received = one(raw.replace("Base64^abc", "Base64^a$c").encode(), profiles.default)
    broken, pointer = received.attachments
    assert received.report.findings == "所见。"
    assert (broken.content, broken.fault) == (b"", AttachmentFault.UNREADABLE)
    assert pointer.reference == "//pacs/1.pdf"


# R26
def test_rare_names(wire: Wire, profiles: Profiles) -> None:
    assert one(wire("oru_r01__rare_names_gb18030"), profiles.default).report.patient.name == "𠮷龘"


class TestDelivered:
    def test_a_sender_that_marks_its_sections_delivers_both_when_final(self, profiles: Profiles) -> None:
        report = one((HEAD + OBR + "OBX|1|TX|GDT||所见。\r").encode(), profiles.default).report
        assert {"findings", "impression"} <= report.delivered

    def test_a_preliminary_report_may_still_lack_its_conclusion(self, profiles: Profiles) -> None:
        raw = HEAD + OBR.replace("|F\r", "|P\r") + "OBX|1|TX|GDT||所见。\r"
        assert "impression" not in one(raw.encode(), profiles.default).report.delivered

    def test_a_section_sent_empty_is_delivered_empty(self, profiles: Profiles) -> None:
        raw = HEAD + OBR.replace("|F\r", "|P\r") + "OBX|1|TX|GDT||所见。\rOBX|2|TX|IMP||\r"
        report = one(raw.encode(), profiles.default).report
        assert report.impression == ""
        assert "impression" in report.delivered

    def test_what_was_never_sent_is_not_known_unless_the_profile_promises_it(
        self, profiles: Profiles
    ) -> None:
        raw = (HEAD + OBR + "OBX|1|TX|GDT||所见。\r").encode()
        assert "report.verifier" not in one(raw, profiles.default).report.delivered
        base = read_toml(Path(__file__).resolve().parents[3] / "config" / "hl7" / "default.toml")
        promised = parse_profile("site", {"delivered": ["report.verifier", "order.history"]}, base)
        delivered = one(raw, promised).report.delivered
        assert "report.verifier" in delivered
        assert "order.history" not in delivered


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ("", "OBR^1"),
        (OBR, "OBX^1^5"),
        (OBR + "OBX|1|NM|WBC||20.0\r", "OBX^1^5"),
        (OBR + "OBX|1|TX|UNKNOWN||text\r", "OBX^1^5"),
    ],
)
def test_what_is_no_report_is_refused_with_the_codes_that_were_found(
    body: str, location: str, profiles: Profiles
) -> None:
    with pytest.raises(MessageRejected) as caught:
        read_reports(opened((HEAD + body).encode()), profiles.default)
    assert caught.value.location == location
    if "UNKNOWN" in body:
        assert "OBX-3 UNKNOWN" in caught.value.text
    elif "OBR" in body and "OBX" not in body:
        assert "NTE" in caught.value.text, "where else a profile may find it"


# S5
def test_a_field_of_a_mebibyte_is_refused(profiles: Profiles) -> None:
    raw = HEAD + OBR + "OBX|1|TX|GDT||" + "a" * 1_100_000 + "\r"
    with pytest.raises(MessageRejected, match="characters"):
        one(raw.encode(), profiles.default)


@pytest.mark.parametrize("status", ["D", "W", "X"])
def test_a_line_that_is_taken_back_is_not_read(status: str, profiles: Profiles) -> None:
    body = f"OBX|1|TX|GDT||甲||||||F\rOBX|2|TX|IMP||乙||||||F\rOBX|3|TX|IMP||右侧误写||||||{status}\r"
    assert texts(body, profiles.default) == ("甲", "乙")


def test_a_report_whose_every_line_is_taken_back_is_cancelled(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||甲||||||W\rOBX|2|TX|IMP||乙||||||W\r"
    report = one((HEAD + OBR + body).encode(), profiles.default).report
    assert (report.status, report.findings) == (ReportStatus.CANCELLED, "甲")


def test_the_original_text_of_a_coded_value_without_wording(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||甲\rOBX|2|CWE|IMP||J18.9^^I10^^^^^^肺炎\r"
    assert texts(body, profiles.default) == ("甲", "肺炎")


@pytest.mark.parametrize(
    "sent",
    [
        r"【影像所见】双肺清晰。\.br\【诊断意见】未见异常。",
        "影像所见：双肺清晰。诊断意见：未见异常。",
        "[影像所见] 双肺清晰。　诊断意见: 未见异常。",
        r"（影像所见）：双肺清晰。\.br\诊断意见\.br\未见异常。",
    ],
)
def test_headings_in_frames_and_within_a_line(sent: str, profiles: Profiles) -> None:
    assert texts(f"OBX|1|FT|18748-4||{sent}\r", profiles.default) == ("双肺清晰。", "未见异常。")


def test_a_word_of_a_heading_within_a_sentence_is_text(profiles: Profiles) -> None:
    sent = "影像所见：结合临床诊断：考虑炎症。诊断意见：肺炎，请结合诊断。"
    assert texts(f"OBX|1|FT|18748-4||{sent}\r", profiles.default) == (
        "结合临床诊断：考虑炎症。",
        "肺炎，请结合诊断。",
    )


def test_tables_lists_and_styles_of_a_web_page(profiles: Profiles) -> None:
    sent = (
        "<html><head><style>p{color:red}</style></head><body><h3>标题</h3><ul><li>一</li><li>二</li></ul>"
        "<table><tr><td>格1</td><td>格2</td></tr></table>大小<5mm且>3mm</body></html>"
    )
    findings, _ = texts(f"OBX|1|FT|GDT||{sent}\r", profiles.default)
    assert [line.strip() for line in findings.splitlines()] == [
        "标题",
        "一",
        "二",
        "格1 格2",
        "大小<5mm且>3mm",
    ]


def test_text_that_no_section_is_for_is_named(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||甲\rOBX|2|TX|IMP||乙\rOBX|3|ST|LINK||http://pacs/1.pdf\r"
    assert one((HEAD + OBR + body).encode(), profiles.default).unread == ("LINK",)


def test_an_addendum_is_part_of_the_conclusion(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||甲\rOBX|2|TX|IMP||乙\rOBX|3|TX|ADDENDUM^补充报告||丙\r"
    assert texts(body, profiles.default) == ("甲", "乙\n丙")


def test_an_order_without_text_among_several_with_text_is_named(profiles: Profiles) -> None:
    orders = (f"OBR|{n}|SQ{n}|CT{n}|{n}^项目{n}||||||||||||||CT{n}|||||||F\r" for n in (1, 2, 3))
    first, second, third = (
        order + text
        for order, text in zip(orders, ("OBX|1|TX|GDT||甲\r", "OBX|1|TX|GDT||乙\r", ""), strict=True)
    )
    with pytest.raises(MessageRejected, match=r"OBR 3 .项目3. has no report text") as refused:
        read_reports(opened((HEAD + first + second + third).encode()), profiles.default)
    assert refused.value.location == "OBR^3"


def test_a_cancelled_order_does_not_share_the_text_of_another(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||甲\rOBR|2|SQ2|CT2|2^腹部CT平扫||||||||||||||CT2|||||||X\r"
    _, cancelled = read_reports(opened((HEAD + OBR + body).encode()), profiles.default)
    assert (cancelled.report.status, cancelled.report.findings) == (ReportStatus.CANCELLED, "")


@pytest.mark.parametrize(
    ("event", "completion", "availability", "status"),
    [
        ("T02", "LA", "AV", ReportStatus.FINAL),
        ("T02", "", "", ReportStatus.FINAL),
        ("T02", "DI", "AV", ReportStatus.PRELIMINARY),
        ("T04", "PA", "AV", ReportStatus.PRELIMINARY),
        ("T08", "AU", "AV", ReportStatus.CORRECTED),
        ("T10", "AU", "AV", ReportStatus.CORRECTED),
        ("T10", "IP", "AV", ReportStatus.PRELIMINARY),
        ("T11", "AU", "", ReportStatus.CANCELLED),
        ("T04", "AU", "CA", ReportStatus.CANCELLED),
    ],
)
def test_what_a_document_s_event_and_state_say(
    event: str, completion: str, availability: str, status: ReportStatus, profiles: Profiles
) -> None:
    head = HEAD.replace("ORU^R01", f"MDM^{event}")
    txa = f"TXA|1|DI|TX|||||||||DOC1||SQ1|CT1||{completion}||{availability}\r"
    assert one((head + txa + "OBX|1|TX|GDT||甲\r").encode(), profiles.default).report.status is status


def test_a_document_with_an_order_segment_of_its_own_belongs_to_the_report_before_it(
    profiles: Profiles,
) -> None:
    body = (
        "ORC|RE|SQ1|F1\r" + OBR.replace("|CT1|1^", "|F1|1^") + "OBX|1|TX|GDT||甲\r"
        "OBR|2|SQ1||PDF^文档\rOBX|1|ED|PDF||^application^pdf^Base64^JVBERi0=\r"
    )
    received = one((HEAD + body).encode(), profiles.default)
    assert (received.report.exam.accession_number, len(received.attachments)) == ("CT1", 1)


# S45
@pytest.mark.parametrize("text", [" ", "。 ", "<td ", "<style>", "<!--", "【影像所见", "影像所见 "])
def test_hostile_text_is_read_in_time_that_grows_with_its_length(text: str, profiles: Profiles) -> None:
    def read() -> None:
        sections = profiles.default.sections
        split_at_headings(readable("a" + text * 100_000 + "b", sections.html), sections)

    assert not blows_up(read)
