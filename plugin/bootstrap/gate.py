"""The first sampling policy: must make sense, and is taken over once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.sampling import SamplingPolicy
from plugin.kit.settings import line_of
from plugin.rules.sampling import draws
from plugin.rules.sampling.conditions import check_policy
from plugin.rules.scoring import Forms
from plugin.site.gate import GateSettings
from plugin.workflow.ports.unit_of_work import UnitOfWork


def check_gate(gate: GateSettings, forms: Forms, institution: str = "") -> None:
    """The first policy and the forms it names must make sense before anything listens."""
    known = frozenset(form.form_id for form in forms if form.scores_examination)
    check_policy(gate.rules(), known, gate.minimums(), gate.caps.caps(), institution)
    for asked in gate.forms.values():
        for form_id in asked:
            if not forms.get(form_id).scores_examination:
                raise InvalidInput(
                    "forms", f"{form_id} scores no examination: nobody can be asked for it at a signature"
                )


def check_gate_file(gate: GateSettings, file: Path, forms: Forms, institution: str = "") -> None:
    """Likewise, naming file, line and key of the first mistake.

    Raises
    ------
    ConfigError
        With the names that `file` has for rules and minimums.
    """
    try:
        check_gate(gate, forms, institution)
    except InvalidInput as error:
        key = re.sub(
            r"^(?:rule(?=s)|(minimum))s?\[(\d+)\]", lambda m: f"{m[1] or 'policy'}.{m[2]}", error.where
        )
        raise ConfigError(str(file), key, error.text, line_of(str(file), key)) from None


def first_policy(gate: GateSettings, now: datetime) -> Callable[[UnitOfWork], None]:
    """A journey that takes gate.toml's policy over when no version is live yet."""

    def work(uow: UnitOfWork) -> None:
        if uow.policies.get(1) is not None:
            return
        key = secrets.token_bytes(32)
        uow.policies.add(
            SamplingPolicy(
                version=1,
                rules=gate.rules(),
                key=key,
                key_digest=draws.key_digest(key),
                live_from=now,
                author="gate.toml",
                minimums=gate.minimums(),
                caps=gate.caps.caps(),
            )
        )

    return work
