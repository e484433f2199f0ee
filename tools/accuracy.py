"""Accuracy of the fourteen main rules on the labelled reports of tests/accuracy.

Each line holds ``input`` (a check-reports line), ``labels`` (the main rules that must speak),
``note`` and where it comes from.  ``reports.jsonl`` is what the rules were tuned on;
``held.jsonl`` was written without looking at them and is measured, never tuned on: once
read miss by miss, it moves to the other file and a new one takes its place.  Prints
precision, recall and F1 by rule, and the micro-F1 of each part.

Each line of ``contradictions.jsonl`` and ``contradictions_held.jsonl`` holds a sound report as
``input`` and ``changes``: section, words, and the words put for them, a side swapped or a finding
denied.  Each change by itself makes a contradiction that laterality or contradiction must find,
and on the sound report both must be silent.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from plugin.configuration import locate
from plugin.domain.exchange import case_from_json
from plugin.rules.rulebook import Rulebook

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "accuracy"
MAIN = (
    "laterality", "sex_organ", "resected_organ", "no_comparison", "finding_without_conclusion",
    "conclusion_without_finding", "vague_enhancement", "too_many_differentials", "typo", "missing_field",
    "body_part_mismatch", "modality_mismatch", "unit_inconsistent", "identity_mismatch",
)  # fmt: skip


CONTRADICTING = {"laterality", "contradiction"}


def contradictions(rulebook: Rulebook, name: str, file: Path, *, show: bool) -> tuple[float, float]:
    """Print and return precision and recall on sides swapped and findings denied."""
    found = made = false = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sound = row["input"]
        if CONTRADICTING & {issue.rule for issue in rulebook.inspect(case_from_json(sound)).issues}:
            false += 1
            if show:
                sys.stdout.write(f"{sound['id']}: alarm on the sound report\n")
        for section, old, new in row["changes"]:
            changed = {**sound, section: sound[section].replace(old, new)}
            made += 1
            if CONTRADICTING & {issue.rule for issue in rulebook.inspect(case_from_json(changed)).issues}:
                found += 1
            elif show:
                sys.stdout.write(f"{sound['id']} {section}: missed {old} -> {new}\n")
    precision, recall = found / max(found + false, 1), found / max(made, 1)
    sys.stdout.write(f"{'contradictions made':28}{name:8}{precision:6.2f}{recall:6.2f}{'':6}{made:5d}\n")
    return precision, recall


def main() -> int:
    """Print the figures; exit 1 when the held half falls under the floors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", type=Path, default=FOLDER / "reports.jsonl")
    parser.add_argument("--held", type=Path, default=FOLDER / "held.jsonl")
    parser.add_argument("--show", action="store_true", help="print each miss and each false alarm")
    parser.add_argument("--micro-floor", type=float, default=0.90)
    parser.add_argument("--precision-floor", type=float, default=0.85)
    parser.add_argument(
        "--least", type=int, default=10, help="alarms from which a rule's precision is judged"
    )
    parser.add_argument("--contradiction-floor", type=float, default=0.90)
    options = parser.parse_args()
    rulebook = Rulebook.load(locate(None))
    true: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    rows = [
        (half, json.loads(line))
        for half, file in (("tuning", options.tuning), ("held", options.held))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    for half, row in rows:
        issues = rulebook.inspect(case_from_json(row["input"])).issues
        found = {issue.rule for issue in issues} & set(MAIN)
        wanted = set(row["labels"])
        for rule in found | wanted:
            counter = missed if rule not in found else true if rule in wanted else false
            counter[half, rule] += 1
        if options.show and found != wanted:
            said = [
                (issue.rule, issue.text, issue.message) for issue in issues if issue.rule in found - wanted
            ]
            sys.stdout.write(f"{row['input']['id']} {row['note']}: missed {wanted - found}, false {said}\n")
    sys.stdout.write(f"{'rule':28}{'half':8}{'P':>6}{'R':>6}{'F1':>6}{'n':>5}\n")
    sound = True
    for half in ("tuning", "held"):
        for rule in MAIN:
            t, f, m = true[half, rule], false[half, rule], missed[half, rule]
            precision = t / (t + f) if t + f else 1.0
            sys.stdout.write(f"{rule:28}{half:8}{precision:6.2f}{t / (t + m) if t + m else 1.0:6.2f}")
            sys.stdout.write(f"{2 * t / (2 * t + f + m) if t + f + m else 1.0:6.2f}{t + m:5d}\n")
            # A handful of alarms says little: one false among five is no 80 %.
            judged = half == "held" and t + f >= options.least
            sound &= not judged or precision >= options.precision_floor
        t, f, m = (sum(c[half, rule] for rule in MAIN) for c in (true, false, missed))
        micro = 2 * t / (2 * t + f + m) if t + f + m else 1.0
        sys.stdout.write(
            f"{'micro':28}{half:8}{t / (t + f) if t + f else 1.0:6.2f}{t / (t + m) if t + m else 1.0:6.2f}{micro:6.2f}{t + m:5d}\n"
        )
        sound &= half == "tuning" or micro >= options.micro_floor
    for half, file in (("tuning", "contradictions.jsonl"), ("held", "contradictions_held.jsonl")):
        precision, _ = contradictions(rulebook, half, FOLDER / file, show=options.show)
        sound &= precision >= options.contradiction_floor
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
