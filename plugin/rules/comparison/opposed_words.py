"""Words of the impression that say the opposite of the findings: 内侧/外侧, 左侧为著, 肝左叶."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.claims import PRESENT, Claim
from plugin.rules.comparison.leanings import leanings
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch

Opposed = tuple[Span, Span, str]
"""Place in the impression, place in the findings, and what is opposed (左右, 内外侧)."""

_ASPECT = re.compile(
    r"(?P<aspect>[内外])(?P<both>(?<=内)、?外|(?<=外)、内)?侧?(?P<what>半月板|副韧带|平台|髁(?!间)|踝(?!关节|穴)|楔骨|上髁|[支肢](?!气|撑|架))"
)
_STRUCTURES = re.compile(r"半月板|副韧带|平台|髁|踝|楔骨|侧[支肢]")
_JOINT = re.compile(r"[^，。；:]{0,6}[、及和与][^，。；:]{0,3}")
_ASPECTS = {"内": "外", "外": "内"}
_MENISCUS = "半月板"
_PART_NAMES = ("前角", "后角", "体", "前根", "后根")
_PARTS = re.compile(r"(?P<ends>[前后](?:[、及和]?[前后])?)(?P<what>[角根])|体")


_MOST = 60
"""Places of a section that are compared; no report has more."""


def opposed(reading: Texts) -> Iterator[Opposed]:
    """Words of the impression whose opposite the findings hold: 内侧 and 外侧, 左侧为著, 肝左叶."""
    yield from _aspects(reading)
    yield from _quadrants(reading)
    yield from _lobes(reading)
    yield from leanings(reading)


_IN_BREAST = re.compile(r"(?P<breast>[左右])侧?乳(?P<rest>[^。；\n左右]{0,30})")
_QUADRANT = re.compile(r"(?P<in>[内外])(?P<up>[上下])(?:象限|(?=[、及和/][^，。；\n]{0,4}象限))")


def _quadrants(reading: Texts) -> Iterator[Opposed]:
    """左乳内上象限 beside findings that name 左乳外上象限 alone."""
    if "象限" not in reading.impression.text:
        return
    said, found = _by_breast(reading.impression.text), _by_breast(reading.findings.text)
    for breast, ours in said.items():
        theirs = found.get(breast, {})
        for quadrant, here in ours.items():
            if not theirs or quadrant in theirs or set(theirs) & set(ours):
                continue
            where = next(iter(theirs.values()))
            yield reading.span(Section.IMPRESSION, *here), reading.span(Section.FINDINGS, *where), "象限"
            return


def _by_breast(text: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Side of the breast to the quadrants of it that a section names, each with where first."""
    result: dict[str, dict[str, tuple[int, int]]] = {}
    for breast in islice(_IN_BREAST.finditer(text), _MOST):
        for match in _QUADRANT.finditer(breast["rest"]):
            span = breast.start(), breast.start("rest") + match.end()
            result.setdefault(breast["breast"], {}).setdefault(match["in"] + match["up"], span)
    return result


_LOBES = {"liver_left": "左", "liver_right": "右"}
_SEGMENTS = {**dict.fromkeys("234ⅡⅢⅣ", "左"), **dict.fromkeys("5678ⅤⅥⅦⅧ", "右")}
_OTHER_LOBE = {"左": "右", "右": "左"}


def _lobe(text: ReadText, place: Mention) -> str:
    """The lobe of the liver that a place is of, by its name or its segment; empty where it is of neither."""
    if place.term.id != "liver_segment":
        return _LOBES.get(place.term.id, "")
    word = text.text[place.start : place.end]
    return next((lobe for number, lobe in _SEGMENTS.items() if number in word), "")


def _lobes(reading: Texts) -> Iterator[Opposed]:
    """肝左叶 concluded, and something found in 肝右叶 only."""
    said = [
        (claim, place, lobe)
        for claim in reading.impression_claims
        if claim.assertion in PRESENT
        for place in claim.places
        if (lobe := _lobe(reading.impression, place))
    ]
    if len({lobe for _, _, lobe in said}) != 1:
        return
    _, place, lobe = said[0]
    if any(_lobe(reading.findings, mention) == lobe for mention in reading.findings.anatomy):
        return
    liver = [
        p
        for c in reading.findings_claims
        if c.assertion in PRESENT and c.id != "lymphadenopathy"
        for p in c.places
        if "liver" in reading.lexicon.ancestors(p.term.id)
    ]
    if liver and all(_lobe(reading.findings, p) == _OTHER_LOBE[lobe] for p in liver):
        where = reading.span(Section.FINDINGS, liver[0].start, liver[0].end)
        here = reading.span(Section.IMPRESSION, place.start, place.end)
        yield here, where, "左右"


def _aspects(reading: Texts) -> Iterator[Opposed]:
    """内侧 against 外侧 of menisci, ligaments, condyles and malleoli."""
    if not _STRUCTURES.search(reading.impression.text):
        return
    said = _abnormal_aspects(reading.impression, reading.impression_claims)
    described = _abnormal_aspects(reading.findings, reading.findings_claims) if said else {}
    for structure, aspects in said.items():
        found = described.get(structure, {})
        if structure.startswith(_MENISCUS) and _is_whole(structure, said, described):
            continue
        for aspect, (start, end) in aspects.items():
            if aspect in found or _ASPECTS[aspect] not in found or _ASPECTS[aspect] in aspects:
                continue
            place = reading.span(Section.IMPRESSION, start, end)
            where = reading.span(Section.FINDINGS, *found[_ASPECTS[aspect]])
            yield place, where, "内外侧"


