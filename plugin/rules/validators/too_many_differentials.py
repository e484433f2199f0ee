"""同一病灶，可能性诊断不宜超过三个 (000 诊断结论)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import read

_OPENING = re.compile(
    r"首先考虑|多考虑|考虑为?|倾向于?|可能[为是系]|疑[为似]?|拟诊?|鉴别诊断(?:包括|有|为|:)*|需?(?:与|和)|鉴别:?|包括|性质待定|待排|排除|除外|不除外|可能"
)
# Every branch opens with a literal, so that the search skips from one to the next.
_ALTERNATIVE = re.compile(
    r"或者?|可能|待排|待除外|不除外|不能除外|不排除|鉴别|除外|\?|其次|再次|首先|亦|均需|需与|/|性质待定|抑或|v[sS]|V[sS]"
)
_SPLIT = re.compile(r"[、，,/?;；:]|或者?|抑或|及|与|和|其次为?|再次为?|首先(?:考虑)?|vs\.?", re.I)
_NOISE = re.compile(
    r"^(?:首先|其次|再次|多(?![形发囊])|均|亦|也|并|需|请|考虑|倾向于?|可能[为是系]?|不?除外|不能除外|排除|疑[为似]?|鉴别(?:诊断)?(?:包括)?|包括|待排|的|为|系|有|合并|伴|以|拟诊?|不排除|性质待定|:)+"
    r"|(?:可能性?(?:较?大)?|待排(?:除|查)?|不除外|不能除外|待除外|不排除|待查|等|[待需均]?相?鉴别|所致|改变|之可能|可能|较?大|待定|[均皆都]?有|[均皆都亦也尚仍]|的)+$"
)
_DISEASE = re.compile(
    r"(?:癌|瘤|炎|病|症|结核球?|感染|转移|囊肿|增生|梗死|梗塞|出血|血肿|肉芽肿|脓肿|畸形|损伤|骨折|变性|纤维化|硬化|假瘤|肉瘤|白血病|水肿|坏死|结石|血栓|栓塞|寄生虫|真菌|结节病|错构|反应性|退变|增殖|侵犯|浸润|异位|MT|GIST|先天性变异|变异|脱髓鞘|息肉|机化|尘肺|曲菌球|梗阻|瘘|淋巴结|钙化灶?|瘢痕|病变|缺血灶|性改变|腺病|腺肌症|夹层|斑块|积脓|综合征|菌球|[血凝]块)$",
    re.I,
)
_ALL_ASKED = re.compile(r"\?[^?。；]{1,14}\?[^?。；]{1,14}\?|均(?:不能|不|待|难以)(?:除外|排除|排)")
_PART = re.compile(r"(?! *(?:[。\n；]|$))[^。\n；]+")
# 结核？化脓性？伴脓肿: what comes with them is no other of them.
_STOP = re.compile(r"(?<=[?，])伴|建议|请|必要时|随访|随诊|复查|结合|进一步|以明确")


_CLOSING = re.compile(
    r"(?:均|都|皆|亦|也|需|相|待|以上|等)*(?:待|相)?(?:鉴别|待排|待除外|不除外|不能除外|待排除|有?可能)(?:诊断)?$"
)
_NAMED = r"[^。\n；，]{2,16}"
# 占位:①甲；②乙；③丙；④丁 and 鉴别:1)甲 2)乙 3)丙 4)丁.
_NUMBERED = re.compile(
    r"(?:(?:考虑|鉴别(?:诊断)?|可能|疑|除外)[^。\n:]{0,8}:?|(?:占位|肿[块物]|病[变灶]|结节|[包团]块|影|增厚|异常信号|待定)[^。\n:，]{0,6}:)"
    rf"\(?(?:1[).、]|①)(?P<a>{_NAMED}?)[；，、\s]\(?(?:2[).、]|②)(?P<b>{_NAMED}?)"
    rf"[；，、\s]\(?(?:3[).、]|③)(?P<c>{_NAMED}?)[；，、\s]\(?(?:4[).、]|④)(?P<d>{_NAMED})"
)
_FOURTH = re.compile("4[).、]|④")

_SHARED = 3
"""Diagnoses of one list that name no organ: so many are alternatives for one lesion."""


_ONE_LESION = re.compile(
    r"(?<!多发)(?P<lesion>占位(?:性?病[变灶])?|肿[块物]|团块|结节|病[变灶]|异常(?:信号|密度|强化)[影灶]?|[高低等]密度[影灶]|强化灶|骨质破坏)(?:\([^)]{0,20}\))?"
    r"(?P<opening>(?:，[^，。；:\n]{1,6})?[，:]?(?:首先|多|性质待[查定])?[，:]?(?:考虑|疑[为似]?|可能为|鉴别(?:诊断)?|诊断)为?:?|:)(?P<list>[^。\n]{8,140})"
)
_GROWTH = re.compile(r"(?:瘤|癌|囊肿|脓肿|肉芽肿|结核|转移)$")
_NEXT = re.compile("；")
_NEXT_ITEM = re.compile(r"[；，、 ] ?\(?\d{1,2}[、.)]")
_ASIDE = re.compile(r"\([^)]{0,40}\)")


class Options(TextRuleOptions):
    """Options of `too_many_differentials`; `at_most` possibilities are sound."""

    at_most: int = 3


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Count the alternatives of each numbered item or sentence of the impression."""
    text = reading.impression
    if not text:
        return
    for match in _NUMBERED.finditer(text.text) if _FOURTH.search(text.text) else ():
        named = [name for group in "abcd" for name in _diagnoses(match[group])]
        if len(named) > options.at_most:
            yield _too_many(options, reading, *match.span(), named)
            return
    told = False
    if _ALTERNATIVE.search(text.text) or _ALL_ASKED.search(text.text):
        for start, end, named in _listed(options, reading):
            told = True
            yield _too_many(options, reading, start, end, named)
    if not told:
        for start, end, named in _of_one_lesion(reading, options.at_most):
            yield _too_many(options, reading, start, end, named)


