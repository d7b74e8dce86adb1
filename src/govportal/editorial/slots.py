"""Small parts of the desk's columns: words as numbers, slots in the order of a text, arrays that are copied only when they change.

Owns nothing of a document. A slot is the number under which a process keeps one document; it is never given to another.
"""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

RESORT = 0.1          # from this share of changed slots on, sorting everything is cheaper than bisecting each


class Words:
    """Words as numbers; only ever added to, by one writer at a time, so that older columns may share it. 0 is ''."""

    def __init__(self) -> None:
        self.list: list[str] = [""]
        self.index: dict[str, int] = {"": 0}

    def code(self, word: str) -> int:
        found = self.index.get(word)
        if found is None:
            found = len(self.list)
            self.list.append(word)
            self.index[word] = found
        return found

    def matching(self, wanted: Callable[[str], bool], column: np.ndarray) -> np.ndarray:
        """Which entries of a column of codes have a wanted word."""
        return np.fromiter(map(wanted, self.list), dtype=bool, count=len(self.list))[column]

    def among(self, words: Sequence[str], column: np.ndarray) -> np.ndarray:
        """Which entries of a column of codes are one of these words."""
        codes = [self.index[word] for word in words if word in self.index]
        if len(codes) == 1:
            return column == codes[0]
        return np.isin(column, codes)


class Order:
    """Slots in the order of a text: ``order`` lists slots, ``rank[slot]`` is the place in it (-1 = gone)."""

    def __init__(self, order: np.ndarray, size: int) -> None:
        self.order = order
        self.rank = np.full(size, -1, dtype=np.int32)
        self.rank[order] = np.arange(len(order), dtype=np.int32)

    def renewed(self, key: Callable[[int], str], moved: Sequence[int], come: Sequence[int], size: int) -> Order:
        """The order when the slots ``moved`` left their places and the slots ``come`` take new ones by ``key``."""
        if len(come) > 100 and len(come) > RESORT * len(self.order):
            left = np.setdiff1d(self.order, np.asarray(moved, dtype=np.int32))
            whole = sorted(sorted([*left.tolist(), *come]), key=key)
            return Order(np.array(whole, dtype=np.int32), size)
        order = self.order
        if len(moved):
            out = np.zeros(size, dtype=bool)
            out[moved] = True
            order = order[~out[order]]
        sorted_come = sorted(come, key=lambda slot: (key(slot), slot))
        places = [self.place((key(slot), slot), key, order) for slot in sorted_come]
        return Order(np.insert(order, places, sorted_come).astype(np.int32), size)

    @staticmethod
    def place(wanted: tuple[str, int], key: Callable[[int], str], order: np.ndarray) -> int:
        """How many slots stand before (text, slot)."""
        return bisect_left(order, wanted, key=lambda slot: (key(slot), int(slot)))       # type: ignore[call-overload, no-any-return]


def with_values(array: np.ndarray, size: int, slots: np.ndarray, values: Any) -> np.ndarray:
    """The array with these values at these slots, grown to ``size``; itself when nothing differs."""
    fresh = np.asarray(values, dtype=array.dtype)
    if size == len(array) and np.array_equal(array[slots], fresh):
        return array
    copy = np.zeros(size, dtype=array.dtype)
    copy[:len(array)] = array
    copy[slots] = fresh
    return copy


def with_texts(texts: list[str], size: int, slots: Sequence[int], values: Sequence[str]) -> tuple[list[str], list[int]]:
    """(the list with these texts at these slots, the slots whose text differs); the same list when nothing differs."""
    known = len(texts)
    changed = [at for at, slot in enumerate(slots) if slot >= known or texts[slot] != values[at]]
    if not changed and size == known:
        return texts, []
    copy = [*texts, *[""] * (size - known)]
    for at in changed:
        copy[slots[at]] = values[at]
    return copy, [slots[at] for at in changed]
