"""Where a proposal finds a report's text: NTE, Z segments, lines that were cut; and it reads what it proposes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.hl7.learn import compared, learn, open_sample
from plugin.hl7.profile import Profiles, parse_profile
from plugin.kit.settings import read_toml

ROOT = Path(__file__).resolve().parents[3]
HEAD = "MSH|^~\\&|ODDRIS||S|Q|1||ORU^R01|1|P|2.4||||||UNICODE UTF-8\rPID|1||P1||张三\r"
OBR = "OBR|1|SQ1|CT1|1^胸部CT平扫||||||||||||||CT1|||||||F\r"
LONG, SHORT = "双肺纹理清晰，右肺上叶见结节，边界清。", "右肺上叶结节，建议随访。"


@pytest.mark.parametrize(
    ("body", "proposed"),
    [
        (
            f"NTE|1||影像所见：{LONG}\rNTE|2||诊断意见：{SHORT}\r",
            {"whole": {"paths": ["NTE-3"]}},
        ),
        (
            f"NTE|1|P|{SHORT}\rNTE|2|L|{LONG}\r",
            {"findings": {"paths": ["NTE[2=L]-3"]}, "impression": {"paths": ["NTE[2=P]-3"]}},
        ),
        (
            f"NTE|1||{LONG}\rNTE|2||{SHORT}\r",
            {"findings": {"paths": ["NTE[1=1]-3"]}, "impression": {"paths": ["NTE[1=2]-3"]}},
        ),
        (
            f"ZRP|1|报告|{LONG}|{SHORT}\r",
            {"findings": {"paths": ["ZRP-3"]}, "impression": {"paths": ["ZRP-4"]}},
        ),
        (
            f"OBX|1|TX|GDT||{LONG[:9]}\rOBX|2|TX|GDT||{LONG[9:]}\rOBX|3|TX|IMP||{SHORT}\r",
            {"line_join": ""},
        ),
    ],
    ids=["headings", "by the source", "by the number", "a Z segment", "cut by its length"],
)
def test_text_is_found_and_read(body: str, proposed: dict[str, object], profiles: Profiles) -> None:
    sample = open_sample("x", (HEAD + OBR + body).encode())
    proposal = learn([sample], profiles.default)
    assert proposal.content["sections"] == proposed
    base = read_toml(ROOT / "config" / "hl7" / "default.toml")
    found = compared(sample, parse_profile("odd", proposal.content, base))
    assert (found["findings"], found["impression"]) == (LONG, SHORT)


def test_items_are_lines_of_their_own_whatever_they_end_with(profiles: Profiles) -> None:
    body = "OBX|1|TX|GDT||1. 双肺纹理清晰\rOBX|2|TX|GDT||2. 右肺上叶见结节\rOBX|3|TX|IMP||右肺上叶结节\r"
    proposal = learn([open_sample("x", (HEAD + OBR + body).encode())], profiles.default)
    assert "sections" not in proposal.content
