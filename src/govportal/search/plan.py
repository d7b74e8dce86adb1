"""What people mean: a query → groups of alternatives that can be explained.

Steps: normalise → codes → question words and politeness dropped → place names → spans of the synonym table
(口语→规范词, directed, weighted, with source) → words by jieba. Owns the understanding; the tables it reads are in ``tables``.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from .analysis import Analyzer
from .tables import Elsewhere, Tables
from .text import MAX_QUERY, bigrams, codes, normalise, runs, squeeze

MAX_GROUPS = 12
SPOKEN, INNER = 0.7, 0.5         # weight of an entry of several words, and of the words in it


@dataclass(frozen=True)
class Alternative:
    """A wording that satisfies a group; ``weight`` 0…1; ``source`` where the equation comes from."""

    text: str
    weight: float
    source: str


@dataclass(frozen=True)
class Group:
    """One thing that was said, with the wordings that mean it. ``kind``: 泛词, 动作, 人群, 部门, 场合 or '' (a thing); ``weight``: what
    it counts against a thing; ``words``: the words in it."""

    said: str
    alternatives: tuple[Alternative, ...]
    kind: str = ""
    weight: float = 1.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A query understood. ``text``: what is compared; ``regions``: codes of places named; ``dropped``: words left out; ``elsewhere``: what it
    sounds like when no item fits; ``only_code``: nothing but a code, number or document number was typed."""

    query: str
    text: str
    groups: tuple[Group, ...]
    codes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None
    only_code: bool = False


def only_code(normalised: str) -> bool:
    """Whether a text is a code, telephone or document number with at most a few characters around it (国办函…号)."""
    digits = sum(char.isdigit() for char in normalised)
    return digits >= 5 and digits >= 0.5 * len(squeeze(normalised)) and sum("一" <= char <= "鿿" for char in normalised) <= 5


