"""An inspector: a process that has the rulebook, and nothing else, and answers its parent.

It is run as ``python -m plugin.rules.inspector FD FOLDER`` by :mod:`plugin.rules.inspectors`.
First it tells the version of its rulebook; then it answers each case that it is sent.  It ends
when the parent's side of the socket is closed, whatever way the parent has ended.
"""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from plugin.domain.case import Case
from plugin.domain.errors import ConfigError
from plugin.kit.collector import spare_what_is_loaded
from plugin.kit.where import where
from plugin.rules.rulebook import Inspection, Rulebook


def answer(asked: Connection, rulebook: Rulebook) -> None:
    """Answer cases with inspections until nobody asks any more.

    An error in a rule is answered with its kind and place (a ``str``, without its words, which
    may be a report's): the parent notes it, and inspects the case itself.
    """
    asked.send(rulebook.version)
    while True:
        try:
            case: Case = asked.recv()
        except (EOFError, OSError):
            return
        found: Inspection | str
        try:
            found = rulebook.inspect(case)
        except Exception as error:
            found = f"{type(error).__name__} at {where(error)}"
        try:
            asked.send(found)
        except OSError:
            return


def main() -> None:
    """Load the rulebook and answer."""
    # A terminal's Ctrl-C and a supervisor's SIGTERM reach every process of the group: the parent
    # finishes what it has accepted, and lets go of this one when it has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    descriptor, folder = int(sys.argv[1]), Path(sys.argv[2])
    with Connection(descriptor) as asked:
        try:
            rulebook = Rulebook.load(folder)
        except ConfigError as error:
            sys.exit(f"inspector: {error}")
        spare_what_is_loaded()
        answer(asked, rulebook)


if __name__ == "__main__":
    main()
