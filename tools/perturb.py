"""How many contradictions are found that chance makes in a hospital's own reports.

Reads pairs of findings and impression, one JSON object a line, makes one change in each (a side
swapped in one place, a denial put in or taken out of one clause), and prints by kind which part
of the contradictions `laterality` or `contradiction` finds, and the precision, in which an alarm
on the unchanged report counts as false.  A change that leaves a report as plausible as before
(what was swapped is not concluded on) cannot be found and is not taken out: read `--show`.

    python tools/perturb.py reports.jsonl --seed 7 --half b

`--half` keeps a part of the reports, by their text, for a figure that nothing was tuned on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from plugin.configuration import locate
from plugin.domain.exchange import case_from_json
from plugin.rules.rulebook import Rulebook

CONTRADICTING = {"laterality", "contradiction"}
KINDS = ("side swapped", "denial put in", "denial taken out")
_SENTENCE = re.compile(r"[^。；;\n]+[。；;\n]?")
_SIDE = re.compile(r"[左右](?!房|室|心)")
_UNSWAPPABLE = re.compile(
    r"双|两侧|[左右](?:移|偏|旋|凸|前斜|后斜)|向[左右]|建议|术后|对侧|左右|未见|正常|清晰|光整|通畅|锐利|无"
)
_UNDENIABLE = re.compile(r"未见|无|建议|术后|待|除外|考虑|可能")
_SEEN = re.compile(r"(?<![未所])(?:可见|见)(?=[^，。]{2,})")
_CONCLUDED = re.compile(
    "骨折|积液|结节|肿大|扩张|增厚|狭窄|突出|膨出|梗死|出血|囊肿|结石|钙化|炎症|脱位|积水|萎缩|占位|血肿|撕裂|损伤|血管瘤|疝|积气|气胸|增生"
    "|软化灶|缺血灶|脂肪肝|斑块|实变|不张|肺气肿|肺大泡|变性|水肿|息肉|脓肿|动脉瘤|移位|肿块|肿物|转移"
)
_OTHER = {"左": "右", "右": "左"}


class Change(NamedTuple):
    """What was changed, and the report afterwards."""

    kind: str
    section: str
    old: str
    new: str
    report: dict[str, str]


def change(chance: random.Random, report: dict[str, str]) -> Change | None:
    """Make one change of a kind and in a section drawn by chance, if the report has a place for it."""
    kind = chance.choices(KINDS, (4, 4, 1))[0]
    section = "impression" if kind == KINDS[2] else chance.choice(("findings", "impression"))
    text = report[section]
    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    chance.shuffle(sentences)
    for start, end in sentences:
        old = text[start:end]
        new = _changed(chance, kind, section, old)
        if new:
            return Change(kind, section, old, new, {**report, section: text[:start] + new + text[end:]})
    return None


def _changed(chance: random.Random, kind: str, section: str, said: str) -> str:
    if kind == KINDS[0]:
        places = [] if _UNSWAPPABLE.search(said) else list(_SIDE.finditer(said))
    elif kind == KINDS[2]:
        places = (
            []
            if re.search("建议|其[他它]|余", said)
            else list(re.finditer("未见(?:明显|确切|明确|显著)?", said))
        )
    elif section == "findings":
        places = [] if "未见" in said else list(_SEEN.finditer(said))
    else:
        places = [] if _UNDENIABLE.search(said) else list(_CONCLUDED.finditer(said))
    if not places:
        return ""
    place = chance.choice(places)
    put = {
        KINDS[0]: _OTHER.get(place[0], ""),
        KINDS[1]: "未见" if section == "findings" else "未见" + place[0],
        KINDS[2]: "可见",
    }[kind]
    return said[: place.start()] + put + said[place.end() :]


def pairs(file: Path, half: str) -> Iterator[dict[str, str]]:
    """Reports of `file` that have both texts, of one half of them."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        row = row.get("input", row)
        report = {
            "id": str(row.get("id", number)),
            "findings": row.get("findings") or "",
            "impression": row.get("impression") or "",
        }
        odd = hashlib.sha256(report["findings"][:60].encode()).digest()[0] % 2
        if report["findings"] and report["impression"] and half in ("", "ab"[odd]):
            yield report


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="JSON lines with findings and impression")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("", "a", "b"), default="")
    parser.add_argument("--show", action="store_true", help="print each change that is missed")
    options = parser.parse_args()
    rulebook, chance = Rulebook.load(locate(None)), random.Random(options.seed)
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()
    false = 0
    for report in pairs(options.file, options.half):
        made_here = change(chance, report)
        if made_here is None:
            continue
        kind = f"{made_here.kind}, {made_here.section}"
        made[kind] += 1
        false += _alarmed(rulebook, report)
        if _alarmed(rulebook, made_here.report):
            found[kind] += 1
        elif options.show:
            sys.stdout.write(f"{report['id']} {kind}: {made_here.old.strip()} -> {made_here.new.strip()}\n")
    for kind in sorted(made):
        sys.stdout.write(f"{kind:32}{made[kind]:6d}  recall {found[kind] / made[kind]:.3f}\n")
    total = max(sum(made.values()), 1)
    hits = sum(found.values())
    sys.stdout.write(
        f"{'all':32}{sum(made.values()):6d}  recall {hits / total:.3f}  precision {hits / max(hits + false, 1):.3f}\n"
    )
    return 0


def _alarmed(rulebook: Rulebook, report: dict[str, str]) -> bool:
    return bool(CONTRADICTING & {issue.rule for issue in rulebook.inspect(case_from_json(report)).issues})


if __name__ == "__main__":
    raise SystemExit(main())
