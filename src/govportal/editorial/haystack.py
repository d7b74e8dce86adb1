"""Texts of many slots laid end to end in one array, so that a word is looked for in all of them at once.

Owns the shared, only growing ``Haystack`` and what one picture of the columns sees of it (``Texts``). A text that changed is
added at the end; where it stood before no longer counts. Knows nothing of documents.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .slots import with_values


def _room(array: np.ndarray, used: int, more: int) -> np.ndarray:
    """The array, or a larger copy of it, with place for ``more`` behind ``used``."""
    if used + more <= len(array):
        return array
    copy = np.zeros(max(2 * len(array), used + more), dtype=array.dtype)
    copy[:used] = array[:used]
    return copy


class Haystack:
    """Only ever added to, by one writer at a time: what a reader has seen of it stays as it is."""

    def __init__(self, *, narrow: bool = False) -> None:
        self.narrow = narrow          # ASCII alone, for addresses and codes: other characters are left out
        self.chars, self.used = np.zeros(4096, dtype=np.uint8 if narrow else np.uint16), 0
        self.starts, self.owners, self.count = np.zeros(256, dtype=np.int64), np.zeros(256, dtype=np.int32), 0

    def encoded(self, text: str) -> np.ndarray:
        data = text.encode("ascii", "ignore") if self.narrow else text.encode("utf-16-le", "surrogatepass")
        return np.frombuffer(data, dtype=self.chars.dtype)

    def add(self, slots: Sequence[int], texts: Sequence[str]) -> None:
        data = self.encoded("".join(f"{text}\0" for text in texts))
        sizes = [len(text) + 1 if text.isascii() else len(self.encoded(text)) + 1 for text in texts]
        self.chars = _room(self.chars, self.used, len(data))
        self.starts, self.owners = (_room(array, self.count, len(slots)) for array in (self.starts, self.owners))
        self.chars[self.used:self.used + len(data)] = data
        self.starts[self.count:self.count + len(slots)] = self.used + np.concatenate(([0], np.cumsum(sizes[:-1], dtype=np.int64)))
        self.owners[self.count:self.count + len(slots)] = slots
        self.used += len(data)
        self.count += len(slots)


class Texts:
    """The texts of all slots at one moment. ``places[slot]``: the number of its text in the haystack, -1 = none."""

    def __init__(self, haystack: Haystack, places: np.ndarray) -> None:
        self._haystack, self._places = haystack, places
        self._chars, self._starts, self._owners = haystack.chars[:haystack.used], haystack.starts[:haystack.count], haystack.owners[:haystack.count]

    @property
    def kept(self) -> int:
        """How many texts lie in the haystack, those that no longer count included."""
        return self._haystack.count

    def renewed(self, slots: Sequence[int], texts: Sequence[str], size: int) -> Texts:
        """The same with these texts at these slots; other slots keep theirs."""
        first, places = self._haystack.count, self._places
        if len(places) < size:
            places = np.concatenate((places, np.full(size - len(places), -1, dtype=np.int32)))
        if slots:
            self._haystack.add(slots, texts)
            places = with_values(places, size, np.array(slots, dtype=np.int32), np.arange(first, first + len(slots)))
        return Texts(self._haystack, places)

    def holding(self, word: str) -> np.ndarray:
        """Which slots have a text that holds the word (compared character by character)."""
        found, needle = np.zeros(len(self._places), dtype=bool), self._haystack.encoded(word)
        last = len(self._chars) - len(needle) + 1
        if not len(needle) or last <= 0:
            return found
        mask = self._chars[:last] == needle[0]
        if len(needle) > 1:
            mask &= self._chars[1:last + 1] == needle[1]
        hits = np.flatnonzero(mask)
        for at in range(2, len(needle)):
            hits = hits[self._chars[hits + at] == needle[at]]
        numbers = np.searchsorted(self._starts, hits, side="right") - 1
        owners = self._owners[numbers]
        found[owners[self._places[owners] == numbers]] = True
        return found
