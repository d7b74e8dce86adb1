"""Words people may mean: suggestions by prefix, by what a label holds, by pinyin and initials; one wrong character put right.

Owns a Lexicon made from the labels of the site (names and 日常用语), once for each generation; every look-up is a dictionary
or a bisect. Knows no index: what lies *inside* labels is asked of the picture by ``engine``.
"""
from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from .text import normalise, squeeze

SHORT = 8                       # characters of a label that pinyin reaches
MAX_SOUNDED = 20_000            # labels that pinyin reaches: the best ranked ones
MAX_PREFIX = 300
# Words in which a character is not read as it mostly is; tones do not matter here.
TWO_READINGS = {"银行": "yin hang", "行业": "hang ye", "商行": "shang hang", "长大": "zhang da", "家长": "jia zhang", "校长": "xiao zhang", "重办": "chong ban", "重新": "chong xin", "重建": "chong jian",
                "还款": "huan kuan", "归还": "gui huan", "会计": "kuai ji", "调解": "tiao jie", "调整": "tiao zheng", "音乐": "yin yue", "供养": "gong yang", "单姓": "shan xing", "传记": "zhuan ji", "参加": "can jia",
                "差旅": "chai lv", "出差": "chu chai", "给付": "ji fu", "供给": "gong ji", "种植": "zhong zhi", "降解": "jiang jie", "投降": "tou xiang", "藏区": "zang qu", "西藏": "xi zang", "收藏": "shou cang", "车辆": "che liang",
                "称职": "chen zhi", "弹药": "dan yao", "提供": "ti gong", "处分": "chu fen", "大夫": "dai fu", "得到": "de dao", "都市": "du shi", "首都": "shou du", "角色": "jue se", "勾当": "gou dang", "假期": "jia qi", "教书": "jiao shu"}
FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("f", "h"))
LONGEST = 24                    # characters of a text that is put right


class Entry(NamedTuple):
    """A label as people see it and what it leads to."""

    text: str
    kind: str
    rank: float


@lru_cache(maxsize=4096)
def readings(word: str) -> tuple[str, ...]:
    """Pinyin syllables of a word without tones; letters and digits stay."""
    return tuple(_pypinyin().lazy_pinyin(word))


