"""Orders and examinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.case import PriorExam
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report


class ExamRepository(Protocol):
    """Orders and examinations, by accession number."""

    def save_order(self, order: ImagingOrder, delivered: frozenset[str], message_id: int | None) -> None:
        """Keep a new version of the order; the newest stands."""
        ...

    def order(self, accession_number: str) -> tuple[ImagingOrder, frozenset[str]] | None:
        """The newest order and which of its fields the sender delivers."""
        ...

    def find_order(self, placer_order_number: str, filler_order_number: str) -> ImagingOrder | None:
        """By placer or filler order number, when a message names no accession number."""
        ...

    def orders_under(
        self, placer_order_number: str, filler_order_number: str
    ) -> Sequence[tuple[ImagingOrder, frozenset[str]]]:
        """The standing order of every examination that bears one of these numbers, as :meth:`order` gives it.

        Those of the filler's number alone where there are any; the newest first.
        """
        ...

    def priors(self, report: Report, limit: int = 20) -> Sequence[PriorExam]:
        """Earlier examinations of the same patient (identifier and authority, never the name), newest first."""
        ...
