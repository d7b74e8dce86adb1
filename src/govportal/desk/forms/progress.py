"""Completeness of a document and the live checks beside its form, with the section and the field that each leads to.

Owns the words and links; what counts is ``content.completeness``. Cheap: values in memory and, for an item, what it inherits.
"""
from __future__ import annotations

from typing import Any, NamedTuple

from ...content.completeness import findings, missing
from .hints import ROW_WORDS, known
from .look import Path, field_id
from .sections import sections_by_node


class Missing(NamedTuple):
    section: str
    path: Path
    words: str


class Completeness(NamedTuple):
    """``percent`` is 100 only when nothing is missing."""

    percent: int
    done: int
    total: int
    missing: tuple[Missing, ...]

    def of(self, section: str) -> tuple[Missing, ...]:
        """What is missing in one section."""
        return tuple(one for one in self.missing if one.section == section)


class Check(NamedTuple):
    """``state``: no, wait or ok. ``section`` is '' for what no field of this form can mend."""

    state: str
    message: str
    source: str
    section: str
    field: str


def completeness(kind: str, values: dict[str, Any], document: Any = None) -> Completeness:
    """How much of what the guide asks for is there. ``document`` is not needed today; an inherited element is not counted."""
    where, (total, lacks) = sections_by_node(kind), missing(kind, values)
    done = total - len(lacks)
    percent = 100 if total == done else min(99, done * 100 // total)
    return Completeness(percent, done, total, tuple(Missing(where[lack.path[0]].name, lack.path, lack.words) for lack in lacks))


def checks(kind: str, values: dict[str, Any], document: Any = None, *, prefix: str = "f") -> list[Check]:
    """Every rule of publishing and quality: what stops it first, then what should be better, then what is kept."""
    sections, found = sections_by_node(kind), []
    for state, message, source, path in findings(kind, values, document):
        number = next((part for part in path if isinstance(part, int)), None)
        if number is not None:
            message = f"{known(ROW_WORDS, kind, path[0]) or '第'} {number + 1}：{message}"
        where = sections[path[0]].name if path and path[0] in sections else ""
        found.append(Check(state, message, source, where, field_id(path, prefix) if where else ""))
    return found
