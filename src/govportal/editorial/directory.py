"""The directory list as a list: what a filter picks, in which order, and the statistics of items (R5.9.2, R5.9.4).

Owns the meaning of the filters and figures. Works on ``columns`` alone, so that a page costs the same however large the list is. Reads only.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..workflow.actors import Scope
from .columns import DeskColumns
from .filters import Filter
from .listing import ordered, org_names, select

KIND, ITEM = "DirectoryItem", "ImplementationItem"
STATES = ("在用", "挂起", "取消")
ORIGINS = {"own": "本地编制", "register": "来源登记", "all": "全部"}
LEVELS = {"main": "主项", "sub": "子项"}
EVERYWHERE = (Scope(),)          # the list is one for all: who may see the desk's content sees it whole
OFFLINE = ("", "互联网咨询", "其他")       # depths at which nothing can be handled online
SORTS = {"title": "名称", "changed": "最近改动"}


@dataclass(frozen=True)
class Wanted:
    """A filter of the list; '' = all. ``level``: a key of LEVELS; ``origin``: a key of ORIGINS, '' = the first."""

    words: str = ""
    type: str = ""
    state: str = ""
    level: str = ""
    origin: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in vars(self).items() if value]


def _is(columns: DeskColumns, name: str, *words: str) -> np.ndarray:
    return columns.words[name].among(words, columns.arrays[name])


def pick(columns: DeskColumns, wanted: Wanted, sort: str = "title") -> np.ndarray:
    """Slots of the directory items that the filter picks, in order."""
    slots = select(columns, Filter(kind=(KIND,), words=wanted.words), EVERYWHERE).slots
    mask = np.ones(columns.size, dtype=bool)
    if wanted.type:
        mask &= _is(columns, "type", wanted.type)
    if wanted.state:
        mask &= _is(columns, "item_state", wanted.state)
    if wanted.level in LEVELS:
        mask &= columns.arrays["sub"] == (wanted.level == "sub")
    if wanted.origin != "all":
        mask &= columns.arrays["register"] == (wanted.origin == "register")
    return ordered(columns, slots[mask[slots]], sort if sort in SORTS else "title")


class TypeRow(NamedTuple):
    """Directory items of one type."""

    type: str
    total: int
    mains: int
    subs: int
    in_use: int
    paused: int
    cancelled: int


def types(columns: DeskColumns) -> list[TypeRow]:
    """Directory items by type, most first; the last row is of all."""
    all_of = columns.alive & _is(columns, "kind", KIND)
    sub = columns.arrays["sub"]
    found = []
    for type in columns.words["type"].list:
        mask = all_of & _is(columns, "type", type)
        if mask.any():
            found.append(_type_row(columns, type or "（没有类型）", mask, sub))
    return [*sorted(found, key=lambda row: -row.total), _type_row(columns, "合计", all_of, sub)]


def _type_row(columns: DeskColumns, type: str, mask: np.ndarray, sub: np.ndarray) -> TypeRow:
    subs = int((mask & sub).sum())
    return TypeRow(type, int(mask.sum()), int(mask.sum()) - subs, subs, *(int((mask & _is(columns, "item_state", state)).sum()) for state in STATES))


class ItemRow(NamedTuple):
    """Implementation items of one group. ``online``: how many can be handled online; ``counted``: how many give both limits; ``cut``: 时限压缩率 of
    those, 0–100 (1 − sum of promised ÷ sum of legal, in calendar days), None without any."""

    name: str
    total: int
    online: int
    zero: int
    counted: int
    cut: float | None


GROUPS = {"type": "事项类型", "level": "行使层级", "org": "部门", "online_depth": "网办深度"}
MISSING = {"type": "（没有类型）", "level": "未提供", "org": "（没有部门）", "online_depth": "未提供"}


def items(columns: DeskColumns, group: str, *, registered: bool = False) -> list[ItemRow]:
    """Public implementation items by a group of GROUPS, most first; the last row is of all. ``registered``: also rows taken over from elsewhere."""
    public = columns.alive & _is(columns, "kind", ITEM) & _is(columns, "state", "live", "changed", "scheduled") & ~_is(columns, "item_state", "取消")
    if not registered:
        public &= ~columns.arrays["register"]
    names: Callable[[str], str] = (lambda word: org_names(columns).get(word, word)) if group == "org" else (lambda word: word)
    codes, words = columns.arrays[group], columns.words[group].list
    found = [_item_row(columns, names(words[code]) or MISSING[group], public & (codes == code)) for code in np.unique(codes[public]).tolist()]
    return [*sorted(found, key=lambda row: -row.total), _item_row(columns, "合计", public)]


def _item_row(columns: DeskColumns, name: str, mask: np.ndarray) -> ItemRow:
    legal, promise = columns.arrays["legal"], columns.arrays["promise"]
    both = mask & (legal > 0) & (promise >= 0)
    whole = int(legal[both].sum())
    offline = mask & _is(columns, "online_depth", *OFFLINE)
    cut = None if not whole else round(100 * (1 - int(promise[both].sum()) / whole), 1)
    return ItemRow(name, int(mask.sum()), int((mask & ~offline).sum()), int((mask & (promise == 0)).sum()), int(both.sum()), cut)


def table(columns: DeskColumns, group: str, *, registered: bool = False) -> tuple[list[str], list[list[Any]]]:
    """(header, rows) of a statistic, for a file. ``group``: a key of GROUPS, or ``directory``."""
    if group == "directory":
        return ["事项类型", "合计", "主项", "子项", *STATES], [list(row) for row in types(columns)]
    rows = items(columns, group, registered=registered)
    return [GROUPS[group], "事项数", "能网上办", "即办", "给出两种时限的", "时限压缩率（%）"], [[*row[:5], "" if row.cut is None else row.cut] for row in rows]


def by_name(columns: DeskColumns) -> dict[str, list[str]]:
    """Folded name -> uids of directory items in use, to find a 主项 and names that are there twice."""
    mask = columns.alive & _is(columns, "kind", KIND) & ~_is(columns, "item_state", "取消")
    found: dict[str, list[str]] = {}
    for slot in np.flatnonzero(mask).tolist():
        found.setdefault(columns.texts["folded"][slot], []).append(columns.texts["uid"][slot])
    return found


def uids(columns: DeskColumns, slots: Iterable[int]) -> list[str]:
    return [columns.texts["uid"][int(slot)] for slot in slots]
