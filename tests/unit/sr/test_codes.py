"""The code table: what ships is whole, what a site breaks is named."""

from __future__ import annotations

import pytest
from conftest import ROOT

from plugin.domain.errors import ConfigError
from plugin.sr.codes import NEEDED, fit, read_codes, shipped_codes

SHIPPED = (ROOT / "config" / "codes" / "sr.toml").read_text(encoding="utf-8")


def test_every_shipped_code_is_used_and_found_by_its_code():
    book = shipped_codes()
    for name, row in book.file.codes.items():
        assert book.name_of(book[name]) == name
        assert name in NEEDED or name == "title" or name.startswith("object_"), f"{name} is used nowhere"
        assert len(row[0]) <= 16 or row[1] == "UCUM"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('pass = ["PASS"', 'passed = ["PASS"', "codes.pass"),
        ('fail = ["FAIL"', 'fail = ["PASS"', "codes.fail"),
        ('"合格", "Pass"]', f'"{"合" * 22}", "Pass"]', "codes.pass"),
        ("[scheme]", "[scheme]\ncolour = 1", "scheme.colour"),
    ],
)
def test_a_broken_table_is_named_by_its_key(tmp_path, old, new, key):
    path = tmp_path / "sr.toml"
    assert old in SHIPPED
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_codes(path)
    assert refused.value.key == key


def test_a_meaning_is_cut_at_a_character():
    assert fit("合" * 22, 64) == "合" * 20 + "…"
    assert fit("合" * 21, 64) == "合" * 21