class Planner:
    """``plan(query)`` over given tables."""

    def __init__(self, tables: Tables, analyzer: Analyzer) -> None:
        self.tables, self.analyzer = tables, analyzer
        self._longest = max((len(said) for said in tables.synonyms), default=0)
        self._elsewhere: dict[str, list[Elsewhere]] = {}
        for row in tables.elsewhere:
            self._elsewhere.setdefault(max(row.words, key=len)[:2], []).append(row)
        self._cut: tuple[str, frozenset[int]] = "", frozenset()
        self._longest_place = max((len(name) for name in tables.regions), default=0)

    def plan(self, query: str) -> Plan:
        """Never raises; an empty plan for a query without letters, digits or Han."""
        normalised = normalise(query[:MAX_QUERY * 4])[:MAX_QUERY]
        found_codes = tuple(codes(normalised))
        pieces, dropped = self._drop(runs(normalised))
        pieces, regions = self._places(pieces)
        groups: list[Group] = []
        for piece in pieces:
            groups.extend(self._groups(piece))
        unique = {group.said: group for group in reversed(groups)}
        ordered = [group for group in groups if unique.get(group.said) is group][:MAX_GROUPS]
        whole = squeeze(normalised)
        possible = (row for gram in bigrams(whole) for row in self._elsewhere.get(gram, ()) if all(word in whole for word in row.words))
        elsewhere = max(possible, key=lambda row: (sum(map(len, row.words)), row.words), default=None)
        return Plan(query, "".join(pieces), tuple(ordered), found_codes, regions, dropped, elsewhere, bool(found_codes) and only_code(normalised))

    def _drop(self, pieces: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """Without question words; whole when nothing would be left."""
        left, dropped = [], []
        for piece in pieces:
            at, kept = 0, ""
            while at < len(piece):
                word = next((word for word in self.tables.question_words if piece.startswith(word, at)), None)
                if word is not None and not self._synonym_covers(piece, at, word):
                    dropped.append(word)
                    if kept:
                        left.append(kept)
                    kept, at = "", at + len(word)
                else:
                    kept, at = kept + piece[at], at + 1
            if kept:
                left.append(kept)
        left = [piece for piece in left if piece not in ("的", "了", "我", "要", "在", "有")]
        return (left, tuple(dropped)) if left else (pieces, ())

    def _synonym_covers(self, piece: str, at: int, word: str) -> bool:
        """Whether a longer entry of the synonym table begins here, so that a question word inside it stays."""
        return any(piece[at:at + length] in self.tables.synonyms for length in range(len(word), min(self._longest, len(piece) - at) + 1))

    def _places(self, pieces: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """Place names apart, unless nothing else would be left. A place must leave whole words: 广州市民卡 is 广州 and 市民卡."""
        regions, left = [], []
        for piece in pieces:
            if piece in self.tables.regions and len(pieces) > 1:
                regions.append(self.tables.regions[piece])
                continue
            found = self._place_in(piece)
            if found is not None:
                regions.append(self.tables.regions[piece[found[0]:found[1]]])
                left += [part for part in (piece[:found[0]], piece[found[1]:]) if part]
            else:
                left.append(piece)
        return (left, tuple(dict.fromkeys(regions))) if left else (pieces, ())

    def _place_in(self, piece: str) -> tuple[int, int] | None:
        for length in range(min(self._longest_place, len(piece) - 2), 1, -1):
            for start in range(len(piece) - length + 1):
                end = start + length
                if piece[start:end] in self.tables.regions and self._whole(piece[:start]) and self._whole(piece[end:]) and (length > 2 or start == 0 or end == len(piece)):
                    return start, end
        return None

    def _whole(self, rest: str) -> bool:
        """Whether what is left beside a place is nothing, or begins and ends with words of two characters and more."""
        if not rest:
            return True
        words = self.analyzer.segments(rest)
        return len(words[0]) > 1 and len(words[-1]) > 1 and self.analyzer.known(words[0])

    def _groups(self, piece: str) -> list[Group]:
        groups: list[Group] = []
        at, plain = 0, ""
        while at < len(piece):
            said = self._span(piece, at)
            if said:
                groups += self._words(plain)
                plain = ""
                groups += self._spoken(said)
                at += len(said)
            else:
                plain += piece[at]
                at += 1
        return groups + self._words(plain)

    def _spoken(self, said: str) -> list[Group]:
        """The group of an entry of the table, and, at part of their weight, the words in it: 身份证丢了 is also about 身份证."""
        group = self._group(said)
        if len(said) < 4 or len(group.words) + sum(word in self.tables.words for word in self.analyzer.segments(said)) < 2:
            return [group]
        inner = self._words(said)
        return [replace(group, weight=group.weight * SPOKEN), *(replace(word, weight=word.weight * INNER) for word in inner)]

    def _span(self, piece: str, at: int) -> str:
        """Longest entry of the synonym table at this place that does not cut a word in two."""
        for length in range(min(self._longest, len(piece) - at), 0, -1):
            said = piece[at:at + length]
            if said in self.tables.synonyms and (length > 1 or len(piece) == 1 or self._stands_alone(piece, at)):
                return said
        return ""

    def _stands_alone(self, piece: str, at: int) -> bool:
        """Whether the character at this place is a word by itself."""
        known = self._cut
        if known[0] != piece:
            position, alone = 0, set()
            for word in self.analyzer.segments(piece):
                if len(word) == 1:
                    alone.add(position)
                position += len(word)
            self._cut = known = piece, frozenset(alone)
        return at in known[1]

    def _words(self, run: str) -> list[Group]:
        if not run:
            return []
        if run.isascii():
            return [Group(run, (Alternative(run, 1.0, "原词"),))]
        return [self._group(word) for word in self.analyzer.segments(run) if len(word) > 1 or word not in "的了和与及或在是为等对把被吗呢吧啊呀我你他她它这那有就都也还又能可去来到从以"]

    def _group(self, said: str) -> Group:
        rows = self.tables.synonyms.get(said, ())
        alternatives = [Alternative(said, 1.0, "原词"), *(Alternative(row.means, row.weight, row.source) for row in rows)]
        kind, weight = self.tables.words.get(said, ("", 1.0))
        return Group(said, tuple(alternatives), kind, weight, tuple(word for word in self.analyzer.segments(said) if word not in self.tables.words))


def explain(plan: Plan) -> list[str]:
    """The plan in Chinese lines."""
    lines = [f"输入：{plan.query}", f"比较的文字：{plan.text or '（没有可比较的字）'}"]
    if plan.dropped:
        lines.append("去掉的问法：" + "、".join(plan.dropped))
    if plan.regions:
        lines.append("地点：" + "、".join(plan.regions))
    if plan.codes:
        lines.append("编码或文号：" + "、".join(plan.codes))
    if plan.elsewhere:
        lines.append(f"像是：{plan.elsewhere.matter}（{plan.elsewhere.where}）")
    for group in plan.groups:
        words = "；".join(f"{other.text}（{other.weight:g}，{other.source}）" for other in group.alternatives[1:])
        lines.append(f"{group.kind or '词'} {group.said}" + (f"（分量 {group.weight:g}）" if group.weight != 1 else "") + (f" → {words}" if words else ""))
    return lines
