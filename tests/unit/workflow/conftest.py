"""Journeys of the shipped configuration over a real store, with a clock that stands still."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from plugin.bootstrap.journeys import Journeys, build_journeys
from plugin.bootstrap.surroundings import RandomMinter
from plugin.domain.gate import SignAction, Signer, SignEvent
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.patient import Patient
from plugin.domain.people import Role, Switches
from plugin.domain.report import Exam, Report
from plugin.domain.sampling import SamplingPolicy, SamplingRule
from plugin.rules.sampling.draws import key_digest
from plugin.site.gate import GateSettings, PolicyRow
from plugin.site.hospital import HospitalSettings
from plugin.site.settings import Site
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore, open_store
from plugin.workflow.accounts import Accounts
from plugin.workflow.decide_sign import SignAnswer
from plugin.workflow.passwords import Passwords
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.receive_order import receive_order
from plugin.workflow.sign_in import SignIn
from tests.conftest import ROOT, StoppedClock
from tests.fakes import CountingMinter
from tests.stores import temporary_store

PATIENT = Patient(patient_id="P1", assigning_authority="H001", name="测试甲", sex="M", age="60岁")
SOUND = Report(
    patient=PATIENT,
    exam=Exam(
        accession_number="A1", modality="CT", exam_item="胸部CT平扫", performed_at="2026-06-01 08:00:00"
    ),
    author_id="D1",
    author="测试医师甲",
    findings="双肺纹理清晰，未见实变影。纵隔内未见肿大淋巴结。双侧胸腔未见积液。",
    impression="胸部CT平扫未见明显异常。",
)
BLEEDING = replace(
    SOUND,
    exam=Exam(
        accession_number="A1", modality="CT", exam_item="头颅CT平扫", performed_at="2026-06-01 08:00:00"
    ),
    findings="左侧基底节区见团片状高密度影，大小约4.2cm×3.1cm，CT值约65HU，周围见低密度水肿带，中线结构右移约6mm。",
    impression="左侧基底节区急性脑出血，请结合临床。",
)


@dataclass
class World:
    """A hospital of one CT scanner."""

    store: SqlStore
    journeys: Journeys
    clock: StoppedClock

    def order(self, patient_class: PatientClass = PatientClass.OUTPATIENT) -> None:
        order = ImagingOrder(
            patient=PATIENT,
            accession_number="A1",
            modality="CT",
            exam_item="胸部CT平扫",
            patient_class=patient_class,
        )
        self.store.write(lambda uow: receive_order(uow, order, frozenset(), None))

    def report(self, report: Report, source: str = "oru") -> None:
        self.store.write(lambda uow: self.journeys.receive_report(uow, report, source=source))

    def sign(
        self,
        event_id: str = "E1",
        action: SignAction = SignAction.VERIFY,
        report: Report | None = None,
        signer: str = "D7",
    ) -> SignAnswer:
        event = SignEvent(
            event_id=event_id,
            action=action,
            accession_number="A1",
            signer=Signer(id=signer, name="测试医师庚", role="senior"),
            report=report,
            caller="ris",
        )
        return self.store.write(lambda uow: self.journeys.decide_sign.decide(uow, event))

    def policy(self, p: float, version: int = 1) -> None:
        key = bytes([version]) * 32
        policy = SamplingPolicy(
            version=version,
            rules=(SamplingRule(name="全部", p=p),),
            key=key,
            key_digest=key_digest(key),
            live_from=self.clock(),
            author="test",
        )
        self.store.write(lambda uow: uow.policies.add(policy))

    def switch(self, **switches: bool) -> None:
        self.store.write(lambda uow: uow.policies.set_switches(Switches(**switches)))

    def jobs(self) -> list[str]:
        """Kinds of the jobs that have been asked for, in order."""
        from plugin.store.jobs import SqlJobStore

        listing = SqlJobStore(self.store, self.clock).listing(None)
        return [
            job.kind.value for job in sorted(listing, key=lambda job: job.job_id) if job.state == "pending"
        ]


@pytest.fixture
def world(tmp_path: Path, clock: StoppedClock) -> Iterator[World]:
    with world_of(tmp_path, clock) as made:
        yield made


@contextmanager
def world_of(folder: Path, clock: StoppedClock, settings: StoreSettings | None = None) -> Iterator[World]:
    """A hospital over a store of these settings, SQLite without."""
    around = Surroundings(clock=clock, mint=CountingMinter())
    site = Site(hospital=HospitalSettings(institution_id="H1", name="测试医院", regions=("chuanyu",)))
    gate = GateSettings(
        forms={SignAction.SUBMIT: ("request_form", "image"), SignAction.VERIFY: ("report",)},
        policy=(PolicyRow(name="全部", p=1.0),),
    )
    journeys = build_journeys(site, gate, ROOT / "config", around)
    with temporary_store(folder, clock, settings) as store:
        yield World(store, journeys, clock)


@pytest.fixture
def people(tmp_path: Path, clock: StoppedClock) -> Iterator[tuple[Accounts, SignIn]]:
    """Accounts and the door, over passwords that are cheap to hash."""
    passwords = Passwords(hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    around = Surroundings(clock=clock, mint=RandomMinter())
    with contextlib.closing(open_store(StoreSettings(), tmp_path, clock)) as store:
        yield (
            Accounts(store=store, around=around, passwords=passwords),
            SignIn(store=store, around=around, passwords=passwords),
        )


@pytest.fixture
def accounts(people: tuple[Accounts, SignIn]) -> Accounts:
    return people[0]


@pytest.fixture
def sign_in(people: tuple[Accounts, SignIn]) -> SignIn:
    return people[1]


@pytest.fixture
def wang(accounts: Accounts) -> str:
    """Login of a head of department."""
    accounts.add("test", "wang", "王五", Role.HEAD, "correct horse battery", staff_id="D7")
    return "wang"
