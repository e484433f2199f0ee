"""What is published of QC1000 is what is written: code list, JSON form, template rows."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from conftest import ROOT
from dicom_tools import dciodvfy_errors
from hypothesis import given, settings
from hypothesis import strategies as st
from sr_samples import content
from sr_strategies import contents

from plugin.sr.codes import shipped_codes
from plugin.sr.content import Disclosure
from plugin.sr.qc_sr import build
from plugin.sr.read import read
from plugin.sr.render import as_json

PUBLISHED = ROOT / "docs" / "conformance" / "qc1000"


def test_the_code_list_is_the_table_in_use():
    with (PUBLISHED / "codes.csv").open(encoding="utf-8") as file:
        rows = {name: tuple(row) for name, *row in list(csv.reader(file))[1:]}
    assert rows == dict(shipped_codes().file.codes), "run tools/make-sr-samples docs/conformance/qc1000"


def test_every_private_concept_is_in_the_template():
    page = (PUBLISHED.parent / "qc1000.md").read_text(encoding="utf-8")
    for value, scheme, *_ in shipped_codes().file.codes.values():
        if scheme == "99RADQC" and value != "PART-1OF1":  # a single reader is not said
            assert re.search(rf"\b{re.escape(value)}\b", page), f"{value} is not in qc1000.md"


@pytest.mark.parametrize("level", [Disclosure.FULL, Disclosure.SUMMARY])
def test_the_json_form_keeps_to_its_schema(level):
    schema = json.loads((PUBLISHED / "schema.json").read_text(encoding="utf-8"))
    _check(as_json(read(build(content(disclosure=level)))), schema, schema, "$")


@settings(max_examples=25)
@given(made=contents(), level=st.sampled_from(Disclosure))
def test_any_content_keeps_to_the_schema_at_every_level(made, level):
    schema = json.loads((PUBLISHED / "schema.json").read_text(encoding="utf-8"))
    told = replace(made, disclosure=level, pseudonym_key=b"k" * 16)
    _check(as_json(read(build(told))), schema, schema, "$")


def test_sample_objects_are_made_by_a_script_and_say_what_their_json_says(tmp_path):
    script = ROOT / "tools" / "make-sr-samples"
    subprocess.run([sys.executable, str(script), "--objects", str(tmp_path)], check=True)
    assert {path.suffix for path in tmp_path.iterdir()} == {".dcm", ".json", ".csv"}
    samples = sorted(tmp_path.glob("*.dcm"))
    assert len(samples) == 8
    schema = json.loads((PUBLISHED / "schema.json").read_text(encoding="utf-8"))
    beside = 0
    for path in samples:
        assert dciodvfy_errors(path) == [], path.name
        form = path.with_suffix(".json")
        if form.exists():
            beside += 1
            written = json.loads(form.read_text(encoding="utf-8"))
            _check(written, schema, schema, "$")
            assert written["qc"] == as_json(read(path.read_bytes()))["qc"]
    assert beside


_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def _check(value, schema, root, where):
    """The part of JSON Schema that ours uses."""
    if reference := schema.get("$ref"):
        return _check(value, root["$defs"][reference.rpartition("/")[2]], root, where)
    if options := schema.get("oneOf"):
        index = 0 if value is None else 1
        return _check(value, options[index], root, where)
    if allowed := schema.get("enum"):
        assert value in allowed, where
    if kinds := schema.get("type"):
        kinds = [kinds] if isinstance(kinds, str) else kinds
        assert isinstance(value, tuple(_TYPES[kind] for kind in kinds)), f"{where}: {value!r} is no {kinds}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            assert name in value, f"{where}.{name} is missing"
        for name, below in value.items():
            rule = known.get(name, schema.get("additionalProperties", {}))
            assert rule is not False, f"{where}.{name} is not in the schema"
            _check(below, rule, root, f"{where}.{name}")
    if isinstance(value, list):
        for number, below in enumerate(value):
            _check(below, schema.get("items", {}), root, f"{where}[{number}]")
    return None
