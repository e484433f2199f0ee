"""Writes the golden messages beside this file: bytes as they are sent, without frame characters.

Run ``python tests/wire/make.py``; a test checks that the files are what this writes.  All
patients are invented.  docs/conformance/hl7.md shows and explains them.
"""

from __future__ import annotations

import base64
from pathlib import Path

HERE = Path(__file__).parent

PDF = base64.b64encode(b"%PDF-1.4\n% a report nobody wrote\n%%EOF\n").decode()

FINDINGS = "双侧大脑半球对称，左侧基底节区见团片状高密度影，大小约4.2cm×3.1cm，周围见低密度水肿带。"
IMPRESSION = "左侧基底节区脑出血。"


def msh(
    kind: str, control_id: str, *, charset: str = "UNICODE UTF-8", version: str = "2.4", ack: str = "|"
) -> str:
    return (
        f"MSH|^~\\&|RIS|放射科|SIGNGATE|QC|20260601093000||{kind}|{control_id}|P|{version}|||{ack}||{charset}"
    )


PID = "PID|1||P1001^^^HIS^PI~ZY000123^^^&ZYH||张三^ZHANGSAN||19540315|M"
PV1 = "PV1|1|I|0306^12^05^0306&神经外科|||||||||||||||||"
ORC_NEW = "ORC|NW|SQ1001|CT1001||SC||||20260601081500|||0146^李四||||^^排除出血|0306^神经外科"
OBR_NEW = "OBR|1|SQ1001|CT1001|2301^头颅CT平扫|||20260601090000||||||^急性头痛|||0146^李四||CT1001||||||CT"
OBR_DONE = (
    "OBR|1|SQ1001|CT1001|2301^头颅CT平扫|||20260601090000|||||||||||CT1001||||20260601092900||CT|{status}"
    "|||||||3002^王五|3001^李四|2001^赵六"
)
ZDS = "ZDS|1.2.826.0.1.3680043.10.1001^RIS^Application^DICOM"


def obx(
    number: int, kind: str, code: str, text: str, *, sub: str = "", flag: str = "", status: str = "F"
) -> str:
    return f"OBX|{number}|{kind}|{code}|{sub}|{text}|||{flag}|||{status}"


def report(
    control_id: str,
    status: str = "F",
    findings: str = FINDINGS,
    impression: str = IMPRESSION,
    *,
    charset: str = "UNICODE UTF-8",
    pid: str = PID,
) -> list[str]:
    return [
        msh("ORU^R01", control_id, charset=charset),
        pid,
        PV1,
        OBR_DONE.format(status=status),
        obx(1, "TX", "GDT^影像描述", findings, status=status),
        obx(2, "TX", "IMP^诊断结论", impression, flag="A", status=status),
        ZDS,
    ]


ORDER = [msh("ORM^O01", "ORM1"), PID, PV1, ORC_NEW, OBR_NEW, "DG1|1||^急性头痛|急性头痛", ZDS]

