"""Finding rows by what they are called: names and 日常用语 as character bigrams.

Owns how texts are folded before they are compared, and the index over one list. Knows no row and no document.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np


def fold(text: str) -> str:
    """NFKC, lower case, no white space: what title matching compares."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


class TitleIndex:
    """Character bigrams of names and 日常用语 → rows; a query matches rows that hold most of its bigrams.

    ``classes``: a number a row; of equally good matches the smaller stands first."""

    def __init__(self, texts: Sequence[str], classes: Sequence[int] = ()) -> None:
        postings: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            for gram in {text[at:at + 2] for at in range(len(text) - 1)} | set(text):
                postings.setdefault(gram, []).append(number)
        self._postings = {gram: np.array(rows, dtype=np.int32) for gram, rows in postings.items()}
        self._texts, self._classes = texts, classes or [0] * len(texts)

    def match(self, query: str) -> list[int]:
        """Rows best first. A row with the whole query stands first; else at least 60 % of its bigrams are needed."""
        folded = fold(query)[:60]
        if not folded or not self._texts:
            return []
        grams = [folded] if len(folded) == 1 else list(dict.fromkeys(folded[at:at + 2] for at in range(len(folded) - 1)))
        scores = np.zeros(len(self._texts), dtype=np.float32)
        for gram in grams:
            rows = self._postings.get(gram)
            if rows is not None:
                scores[rows] += 1
        found = np.flatnonzero(scores >= max(1, 0.6 * len(grams)))
        ranked = sorted(found.tolist(), key=lambda row: (folded not in self._texts[row], -scores[row], self._classes[row], len(self._texts[row]), row))
        return ranked
