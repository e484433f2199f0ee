"""The child's side, over a socket, with a rulebook that breaks."""

from __future__ import annotations

import threading
from multiprocessing import Pipe

from plugin.rules.inspector import answer


class Breaks:
    """A rulebook that stumbles over one case."""

    version = "v1"

    def inspect(self, case):
        if case == "bad":
            raise ValueError("words of a report")
        return f"found in {case}"


def test_it_tells_its_version_answers_and_goes_on_after_an_error_of_a_rule():
    ours, theirs = Pipe()
    child = threading.Thread(target=answer, args=(theirs, Breaks()))
    child.start()
    assert ours.recv() == "v1"
    for case in ("one", "bad", "two"):
        ours.send(case)
    one, bad, two = (ours.recv() for _ in range(3))
    assert (one, two) == ("found in one", "found in two")
    assert bad.startswith("ValueError at ")
    assert "words of a report" not in bad
    ours.close()
    child.join(60)
    assert not child.is_alive()
