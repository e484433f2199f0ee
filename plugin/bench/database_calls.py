"""The database calls of one message, through our repositories and by the raw driver.

What a message asks of the database is recorded once, statement by statement with its values.
Then one database is given the messages through the unit of work, and its twin is given the
same statements by ``sqlite3`` alone: each message a transaction of its own, synced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from plugin.bench.contest import Contest, a_second
from plugin.domain.archive import Envelope
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.store import schema
from plugin.store.engine import Database
from plugin.store.link import Link
from plugin.store.settings import StoreSettings
from plugin.store.unit_of_work import SqlUnitOfWork
from plugin.workflow import inbox
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_order import receive_order

AT_ONCE = 300
"""Messages a turn."""
AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
RAW = b"x" * 600

Statement = tuple[str, Any]
Work = Callable[[SqlUnitOfWork], object]


def contests(work_dir: Path) -> Iterator[Contest]:
    """An order's calls: synced message by message as they run, and with the disk left out."""
    for name, durable, goals in (("synced", True, {"sqlite3": 1 / 1.5}), ("no disk", False, {})):
        with ExitStack() as stack:
            ours, recorded, raw = (
                stack.enter_context(_Twin(work_dir / f"{name} {twin}", durable))
                for twin in ("ours", "recorded", "raw")
            )
            runs = {
                "signgate": partial(_by_unit_of_work, ours, count(1)),
                "sqlite3": partial(_by_driver, recorded, raw, count(1)),
            }
            yield Contest(name=f"order's calls, {name}", unit="us", runs=runs, goals=goals)


def _by_unit_of_work(ours: _Twin, numbers: Iterator[int]) -> float:
    works = [_order(next(numbers)) for _ in range(AT_ONCE)]
    return 1e6 / a_second(partial(ours.by_unit_of_work, work) for work in works)


def _by_driver(recorded: _Twin, raw: _Twin, numbers: Iterator[int]) -> float:
    messages = [recorded.recording(_order(next(numbers))) for _ in range(AT_ONCE)]
    return 1e6 / a_second(partial(raw.by_driver, message) for message in messages)


class _Twin:
    """One of the databases that see the same messages."""

    def __init__(self, folder: Path, durable: bool) -> None:
        folder.mkdir(parents=True)
        self._database = Database(StoreSettings(), folder)
        schema.upgrade(self._database)
        self._pooled = self._database.writer_connection()
        self._driver = self._pooled.driver_connection
        if not durable:
            self._driver.execute("PRAGMA synchronous=OFF")

    def __enter__(self) -> _Twin:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pooled.close()
        self._database.close()

    def by_unit_of_work(self, work: Work, connection: Any = None) -> None:
        link = Link(connection or self._driver, self._database.driver, writable=True)
        link.begin()
        work(SqlUnitOfWork(link, lambda: AT))
        link.commit()

    def recording(self, work: Work) -> list[Statement]:
        """Do it, and note what was asked."""
        recorder = _Recorder(self._driver)
        self.by_unit_of_work(work, recorder)
        return recorder.said

    def by_driver(self, statements: Sequence[Statement]) -> None:
        """The same again, as somebody would write it who uses the driver alone."""
        for text, values in statements:
            self._driver.execute(text, values).fetchall()


class _Recorder:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.said: list[Statement] = []

    def execute(self, text: str, values: Any = ()) -> Any:
        self.said.append((text, dict(values) if values else ()))
        return self._connection.execute(text, values)

    def cursor(self) -> _Recorder:
        return self

    def executemany(self, text: str, rows: Sequence[Any]) -> None:
        for row in rows:
            self.execute(text, row)


def _order(number: int) -> Work:
    """What a new order asks of the database: archived once, kept, and found again."""
    envelope = Envelope(
        raw=RAW + str(number).encode(),
        peer="10.0.0.1:1",
        received_at=AT,
        sender="HIS|H001",
        control_id=str(number),
        message_type="ORM^O01",
        message_time="20260601080000",
        charset="utf-8",
        profile="default",
    )
    order = ImagingOrder(
        patient=Patient(patient_id=f"P{number}", assigning_authority="H001", name="测试甲", sex="M"),
        placer_order_number=f"R{number}",
        filler_order_number=str(number),
        accession_number=f"A{number}",
        exam_item="胸部CT平扫",
        modality="CT",
    )

    def effect(uow: UnitOfWork, message_id: int) -> None:
        receive_order(uow, order, frozenset({"exam_item"}), message_id)

    def work(uow: SqlUnitOfWork) -> None:
        accession, patient = order.accession_number, order.patient.patient_id
        inbox.receive(uow, envelope, b"MSA|AA", effect, accession_number=accession, patient_id=patient)

    return work
