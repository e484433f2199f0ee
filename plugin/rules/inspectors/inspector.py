"""An inspector: a process that has the rulebook, and nothing else, and answers its parent.

It is run as ``python -m plugin.rules.inspectors.inspector FD FOLDER`` by :mod:`plugin.rules.inspectors.pool`.
First it tells the version of its rulebook; then it answers the cases that it is sent together.  It ends
when the parent's side of the socket is closed, whatever way the parent has ended.

It is started when its parent is busiest, and loading costs the better part of a second of a core.
So whatever is loaded, modules too, is loaded behind everybody who has work to do (:func:`give_way`);
that is why so little is imported up here.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from plugin.domain.errors import ConfigError
from plugin.kit.collector import spare_what_is_loaded
from plugin.kit.where import where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin.domain.case import Case
    from plugin.rules.rulebook import Inspection, Rulebook

_GIVES_WAY = 10
"""How much nicer one is who loads: a tenth of a core that others want, and all of one that nobody does."""


def give_way() -> None:
    """Let everybody else go before this thread.

    Linux has a priority for each thread.  Nobody may raise their own again without privileges, so
    that what is to give way for a time is done by a thread that ends.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _GIVES_WAY)


def load(folder: Path) -> Rulebook:
    """The rulebook under `folder`, and the modules that it needs.

    Raises
    ------
    ConfigError
        When a file of it does not load.
    """
    from plugin.rules.rulebook import Rulebook

    rulebook = Rulebook.load(folder)
    spare_what_is_loaded()
    return rulebook


def answer(asked: Connection, rulebook: Rulebook) -> None:
    """Answer lists of cases with lists of what was found, until nobody asks any more."""
    asked.send(rulebook.version)
    while True:
        try:
            cases: Sequence[Case] = asked.recv()
            asked.send([_found(rulebook, case) for case in cases])
        except (EOFError, OSError):
            return


def _found(rulebook: Rulebook, case: Case) -> Inspection | str:
    """What is found of a case.

    An error in a rule is told by its kind and place, without its words, which may be a report's: the
    parent notes it, and inspects the case itself.
    """
    try:
        return rulebook.inspect(case)
    except Exception as error:
        return f"{type(error).__name__} at {where(error)}"


def main() -> None:
    """Load the rulebook, behind others, and answer, beside them."""
    # A terminal's Ctrl-C and a supervisor's SIGTERM reach every process of the group: the parent
    # finishes what it has accepted, and lets go of this one when it has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    descriptor, folder = int(sys.argv[1]), Path(sys.argv[2])
    with Connection(descriptor) as asked:
        try:
            with ThreadPoolExecutor(1, initializer=give_way) as loader:
                rulebook = loader.submit(load, folder).result()
        except ConfigError as error:
            sys.exit(f"inspector: {error}")
        answer(asked, rulebook)


if __name__ == "__main__":
    main()