def _listed(options: Options, reading: Texts) -> Iterator[tuple[int, int, list[str]]]:
    """Lists that a word of doubt opens or closes: where they stand, and what they name."""
    text = reading.impression
    for start, end in _statements(reading, options.at_most):
        statement = text.text[start:end]
        if len(_SPLIT.findall(statement)) < options.at_most:
            continue
        asked = _ALL_ASKED.search(statement) if "?" in statement or "均" in statement else None
        if not asked and not _ALTERNATIVE.search(statement):
            continue
        opening = _OPENING.search(statement)
        if not asked and opening is None:
            continue
        # 占位：腺瘤？癌？转移？ opens its list with no word at all.
        at = 0 if asked or opening is None else opening.start()
        if opening is not None and not asked and opening[0].startswith("可能"):
            # 髓母细胞瘤可能大: the word that doubts stands behind what it doubts.
            lead = max(statement.rfind(mark, 0, at) for mark in "，：:") + 1
            if _diagnoses(statement[lead:at]) and _one_organ(reading, statement[lead:]):
                at = lead
        stop = _STOP.search(statement, at + 1)
        listed = statement[at : stop.start() if stop else len(statement)].rstrip("，；。、\n ")
        named = _diagnoses(listed)
        if len(named) <= options.at_most and (closed := _closed_list(reading, statement)):
            at, listed = closed
            named = _diagnoses(listed)
        if len(named) <= options.at_most or not _ALTERNATIVE.search(_without_first(listed)):
            continue
        yield start + at, start + at + len(listed), named


def _too_many(options: Options, reading: Texts, start: int, end: int, named: list[str]) -> Issue:
    place = reading.span(Section.IMPRESSION, start, end)
    return options.issue(
        "too_many_differentials",
        place,
        f"同一病灶列出{len(named)}个可能诊断（{'、'.join(named)}），不宜超过{options.at_most}个。",
    )


def _of_one_lesion(reading: Texts, at_most: int) -> Iterator[tuple[int, int, list[str]]]:
    """占位，考虑甲、乙、丙、丁: one lesion, and a list of nothing but what it may be.

    Without a word of doubt more has to be growths than can stand in one place (胰头癌、胰腺炎、
    神经内分泌肿瘤、转移瘤): 病变，考虑炎症、支扩、肺大疱 are several that come together.
    """
    text = reading.impression.text
    for match in _ONE_LESION.finditer(text):
        at, last = match.span("list")
        for ends in (_STOP, _NEXT_ITEM) if match["opening"].endswith(":") else (_STOP, _NEXT_ITEM, _NEXT):
            if found := ends.search(text, at, last):
                last = found.start()
        listed = text[at:last].rstrip("，；。、 ")
        parts = [part for part in _SPLIT.split(_ASIDE.sub("", listed)) if part.strip(" 。:()")]
        named = _diagnoses(listed)
        if len(named) <= at_most or len(parts) > len(named) + 1 or not _one_organ(reading, listed):
            continue
        growths = sum(_GROWTH.search(name) is not None for name in named)
        if _ALTERNATIVE.search(listed) or growths == len(named) or growths >= at_most:
            yield at, at + len(listed), named


def _closed_list(reading: Texts, statement: str) -> tuple[int, str] | None:
    """甲、乙、丙、丁待鉴别: the last comma's clause, when its end doubts it all.

    Diagnoses of several organs (胆囊炎、肾囊肿、肝癌可能) are several lesions.
    """
    advice = _STOP.search(statement)
    body = statement[: advice.start() if advice else None].rstrip("，；。、\n ")
    at = max(body.rfind(mark) for mark in "，：:") + 1
    listed = body[at:]
    closing = _CLOSING.search(listed)
    if closing is None:
        return None
    if "鉴别" in closing[0]:
        return at, listed
    # 肝癌、胆管细胞癌、转移瘤、淋巴瘤、炎性假瘤不除外: what names no organ shares the one that is named.
    placeless = [name for name in _diagnoses(listed) if not read(name, reading.lexicon).anatomy]
    return (at, listed) if len(placeless) >= _SHARED or _one_organ(reading, listed) else None


def _one_organ(reading: Texts, listed: str) -> bool:
    return len({m.term.id for m in read(listed, reading.lexicon).anatomy if m.term.region}) <= 1


def _statements(reading: Texts, at_most: int) -> Iterator[tuple[int, int]]:
    """Items that may list more than `at_most`, cut where a sentence or a new lesion begins."""
    text = reading.impression
    for start, end in text.statements:
        if len(_SPLIT.findall(text.text, start, end)) < at_most:
            continue
        for part in _PART.finditer(text.text, start, end):
            yield part.span()


def _without_first(listed: str) -> str:
    """The list without the 考虑 that opens it, which alone makes no alternative."""
    return re.sub(r"^(?:首先)?(?:多)?考虑为?|^倾向于?", "", listed)


def _diagnoses(listed: str) -> list[str]:
    """Distinct diagnoses of a list, bare of 可能, 待排 and their kin."""
    names: list[str] = []
    for part in _SPLIT.split(re.sub(r"\([^)]{0,40}\)", "", listed)):
        name = _NOISE.sub("", _NOISE.sub("", part.strip(" 。:()")))
        if name and len(name) <= 14 and _DISEASE.search(name) and name not in names:
            names.append(name)
    return names
