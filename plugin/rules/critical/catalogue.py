"""The catalogue of critical values (危急值目录): TOML in, typed and checked.

Three files of ours (``catalogue.toml``, ``words.toml``, ``context.toml``), the tiers
(``tiers.toml``), and one of the site's (``site.toml``), whose differences are laid over
ours, so that a new version of the catalogue never undoes what a hospital has decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from plugin.domain.critical import Tier
from plugin.domain.errors import ConfigError
from plugin.kit.settings import line_of, load, read_toml, validate
from plugin.rules.critical.limits import Larger, Threshold
from plugin.rules.critical.measures import MEASURES

ROSTER_FILE = "roster.toml"
"""Beside the catalogue, and no part of it: who is on duty changes daily, what is critical does not."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TierSettings(_Settings):
    """How fast a tier is told (`minutes` from detection to read-back), and to whom."""

    name: str
    name_en: str = ""
    minutes: PositiveInt
    tell: tuple[str, ...]
    acr_category: int = Field(ge=1, le=3)
    provenance: str = ""


class Tiers(_Settings):
    """The three tiers."""

    red: TierSettings
    orange: TierSettings
    yellow: TierSettings

    def of(self, tier: Tier) -> TierSettings:
        return {Tier.RED: self.red, Tier.ORANGE: self.orange, Tier.YELLOW: self.yellow}[tier]


