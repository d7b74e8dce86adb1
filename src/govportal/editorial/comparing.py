"""Comparing how a directory item is performed: side by side across departments and regions, and over time with what became less (R1.2, R4.2.1.6).

Owns the lines compared and when they are marked as different. Reads public editions only; LookupError of one that cannot be read leaves it out.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from ..content.differences import Count, counts
from ..content.effective import effective, moments_of
from ..content.heads import fee_words
from ..content.model import Document, path_of
from ..content.rules import in_days

MOST = 8                      # columns that can be read side by side
GIVEN_NOT = "未提供"


class Side(NamedTuple):
    """One item in the comparison."""

    document: Document
    values: dict[str, Any]
    org: str
    region: str


class Cell(NamedTuple):
    """``lines``: what is shown; ``best``: shortest limit, fewest materials …, where they differ; ``own``: lines that not all sides have."""

    lines: tuple[str, ...]
    best: bool = False
    own: frozenset[str] = frozenset()


class Line(NamedTuple):
    """One element of all sides; ``differs``: they do not say the same."""

    title: str
    cells: tuple[Cell, ...]
    differs: bool


class Change(NamedTuple):
    """What was counted at one change of an item. ``less``: names of what became less (减材料 …)."""

    at: datetime
    counts: list[Count]
    less: tuple[str, ...]


def sides(directory: Document) -> list[Side]:
    """The public items under a directory item, in the order of department and address."""
    found = []
    for child in directory.values():
        if isinstance(child, Document) and child.kind == "ImplementationItem" and child.live is not None:
            try:
                values = effective(child).values
            except LookupError:
                continue
            found.append(Side(child, values, values.get("org") or "", values.get("region") or ""))
    return sorted(found, key=lambda side: (side.region, side.org, path_of(side.document)))


def _limit(name: str) -> tuple[Callable[[dict[str, Any]], list[str]], Callable[[dict[str, Any]], float | None]]:
    def words(values: dict[str, Any]) -> list[str]:
        limit = values.get(name) or {}
        return [] if limit.get("days") is None else ["当场办"] if limit["days"] == 0 else [f"{limit['days']} {limit.get('unit') or '工作日'}"]

    def weight(values: dict[str, Any]) -> float | None:
        limit = values.get(name) or {}
        return None if limit.get("days") is None else in_days(limit)
    return words, weight


def _names(name: str) -> tuple[Callable[[dict[str, Any]], list[str]], Callable[[dict[str, Any]], float | None]]:
    return (lambda values: [row.get("name") or "" if isinstance(row, dict) else str(row) for row in values.get(name) or ()],
            lambda values: len(values.get(name) or ()) if values.get(name) else None)


def _visits(values: dict[str, Any]) -> float | None:
    return values.get("on_site_visits")


LINES: tuple[tuple[str, tuple[Callable[[dict[str, Any]], list[str]], Callable[[dict[str, Any]], float | None]]], ...] = (
    ("法定时限", _limit("legal_limit")), ("承诺时限", _limit("promise_limit")),
    ("到现场次数", (lambda values: [] if _visits(values) is None else [f"{_visits(values)} 次"], _visits)),
    ("申请材料", _names("materials")), ("办理环节", _names("steps")), ("受理条件", _names("conditions")),
    ("收费", (lambda values: [word] if (word := fee_words(values)) else [],
            lambda values: None if (values.get("fee") or {}).get("charged") is None else float(bool(values["fee"]["charged"])))),
    ("网办深度", (lambda values: [word] if (word := (values.get("online") or {}).get("depth") or "") else [], lambda values: None)))


def across(chosen: list[Side]) -> list[Line]:
    """The lines of several items, differences marked."""
    found = []
    for title, (words, weight) in LINES:
        shown, weights = [tuple(words(side.values)) for side in chosen], [weight(side.values) for side in chosen]
        known = [one for one in weights if one is not None]
        least = min(known) if len(set(known)) > 1 else None
        common = frozenset.intersection(*map(frozenset, shown)) if shown else frozenset()
        found.append(Line(title, tuple(Cell(lines, least is not None and own == least, frozenset(lines) - common if len(chosen) > 1 else frozenset())
                                       for lines, own in zip(shown, weights, strict=True)), len(set(shown)) > 1))
    return found


LESS = {"conditions": "减条件", "materials": "减材料", "steps": "减环节", "promise_limit": "减时限"}


def over_time(item: Document) -> list[Change]:
    """What was counted at each change of a public item, newest first: conditions, materials, steps, limit."""
    times = moments_of(item)
    found = []
    for newer, older in zip(times, times[1:], strict=False):
        try:
            numbers = counts(effective(item, older).values, effective(item, newer).values)
        except LookupError:
            continue
        found.append(Change(newer, numbers, tuple(LESS[one.name] for one in numbers if one.less)))
    return found
