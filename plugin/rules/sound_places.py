"""Conclusions on places that the findings declare sound: 右肾囊肿 beside 双肾未见异常密度影."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from plugin.rules.claims import ORGANS_IN, compatible, opposite, sentence_up_to
from plugin.rules.statements import CLAUSES_KEPT, Site, State, Statement, Told, told
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.stretch import Placed

_MOST = 30
"""Statements of an impression that are asked about."""
_MOST_DOUBTED = 3
"""Sound places that are weighed for one conclusion: time stays bounded, and no report declares more."""
_PASSED = re.compile(
    r"术后|病史|置换|治疗后|切除|原诊|较前|同前|建议|请|结合|前片|复查|随[诊访]|未见|正常|变异|缺如|新出现|符合|改变$|不除外|待[排除]"
)
_OTHERS = re.compile(r"余|其[他它]|另")
_LOCATES = re.compile(r"水平|位于|平面")
_NARROW = re.compile(
    r"(?<!低)周围(?![等稍]?[高低])|邻近|(?<!无)强化|DWI|弥散|新鲜|急性|活动性|明显增|进一步|间隙|对位|对应|序列|曲度|排列|走行(?!区|[^，。；]{0,6}(?:信号|密度)正常)|位置|各叶"
)
_TOTAL = re.compile(
    r"未见(?:明[显确]|确切|显著)?(?:实质性)?[^，。；、\n见]{0,6}(?:异常|(?<!性)病变|病灶)(?![强增变狭扩充钙移积]|[^，。；]{0,4}(?:骨折|强化|增))"
    r"|未见(?:明[显确]|确切)?[一长短高低等片斑点条线结囊类圆弧环团小稍混棘不软][^，。；\n见]{0,16}(?:信号|密度|回声|影|灶|[凸突]起)"
    r"|(?:信号|密度|回声)[^，。；\n不欠]{0,6}(?:正常|如常|均匀$)|^[^，。；\n见大小形态]{1,8}(?:正常|如常)$|无(?:明显)?异常"
)
_OF_TISSUE = re.compile(r"信号|密度|回声|结构")
_OF_SHAPE = frozenset(
    ("enlarged", "atrophy", "dilatation", "deviation", "displacement", "slip", "stenosis", "thickening", "hydrocephalus",
     "hernia", "dislocation", "disc_herniation", "disc_bulge", "effusion", "spur", "foreign", "occlusion")
)  # fmt: skip
"""Observations that sound density or signal says nothing of."""
_ASPECT = re.compile(r"[内外]侧|[前后]角|[前后][交壁]")
_DENIAL = re.compile(r"(?:未见|未探及|无)(?:明[显确]|确切|异常)?(?P<what>[^，。；\n见]{2,24})")
_LIST = re.compile(r"[、及和或与]")
_TAIL = re.compile(r"(?:征象|改变|表现|形成|影|灶)+$")


def sound_witnesses(
    reading: Texts, general: frozenset[str], praised: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[Statement, Statement]]:
    """Statements of the impression, each with the statement of the findings that declares its place sound.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be declared sound.
    praised
        Word of praise to the observations that it rules out: 锐利 rules out an effusion.
    """
    concluded = [s for s in reading.impression_statements if s.state is not State.SOUND][:_MOST]
    concluded = [s for s in concluded if s.own and s.places and not _PASSED.search(s.text)]
    if not concluded:
        return
    sound = [
        (placed, clause)
        for placed, states in reading.findings.derived(told)
        for clause in states.derived(_called_sound)
    ]
    for said in concluded:
        witness = _witness(reading, said, sound, general, praised)
        if witness is not None:
            yield said, witness


class _Sound(NamedTuple):
    """A clause of the findings that calls its places sound, and what these are by."""

    statement: Statement
    wholes: frozenset[str]


def _called_sound(states: Told) -> tuple[_Sound, ...]:
    """Clauses of a stretch that call sound what they name themselves."""
    return tuple(
        [
            _Sound(said, frozenset([_CORNERS.get(place.term.id, place.term.id) for place in said.places]))
            for said in states.statements
            if said.state is State.SOUND and not _spoken_of_others(states, said)
        ]
    )


def _seen(states: Told) -> tuple[Statement, ...]:
    return tuple([said for said in states.statements if said.state is State.SEEN])


def _all_seen(reading: Texts) -> Iterator[Statement]:
    """Statements of the findings that have seen something, in places of their stretches."""
    for _, states in reading.findings.derived(told):
        yield from states.derived(_seen)


def _spoken_of_others(states: Told, sound: Statement) -> bool:
    """余肋骨, 圆锥位于L1水平，信号正常: sound is not what bears the name."""
    said = sentence_up_to(states.text, states.clauses, sound.clause)
    return bool(_OTHERS.search(said)) or (not sound.own and bool(_LOCATES.search(said)))


def declared_sound(said: str) -> bool:
    """Whether a clause finds nothing at all at its place: 未见异常, 信号正常."""
    return _NARROW.search(said) is None and _TOTAL.search(said) is not None


def _witness(
    reading: Texts,
    said: Statement,
    sound: list[tuple[Placed, _Sound]],
    general: frozenset[str],
    praised: Mapping[str, tuple[str, ...]],
) -> Statement | None:
    lexicon = reading.lexicon
    wholes = {whole for place in said.places for whole in lexicon.ancestors(place.term.id)}
    # Most of what is sound lies elsewhere.
    there = [(placed, clause.statement) for placed, clause in sound if not clause.wholes.isdisjoint(wholes)]
    if not there:
        return None
    names = _names(lexicon, said)
    praise = tuple([word for word, ruled in praised.items() if names.intersection(ruled)])
    doubted = 0
    for placed, statement in there:
        words = frozenset([word for word in _denied_words(statement.text) if word in said.text])
        specific = bool(words or statement.denied & names)
        if not words and (said.state is State.OPEN or not _rules_out(statement, said, names, praise)):
            continue
        exact, places = _covered(reading, statement, said, general)
        if not places or not (exact or words or said.observed):
            continue
        levels = statement.levels & said.levels or said.levels
        asked = said._replace(places=places, levels=levels)
        if _across(reading, asked):
            return None
        doubted += 1
        if doubted > _MOST_DOUBTED:
            return None
        doubt = _Doubt(reading, asked, names, exact=exact or bool(words), specific=specific)
        if not any(doubt.by(found, words) for found in _all_seen(reading)):
            return statement.at(placed)
    return None


def _across(reading: Texts, said: Statement) -> bool:
    """Whether it was found on the other side: a wrong side is for laterality to say."""
    if said.sides not in ({"L"}, {"R"}):
        return False
    (side,) = said.sides
    if any(
        opposite(side) in other.sides and other.observed & said.observed
        for other in reading.impression_statements
    ):
        return False
    kin = frozenset().union(*(reading.lexicon.kin(name) for name in said.observed))
    return any(
        found.sides == {opposite(side)}
        and (not found.observed or bool(found.observed & kin))
        and any(reading.lexicon.related(p.term.id, q.term.id) for p in found.places for q in said.places)
        for found in _all_seen(reading)
    )


_CORNERS = {"costophrenic": "pleura"}
"""Parts by which the whole is judged: 肋膈角锐利 rules an effusion out."""


def _covered(
    reading: Texts, sound: Statement, said: Statement, general: frozenset[str]
) -> tuple[bool, tuple[Site, ...]]:
    """Concluded places that a sound place covers, and whether by name rather than as their whole."""
    lexicon = reading.lexicon
    if (sound.levels and said.levels and not sound.levels & said.levels) or apart(sound.text, said.text):
        return False, ()
    named: list[Site] = []
    held: list[Site] = []
    for p in sound.places:
        organ = p.term.region in ORGANS_IN and p.term.id not in general
        for q in said.places:
            whole = _CORNERS.get(p.term.id, p.term.id)
            if not compatible(p.side, q.side) or whole not in lexicon.ancestors(q.term.id):
                continue
            ours, theirs = p.word, q.word
            alike = ours == theirs or (organ and (ours in theirs or theirs in ours))
            node = p.term.id == q.term.id == "lymph_node" and _share_a_name(sound, said)
            if node or (p.term.region and alike):
                named.append(q)
            elif (p.term.id != q.term.id and whole not in general and p.term.id not in general) or (
                "椎体" in ours and said.levels
            ):
                held.append(q)
    return bool(named), tuple(named or held)


_NAMELESS = re.compile(r"[左右双两]侧?|[\d.、，()]|未见|肿大|增大|异常|的|考虑|多发|部分")


def _share_a_name(sound: Statement, said: Statement) -> bool:
    """左侧闭孔淋巴结, 双侧闭孔区淋巴结: what stands before the node names its place."""
    if said.sides and sound.sides and "B" not in sound.sides and not said.sides <= sound.sides:
        return False
    ours, theirs = (_NAMELESS.sub(" ", s.text.split("淋巴结")[0]) for s in (sound, said))
    pairs = (theirs[i : i + 2] for i in range(len(theirs) - 1))
    return any(" " not in pair and pair in ours for pair in pairs)


class _Doubt:
    """Whether statements of the findings may be what is concluded, under whatever name of the place.

    Parameters
    ----------
    names
        Observations that are the concluded one by name.
    exact
        The place that is sound bears the name of the concluded place.
    specific
        What is concluded was denied by name, not covered by 未见异常.
    """

    def __init__(
        self, reading: Texts, said: Statement, names: frozenset[str], *, exact: bool, specific: bool
    ) -> None:
        self.reading = reading
        self.lexicon = reading.lexicon
        self.said = said
        self.names = names
        self.exact = exact
        self.specific = specific
        kin = (self.lexicon.kin(name) for name in said.observed)
        self.kin = names if specific else frozenset().union(*kin)

    def by(self, found: Statement, words: frozenset[str]) -> bool:
        """Whether this one may be, by its observations or by the very `words` that are denied."""
        said = self.said
        same = any(word in found.text for word in words)
        if not same and found.observed and not found.observed & self.kin and "lesion" not in said.observed:
            return False
        if (found.levels and said.levels and not found.levels & said.levels) or apart(found.text, said.text):
            return False
        alike = same or bool(found.observed & self.names)
        regional = [place for place in found.places if place.term.region]
        if not regional:
            return alike or not (self.exact or self.specific)
        return any(
            compatible(p.side, q.side) and self._near(p, q, alike=alike)
            for p in regional
            for q in said.places
        )

    def _near(self, found: Site, said: Site, *, alike: bool) -> bool:
        lexicon = self.lexicon
        ours, theirs = lexicon.ancestors(found.term.id), lexicon.ancestors(said.term.id)
        if said.term.id in ours and (alike or not self.specific):
            # Of bones that share a term, the one that was denied by its name is no other.
            return (
                found.term.id != said.term.id
                or not (self.exact and self.specific)
                or found.term.region in ORGANS_IN
                or found.word in said.word
                or said.word in found.word
            )
        if self.exact:
            return alike and found.term.id in theirs
        if found.term.region in ORGANS_IN:
            return found.term.id in theirs or (alike and found.term.region == said.term.region)
        # Bones and joints of a limb share what befalls them.
        return ours[-1] == theirs[-1]


def apart(one: str, other: str) -> bool:
    """Whether two words name different parts of one thing: 内侧半月板, 外侧半月板."""
    ours, theirs = _aspects(one), _aspects(other)
    return bool(ours and theirs) and not ours & theirs


@lru_cache(maxsize=CLAUSES_KEPT)
def _aspects(said: str) -> frozenset[str]:
    return frozenset(_ASPECT.findall(said))


def _names(lexicon: Lexicon, said: Statement) -> frozenset[str]:
    """What is concluded, and observations of the same group."""
    groups = {lexicon.terms[name].group for name in said.observed} - {""}
    kin = frozenset().union(*(lexicon.kin(name) for name in said.observed))
    parents = {lexicon.terms[name].parent for name in said.observed}
    return (said.observed | parents | {name for name in kin if lexicon.terms[name].group in groups}) - {
        "lesion"
    }


def _rules_out(statement: Statement, said: Statement, names: frozenset[str], praise: tuple[str, ...]) -> bool:
    if any(word in statement.text for word in praise):
        return True
    narrow, total, of_tissue = _reach(statement.text)
    if narrow and narrow not in said.text:
        return False
    if statement.denied & names:
        return True
    of_shape = bool(said.observed) and said.observed <= _OF_SHAPE
    return total and not (of_shape and of_tissue)


@lru_cache(maxsize=CLAUSES_KEPT)
def _reach(said: str) -> tuple[str, bool, bool]:
    """The word that narrows what a clause denies, and whether it denies all, and all of the tissue."""
    narrow = _NARROW.search(said)
    return narrow[0] if narrow else "", bool(_TOTAL.search(said)), bool(_OF_TISSUE.search(said))


@lru_cache(maxsize=CLAUSES_KEPT)
def _denied_words(said: str) -> frozenset[str]:
    """What a clause denies, word by word: 粪石 of 腔内未见粪石影."""
    words = (_TAIL.sub("", word) for match in _DENIAL.finditer(said) for word in _LIST.split(match["what"]))
    return frozenset(word for word in words if len(word) >= 2)
