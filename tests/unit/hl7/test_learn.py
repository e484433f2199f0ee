"""A proposed profile: only what differs, with reasons; valid as a file; and it reads better."""

from __future__ import annotations

import tomllib
from pathlib import Path

from click.testing import CliRunner

from plugin.commands.profile import command
from plugin.hl7.learn import Sample, compared, learn, open_sample
from plugin.hl7.profile import Profiles, parse_profile
from plugin.kit.settings import read_toml

ROOT = Path(__file__).resolve().parents[3]

ODD = (
    "MSH|^~\\&|ODDRIS|三院|S|Q|20260601||ORU^R01|1|P|2.4\rPID|1||P1||张三||19540315|男性A\r"
    "OBR|1|SQ1|CT1|1^头颅CT平扫|||20260601090000|||||||||||||||20260601|CT|F|||||||||3001^^李四|3002^^王五|T1^^赵六\r"
    "OBX|1|TX|RPT1^检查描述文字||双侧大脑半球对称。\rOBX|2|TX|RPT2^最后结论||未见明显异常。\r"
)


def sample(text: str = ODD, codec: str = "gb18030") -> Sample:
    return open_sample("x", text.encode(codec))


def test_what_differs_is_proposed_with_its_reason(profiles: Profiles) -> None:
    proposal = learn([sample(), sample()], profiles.default)
    content = proposal.content
    assert content["match"] == {"sending_application": ["ODDRIS"], "sending_facility": ["三院"]}
    assert content["message"]["charset"] == "GB18030"
    assert content["sections"]["findings"]["codes"][0] == "RPT1"
    assert content["sections"]["impression"]["codes"][0] == "RPT2"
    assert content["exam"]["accession_number"] == ["OBR-3.1"]
    assert content["exam"]["modality"] == ["OBR-23.1"]
    assert content["report"]["status"] == ["OBR-24.1"]
    assert (content["report"]["author"], content["report"]["verifier"]) == (["OBR-33"], ["OBR-34"])
    assert any("values.sex" in question and "男性A (2)" in question for question in proposal.questions)


def test_the_proposal_is_a_profile_that_reads_what_the_default_refuses(profiles: Profiles) -> None:
    proposal = learn([sample()], profiles.default)
    written = tomllib.loads(proposal.as_toml())
    base = read_toml(ROOT / "config" / "hl7" / "default.toml")
    proposed = parse_profile("odd", written, base)
    assert "no report text" in compared(sample(), profiles.default)["refused"]
    found = compared(sample(), proposed)
    assert (found["findings"], found["impression"]) == ("双侧大脑半球对称。", "未见明显异常。")
    assert (found["author"], found["verifier"], found["exam.accession_number"]) == ("李四", "王五", "CT1")


def test_a_sender_that_the_default_reads_needs_nothing_but_its_name(profiles: Profiles) -> None:
    raw = (ROOT / "tests" / "wire" / "oru_r01__final.hl7").read_bytes()
    proposal = learn([open_sample("x", raw)], profiles.default)
    assert set(proposal.content) == {"match"}
    assert any("OBR-32 or OBR-33" in question for question in proposal.questions), (
        "nobody but a person can tell"
    )


def test_text_that_stands_beside_obx_is_found(profiles: Profiles) -> None:
    raw = ODD[: ODD.index("OBX|1")] + "NTE|1||双侧大脑半球对称，脑室不大。\rZRP|1|R7|未见异常，请随访。\r"
    sections = learn([sample(raw)], profiles.default).content["sections"]
    assert (sections["findings"], sections["impression"]) == ({"paths": ["NTE-3"]}, {"paths": ["ZRP-3"]})


def test_codes_without_any_hint_are_told_by_length(profiles: Profiles) -> None:
    text = ODD.replace("RPT1^检查描述文字", "X1").replace("RPT2^最后结论", "X2")
    content = learn([sample(text)], profiles.default).content
    assert content["sections"]["findings"]["codes"][0] == "X1"
    assert content["sections"]["impression"]["codes"][0] == "X2"


def test_names_that_would_break_toml_are_written_safely(profiles: Profiles) -> None:
    text = ODD.replace("ODDRIS", 'A"B\x1bC')
    proposal = learn([sample(text)], profiles.default)
    assert tomllib.loads(proposal.as_toml())["match"]["sending_application"] == ['A"B\x1bC']


def test_the_command_shows_both_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(ODD.encode("gb18030"))
    result = CliRunner().invoke(
        command,
        [
            "learn",
            str(tmp_path / "x.hl7"),
            "--out",
            str(tmp_path / "odd.toml"),
            "--config",
            str(ROOT / "config"),
        ],
    )
    assert result.exit_code == 0, result.output
    assert tomllib.loads((tmp_path / "odd.toml").read_text(encoding="utf-8"))["extends"] == "default"
    assert "ORU^R01" in result.stdout
    assert any(line.lstrip().startswith("* findings") for line in result.stdout.splitlines())


def test_patients_are_shown_too_and_what_nobody_reads_says_so(tmp_path: Path) -> None:
    head = "MSH|^~\\&|ODDRIS|H1|S|Q|1||{}|1|P|2.4\rPID|1||P7||张三\r"
    (tmp_path / "x.hl7").write_text(head.format("ADT^A08") + head.format("SIU^S12"), encoding="utf-8")
    result = CliRunner().invoke(command, ["learn", str(tmp_path / "x.hl7"), "--config", str(ROOT / "config")])
    assert result.exit_code == 0, result.output
    assert "x.hl7#1  ADT^A08" in result.stderr and "P7" in result.stderr
    assert "x.hl7#2  SIU^S12" in result.stderr and "不支持的消息类型 SIU" in result.stderr


def test_what_cannot_be_read_is_passed_over_and_nothing_left_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.hl7").write_bytes(b"MSH|||||\r")
    result = CliRunner().invoke(command, ["learn", str(tmp_path / "x.hl7"), "--config", str(ROOT / "config")])
    assert result.exit_code != 0
    assert "passed over" in result.stderr
