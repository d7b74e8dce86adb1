"""Facets of the finder: one dimension of all items as arrays of (row, value).

Owns which facets there are and how they are counted. Reads rows only.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .heads import ItemRow

# Facets of the finder (R2.2): name -> attribute of ItemRow; tuples are many-valued.
FACETS = {"person": "person_topics", "legal": "legal_topics", "org": "org", "region": "region", "type": "type",
          "channel": "channels", "depth": "depth", "level": "level", "state": "state"}
MANY = {"person_topics", "legal_topics", "channels"}


@dataclass
class Facet:
    """One dimension as (row, value) pairs: ``rows`` and ``codes`` are int32 arrays of equal length."""

    labels: list[str]
    rows: np.ndarray
    codes: np.ndarray
    index: dict[str, int] = field(default_factory=dict)

    def mask(self, label: str, size: int) -> np.ndarray:
        found = np.zeros(size, dtype=bool)
        code = self.index.get(label)
        if code is not None:
            found[self.rows[self.codes == code]] = True
        return found

    def counts(self, mask: np.ndarray) -> np.ndarray:
        return np.bincount(self.codes[mask[self.rows]], minlength=len(self.labels))


def facet_of(rows: Sequence[ItemRow], attribute: str) -> Facet:
    index: dict[str, int] = {}
    at: list[int] = []
    codes: list[int] = []
    many = attribute in MANY
    for number, row in enumerate(rows):
        value = getattr(row, attribute)
        for label in (value if many else (value,)):
            if label:
                at.append(number)
                codes.append(index.setdefault(label, len(index)))
    return Facet(list(index), np.array(at, dtype=np.int32), np.array(codes, dtype=np.int32), index)
