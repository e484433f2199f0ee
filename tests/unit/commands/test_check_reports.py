"""check-reports: one answer a line, in order; a bad line is answered, and the exit status says so."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from plugin.commands.check_reports import command, readable
from plugin.configuration import locate
from plugin.domain.report import Exam, Report
from plugin.site.settings import load_site
from plugin.store.store import open_store


def run(text: str | bytes, *args: str):
    result = CliRunner().invoke(command, [*(args or ("-",))], input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_answers_come_in_order():
    lines = [{"id": f"r{n}", "findings": "左肾结石。", "impression": "左肾结石。"} for n in range(3)]
    result, answers = run("\n".join(json.dumps(line) for line in lines))

    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["r0", "r1", "r2"]
    assert all({"id", "issues", "critical", "suggested_scores"} <= set(answer) for answer in answers)


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


@pytest.fixture
def changed(tmp_path):
    """The configuration with no rule for typos."""
    shutil.copytree(locate(None), tmp_path / "changed")
    file = tmp_path / "changed" / "rules" / "report.toml"
    text = file.read_text(encoding="utf-8").replace("[typo]\n", "[typo]\nenabled = false\n")
    file.write_text(text, encoding="utf-8")
    return tmp_path / "changed"


def test_changed_rules_show_what_would_disappear(changed):
    lines = [
        {"id": "wrong", "findings": "左侧胸腔基液。", "impression": "左侧胸腔积液。"},
        {"id": "same", "findings": "双肺清晰。", "impression": "双肺未见异常。"},
    ]
    result, answers = run("\n".join(json.dumps(line) for line in lines), "-", "--with", str(changed))

    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["wrong"]
    assert "typo" in {issue["rule"] for issue in answers[0]["disappears"]}
    assert "2 reports, 1 judged differently" in result.stderr


def test_one_fault_of_the_header_is_told_from_the_others(tmp_path):
    shutil.copytree(locate(None), tmp_path / "changed")
    file = tmp_path / "changed" / "rules" / "report.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"report.verifier" = "审核医师"\n', ""), encoding="utf-8")
    line = {"id": 1, "report": {"author": "", "verifier": ""}, "findings": "双肺清晰。"}
    _, (answer,) = run(json.dumps(line), "-", "--with", str(tmp_path / "changed"))

    assert [issue["message"][:4] for issue in answer["disappears"]] == ["审核医师"]
    assert answer["appears"] == []


def test_the_archive_is_replayed_from_a_date_on(changed, tmp_path):
    at = datetime(2026, 5, 1, tzinfo=UTC)
    report = Report(
        exam=Exam(accession_number="A1", modality="CT", exam_item="胸部CT平扫"),
        findings="左侧胸腔基液。",
        impression="左侧胸腔积液。",
    )
    data = tmp_path / "data"
    with open_store(load_site(locate(None)).store, data, lambda: at) as store:
        store.write(lambda uow: uow.reports.save(report, (), source="oru", at=at, rulebook="1"))
        asked = ("--with", str(changed), "--data", str(data), "--since")

        # The running process keeps the folder: the replay only looks on.
        _, answers = run("", *asked, "2026-04-30")
        _, none = run("", *asked, "2026-05-02")

    assert [answer["id"] for answer in answers] == ["A1"]
    assert "typo" in {issue["rule"] for issue in answers[0]["disappears"]}
    assert none == []


def test_a_folder_without_an_archive_is_named_and_stays_empty(changed, tmp_path):
    data = tmp_path / "nowhere"
    result, _ = run("", "--with", str(changed), "--data", str(data), "--since", "2026-04-30")

    assert result.exit_code == 1
    assert "no database here" in str(result.exception) + result.output
    assert not data.exists()


def test_a_difference_is_told_in_words():
    issue = {"rule": "laterality", "severity": "error", "section": "impression", "start": 0, "end": 2,
             "text": "右肺", "message": "“右肺”与“左肺”不一致。",
             "related": [{"section": "findings", "start": 0, "end": 2, "text": "左肺"}]}  # fmt: skip
    other = {**issue, "rule": "typo", "related": []}

    told = readable({"id": "A1", "appears": [{**issue, "severity": "warning"}, other], "disappears": [issue]})

    assert told.splitlines() == [
        "A1",
        "  ~ laterality (error → warning): “右肺”与“左肺”不一致。",
        "      诊断结论“右肺”; 影像描述“左肺”",
        "  + typo (error): “右肺”与“左肺”不一致。",
        "      诊断结论“右肺”",
    ]


@pytest.mark.parametrize("args", [(), ("--since", "2026-01-01"), ("-", "--since", "2026-01-01")])
def test_what_is_to_be_checked_must_be_said_once(args):
    result = CliRunner().invoke(command, list(args), input="")

    assert result.exit_code == 2
