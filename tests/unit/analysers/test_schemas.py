"""The published schemas say what is sent and what is taken."""

from __future__ import annotations

import json
from typing import Any

from plugin.analysers.answer import Answer
from plugin.analysers.http_analyser import request_json
from plugin.domain.analysis import AnalysisRequest
from plugin.domain.case import PriorExam
from tests.conftest import ROOT

TEMPLATES = ROOT / "plugin" / "web" / "templates"


def schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((TEMPLATES / f"{name}.schema.json").read_text("utf-8"))
    return read


def test_the_answer_that_is_taken_is_the_one_that_is_published() -> None:
    published = schema("analysis_answer")
    published.pop("$schema")
    assert published.pop("title")
    ours = Answer.model_json_schema()
    ours.pop("title")
    assert published == ours


def test_the_question_that_is_sent_is_the_one_that_is_published() -> None:
    sent = request_json(AnalysisRequest(request_id="r", priors=(PriorExam(accession_number="A0"),)))
    published = schema("analysis_request")
    assert list(sent) == list(published["properties"]) == published["required"]
    prior = published["properties"]["priors"]["items"]
    assert set(sent["priors"][0]) == set(prior["properties"]) == set(prior["required"])
    assert sent["schema"] == published["properties"]["schema"]["const"]
    assert {key for key, value in sent.items() if isinstance(value, str)} == set(sent) - {"priors"}


def test_the_guide_shows_an_answer_that_would_be_taken() -> None:
    guide = (ROOT / "docs" / "analysers.md").read_text("utf-8")
    examples = [json.loads(block.split("```")[0]) for block in guide.split("```json\n")[1:]]
    question, answer = examples
    assert set(question) == set(schema("analysis_request")["required"])
    for issue in Answer.model_validate(answer).issues:
        for place in (issue, *issue.related):
            assert question[place.section][place.start : place.end] == place.text
