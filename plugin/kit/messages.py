"""What people read, in their language: one TOML file a language, keys to text.

Every language holds the same keys and the same ``{placeholders}``; a gap is an error of
the configuration, found when the files are read and not when a doctor meets it at night.

``{count:message|messages}`` is the number with the word that goes with it, ``{count:|has|have}`` the word alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from plugin.domain.errors import ConfigError
from plugin.kit.settings import line_of, read_toml

DEFAULT_LANGUAGE = "zh_CN"

Translate = Callable[..., str]
"""``t(key, **values)``: the text of `key` in one language."""


class Catalogue:
    """All texts in all languages.

    Parameters
    ----------
    texts
        Language to dotted key to text.
    """

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = texts

    @property
    def languages(self) -> list[str]:
        """Languages that can be asked for, the default first."""
        return sorted(self._texts, key=lambda language: (language != DEFAULT_LANGUAGE, language))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts[self.languages[0]])

    def __contains__(self, key: object) -> bool:
        return key in self._texts[DEFAULT_LANGUAGE]

    def language(self, asked: str | None) -> str:
        """The language to speak when `asked` is wanted: that one, or the default."""
        return asked if asked is not None and asked in self._texts else self.languages[0]

    def text(self, language: str, key: str, **values: object) -> str:
        """Text of `key`, its placeholders filled.

        Raises
        ------
        KeyError
            When there is no such key: a mistake in our code, never in the configuration.
        """
        text = self._texts[language][key]
        if not values:
            return text
        return _COUNTING.format(text, **values) if "|" in text else text.format(**values)

    def speak(self, language: str) -> Translate:
        """:meth:`text` with its language bound."""

        def t(key: str, **values: object) -> str:
            return self.text(language, key, **values)

        return t


class _Counting(Formatter):
    """Formats a number with one of two words: the first for one, the second for more and none."""

    def format_field(self, value: Any, format_spec: str) -> str:
        words = format_spec.split("|")
        if len(words) == 1:
            return str(super().format_field(value, format_spec))
        one = str(value) == "1"
        if len(words) == 2:
            return f"{value} {words[0] if one else words[1]}"
        return words[1] if one else words[2]


_COUNTING = _Counting()


def load_catalogue(folder: Path) -> Catalogue:
    """Read ``<language>.toml`` of `folder`.

    Raises
    ------
    ConfigError
        The default language is missing; a language lacks a key of another, has other
        placeholders in it, or holds something that is not text.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    if DEFAULT_LANGUAGE not in files:
        raise ConfigError(str(folder / f"{DEFAULT_LANGUAGE}.toml"), "", "file not found")
    texts = {language: dict(_flat(path, read_toml(path))) for language, path in files.items()}
    every = {key for language in texts.values() for key in language}
    for language, path in files.items():
        if missing := sorted(every - texts[language].keys()):
            holder = next(name for name in texts if missing[0] in texts[name])
            raise ConfigError(str(path), missing[0], f"is missing; {holder}.toml has it")
    for key in sorted(every):
        wanted = _placeholders(files[DEFAULT_LANGUAGE], key, texts[DEFAULT_LANGUAGE][key])
        for language, path in files.items():
            if (found := _placeholders(path, key, texts[language][key])) != wanted:
                text = f"has placeholders {sorted(found)}, {DEFAULT_LANGUAGE}.toml has {sorted(wanted)}"
                raise ConfigError(str(path), key, text, line_of(str(path), key))
    return Catalogue(texts)


def _flat(path: Path, table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(path, value, f"{key}.")
        elif isinstance(value, str) and value.strip():
            yield key, value
        else:
            raise ConfigError(str(path), key, "must be text that is not empty", line_of(str(path), key))


def _placeholders(path: Path, key: str, text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ConfigError(str(path), key, f"braces do not pair: {error}", line_of(str(path), key)) from None
