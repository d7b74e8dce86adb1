"""What differs between two sets of values of a kind, field by field, as its schema has them; and what was counted less or more (R1.2).

Owns the comparison. Reads plain values only, knows no document. Rows of a list are matched by what names them, so that a moved or changed row
is not told as one removed and one added. Values are given as they are: pages choose words and marks.
"""
from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .blocks import _Body
from .kinds import kind_of
from .rules import in_days

NAMES = ("name", "q", "title", "no", "law", "days", "text", "key")      # what names a row; a key comes last, imports number their rows
CHANGED, ADDED, REMOVED, MOVED = "changed", "added", "removed", "moved"
_EMPTY: tuple[Any, ...] = (None, "", (), [], {})


class Difference(NamedTuple):
    """``path``: field names, and the name of the row where there is one. ``title``: the same in Chinese, parted by ／. ``kind``: changed, added,
    removed, or moved (only the order of rows)."""

    path: tuple[str, ...]
    title: str
    before: Any
    after: Any
    kind: str


class Count(NamedTuple):
    """``before``/``after``: numbers, None = not given."""

    name: str
    title: str
    before: float | None
    after: float | None

    @property
    def less(self) -> bool:
        return self.before is not None and self.after is not None and self.after < self.before


def differences(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Every difference in the order of the schema; [] when the values say the same."""
    return list(_group(kind_of(kind).schema, before, after, (), ()))


def _group(schema: Any, before: dict[str, Any], after: dict[str, Any], path: tuple[str, ...], titles: tuple[str, ...]) -> Iterator[Difference]:
    for node in schema.children:
        yield from _node(node, before.get(node.name), after.get(node.name), (*path, node.name), (*titles, node.title or node.name))


def _node(node: Any, old: Any, new: Any, path: tuple[str, ...], titles: tuple[str, ...]) -> Iterator[Difference]:
    if old == new or (old in _EMPTY and new in _EMPTY):
        return
    if _is_group(node) and isinstance(old or {}, dict) and isinstance(new or {}, dict):
        yield from _group(node, old or {}, new or {}, path, titles)
    elif isinstance(node.typ, _Body) or _child_name(node) == "line" or _child_name(node) == "word":
        yield from _lines(old or (), new or (), path, titles)
    elif _child_name(node) == "row":
        yield from _rows(node.children[0], old or (), new or (), path, titles)
    else:
        yield _difference(path, titles, old, new)


def _is_group(node: Any) -> bool:
    return bool(node.children) and node.children[0].name not in ("row", "line", "word")


def _child_name(node: Any) -> str:
    return node.children[0].name if node.children else ""


def _difference(path: tuple[str, ...], titles: tuple[str, ...], old: Any, new: Any, kind: str = "") -> Difference:
    found = kind or (ADDED if old in _EMPTY else REMOVED if new in _EMPTY else CHANGED)
    return Difference(path, "／".join(titles), old, new, found)


def _lines(old: Sequence[Any], new: Sequence[Any], path: tuple[str, ...], titles: tuple[str, ...]) -> Iterator[Difference]:
    """Texts, words of a table, blocks of a body: by place, a changed line beside what it was."""
    was_keys, now_keys = [repr(line) for line in old], [repr(line) for line in new]      # a picture's line holds a dict
    if sorted(was_keys) == sorted(now_keys):
        yield _difference(path, titles, tuple(old), tuple(new), MOVED)
        return
    for tag, i, until, j, to in difflib.SequenceMatcher(None, was_keys, now_keys, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for number in range(max(until - i, to - j)):
            was, now = (old[i + number] if i + number < until else None), (new[j + number] if j + number < to else None)
            place = (j if now is not None else i) + number + 1
            yield _difference((*path, str(place)), (*titles, f"第 {place} 条"), was, now)


def _rows(schema: Any, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], path: tuple[str, ...], titles: tuple[str, ...]) -> Iterator[Difference]:
    pairs = _pairs(schema, old, new)
    for place, row in enumerate(new):
        label, former = _label(row, place), pairs.get(place)
        if former is None:
            yield Difference((*path, label), "／".join((*titles, label)), None, row, ADDED)
        else:
            yield from _group(schema, old[former], row, (*path, label), (*titles, label))
    for place, row in enumerate(old):
        if place not in pairs.values():
            label = _label(row, place)
            yield Difference((*path, label), "／".join((*titles, label)), row, None, REMOVED)
    order = [pairs[place] for place in sorted(pairs)]
    if order != sorted(order):
        yield Difference(path, "／".join(titles), tuple(_label(old[place], place) for place in sorted(order)),
                         tuple(_label(new[place], place) for place in sorted(pairs)), MOVED)


def _pairs(schema: Any, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Place of a row in ``new`` -> place of the same row in ``old``: the equal ones first, then by each name in turn."""
    fields = {node.name for node in schema.children}
    pairs: dict[int, int] = {}
    for key in ("", *(name for name in NAMES if name in fields)):
        free: dict[Any, list[int]] = {}
        for place, row in enumerate(old):
            if place not in pairs.values() and (not key or row.get(key) not in _EMPTY):
                free.setdefault(row[key] if key else repr(row), []).append(place)
        for place, row in enumerate(new):
            places = free.get(row.get(key) if key else repr(row)) if place not in pairs else None
            if places:
                pairs[place] = places.pop(0)
    return pairs


def _label(row: dict[str, Any], place: int) -> str:
    """What people call the row."""
    return next((str(row[name]) for name in NAMES if row.get(name) not in _EMPTY), f"第 {place + 1} 行")[:60]


def counts(before: dict[str, Any], after: dict[str, Any]) -> list[Count]:
    """Conditions, materials, steps, and promised limit in calendar days (R1.2: 减条件、减材料、减环节、减时限)."""
    found = [Count(name, title, len(before.get(name) or ()), len(after.get(name) or ()))
             for name, title in (("conditions", "受理条件"), ("materials", "申请材料"), ("steps", "办理环节"))]
    old, new = before.get("promise_limit") or {}, after.get("promise_limit") or {}
    return [*found, Count("promise_limit", "承诺时限", *_comparable(old, new))]


def _comparable(old: dict[str, Any], new: dict[str, Any]) -> tuple[float | None, float | None]:
    """Both limits in one unit: as they are when it is the same one, else in calendar days."""
    same = (old.get("unit") or "工作日") == (new.get("unit") or "工作日")
    first, second = (None if limit.get("days") is None else limit["days"] if same else in_days(limit) for limit in (old, new))
    return first, second
