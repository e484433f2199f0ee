"""Site profiles: paths, strictness, inheritance, which sender gets which."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.hl7.header import read
from plugin.hl7.path import FieldPath
from plugin.hl7.profile import Profiles, load_profiles, parse_profile
from plugin.hl7.reader import Message

MESSAGE = Message(
    'MSH|^~\\&|A\rPID|1||P1^^^HIS^PI~Z9^^^&ZYH||张三|||""\r'
    "OBX|1|ST|113014^DICOM Study||1.2.3\rOBX|2|ST|113015||4.5.6\rZRP|1|文字^二\r"
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("PID-3", "P1^^^HIS^PI"), ("PID-3.1", "P1"), ("PID-3.4", "HIS"), ("PID-3[4.2=ZYH].1", "Z9"),
        ("PID-3[4.2=MZH].1", ""), ("PID-5", "张三"), ("PID-8", ""), ("PV1-2", ""), ("OBX[3.1=113015]-5", "4.5.6"),
        ("OBX[3.1=113014]-3.2", "DICOM Study"), ("OBX[3.1=x]-5", ""), ("ZRP-2.2", "二"),
    ],
)  # fmt: skip
def test_paths(path: str, value: str) -> None:
    assert FieldPath.parse(path).value(MESSAGE) == value


def test_an_explicit_null_is_told_from_nothing() -> None:
    assert FieldPath.parse("PID-8").is_null(MESSAGE)
    assert not FieldPath.parse("PID-7").is_null(MESSAGE)


@pytest.mark.parametrize(
    "text", ["", "PID", "PID-", "pid-3", "PID-3.", "PID-3.1.2.3", "PID-x", "PID-3[ZYH].1"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a field path"):
        FieldPath.parse(text)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def header(application: str = "RIS", facility: str = "H1") -> object:
    return read(f"MSH|^~\\&|{application}|{facility}|S|Q|1||ORU^R01|1|P|2.4".encode())


def test_the_profiles_that_ship_are_sound(profiles: Profiles) -> None:
    assert {profile.name for profile in profiles} >= {"default", "chinese_ris"}
    chinese = profiles.get("chinese_ris")
    assert chinese is not None
    assert chinese.message.codec == "gb18030"
    assert chinese.values.sex["男"] == "M", "what is not named comes from the default"
    assert [path.text for path in chinese.report.verifier] == ["OBR-33"], "what is named replaces it"


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("[message]\nmisspelt = 1\n", "message.misspelt", 2),
        ("[exam]\naccession_number = ['OBR18']\n", "exam.accession_number.0", 2),
        ("[values.sex]\n'男' = 'MALE'\n", "values.sex.男", 2),
        ("[message]\ncharset = 'KLINGON'\n", "message.charset", 2),
        ("delivered = ['patient.hat']\n", "delivered", 1),
        ("extends = 'nobody'\n", "extends", 0),
    ],
)
def test_a_mistake_is_named_with_file_key_and_line(tmp_path: Path, text: str, key: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        load_profiles(write(tmp_path, site=text))
    assert (Path(caught.value.file).name, caught.value.key, caught.value.line) == ("site.toml", key, line)


def test_profiles_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no other profile"):
        load_profiles(write(tmp_path, a="extends = 'b'", b="extends = 'a'"))


def test_a_mistake_of_a_base_is_named_in_the_base(tmp_path: Path) -> None:
    write(tmp_path, a="extends = 'b'\n", b="extends = 'c'\n", c="\n[report]\nauther = 'OBR-32'\n")
    with pytest.raises(ConfigError, match=r"/c\.toml:3: report\.auther"):
        load_profiles(tmp_path)


def test_the_most_specific_profile_is_taken_and_strangers_get_the_default(tmp_path: Path) -> None:
    profiles = load_profiles(
        write(
            tmp_path,
            default="",
            ris="[match]\nsending_application = ['RIS']\n",
            ris_h1="[match]\nsending_application = ['RIS']\nsending_facility = ['H1']\n",
            port_b="[match]\nlistener = ['b']\n",
        )
    )
    chosen = [
        profiles.select(header(), "hl7").name,
        profiles.select(header(facility="H2"), "hl7").name,
        profiles.select(header("LIS"), "b").name,
        profiles.select(header("LIS"), "hl7").name,
    ]
    assert chosen == ["ris_h1", "ris", "port_b", "default"]
    assert not profiles.is_known(header("LIS"), "hl7")


def test_an_extending_profile_does_not_inherit_its_base_s_senders(tmp_path: Path) -> None:
    profiles = load_profiles(
        write(tmp_path, default="", a="[match]\nsending_application = ['A']\n", b="extends = 'a'\n")
    )
    assert profiles.select(header("A")).name == "a"


def test_what_is_always_delivered_is_split_by_what_it_belongs_to() -> None:
    profile = parse_profile(
        "x", {"delivered": ["patient.age", "findings", "order.exam_item", "order.patient.sex"]}
    )
    assert profile.order_delivered == {"exam_item", "patient.sex"}
    assert profile.report_delivered == {"patient.age", "findings"}
