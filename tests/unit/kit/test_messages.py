"""The message catalogue: complete in every language, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest

from plugin.console.alert_words import MEANS
from plugin.console.desk import RIGHTS
from plugin.console.menu import GROUPS
from plugin.console.plain_words import ACTIONS, FAMILIES
from plugin.domain.analysis import AnalyserFault
from plugin.domain.archive import Direction, MessageState
from plugin.domain.attachment import AttachmentFault
from plugin.domain.critical import AlertState, Tier
from plugin.domain.delivery import JobKind, JobState
from plugin.domain.document import DocumentKind, DocumentState
from plugin.domain.duty import Level
from plugin.domain.errors import ConfigError
from plugin.domain.fault import KINDS
from plugin.domain.gate import FOR_ANOTHER, Decision, GateState, SignAction
from plugin.domain.notice import Occasion
from plugin.domain.people import Role, Switches
from plugin.domain.person_notice import PersonOccasion
from plugin.domain.report import ReportStatus
from plugin.domain.review import CorrectionState, Purpose, SessionKind
from plugin.domain.sampling import Period
from plugin.domain.scoring import ScoringMode
from plugin.domain.staff import StaffRole, TeachingState
from plugin.domain.turned_away import LISTENERS, Reason
from plugin.kit.messages import load_catalogue
from plugin.rules.image_checks.checks import ImageChecks
from plugin.rules.rulebook import Rulebook
from plugin.rules.sampling.conditions import CLOSED, CONDITIONS
from plugin.workflow.alert_trail import Note

ROOT = Path(__file__).parents[3]

ZH = '[popup]\ntitle = "质控评分"\nleft = "还剩 {minutes} 分钟"\n'
EN = '[popup]\ntitle = "Quality score"\nleft = "{minutes} minutes left"\n'


WORDS: list[tuple[str, Iterable[str]]] = [
    ("analyser_fault", AnalyserFault),
    ("role", Role),
    ("menu", RIGHTS),
    ("gate_state", GateState),
    ("action", SignAction),
    ("decision", Decision),
    (
        "gate_reason",
        (
            *("sampled", "not_sampled", "capped", "emergency", "decided_before", "no_policy", "policy"),
            *("blocking_issue", "switched_off", "shadow", *FOR_ANOTHER),
        ),
    ),
    ("report_status", ReportStatus),
    ("tier", Tier),
    ("alert_state", AlertState),
    ("alert_means", MEANS),
    ("fault", KINDS),
    ("alert_note", [note.name.lower() for note in Note]),
    ("duty_level", [level.name.lower() for level in Level]),
    *(
        (f"notice.{place}", [f"{each}_{part}" for each in Occasion for part in ("subject", "body")])
        for place in ("inside", "outside")
    ),
    ("message_state", MessageState),
    ("message_direction", Direction),
    ("attachment_fault", AttachmentFault),
    ("job", JobKind),
    ("job_state", JobState),
    ("source", ("oru", "sign", "api")),
    ("menu_group", [name for name, _ in GROUPS]),
    ("trace", ("message", "report", "draw", "gate", "score", "document", "label", "alert", "job")),
    ("occasion", PersonOccasion),
    ("person.subject", PersonOccasion),
    ("person.body", PersonOccasion),
    ("person", ("inside", "outside", "link")),
    ("switch", [f.name for f in fields(Switches)]),
    ("condition", CONDITIONS),
    ("value", sorted(set[str]().union(*CLOSED.values()))),
    ("period", Period),
    ("cap", ("per_hour", "per_shift", "gap_minutes")),
    ("mode", ScoringMode),
    ("purpose", Purpose),
    ("session", SessionKind),
    ("correction_state", CorrectionState),
    ("objection", ("open", "upheld", "changed")),
    ("staff_role", StaffRole),
    ("teaching_state", TeachingState),
    ("document", [kind.value for kind in DocumentKind]),
    ("document", [f"{step}{act}" for step in ("", "confirm_") for act in ("reject", "restore")]),
    ("document_state", DocumentState),
    ("document_note", ("evidence_incomplete", "fallback", "patient_differs")),
    ("register", ("export_register", "export_alerts")),
    ("audit_action", ACTIONS),
    ("audit_family", FAMILIES),
    ("trace_state", ("drawn", "not_drawn", "given", "withdrawn")),
    ("fact", ("patient_id",)),
    ("turned_away", (reason.value for reason in Reason)),
    ("listener", LISTENERS),
    ("rule_name", (name for name, _ in Rulebook.load(ROOT / "config").checks)),
    ("rule_name", (check.name for check in ImageChecks.load(ROOT / "config").checks)),
]
"""Words of the domain that pages show by their text."""


def write(folder: Path, zh: str = ZH, en: str = EN) -> Path:
    (folder / "zh_CN.toml").write_text(zh, "utf-8")
    (folder / "en.toml").write_text(en, "utf-8")
    return folder


def test_text_is_found_by_key_and_filled(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path))
    assert catalogue.languages == ["zh_CN", "en"]
    assert catalogue.text("zh_CN", "popup.left", minutes=3) == "还剩 3 分钟"
    assert catalogue.speak("en")("popup.title") == "Quality score"


def test_a_number_takes_the_word_that_goes_with_it(tmp_path: Path) -> None:
    zh = '[a]\nleft = "{count} 条"\nstands = "还有 {count} 条，{name}"\n'
    en = '[a]\nleft = "{count:message|messages}"\nstands = "{count:|is|are} {count} left, {name}"\n'
    t = load_catalogue(write(tmp_path, zh, en)).speak("en")
    assert [t("a.left", count=n) for n in (0, 1, 2)] == ["0 messages", "1 message", "2 messages"]
    assert t("a.stands", count=1, name="A|B") == "is 1 left, A|B"
    assert t("a.stands", count="3", name="x") == "are 3 left, x"


def test_an_unknown_language_falls_back_to_the_default(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path))
    assert catalogue.language("fr") == "zh_CN"
    assert catalogue.language(None) == "zh_CN"
    assert catalogue.language("en") == "en"


@pytest.mark.parametrize(
    ("zh", "en", "file", "key"),
    [
        (ZH, '[popup]\ntitle = "x"\n', "en.toml", "popup.left"),
        ('[popup]\ntitle = "题"\n', EN, "zh_CN.toml", "popup.left"),
        (ZH, EN.replace("{minutes}", "{hours}"), "en.toml", "popup.left"),
        (ZH, EN.replace('"Quality score"', "7"), "en.toml", "popup.title"),
        (ZH, EN.replace('"Quality score"', '" "'), "en.toml", "popup.title"),
        (ZH, EN.replace("{minutes}", "{minutes"), "en.toml", "popup.left"),
    ],
)
def test_a_gap_is_an_error_of_the_configuration(
    tmp_path: Path, zh: str, en: str, file: str, key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(write(tmp_path, zh, en))
    assert caught.value.file.endswith(file)
    assert caught.value.key == key


def test_the_default_language_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"zh_CN\.toml"):
        load_catalogue(tmp_path)


def test_every_text_that_a_page_asks_for_is_in_the_catalogue() -> None:
    catalogue = load_catalogue(ROOT / "config" / "messages")
    asked: dict[str, str] = {}
    for pattern in ("templates/*.html", "*.py"):
        for path in (ROOT / "plugin").rglob(pattern):
            for key in re.findall(
                r"""\b(?:t|both)\(\s*["']([a-z0-9_.]+)["']\s*[,)]""", path.read_text("utf-8")
            ):
                asked.setdefault(key, str(path.relative_to(ROOT)))
    missing = {key: where for key, where in asked.items() if key not in catalogue.keys}
    assert len(asked) > 100
    assert not missing
    indirect = {"popup", "refused", "exam", "switch", "grade", "notice", *(prefix for prefix, _ in WORDS)}
    idle = [key for key in catalogue.keys - asked.keys() if key.partition(".")[0] not in indirect]
    assert not idle, "a text that no page asks for"


@pytest.mark.parametrize(("prefix", "words"), WORDS)
def test_every_word_of_the_house_that_a_page_shows_has_a_text(prefix: str, words: Iterable[str]) -> None:
    keys = load_catalogue(ROOT / "config" / "messages").keys
    assert [word for word in words if f"{prefix}.{word}" not in keys] == []
