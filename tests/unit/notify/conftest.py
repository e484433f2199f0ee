"""A notice, and the tools that channels are handed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.critical import Alert, AlertState, CriticalFinding, CriticalState, Tier
from plugin.domain.issue import Section
from plugin.domain.notice import Notice, Occasion
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.kit.messages import load_catalogue
from plugin.notify.messages import MessageWriter
from plugin.notify.person_words import PersonWriter
from plugin.notify.tools import Tools

ROOT = Path(__file__).resolve().parents[3]
FOUND_AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def notice() -> Notice:
    finding = CriticalFinding(
        code="LARGE_PTX",
        name="大量气胸/液气胸/血气胸",
        tier=Tier.RED,
        state=CriticalState.NEW,
        section=Section.IMPRESSION,
        start=0,
        end=6,
        text="右侧大量气胸",
    )
    alert = Alert(
        alert_id="0123456789abcdef",
        accession_number="ACC-77",
        finding=finding,
        state=AlertState.DETECTED,
        detected_at=FOUND_AT,
        due_at=FOUND_AT + timedelta(minutes=10),
    )
    order = ImagingOrder(
        patient=Patient(name="测试患者甲", sex="男", age="60岁", patient_id="P0001"),
        department="急诊科",
        ward="急诊病区",
        bed="12",
        inpatient_number="ZY12345",
        ordering_provider="张三",
        exam_item="胸部正位",
    )
    return Notice(alert=alert, occasion=Occasion.RAISED, order=order)


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"robot": "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=", "mail": "a password"}


@pytest.fixture
def tools(secrets: dict[str, str], clock) -> Tools:
    catalogue = load_catalogue(ROOT / "config/messages")
    people = PersonWriter(
        catalogue,
        language="zh_CN",
        hospital="测试医院",
        link="https://signgate.test/console/notices",
        zone=ZoneInfo("Asia/Shanghai"),
        form_title={"report": "报告质量"}.__getitem__,
    )
    writer = MessageWriter(
        catalogue,
        language="zh_CN",
        hospital="测试医院",
        link=lambda alert_id: f"https://signgate.test/ward/{alert_id}",
        zone=ZoneInfo("Asia/Shanghai"),
    )
    return Tools(writer=writer, people=people, secret=secrets.__getitem__, clock=clock)
