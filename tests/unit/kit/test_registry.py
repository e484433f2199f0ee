"""The registry: a name and options from a file become a function."""

from __future__ import annotations

import pytest

from plugin.domain.errors import ConfigError
from plugin.kit.registry import Entry, Options, Registry


class Times(Options):
    factor: int = 2


def multiply(options: Times, number: int) -> int:
    return options.factor * number


@pytest.fixture
def registry() -> Registry[int]:
    return Registry("multiplier", [Entry("times", Times, multiply)])


def test_options_are_bound(registry: Registry[int]) -> None:
    assert registry.build("times", {"factor": 5})(3) == 15
    assert registry.build("times", {})(3) == 6


def test_an_unknown_name_lists_what_there_is(registry: Registry[int]) -> None:
    with pytest.raises(ConfigError, match=r"rules\.toml: plus: unknown multiplier 'plus'; known: times"):
        registry.build("plus", {}, "rules.toml")


def test_an_unknown_option_is_named(registry: Registry[int]) -> None:
    with pytest.raises(ConfigError, match=r"times\.faktor: unknown key"):
        registry.build("times", {"faktor": 3}, "rules.toml")


def test_a_group_without_third_parties_adds_nothing() -> None:
    registry: Registry[int] = Registry("multiplier", [Entry("times", Times, multiply)], "signgate.nobody")
    assert registry.names() == ["times"]
