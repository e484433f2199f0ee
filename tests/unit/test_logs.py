"""The log: an exception is told by kind and place, whoever logs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from plugin import logs

logs.configure(readable={readable})
try:
    int("张三")
except ValueError as error:
    structlog.get_logger().exception("ours", accession_number="A1")
    structlog.get_logger().error("handed", exc_info=error)
    logging.getLogger("theirs").exception(error)
    logging.getLogger("theirs").exception("while serving %s", "张三")
logging.getLogger("theirs").warning("plain %s", "A2")
logging.getLogger("pynetdicom.association").error("Network timeout reached")
"""


def printed(*, readable: bool) -> list[str]:
    """Lines of a process of its own: the log is set up for a whole process."""
    program = PROGRAM.format(readable=readable)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8")
    return done.stderr.splitlines()


@pytest.mark.parametrize("readable", [True, False])
def test_no_message_of_an_exception_is_printed(readable: bool) -> None:
    lines = printed(readable=readable)
    assert len(lines) == 5, lines
    assert not any("张三" in line or "Traceback" in line for line in lines)
    assert all("ValueError" in line for line in lines[:4])


def test_lines_name_the_place_and_keep_identifiers() -> None:
    lines = printed(readable=False)
    ours, handed = (json.loads(line) for line in lines[:2])
    assert (ours["event"], ours["accession_number"], ours["error"]) == ("ours", "A1", "ValueError")
    assert ours["where"] == handed["where"] == "<string>:8"
    raw, filled, plain = (json.loads(line) for line in lines[2:])
    assert (raw["event"], raw["logger"], raw["level"], raw["error"]) == ("", "theirs", "error", "ValueError")
    assert (filled["event"], filled["where"]) == ("while serving %s", "<string>:8")
    assert (plain["event"], plain["logger"], plain["level"]) == ("plain A2", "theirs", "warning")


def test_an_association_that_ends_unused_is_no_error() -> None:
    assert not any("timeout" in line for line in printed(readable=False))