class EntrySettings(_Settings):
    """One entry as it stands in the file; the head of ``catalogue.toml`` says what each key means."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: str
    name_en: str = ""
    tier: Tier
    acr_category: int | None = Field(default=None, ge=1, le=3)
    minutes: PositiveInt | None = None
    tell: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    body_part: str = ""
    provenance: str = ""
    terms: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    growing: tuple[str, ...] = ()
    lift: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_sentence: tuple[str, ...] = ()
    unless_report: tuple[str, ...] = ()
    grade: str = ""
    grade_demotes: bool = False
    hints_need_grade: bool = False
    drop_below: bool = False
    outranks: tuple[str, ...] = ()
    progress_of: tuple[str, ...] = ()
    known_days: int = Field(default=30, ge=0)
    known_from_order: bool = False
    off: bool = False
    threshold: tuple[Threshold, ...] = ()
    larger: tuple[Larger, ...] = ()

    def limit(self, name: str) -> Threshold | None:
        """Return the threshold called `name`."""
        for limit in self.threshold:
            if limit.name == name:
                return limit
        return None


class ContextWords(_Settings):
    """Words of time, change and doubt; the comments of ``context.toml`` say what each list does."""

    taken_as_said: tuple[str, ...]
    doubt: tuple[str, ...]
    old_before: tuple[str, ...]
    old_after: tuple[str, ...]
    treatment: tuple[str, ...]
    compare: tuple[str, ...]
    grown: tuple[str, ...]
    fresh: tuple[str, ...]
    shrunk: tuple[str, ...]
    gone: tuple[str, ...]
    unchanged: tuple[str, ...]
    unchanged_compared: tuple[str, ...]
    property: tuple[str, ...]
    summary: tuple[str, ...]
    acute: tuple[str, ...]


class _CatalogueFile(_Settings):
    version: str
    owner: str
    reviewed: date
    review_due: date
    clause: str
    entry: tuple[EntrySettings, ...]


class _Masks(_Settings):
    words: tuple[str, ...]


class _WordsFile(_Settings):
    lists: dict[str, tuple[str, ...]]
    masks: _Masks


class CatalogueEntry(_Settings):
    """What the alert journey needs of an entry.

    Parameters
    ----------
    minutes
        From detection to read-back: the entry's own, or its tier's.
    own_minutes
        What the entry itself says; ``None`` leaves it to tier and site.
    tell
        Roles, first the one who is called first.
    acr_category
        1 within minutes, 2 within hours, 3 within days (CID 7035).
    """

    code: str
    name: str
    name_en: str
    tier: Tier
    minutes: int
    own_minutes: int | None
    tell: tuple[str, ...]
    acr_category: int
    body_part: str
    provenance: str


class Catalogue:
    """All that the detector judges by.

    Parameters
    ----------
    folder
        ``config/critical``.

    Raises
    ------
    ConfigError
        When a file is missing or wrong, or names a code, list, measure or threshold that
        does not exist.
    """

    def __init__(self, folder: Path) -> None:
        file = folder / "catalogue.toml"
        whole = load(_CatalogueFile, file)
        words = load(_WordsFile, folder / "words.toml")
        self.tiers = load(Tiers, folder / "tiers.toml")
        self.context = load(ContextWords, folder / "context.toml")
        self.owner, self.reviewed, self.review_due = whole.owner, whole.reviewed, whole.review_due
        self.clause = whole.clause
        self.lists: dict[str, tuple[str, ...]] = dict(words.lists)
        self.masks = words.masks.words
        settings = {entry.code: entry for entry in whole.entry}
        if len(settings) < len(whole.entry):
            raise ConfigError(str(file), "entry", "a code stands twice")
        site = folder / "site.toml"
        if site.is_file():
            settings = _overlaid(settings, self.lists, read_toml(site), str(site))
        self.settings = {code: entry for code, entry in settings.items() if not entry.off}
        for code, entry in settings.items():
            _check(entry, set(settings), str(file), list(settings).index(code))
        self.entries = {code: self._entry(entry) for code, entry in self.settings.items()}
        self.version = f"{whole.version}+{_digest(folder)}"

    def _entry(self, entry: EntrySettings) -> CatalogueEntry:
        tier = self.tiers.of(entry.tier)
        return CatalogueEntry(
            code=entry.code,
            name=entry.name,
            name_en=entry.name_en,
            tier=entry.tier,
            minutes=entry.minutes or tier.minutes,
            own_minutes=entry.minutes,
            tell=entry.tell or tier.tell,
            acr_category=entry.acr_category or tier.acr_category,
            body_part=entry.body_part,
            provenance=entry.provenance,
        )


_ADDED = ("terms", "signs", "hints", "growing", "unless", "unless_sentence", "unless_report", "minor", "lift")


def _overlaid(
    settings: Mapping[str, EntrySettings],
    lists: dict[str, tuple[str, ...]],
    site: Mapping[str, Any],
    file: str,
) -> dict[str, EntrySettings]:
    """Lay the site's differences over ours; words are added, all else is replaced."""
    if unknown := set(site) - {"entry", "lists"}:
        raise ConfigError(file, min(unknown), "unknown key; known: entry, lists", line_of(file, min(unknown)))
    for name, words in site.get("lists", {}).items():
        if name not in lists:
            raise ConfigError(
                file, f"lists.{name}", "no such list in words.toml", line_of(file, f"lists.{name}")
            )
        lists[name] = (*lists[name], *words)
    result = dict(settings)
    for code, changes in site.get("entry", {}).items():
        key = f"entry.{code}"
        if code not in result:
            raise ConfigError(file, key, "no such code in catalogue.toml", line_of(file, key))
        raw = result[code].model_dump(exclude_unset=True)
        limits = {limit["name"]: limit for limit in raw.get("threshold", ())}
        for name, bounds in changes.get("threshold", {}).items():
            if name not in limits:
                raise ConfigError(
                    file, f"{key}.threshold.{name}", "no such threshold of this entry", line_of(file, key)
                )
            limits[name] = {**limits[name], **bounds}
        added = {name: (*raw.get(name, ()), *changes[name]) for name in _ADDED if name in changes}
        raw = {**raw, **changes, **added, "code": code, "threshold": tuple(limits.values())}
        result[code] = validate(EntrySettings, raw, file, key)
    return result


def _check(entry: EntrySettings, codes: set[str], file: str, index: int) -> None:
    def wrong(key: str, text: str) -> ConfigError:
        dotted = f"entry.{index}.{key}"
        return ConfigError(file, f"{dotted} ({entry.code})", text, line_of(file, dotted))

    for key in ("outranks", "progress_of"):
        if unknown := set(getattr(entry, key)) - codes:
            raise wrong(key, f"no such code: {min(unknown)}")
    for key, measures in (("threshold", entry.threshold), ("larger", entry.larger)):
        for each in measures:
            if each.measure not in MEASURES.names():
                known = ", ".join(MEASURES.names())
                raise wrong(key, f"unknown measure {each.measure!r}; known: {known}")
    if entry.grade and entry.limit(entry.grade) is None:
        raise wrong("grade", f"no threshold called {entry.grade!r}")


def _digest(folder: Path) -> str:
    """First eight hex digits of the SHA-256 over the files, so that a changed word is a new version."""
    digest = hashlib.sha256()
    for file in sorted(set(folder.glob("*.toml")) - {folder / ROSTER_FILE}):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]