def _abnormal_aspects(text: ReadText, claims: tuple[Claim, ...]) -> dict[str, dict[str, tuple[int, int]]]:
    """Structure to aspect to place, of those that something abnormal is said of."""
    matches = list(islice(_ASPECT.finditer(text.text), _MOST))
    result: dict[str, dict[str, tuple[int, int]]] = {}
    # 外踝周围软组织肿胀 says nothing of the bone.
    said = [
        claim.what.end
        for claim in claims
        if claim.assertion in PRESENT
        and (claim.id != "edema" or "软组织" not in text.text[claim.what.start - 6 : claim.what.end])
    ]
    for index, match in enumerate(matches):
        reach = _reach(
            text, match.end(), matches[index + 1].start() if index + 1 < len(matches) else len(text.text)
        )
        enumerated = index + 1 < len(matches) and _JOINT.fullmatch(
            text.text, match.end(), matches[index + 1].start()
        )
        if not any(match.end() < at <= reach for at in said) and not enumerated:
            continue
        parts = [""]
        if match["what"] == _MENISCUS:
            clause = text.clauses[text.clause_index(match.start())]
            parts += _parts(text.text[match.end() : min(clause.end, reach)])
        for aspect in ("内", "外") if match["both"] else (match["aspect"],):
            for part in parts:
                result.setdefault(match["what"] + part, {}).setdefault(aspect, match.span())
    return result


def _parts(said: str) -> list[str]:
    """Parts of a meniscus by name: 前角 and 后角 of 前、后角."""
    return [
        end + match["what"] if match["what"] else match[0]
        for match in _PARTS.finditer(said)
        for end in (match["ends"] or "体")
        if end in "前后体"
    ]


def _is_whole(structure: str, *sections: dict[str, dict[str, tuple[int, int]]]) -> bool:
    """Whether a part of a meniscus tells nothing, since one section names no part of either."""
    if structure == _MENISCUS:
        return False
    return not all(
        any(aspect in section.get(_MENISCUS + part, {}) for part in _PART_NAMES)
        for section in sections
        for aspect in section.get(_MENISCUS, {})
    )


def _reach(text: ReadText, start: int, limit: int) -> int:
    """End of the sentence that holds `start`, at most `limit`."""
    return min(max(text.sentence_at(start - 1)[1], start), limit)


# Opens with one character and looks back at it, so that the search skips from one to the next.
_IMPOSSIBLE = re.compile(
    r"[左右肝冠](?:(?<=左)肺野?上?中、?下?叶|(?<=右)肺(?:上叶)?(?:[上下]?舌段|舌叶)"
    r"|(?<=左)(?:肺|侧?上肺)[^，。；、\n()左右]{0,8}奇[裂叶]"
    r"|(?<=肝)(?:左叶(?:[前后][上下]?段)?\(?(?:[S第][5-8Ⅴ-Ⅷ]|[Ⅴ-Ⅷ]|[5-8]段)段?|左叶[前后][上下]?段"
    r"|右叶(?:[内外][上下侧]?段)?\(?(?:[S第][2-4Ⅱ-Ⅳ](?!区)|[Ⅱ-Ⅳ](?!区)|[2-4]段)段?|右叶[内外][上下侧]?段)"
    # Coronary arteries bear their side in their name and in their abbreviation.
    r"|(?<=右)(?:冠状动脉)?(?:前降|回旋)支|(?<=冠)状动脉右主干|(?<=右)主干(?=\(LM|钙化)"
    r"|(?<=左)[^，。；、\n()左右]{0,8}\((?:[pmd]?RCA|R-PDA)\)"
    r"|(?<=右)[^，。；、\n()左右]{0,8}\((?:[pmd]?(?:LAD|LCx|LCX|Cx)|LM|L-PDA|L-PLB)\)"
    # An enumeration that names one thing twice, or a lung and its own lobe, has lost a side: 左、左膝, 右颈3/4及右颈3/4.
    r"|(?<=(?P<side>[左右]))(?:、(?P=side)|(?P<part>侧?[^，。；、及和与\n左右]{2,8})[、及和与](?P=side)(?P=part)(?=[、，。；])"
    r"|肺[、及和](?P=side)肺(?![门动静根])|肺[上中、]{0,3}(?P<lobe>[上中下])叶[、及和](?P=side)肺[上中]?(?P=lobe)叶))"
)
_THAN_ITSELF = re.compile(
    r"(?P<side>[左右])侧?(?!侧)[^，。；:\n左右双对前]{1,12}较(?P=side)侧(?:稍|略|明显|轻度|显著)*"
    r"(?:[纤粗]?细|粗大?|[增变]?[宽窄大小高低厚薄短]|肥大|饱满)(?=[，。；、\n]|$)"
)
_DOMINANT = re.compile(r"(?P<side>[左右])(?:冠状动脉)?优势")
_DESCENDING = re.compile(r"(?P<side>[左右])(?:冠状动脉)?后降支")


def impossible(text: ReadText) -> Iterator[tuple[int, int]]:
    """Spans that name a part on the side that has none: 左肺中叶, 肝左叶S6, 右前降支, 左、左膝."""
    yield from text.found(_impossible)[:_MOST]
    # The dominant artery is the one that gives the posterior descending branch.
    if "优势" in text.text and (dominant := _DOMINANT.search(text.text)):
        sides = {match["side"] for match in _DESCENDING.finditer(text.text)}
        if len(sides) == 1 and dominant["side"] not in sides:
            yield dominant.span()


def _impossible(said: Stretch) -> list[tuple[int, int]]:
    """The same by their words alone; none goes on beyond its sentence."""
    spans = [match.span() for match in _IMPOSSIBLE.finditer(said.text)]
    if "较" in said.text:
        # 左侧横窦较左侧纤细: nothing is slenderer than itself.
        spans += [match.span() for match in _THAN_ITSELF.finditer(said.text)]
    return spans
