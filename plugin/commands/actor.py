"""Who sits at the command line."""

from __future__ import annotations

import getpass


def actor() -> str:
    """Who sits at this command line, for the audit trail."""
    return f"{getpass.getuser()}@cli"