@lru_cache(maxsize=1)
def _pypinyin() -> Any:
    """pypinyin with our few words of two readings instead of its own 47,000 (50 MB a process)."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin
    pypinyin.load_phrases_dict({word: [[syllable] for syllable in syllables.split()] for word, syllables in TWO_READINGS.items()})
    return pypinyin


def sounds(word: str) -> tuple[str, ...]:
    """Readings as people mix them up: zh/z, ch/c, sh/s, -ng/-n, l/n, f/h."""
    found = []
    for syllable in readings(word):
        for heard, same in FUZZY:
            syllable = syllable.replace(heard, same)
        found.append(syllable)
    return tuple(found)


def pinyin_key(text: str) -> str:
    """Letters typed as pinyin or initials, '' when the text is not that."""
    key = "".join(char for char in normalise(text) if char.isalnum() or char == "ü").replace("ü", "v")
    return key if len(key) >= 2 and key.isascii() and key.isalpha() else ""


class Lexicon:
    """``complete(text)``, ``by_pinyin(text)``, ``corrections(text)`` over given labels and words."""

    def __init__(self, entries: Iterable[Entry], words: Iterable[str] = ()) -> None:
        best: dict[str, Entry] = {}
        for entry in entries:
            key = squeeze(entry.text)
            if key and (key not in best or best[key].rank < entry.rank):
                best[key] = entry
        self._best = best
        self._keys = sorted(best)
        ranked = sorted((key for key in best if 2 <= len(key) <= SHORT and not key.isascii()), key=lambda key: (-best[key].rank, len(key), key))[:MAX_SOUNDED]
        sounded = [(key, readings(key)) for key in ranked]
        self._pinyin = sorted(("".join(sound), key) for key, sound in sounded)
        self._initials = sorted(("".join(part[:1] for part in sound), key) for key, sound in sounded)
        self._pairs = frozenset(key[at:at + 2] for key in best for at in range(len(key) - 1))
        self._sounds: dict[tuple[str, ...], list[str]] = {}
        self._holes: dict[str, list[str]] = {}
        self._twos: dict[str, list[str]] = {}
        for word in dict.fromkeys((*words, *(key for key in ranked if len(key) <= 4))):
            if 2 <= len(word) <= 6 and not word.isascii():
                self._sounds.setdefault(sounds(word), []).append(word)
                if len(word) == 2:
                    self._twos.setdefault(word[0] + "*", []).append(word)
                    self._twos.setdefault("*" + word[1], []).append(word)
                for at in range(len(word)) if 2 < len(word) < 5 else ():
                    self._holes.setdefault(word[:at] + "*" + word[at + 1:], []).append(word)

    def entry(self, key: str) -> Entry | None:
        """The entry of a squeezed label."""
        return self._best.get(key)

    def complete(self, text: str, limit: int = 8) -> list[Entry]:
        """Labels that begin with the text, by rank, then shorter first."""
        key = squeeze(text)
        if not key:
            return []
        at = bisect_left(self._keys, key)
        end = at
        while end < len(self._keys) and end - at < MAX_PREFIX and self._keys[end].startswith(key):
            end += 1
        found = sorted(self._keys[at:end], key=lambda name: (-self._best[name].rank, len(name), name))
        return [self._best[name] for name in found[:limit]]

    def by_pinyin(self, text: str, limit: int = 8) -> list[Entry]:
        """Labels whose pinyin or initials begin with letters typed; whole pinyin first."""
        key = pinyin_key(text)
        found: list[tuple[bool, float, int, str]] = []
        for table in (self._pinyin, self._initials) if key else ():
            at = end = bisect_left(table, (key, ""))
            while end < len(table) and end - at < MAX_PREFIX and table[end][0].startswith(key):
                sound, name = table[end]
                found.append((table is self._initials or sound != key, -self._best[name].rank, len(name), name))    # initials fit many: the usual one first
                end += 1
        return [self._best[name] for name in dict.fromkeys(name for *_, name in sorted(found))][:limit]

    def corrections(self, text: str, limit: int = 4) -> list[str]:
        """The text with its wrong place put right, best guess first; [] when no place looks wrong or none can be mended.

        A place looks wrong when two neighbouring characters stand together in no label. Tried: a word of the index that sounds the same, a
        word of three or four that differs in one character. First come those that leave the fewest wrong places, then those that change
        least, then those that sound the same.
        """
        key = squeeze(text)[:40]
        wrong = self._wrong(key)
        if not wrong or key in self._best or len(key) > LONGEST:
            return []
        mended = {key[:start] + word + key[start + size:] for first in wrong[:4] for size in range(2, 7) for start in range(max(0, first - size + 2), min(first, len(key) - size) + 1)
                  for word in self._neighbours(key[start:start + size])}
        mended.discard(key)
        ranked = sorted(mended, key=lambda other: (len(self._wrong(other)), sum(a != b for a, b in zip(other, key, strict=True)), readings(other) != readings(key), sounds(other) != sounds(key), other))
        return [other for other in ranked if len(self._wrong(other)) < len(wrong) and sum(a != b for a, b in zip(other, key, strict=True)) <= max(1, len(key) // 4)][:limit]

    def pairs_like(self, text: str) -> list[tuple[str, str, str]]:
        """(before, word, after): a wrong pair replaced by a word of two characters that shares one with it. Many guesses, for the picture to
        choose from."""
        key = squeeze(text)[:LONGEST]
        return [(key[:at], word, key[at + 2:]) for at in self._wrong(key)[:2] for word in (*self._twos.get(key[at] + "*", ()), *self._twos.get("*" + key[at + 1], ()))][:200]

    def _wrong(self, key: str) -> list[int]:
        return [at for at in range(len(key) - 1) if key[at:at + 2] not in self._pairs and not key[at:at + 2].isascii()]

    def _neighbours(self, window: str) -> set[str]:
        found = set(self._sounds.get(sounds(window), ())[:20])
        for at in range(len(window)) if len(window) > 2 else ():
            found.update(self._holes.get(window[:at] + "*" + window[at + 1:], ())[:20])
        found.discard(window)
        return {word for word in found if len(word) == len(window)}
