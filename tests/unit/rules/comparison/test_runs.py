"""Runs of findings, and what a conclusion has in common with them."""

from pathlib import Path

from plugin.rules.comparison.runs import Conclusion, Run, weigh
from plugin.rules.comparison.statements import statements_of
from plugin.text.lexicon import Lexicon
from plugin.text.reader import read

LEXICON = Lexicon.load(Path(__file__).resolve().parents[4] / "config/rules/lexicon")


def shared(findings: str, impression: str) -> set[tuple[str, str]]:
    (said,) = statements_of(read(impression, LEXICON))
    return Conclusion(LEXICON, said).shares(Run(statements_of(read(findings, LEXICON))))


def test_a_run_holds_what_its_statements_hold() -> None:
    run = Run(statements_of(read("左肺上叶密度正常，下叶见结节，大小约8mm", LEXICON)))

    assert (run.seen, run.sides, run.observed) == (True, {"L"}, {"nodule"})
    assert run.first.text == "下叶见结节"
    assert "正常" not in run.text


def test_what_a_conclusion_shares_by_name_by_place_and_by_words() -> None:
    kinds = {kind for kind, _ in shared("左肺上叶见结节", "右肺上叶结节")}

    assert {"id", "place", "word", "all"} <= kinds


def test_words_alone_weigh_little() -> None:
    assert weigh({("word", name) for name in "甲乙丙丁戊"}) < weigh({("id", "nodule")})
