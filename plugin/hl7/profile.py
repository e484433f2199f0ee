"""Site profiles: which field holds what, in the words of each sender (config/hl7/*.toml).

A profile names the senders it is for, by MSH-3, MSH-4 or the listener they connect to.  A
sender that no profile is for is read by the one called ``default``, which believes only what
stands where the standard or most Chinese systems put it, and reports a field as delivered
only when it came.  A profile may say ``extends = "default"`` and name only what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Any, Literal

from pydantic import Field, field_validator

from plugin.domain.errors import ConfigError
from plugin.hl7.charset_names import codec_of
from plugin.hl7.header import Header
from plugin.hl7.profile_fields import ExamFields, OrderFields, PatientFields, ReportFields, Sections, Values
from plugin.kit.registry import Options
from plugin.kit.settings import read_toml, validate

DEFAULT = "default"


class Match(Options):
    """Which senders a profile is for: every criterion that is named must fit; the more are named, the sooner it is taken."""

    sending_application: tuple[str, ...] = ()
    sending_facility: tuple[str, ...] = ()
    listener: tuple[str, ...] = ()

    def score(self, application: str, facility: str, listener: str) -> int:
        """Number of criteria that fit; 0 when one does not, or none is named."""
        score = 0
        for wanted, given in (
            (self.sending_application, application),
            (self.sending_facility, facility),
            (self.listener, listener),
        ):
            if wanted and given not in wanted:
                return 0
            score += bool(wanted)
        return score


class Reading(Options):
    """How messages as a whole are taken.

    Parameters
    ----------
    charset
        Character set of senders that declare none in MSH-18, in any of its spellings.
    control_id
        ``unreliable``: MSH-10 may be missing or used again; the bytes tell messages apart.
    several_messages
        What a frame with more than one MSH and no batch header means: ``refuse`` or ``split``.
    acknowledge
        ``standard``: MSH-15 and MSH-16 decide whether there is an answer; ``always`` answers.
    """

    charset: str = ""
    control_id: Literal["reliable", "unreliable"] = "reliable"
    versions: tuple[str, ...] = (
        "2.3",
        "2.3.1",
        "2.4",
        "2.5",
        "2.5.1",
        "2.6",
        "2.7",
        "2.7.1",
        "2.8",
        "2.8.1",
        "2.8.2",
    )
    processing_ids: tuple[str, ...] = ("P", "T", "D")
    several_messages: Literal["refuse", "split"] = "refuse"
    acknowledge: Literal["standard", "always"] = "standard"

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and not codec_of(name):
            raise ValueError(f"{name!r} is not a character set of HL7 table 0211 or a known spelling of one")
        return name

    @cached_property
    def codec(self) -> str:
        """Codec of `charset`, or empty."""
        return codec_of(self.charset)


class Profile(Options):
    """All that is known of a kind of sender.

    Parameters
    ----------
    delivered
        Dotted names of fields that these senders always deliver, so that an empty one is a
        defect: ``patient.age``, ``report.verifier``, ``findings``; order fields as ``order.exam_item``.
    """

    name: str = ""
    description: str = ""
    match: Match = Match()
    message: Reading = Reading()
    patient: PatientFields = PatientFields()
    exam: ExamFields = ExamFields()
    report: ReportFields = ReportFields()
    order: OrderFields = OrderFields()
    sections: Sections = Sections()
    values: Values = Values()
    delivered: frozenset[str] = Field(default=frozenset())

    @field_validator("delivered")
    @classmethod
    def _named(cls, names: frozenset[str]) -> frozenset[str]:
        known = {"findings", "impression"}
        for group, model in (
            ("patient", PatientFields),
            ("exam", ExamFields),
            ("report", ReportFields),
            ("order", OrderFields),
        ):
            known |= {f"{group}.{field}" for field in model.model_fields}
        known |= {f"order.patient.{field}" for field in PatientFields.model_fields}
        if unknown := sorted(names - known):
            raise ValueError(
                f"{unknown[0]!r} is no field; for instance patient.age, report.verifier, order.exam_item"
            )
        return names

    @cached_property
    def order_delivered(self) -> frozenset[str]:
        """Names below ``order.``."""
        return frozenset(name[6:] for name in self.delivered if name.startswith("order."))

    @cached_property
    def report_delivered(self) -> frozenset[str]:
        """Names of a report's fields."""
        return frozenset(name for name in self.delivered if not name.startswith("order."))


class Profiles:
    """The profiles of a site."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = {profile.name: profile for profile in profiles}
        self.default = self._profiles.get(DEFAULT) or Profile(name=DEFAULT)
        self._best_for = lru_cache(maxsize=256)(self._look_for)

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._profiles.values())

    def get(self, name: str) -> Profile | None:
        """The profile called `name`."""
        return self._profiles.get(name)

    def select(self, header: Header, listener: str = "") -> Profile:
        """The profile for a sender; the cautious default when none is for it."""
        return self._best(header, listener) or self.default

    def is_known(self, header: Header, listener: str = "") -> bool:
        """Whether a profile names this sender."""
        return self._best(header, listener) is not None

    def _best(self, header: Header, listener: str) -> Profile | None:
        manner, component = header.manner, header.delimiters.component
        application, facility = (each.split(component)[0] for each in (manner.application, manner.facility))
        return self._best_for(application, facility, listener)

    def _look_for(self, application: str, facility: str, listener: str) -> Profile | None:
        scored = [
            (profile.match.score(application, facility, listener), profile)
            for profile in self._profiles.values()
        ]
        best = max(scored, key=lambda pair: pair[0], default=(0, self.default))
        return best[1] if best[0] else None


def load_profiles(folder: FilePath) -> Profiles:
    """Read every ``*.toml`` of a folder; a profile's name is its file's.

    Raises
    ------
    ConfigError
        Naming file, line and key of the first mistake, or a profile that extends one that is not there.
    """
    raw = {path.stem: (str(path), read_toml(path)) for path in sorted(folder.glob("*.toml"))}
    return Profiles([_profile(name, raw, ()) for name in raw])


def parse_profile(
    name: str, content: Mapping[str, Any], base: Mapping[str, Any] | None = None, file: str = ""
) -> Profile:
    """Check one profile's content, laid over `base`."""
    merged = _laid_over(base or {}, {key: value for key, value in content.items() if key != "extends"})
    return validate(Profile, {**merged, "name": name}, file)


def _profile(name: str, raw: Mapping[str, tuple[str, dict[str, Any]]], below: tuple[str, ...]) -> Profile:
    file, content = raw[name]
    return parse_profile(name, content, _base(name, raw, below), file)


def _base(name: str, raw: Mapping[str, tuple[str, dict[str, Any]]], below: tuple[str, ...]) -> dict[str, Any]:
    """Content of the profile that `name` extends, itself laid over its own base; without its senders."""
    file, content = raw[name]
    base = content.get("extends")
    if base is None:
        return {}
    if base not in raw or base in (name, *below):
        raise ConfigError(file, "extends", f"there is no other profile called {base!r}")
    _profile(base, raw, (*below, name))  # its mistakes are named as its own, not of who extends it
    merged = _laid_over(_base(base, raw, (*below, name)), raw[base][1])
    return {key: value for key, value in merged.items() if key not in ("match", "extends", "description")}


def _laid_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        merged[key] = (
            _laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return merged
