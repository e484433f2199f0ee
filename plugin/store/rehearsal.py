"""What a journey is about to read, taken down without asking, so that it can be asked in one go.

On a database that is a network away the way there and back costs more than most queries.  A
journey that knows what it will read says so beforehand, by reading it for trial; each of
these queries is then on its way before the first is answered.
"""

from __future__ import annotations

from collections.abc import Collection

from plugin.store.drivers import Driver
from plugin.store.link import Link, Prepared, Row
from plugin.store.storable import Parameters


class Rehearsal(Link):
    """Takes down each query, and answers that there is nothing; changes are refused as in any query.

    Attributes
    ----------
    names
        What is to be held before any of it is asked.
    """

    __slots__ = ("names", "queries")

    def __init__(self, driver: Driver) -> None:
        super().__init__(None, driver, writable=False)
        self.queries: list[tuple[Prepared, Parameters]] = []
        self.names: set[str] = set()

    def hold(self, names: Collection[str]) -> None:
        self.names.update(names)

    def rows(self, statement: Prepared, parameters: Parameters) -> list[Row]:
        self.queries.append((statement, parameters))
        return []
