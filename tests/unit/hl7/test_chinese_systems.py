"""What Chinese systems put where: read by default, or by a profile of a few lines."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ROOT
from hl7_peers import opened

from plugin.domain.order import OrderStatus, PatientClass
from plugin.domain.report import Report
from plugin.hl7.orders import read_orders
from plugin.hl7.patients import identify
from plugin.hl7.profile import Profile, Profiles, parse_profile
from plugin.hl7.reader import Group
from plugin.hl7.reports import read_reports
from plugin.kit.settings import read_toml

HEAD = "MSH|^~\\&|RIS|H1|S|Q|1||{}|1|P|2.4\r"
DEFAULT = read_toml(ROOT / "config/hl7/default.toml")


def site(**content: Any) -> Profile:
    return parse_profile("site", content, DEFAULT)


def his(profiles: Profiles) -> Profile:
    """The shipped profile of a HIS whose PV1-3 begins with the department."""
    found = profiles.get("chinese_his")
    assert found is not None
    return found


def patient(pid: str, profile: Profile) -> tuple[str, str, str, str]:
    found, _ = identify(Group.of(opened((HEAD.format("ADT^A08") + pid).encode())), profile)
    return found.patient_id, found.name, found.sex, found.birth_date


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("张三丰^zhangsanfeng", "张三丰"),
        ("WANGXIULAN^王秀兰", "王秀兰"),
        ("张三^张^三", "张三"),
        ("^张三", "张三"),
        ("CESHI", "CESHI"),
    ],
)
def test_names_in_every_order(name: str, read: str, profiles: Profiles) -> None:
    assert patient(f"PID|1||P1||{name}", profiles.default)[1] == read


@pytest.mark.parametrize("birth", ["19800101", "1980-01-01", "19800101000000"])
@pytest.mark.parametrize(
    ("sex", "read"), [("M", "M"), ("男", "M"), ("1", "M"), ("女", "F"), ("2", "F"), ("U", "U")]
)
def test_sexes_and_births(birth: str, sex: str, read: str, profiles: Profiles) -> None:
    assert patient(f"PID|1||P1||张三||{birth}|{sex}", profiles.default)[2:] == (read, "1980-01-01")


def test_identifiers_by_their_authority() -> None:
    several = "PID|1||510101X^^^&SFZH~BL7^^^&BLH~P9^^^&PATID~ZY3^^^&ZYH||张三"
    by_authority = site(patient={"patient_id": ["PID-3[4.2=PATID].1"]})
    assert patient(several, by_authority)[0] == "P9"


def test_numbers_packed_into_the_components_of_one_identifier(profiles: Profiles) -> None:
    checkup = profiles.get("chinese_checkup")
    assert checkup is not None
    packed = HEAD.format("ORM^O01") + "PID|1||MZ1^TJ2^ZY3^K4^510101X||张三\rORC|NW|SQ1\rOBR|1|SQ1||1^胸部DR\r"
    found = read_orders(opened(packed.encode()), checkup)[0].order
    assert (found.patient.patient_id, found.patient.assigning_authority) == ("TJ2", "")
    assert (found.outpatient_number, found.inpatient_number) == ("MZ1", "ZY3")


def order(pv1: str, orc: str, profile: Profile, obr: str = "OBR|1|SQ1|CT1|1^头颅CT平扫") -> Any:
    raw = HEAD.format("ORM^O01") + f"PID|1||P1||张三\r{pv1}\r{orc}\r{obr}\r"
    return read_orders(opened(raw.encode()), profile)[0].order


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("O", PatientClass.OUTPATIENT), ("门诊", PatientClass.OUTPATIENT), ("I", PatientClass.INPATIENT),
        ("住院", PatientClass.INPATIENT), ("E", PatientClass.EMERGENCY), ("急诊", PatientClass.EMERGENCY),
        ("H", PatientClass.CHECKUP), ("T", PatientClass.CHECKUP),
    ],
)  # fmt: skip
def test_kinds_of_visit(sent: str, read: PatientClass, profiles: Profiles) -> None:
    assert order(f"PV1|1|{sent}", "ORC|NW|SQ1|CT1", profiles.default).patient_class is read


@pytest.mark.parametrize(
    ("pair", "read"),
    [
        ("NW||||SC", OrderStatus.SCHEDULED), ("NW||||IP", OrderStatus.IN_PROGRESS), ("SC||||CM", OrderStatus.COMPLETED),
        ("CA||||CA", OrderStatus.CANCELLED), ("DC||||CA", OrderStatus.CANCELLED),
    ],
)  # fmt: skip
def test_pairs_of_control_and_status(pair: str, read: OrderStatus, profiles: Profiles) -> None:
    control, status = pair.split("||||")
    orc = f"ORC|{control}|SQ1|CT1||{status}"
    assert order("PV1|1|O", orc, profiles.default).status is read


def test_ward_and_bed_in_both_habits(profiles: Profiles) -> None:
    usual = order("PV1|1|I|0306^12^05^0306&神经外科", "ORC|NW|SQ1|CT1", profiles.default)
    assert (usual.ward, usual.bed, usual.department) == ("0306", "05", "神经外科")
    other = order("PV1|1|I|K01^神经外科^05^^^^B02^神外病区", "ORC|NW|SQ1|CT1", his(profiles))
    assert (other.ward, other.bed, other.department) == ("神外病区", "05", "神经外科")


def test_a_placer_number_in_the_third_component_and_the_purpose(profiles: Profiles) -> None:
    orc = "ORC|NW|^^SQ7|CT1||SC||||2002-06-25|||0146^^李四||||^^排除出血|K01^神经外科"
    found = order("PV1|1|O", orc, his(profiles), "OBR|1||CT1|1^头颅CT")
    assert (found.placer_order_number, found.purpose, found.ordering_provider) == ("SQ7", "排除出血", "李四")
    assert found.ordered_at == "2002-06-25"


def report(obr: str, obx: str, profile: Profile) -> Report:
    raw = HEAD.format("ORU^R01") + f"PID|1||P1||张三\r{obr}\r{obx}"
    return read_reports(opened(raw.encode()), profile)[0].report


def test_physicians_and_packed_clinical_text_as_the_dictionaries_have_them(profiles: Profiles) -> None:
    chinese = profiles.get("chinese_ris")
    assert chinese is not None
    obr = (
        "OBR|1|SQ1|CT1^^R7|1^头颅CT平扫|||20260601090000||||||相关^脑梗死^头晕^肝肾可^高血压^备注|||||||||"
        "20260601092900||CT|F|||||||1^报告^医师|2^审核^医师|3^技^师|4^录^入"
    )
    obx = "OBX|1|TX|2301&GDT||所见。|||A\rOBX|2|CE|2301&IMP||1^脑梗死\rOBX|3|CE|2301&REC||1^随访\r"
    found = report(obr, obx, chinese)
    assert (found.author_id, found.verifier_id, found.exam.accession_number) == ("1", "2", "CT1")
    assert (found.findings, found.impression) == ("所见。", "脑梗死\n随访")
    assert (found.clinical_diagnosis, found.exam.modality) == ("脑梗死", "CT")
    assert found.abnormal_flags == ("A",), "阳性, not critical"


def test_texts_without_codes_are_told_by_their_type(profiles: Profiles) -> None:
    found = report("OBR|1|SQ1|CT1|1^头颅CT", "OBX|1|TX|||描述。\rOBX|2|ST|||结论。\r", profiles.default)
    assert (found.findings, found.impression) == ("描述。", "结论。")


def test_a_modality_elsewhere_and_a_critical_flag_in_the_order_segment(profiles: Profiles) -> None:
    for flag, read in (("1", ("AA",)), ("0", ()), ("PARENT^1", ())):
        obr = f"OBR|1|SQ1|CT1|1^头颅CT||||||||||||||||||MR||20260601092900|F|{flag}"
        found = report(obr, "OBX|1|TX|GDT||所见。\rOBX|2|TX|IMP||印象。\r", his(profiles))
        assert (found.exam.modality, found.abnormal_flags, found.reported_at) == ("MR", read, "")
