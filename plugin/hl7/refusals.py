"""Every way in which the HL7 door refuses a message, with its codes, in one table.

Columns: acknowledgement code of original mode (HL7 table 0008), error code (table 0357),
the text in Chinese and in English.  ``AE`` asks the sender to correct and send again,
``AR`` says that this message will never do.
"""

from __future__ import annotations

from plugin.domain.errors import MessageRejected
from plugin.kit.printable import printable

HL70357 = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""HL7 table 0357, Message error condition codes."""

FOR_A_PERSON = frozenset({"102", "205", "207"})
"""Codes that are quarantined: undecodable or damaged, a control ID used twice, our own fault."""

REFUSALS: dict[str, tuple[str, str, str, str]] = {
    # framing
    "oversize": (
        "AR",
        "102",
        "消息超过长度上限([hl7] max_message_bytes)",
        "the frame is longer than the limit ([hl7] max_message_bytes)",
    ),
    "noise": ("AR", "100", "帧外有 {size} 字节杂乱数据", "{size} bytes outside of any MLLP frame"),
    "no_start": ("AR", "100", "帧缺少起始字符 VT", "the frame lacks its start character VT (0x0B)"),
    "broken_off": (
        "AR",
        "100",
        "消息未结束即开始下一条",
        "the message was broken off and another one begun in its frame",
    ),
    "no_end": ("AR", "100", "帧未结束(缺少 FS CR)", "the frame never ended (FS CR, 0x1C 0x0D)"),
    # header
    "no_msh": ("AR", "100", "消息不以 MSH 开头", "the block does not begin with MSH"),
    "delimiters": (
        "AR",
        "102",
        "MSH-1/MSH-2 分隔符无效: {found}",
        "MSH-1/MSH-2 are not usable delimiters: {found}",
    ),
    "header_too_long": ("AR", "102", "MSH 段超过 {limit} 字节", "MSH is longer than {limit} bytes"),
    "no_message_type": ("AR", "101", "MSH-9 消息类型缺失", "MSH-9, the message type, is missing"),
    "no_control_id": ("AE", "101", "MSH-10 消息控制 ID 缺失", "MSH-10, the message control ID, is missing"),
    "control_id": (
        "AE",
        "102",
        "MSH-10 含控制字符或超过 {limit} 字节",
        "MSH-10 holds control characters or more than {limit} bytes",
    ),
    "message_type": (
        "AR",
        "200",
        "不支持的消息类型 {found}; 可接收 {known}",
        "message type {found} is not supported; taken are {known}",
    ),
    "event": (
        "AR",
        "201",
        "不支持的事件 {found}; 可接收 {known}",
        "event {found} is not supported; taken are {known}",
    ),
    "processing_id": (
        "AR",
        "202",
        "不支持的处理 ID {found}; 配置 {profile} 可接收 {known}",
        "processing ID {found} is not accepted here; profile {profile} takes {known}",
    ),
    "version": (
        "AR",
        "203",
        "不支持的 HL7 版本 {found}; 配置 {profile} 可接收 {known}",
        "HL7 version {found} is not supported; profile {profile} takes {known}",
    ),
    "sender": (
        "AR",
        "204",
        "未登记的发送方 {found}; 请管理员在 config/hl7 中登记(MSH-3、MSH-4)",
        "sender {found} is not registered here; have its MSH-3 and MSH-4 entered under config/hl7",
    ),
    # structure
    "undecodable": (
        "AE",
        "102",
        "字节无法按字符集解码(声明: {declared}; 已尝试: {tried})",
        "the bytes do not decode (declared: {declared}; tried: {tried})",
    ),
    "replacement_character": (
        "AE",
        "102",
        "第 {position} 个字符为 {found}: 发送前文字已丢失",
        "character {position} is {found}: text was lost before it was sent",
    ),
    "mixed_charsets": (
        "AE",
        "102",
        "第 {byte} 字节起为 UTF-8, 不能按 GB18030 读取: 一条消息只能用一种字符集",
        "from byte {byte} on there is UTF-8, which GB18030 would garble; send it in one character set",
    ),
    "limit": ("AR", "102", "{what} 超过上限 {limit}", "more than {limit} {what}"),
    "several_messages": (
        "AE",
        "100",
        "一帧内有 {count} 个 MSH; 请每帧一条消息或使用 FHS/BHS 批次",
        "{count} MSH in one frame; send one message a frame, or a batch with FHS/BHS",
    ),
    "batch_count": (
        "AE",
        "102",
        "{segment}-1 为 {declared}, 实际 {found}",
        "{segment}-1 says {declared}, but there are {found}",
    ),
    "open_batch": (
        "AE",
        "100",
        "批次中没有消息, 也没有 BTS 段: 批次不完整",
        "the batch holds no message and no BTS that ends it: it was cut short",
    ),
    "no_segment": ("AE", "100", "缺少 {segment} 段", "segment {segment} is missing"),
    "no_field": ("AE", "101", "{field} 缺失({meaning})", "{field} is missing ({meaning_en})"),
    "table_value": (
        "AE",
        "103",
        "{field} 的值 {found} 无法识别; 请在配置 {profile} 的 [values.{table}] 中对应",
        "{field}: value {found} is not known; map it under [values.{table}] of profile {profile}",
    ),
    # content
    "not_imaging": (
        "AE",
        "100",
        "ORC 后无 OBR: 不是检查申请",
        "no OBR after ORC: this is not an order for an examination",
    ),
    "no_such_message": (
        "AE",
        "204",
        "没有等待答复的已发消息 {found}(按 MSH-5、MSH-6、MSA-2 查找)",
        "no message {found} that was sent waits for an answer (looked for by MSH-5, MSH-6, MSA-2)",
    ),
    "no_report_text": (
        "AE",
        "101",
        "未找到报告文字: OBX-3 {found} 未在配置 {profile} 的 [sections] 中; 请按接口文档标明段落(GDT、IMP), 或由管理员登记",
        "no report text: OBX-3 {found} is not listed under [sections] of profile {profile}; "
        "name findings GDT and impression IMP, or have yours listed",
    ),
    "empty_report_text": (
        "AE",
        "101",
        "未找到报告文字: OBX-3 {found} 的 OBX-5 为空",
        "no report text: OBX-5 of OBX-3 {found} is empty",
    ),
    "no_text_type": (
        "AE",
        "101",
        "未找到报告文字: OBX-2 为 {found}, 不是文字类型; 请用 TX、FT 或 ST 发送报告文字",
        "no report text: OBX-2 is {found}, which holds none; send the report's words as TX, FT or ST",
    ),
    "no_obx": (
        "AE",
        "101",
        "没有带报告文字的 OBX 段, 配置 {profile} 也未指定其他位置(NTE、Z 段)",
        "no OBX with report text, and profile {profile} names no other place (NTE, Z segments)",
    ),
    "no_text_of_one": (
        "AE",
        "101",
        "第 {number} 个 OBR({found})没有报告文字, 而同一消息的其他检查有; 请随其发送报告文字, 未完成的检查请勿列入",
        "OBR {number} ({found}) has no report text while others of the message have; "
        "send its text with it, and leave out what is not reported yet",
    ),
    "merge": (
        "AE",
        "101",
        "合并消息缺少 PID-3 或 MRG-1",
        "a merge needs PID-3 (surviving) and MRG-1 (prior)",
    ),
    # ourselves
    "unavailable": ("AE", "207", "暂时无法保存, 请稍后重发", "cannot be stored now; send it again later"),
    "internal": (
        "AE",
        "207",
        "处理时发生内部错误, 消息已隔离, 请联系管理员",
        "internal error; the message is in the quarantine",
    ),
    "stopping": ("AE", "207", "系统正在停止, 请稍后重发", "shutting down; send it again later"),
}


class Refusal(MessageRejected):
    """A refusal of this door: `text` in Chinese and English, `english` for senders that cannot read the first."""

    def __init__(self, ack_code: str, err_code: str, location: str, chinese: str, english: str) -> None:
        super().__init__(ack_code, err_code, location, f"{chinese} / {english}")
        self.english = english


def refusal(name: str, location: str = "", **values: str) -> Refusal:
    """Make the refusal called `name`; `values` fill its texts.

    Values come from the wire: they are cut to 80 characters and lose control characters; ``known`` is ours.
    """
    ack_code, err_code, chinese, english = REFUSALS[name]
    shown = {key: value if key == "known" else _shown(value) for key, value in values.items()}
    return Refusal(ack_code, err_code, location, chinese.format(**shown), english.format(**shown))


def _shown(value: str) -> str:
    plain = printable(value[:80])
    return plain if len(value) <= 80 else plain + "…"