MESSAGES: dict[str, tuple[list[str], str, str]] = {
    # name: (segments, codec, segment end)
    "orm_o01__new": (ORDER, "utf-8", "\r"),
    "orm_o01__new_gb18030": (
        [msh("ORM^O01", "ORM2", charset="GB 18030-2000"), *ORDER[1:]],
        "gb18030",
        "\r",
    ),
    "orm_o01__cancel": (
        [msh("ORM^O01", "ORM3"), PID, "ORC|CA|SQ1001", "OBR|1|SQ1001"],
        "utf-8",
        "\r",
    ),
    "orm_o01__change": (
        [msh("ORM^O01", "ORM4"), PID, "ORC|XO|SQ1001|CT1001||SC", "OBR|1|SQ1001|CT1001|2302^头颅CT平扫+增强"],
        "utf-8",
        "\r",
    ),
    "orm_o01__status_completed": (
        [msh("ORM^O01", "ORM5"), PID, "ORC|SC|SQ1001|CT1001||CM", "OBR|1|SQ1001|CT1001"],
        "utf-8",
        "\r",
    ),
    "omi_o23__new": (
        [
            msh("OMI^O23^OMI_O23", "OMI1", version="2.5.1"), PID, PV1, ORC_NEW, "TQ1|1||||||20260601083000",
            "OBR|1|SQ1001|CT1001|2301^头颅CT平扫|||||||||||||0146^李四",
            "IPC|CT1001|RP1|1.2.826.0.1.3680043.10.1001|SPS1|CT|2301^头颅CT平扫|CT02",
        ],
        "utf-8",
        "\r",
    ),
    "omg_o19__new": (
        [msh("OMG^O19^OMG_O19", "OMG1", version="2.5.1"), PID, PV1, ORC_NEW, OBR_NEW, ZDS],
        "utf-8",
        "\r",
    ),
    "oru_r01__final": (report("ORU1"), "utf-8", "\r"),
    "oru_r01__final_gb18030": (report("ORU2", charset="GB 18030-2000"), "gb18030", "\r"),
    "oru_r01__preliminary": (report("ORU3", "P", impression=""), "utf-8", "\r"),
    "oru_r01__corrected_gb18030": (
        report("ORU4", "C", FINDINGS.replace("左侧", "右侧"), "右侧基底节区脑出血（更正）。", charset="GB 18030-2000"),
        "gb18030",
        "\r",
    ),
    "oru_r01__cancelled": (
        [msh("ORU^R01", "ORU5"), PID, OBR_DONE.format(status="X")],
        "utf-8",
        "\r",
    ),
    "oru_r01__lines_by_obx4": (
        [
            msh("ORU^R01", "ORU6"), PID, OBR_DONE.format(status="F"),
            obx(1, "TX", "GDT^影像描述", "第三行。", sub="3"),
            obx(2, "TX", "GDT^影像描述", "第一行。", sub="1"),
            obx(3, "TX", "GDT^影像描述", "第二行。", sub="2"),
            obx(4, "CE", "2301&IMP^头颅CT平扫", "^未见明显异常"),
            obx(5, "CE", "2301&REC^头颅CT平扫", "^建议随访"),
        ],
        "utf-8",
        "\r",
    ),
    "oru_r01__escapes": (
        report("ORU7", findings=r"T1WI\R\T2WI \T\ FLAIR，3\S\5mm\.br\第二行\X0D0A\第三行\F\完\E\。"),
        "utf-8",
        "\r",
    ),
    "oru_r01__html": (
        report("ORU8", findings="胸廓对称&amp;气管居中。&lt;br/&gt;大小&#60;5mm。"),
        "utf-8",
        "\r",
    ),
    "oru_r01__line_feeds_in_text": (
        report("ORU9", findings="胸廓对称。\n右肺上叶见磨玻璃结节。\n余肺野清晰。"),
        "utf-8",
        "\r",
    ),
    "oru_r01__two_orders_one_report": (
        [
            msh("ORU^R01", "ORU10"), PID,
            "OBR|1|SQ1|CT1|1^胸部CT平扫||||||||||||||CT1|||||||F",
            obx(1, "TX", "GDT", "双肺未见异常。"), obx(2, "TX", "IMP", "未见异常。"),
            "OBR|2|SQ2|CT2|2^上腹部CT平扫||||||||||||||CT2|||||||F",
        ],
        "utf-8",
        "\r",
    ),
    "oru_r01__embedded_pdf": (
        [*report("ORU11"), f"OBX|3|ED|ZMF^主报告文件||RIS^application^pdf^Base64^{PDF}||||||F"],
        "utf-8",
        "\r",
    ),
    "oru_r01__rare_names_gb18030": (
        report("ORU12", charset="GB 18030-2000", pid="PID|1||P1002^^^HIS^PI||𠮷龘^JIDA||19540315|F"),
        "gb18030",
        "\r",
    ),
    "oru_r01__lf": (report("ORU13"), "utf-8", "\n"),
    "oru_r01__crlf": (report("ORU14"), "utf-8", "\r\n"),
    "oru_r01__utf8_bom": (report("ORU15"), "utf-8-sig", "\r"),
    "oru_r01__utf16": (report("ORU16", charset="UNICODE UTF-16"), "utf-16", "\r"),
    "oru_r01__no_charset_gb18030": (report("ORU17", charset=""), "gb18030", "\r"),
    "oru_r01__ascii_declared_gb18030_sent": (report("ORU18", charset="ASCII"), "gb18030", "\r"),
    "oru_r01__charset_in_msh17": (
        [report("ORU19")[0].replace("||UNICODE UTF-8", "|GB2312"), *report("ORU19")[1:]],
        "gb18030",
        "\r",
    ),
    "oru_r01__enhanced_commit_only": (
        [report("ORU20")[0].replace("|2.4|||||", "|2.4|||AL|NE|"), *report("ORU20")[1:]],
        "utf-8",
        "\r",
    ),
    "mdm_t02__headings": (
        [
            msh("MDM^T02", "MDM1", version="2.5"), PID, PV1,
            "TXA|1|DI|TX|20260601092900|||||3001^李四|3002^王五||DOC1||SQ1001|CT1001||AU||AV",
            obx(1, "TX", "18748-4^Diagnostic imaging study", r"检查方法：头颅CT平扫\.br\影像所见：双侧大脑半球对称。\.br\诊断意见：未见明显异常。"),
        ],
        "utf-8",
        "\r",
    ),
    "adt_a08__update": (
        [msh("ADT^A08", "ADT1"), "EVN|A08|20260601093000", PID, PV1],
        "utf-8",
        "\r",
    ),
    "adt_a40__merge": (
        [msh("ADT^A40", "ADT2"), "EVN|A40|20260601093000", PID, "MRG|P0999^^^HIS^PI||||||张三"],
        "utf-8",
        "\r",
    ),
    "batch__two_orders": (
        [
            "FHS|^~\\&|RIS|放射科|SIGNGATE|QC|20260601093000", "BHS|^~\\&|RIS|放射科|SIGNGATE|QC|20260601093000||||B1",
            msh("ORM^O01", "B1-1"), PID, PV1, ORC_NEW, OBR_NEW,
            msh("ORM^O01", "B1-2"), PID, PV1, ORC_NEW.replace("1001", "1002"), OBR_NEW.replace("1001", "1002"),
            "BTS|2", "FTS|1",
        ],
        "utf-8",
        "\r",
    ),
    "invalid__no_patient_identifier": (
        [msh("ORM^O01", "BAD1"), "PID|1||||张三", ORC_NEW, OBR_NEW],
        "utf-8",
        "\r",
    ),
    "invalid__unknown_event": ([msh("ADT^A60", "BAD2"), PID], "utf-8", "\r"),
    "invalid__two_messages": ([*ORDER, msh("ORM^O01", "BAD3"), *ORDER[1:]], "utf-8", "\r"),
}  # fmt: skip


def wire(name: str) -> bytes:
    """Bytes of a golden message."""
    segments, codec, end = MESSAGES[name]
    return (end.join(segments) + end).encode(codec)


def main() -> None:
    for name in MESSAGES:
        (HERE / f"{name}.hl7").write_bytes(wire(name))


if __name__ == "__main__":
    main()
