"""The tree as folders for the desk: the children of a path with how much lies below each, paged.

Owns the names of the fixed folders. Works on ``columns`` alone. Somebody sees a folder when something at it or below it lies
within their scopes, and its title only when it does itself.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..content.site import FOLDERS, SHARED_FOLDERS
from ..workflow.actors import Scope
from .columns import DeskColumns
from .listing import PAGE, ordered, visible
from .rows import DeskRow

TITLES = {"/items": "事项", "/news": "新闻和公告", "/questions": "问答", "/lifeevents": "一件事", "/pages": "页面", "/shared": "共享记录",
          "/shared/organisations": "机构", "/shared/places": "办理地点", "/shared/laws": "法律法规", "/shared/materials": "共享材料",
          "/shared/vocabularies": "代码表", "/shared/regions": "行政区划"}
FIXED = tuple(f"/{name}" for name in FOLDERS) + tuple(f"/shared/{name}" for name in SHARED_FOLDERS)


@dataclass(frozen=True)
class Child:
    """``row``: the document at the path, None for a fixed folder and for one outside the scopes. ``count``: documents at it and below it
    that may be seen."""

    path: str
    title: str
    row: DeskRow | None
    count: int
    has_more: bool            # something lies below it


@dataclass(frozen=True)
class Folders:
    path: str
    children: list[Child]
    number: int
    pages: int
    total: int
    trail: tuple[tuple[str, str], ...]     # (path, title) of the places above and itself, from the top


def folders(columns: DeskColumns, path: str, scopes: Iterable[Scope], number: int = 1, sort: str = "title") -> Folders:
    """The children of ``path`` (``/`` = the site), fixed folders first; an unknown path has none."""
    path = "/" + path.strip("/")
    seen = visible(columns, scopes)
    upto = np.concatenate(([0], np.cumsum(seen[columns.paths.order])))     # visible documents among the first n in order of path
    first, last = columns.span(path)
    fixed = [Child(place, TITLES[place], None, below, below > 0) for place in FIXED if _above(place) == path and (below := _number(columns, upto, place))]
    depth = 0 if path == "/" else path.count("/")
    within = columns.paths.order[first:last]
    starts = np.flatnonzero(columns.arrays["depth"][within] == depth + 1)
    ends = np.append(starts[1:], len(within))
    counts = upto[first + ends] - upto[first + starts]
    slots, counts, sizes = within[starts[counts > 0]], counts[counts > 0], (ends - starts)[counts > 0]
    total = len(slots)
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    place = np.zeros(columns.size, dtype=np.int32)          # slot -> its place among the children
    place[slots] = np.arange(total)
    shown = [_child(columns, slot, seen, int(counts[place[slot]]), int(sizes[place[slot]])) for slot in ordered(columns, slots, sort, (number - 1) * PAGE, PAGE).tolist()]
    return Folders(path, [*(fixed if number == 1 else []), *shown], number, pages, total + len(fixed), _trail(columns, path, seen))


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _number(columns: DeskColumns, upto: np.ndarray, path: str) -> int:
    first, last = columns.span(path)
    return int(upto[last] - upto[first])


def _child(columns: DeskColumns, slot: int, seen: np.ndarray, count: int, size: int) -> Child:
    path, own = columns.texts["path"][slot], bool(seen[slot])
    return Child(path, columns.texts["title"][slot] if own else path.rpartition("/")[2], columns.row(slot) if own else None, count, size > 1)


def _trail(columns: DeskColumns, path: str, seen: np.ndarray) -> tuple[tuple[str, str], ...]:
    found, parts = [("/", "全部")], [part for part in path.split("/") if part]
    for at in range(1, len(parts) + 1):
        place = "/" + "/".join(parts[:at])
        first, last = columns.span(place)
        slot = int(columns.paths.order[first]) if first < last else -1
        own = slot >= 0 and columns.texts["path"][slot] == place and bool(seen[slot])
        found.append((place, TITLES.get(place) or (columns.texts["title"][slot] if own else parts[at - 1])))
    return tuple(found)
