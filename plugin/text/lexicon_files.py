"""Reads the files of a lexicon: what is wrong in one is named with file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from plugin.domain.errors import ConfigError
from plugin.text.terms import Assertion, CueWord, Kind, Reach, Term

_TERM_KEYS = {
    "id",
    "words",
    "parent",
    "region",
    "paired",
    "sex",
    "abnormal",
    "group",
    "seen_as",
    "also",
    "ruled_out_by",
}


def read_file(file: Path) -> dict[str, Any]:
    """Return the tables of a file."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(file), "", f"cannot be read: {error}") from error
    if unknown := set(raw) - {"meta", "anatomy", "observation", "cue", "lists"}:
        raise ConfigError(str(file), min(unknown), "unknown key")
    return raw


def _entries(read: Mapping[Path, dict[str, Any]]) -> Iterator[tuple[Path, Kind, int, dict[str, Any]]]:
    for file, raw in read.items():
        for kind in (Kind.ANATOMY, Kind.OBSERVATION):
            for index, entry in enumerate(raw.get(kind, [])):
                yield file, kind, index, entry


def named_by(read: Mapping[Path, dict[str, Any]], term: str, missing: str) -> tuple[Path, str]:
    """The file, and the entry in it, whose `term` names what is missing."""
    return next(
        (file, f"{kind}.{index}.{key}")
        for file, kind, index, entry in _entries(read)
        if entry["id"] == term
        for key, value in entry.items()
        if key in {"parent", "seen_as", "also"} and missing in ([value] if isinstance(value, str) else value)
    )


def refuse_taken(ours: Mapping[Path, dict[str, Any]], read: Mapping[Path, dict[str, Any]]) -> None:
    """Refuse a site's word that is one of another entry of ours, which would lose it without a word."""
    taken = {
        (kind, word): entry["id"] for _, kind, _, entry in _entries(ours) for word in entry.get("words", [])
    }
    for file, kind, index, entry in _entries(read):
        for word in entry.get("words", []) if file not in ours else ():
            owner = taken.get((kind, word), entry["id"])
            if owner != entry["id"]:
                text = f"{word!r} is a word of {owner!r} already: leave it out, or add to that entry"
                raise ConfigError(str(file), f"{kind}.{index}.words", text)


def add_terms(terms: dict[str, Term], entries: Any, kind: Kind, file: Path) -> None:
    """Add entries to the terms; one whose ID is known adds to that term."""
    for index, entry in enumerate(entries):
        where = f"{kind}.{index}"
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise ConfigError(str(file), where, "needs an id")
        if unknown := set(entry) - _TERM_KEYS:
            raise ConfigError(str(file), f"{where}.{min(unknown)}", "unknown key")
        words = words_of(entry.get("words", []), file, f"{where}.words")
        seen_as = words_of(entry.get("seen_as", []), file, f"{where}.seen_as")
        also = words_of(entry.get("also", []), file, f"{where}.also")
        praise = words_of(entry.get("ruled_out_by", []), file, f"{where}.ruled_out_by")
        known = terms.get(entry["id"])
        if known:
            terms[known.id] = replace(
                known,
                words=(*known.words, *words),
                seen_as=(*known.seen_as, *seen_as),
                also=(*known.also, *also),
                ruled_out_by=(*known.ruled_out_by, *praise),
            )
        else:
            try:
                terms[entry["id"]] = Term(
                    **{
                        **entry,
                        "kind": kind,
                        "words": words,
                        "seen_as": seen_as,
                        "also": also,
                        "ruled_out_by": praise,
                    }
                )
            except TypeError as error:
                raise ConfigError(str(file), where, str(error)) from error


def cue_of(entry: Any, file: Path, index: int) -> CueWord:
    """Return the cue of an entry."""
    where = f"cue.{index}"
    if not isinstance(entry, dict) or (unknown := set(entry) - {"assertion", "reach", "words"}):
        raise ConfigError(
            str(file), where, f"unknown key {min(unknown)}" if isinstance(entry, dict) else "table"
        )
    try:
        assertion = Assertion(entry["assertion"]) if "assertion" in entry else None
        reach = Reach(entry["reach"])
    except (KeyError, ValueError) as error:
        raise ConfigError(
            str(file),
            where,
            f"{error}: reach is one of {', '.join(Reach)}; assertion one of {', '.join(Assertion)}",
        ) from error
    return CueWord(reach, assertion, words_of(entry.get("words", []), file, f"{where}.words"))


def words_of(words: Any, file: Path, where: str) -> tuple[str, ...]:
    """Return what must be a list of words."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError(str(file), where, 'must be a list of words: ["…", "…"]')
    if not all(word.strip() for word in words):
        raise ConfigError(str(file), where, "holds an empty word")
    return tuple(words)
