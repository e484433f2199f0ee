"""check-reports: one answer a line, in order; a bad line is answered, and the exit status says so."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from plugin.commands.check_reports import command


def run(text: str | bytes, *args: str):
    result = CliRunner().invoke(command, [*(args or ("-",))], input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_answers_come_in_order():
    lines = [{"id": f"r{n}", "findings": "左肾结石。", "impression": "左肾结石。"} for n in range(3)]
    result, answers = run("\n".join(json.dumps(line) for line in lines))

    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["r0", "r1", "r2"]
    assert all(set(answer) == {"id", "issues", "critical", "suggested_scores"} for answer in answers)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 1 is not JSON"),
        ('{"id": "x", "findings": 3.5, "patient": []}', "/patient"),
        ('["a"]', "JSON object"),
        ('{"id": "x", "findings": ["a"]}', "/findings"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_bad_line_is_answered_and_the_rest_is_checked(line, says):
    result, answers = run(line + "\n" + json.dumps({"id": "good", "findings": "未见异常。"}))

    assert result.exit_code == 1
    assert says in answers[0]["error"]
    assert answers[1]["id"] == "good"
    assert "issues" in answers[1]


def test_bytes_that_are_not_utf8_are_answered():
    result, answers = run('{"id": "x", "findings": "左肺"}'.encode("gb18030"))

    assert result.exit_code == 1
    assert "UTF-8" in answers[0]["error"]


def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"id": 1}\n\n  \n{"id": 2}\n')
    out = tmp_path / "out.jsonl"
    result, _ = run("", str(file), "--out", str(out))

    assert result.exit_code == 0
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == [1, 2]
