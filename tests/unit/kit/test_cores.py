"""Cores are counted that this process may use, not those that the machine has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from plugin.kit.cores import usable_cores


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is not kept to some cores")
def test_a_process_that_is_kept_to_one_core_has_one():
    kept = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    told = "from plugin.kit.cores import usable_cores; print(usable_cores())"
    ran = subprocess.run(
        [sys.executable, "-c", f"{kept}; {told}"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "1"
    assert usable_cores() >= 1
