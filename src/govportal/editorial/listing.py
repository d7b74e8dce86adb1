"""Lists of the desk: which documents a filter picks among those somebody may see, counted by facet, sorted, paged.

Owns the meaning of each filter and what a grant covers. Works on ``columns`` alone and touches no document, so that a list
costs the same however large the tree is. What lies outside the given scopes is neither listed nor counted.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..base import clock
from ..content.columns import fold
from ..workflow.actors import Scope
from .columns import DeskColumns, minutes, minutes_of
from .filters import BANDS, MAX_WORDS, Filter, read_sort
from .rows import DeskRow

PAGE = 50
FACETS = ("kind", "state", "stage", "org", "region", "type", "assignee", "author")
FLAGS = ("faults", "overdue", "returned", "register", "demo")
NONE = "none"                 # in a filter and in counts: the empty value
STATE_ORDER = ("new", "changed", "scheduled", "live", "withdrawn", "ended")
STAGE_ORDER = ("returned", "drafting", "review", "legality", "signoff", "signed", "")
DAY = 1440
_LAST = 1 << 40               # behind every value that a document has

Counts = dict[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True)
class Selection:
    """``slots``: the documents, unsorted. ``counts``: facet -> ((value, number), …), most first; a facet's own choice does not narrow it."""

    slots: np.ndarray
    counts: Counts

    def __len__(self) -> int:
        return len(self.slots)


@dataclass(frozen=True)
class Page:
    rows: list[DeskRow]
    number: int               # from 1
    pages: int                # at least 1
    total: int


def region_prefix(region: str) -> str:
    """What the code of every region within this one begins with: 990100 -> 9901."""
    return re.sub(r"(?<=..)(00)+$", "", region)


def scopes_of(grants: Iterable[Any]) -> tuple[Scope, ...]:
    """The places that grants (anything with path, org and region) cover, without repeats."""
    return tuple(dict.fromkeys(Scope(grant.path, grant.org, grant.region) for grant in grants))


def visible(columns: DeskColumns, scopes: Iterable[Scope]) -> np.ndarray:
    """Which documents one of the scopes covers; '' in a scope is no limit in that respect."""
    found = np.zeros(columns.size, dtype=bool)
    for scope in scopes:
        part = columns.alive
        if scope.path.strip("/"):
            part = part & columns.below(scope.path)
        if scope.org:
            part = part & columns.words["org"].among((scope.org,), columns.arrays["org"])
        if scope.region:
            part = part & _in_region(columns, scope.region)
        found |= part
    return found


def _in_region(columns: DeskColumns, region: str) -> np.ndarray:
    prefix = region_prefix(region)
    return columns.words["region"].matching(lambda word: word.startswith(prefix), columns.arrays["region"])


def select(columns: DeskColumns, wanted: Filter, scopes: Iterable[Scope], now: datetime | None = None) -> Selection:
    """What the filter picks within the scopes, with counts. ``now``: for what is overdue or expires (default the present)."""
    base = visible(columns, scopes) & plain_mask(columns, wanted, now)
    if wanted.words:
        base = _with_words(columns, wanted.words, base)
    own = _facet_masks(columns, wanted, now)
    failed = np.zeros(columns.size, dtype=np.int8)
    for mask in own.values():
        failed += ~mask
    slots = np.flatnonzero(base & (failed == 0))
    once = base & (failed == 1)
    counts: Counts = {}
    for name in (*FACETS, "completeness", *FLAGS):
        among = slots if name not in own else np.concatenate((slots, np.flatnonzero(once & ~own[name])))
        counts[name] = count(columns, name, among, now)
    return Selection(slots, counts)


def mask_of(columns: DeskColumns, wanted: Filter, now: datetime | None = None) -> np.ndarray:
    """Which documents a filter picks, without regard to scopes and words: for groups that are made of several filters."""
    found = plain_mask(columns, wanted, now)
    for mask in _facet_masks(columns, wanted, now).values():
        found &= mask
    return found


def plain_mask(columns: DeskColumns, wanted: Filter, now: datetime | None) -> np.ndarray:
    """The parts of a filter that are no facet."""
    found = columns.alive.copy()
    if wanted.under:
        found &= columns.below(wanted.under)
    if wanted.changed_since:
        found &= columns.arrays["changed"] >= minutes(wanted.changed_since)
    if wanted.expiring:
        at, expires = minutes_of(now or clock.now()), columns.arrays["expires"]
        found &= (expires > at) & (expires <= at + wanted.expiring * DAY)
    if wanted.mine:
        found &= columns.words["assignee"].among((wanted.mine,), columns.arrays["assignee"]) | written_by(columns, wanted.mine)
    return found


def written_by(columns: DeskColumns, staff: str) -> np.ndarray:
    """Whose draft somebody has written in."""
    return columns.words["writers"].matching(lambda words: staff in words.split(" "), columns.arrays["writers"])


def _facet_masks(columns: DeskColumns, wanted: Filter, now: datetime | None) -> dict[str, np.ndarray]:
    found = {}
    for name in FACETS:
        words = getattr(wanted, name)
        if name == "region" and words and words != NONE:
            found[name] = _in_region(columns, words)
        elif words:
            found[name] = columns.words[name].among(["" if word == NONE else word for word in ((words,) if isinstance(words, str) else words)], columns.arrays[name])
    if wanted.completeness:
        number, mask = columns.arrays["completeness"], np.zeros(columns.size, dtype=bool)
        for low, high in (BANDS[band] for band in wanted.completeness if band in BANDS):
            mask |= (number >= low) & (number <= high)
        found["completeness"] = mask
    for name in FLAGS:
        if getattr(wanted, name) is not None:
            found[name] = _flag(columns, name, now) == getattr(wanted, name)
    return found


def _flag(columns: DeskColumns, name: str, now: datetime | None) -> np.ndarray:
    if name == "faults":
        return columns.arrays["faults"] > 0
    if name == "overdue":
        review, at = columns.arrays["review_by"], minutes_of(now or clock.now())
        return (review != 0) & (review < at - at % DAY)
    return columns.arrays[name]


def count(columns: DeskColumns, name: str, slots: np.ndarray, now: datetime | None) -> tuple[tuple[str, int], ...]:
    if name in FLAGS:
        yes = int(np.count_nonzero(_flag(columns, name, now)[slots]))
        found = [("yes", yes), ("no", len(slots) - yes)]
    elif name == "completeness":
        shares = np.bincount(columns.arrays[name][slots] + 1, minlength=102)         # -1 … 100
        found = [(band, int(shares[low + 1:high + 2].sum())) for band, (low, high) in BANDS.items()]
        return tuple(pair for pair in found if pair[1])
    else:
        numbers = np.bincount(columns.arrays[name][slots])
        words = columns.words[name].list
        found = [(words[code] or NONE, int(numbers[code])) for code in np.flatnonzero(numbers).tolist()]
    return tuple(sorted((pair for pair in found if pair[1]), key=lambda pair: (-pair[1], pair[0])))


def _with_words(columns: DeskColumns, text: str, within: np.ndarray) -> np.ndarray:
    """Which of these documents hold every word: in the title; a word of letters and digits also in code or path."""
    found = within
    for word in dict.fromkeys(fold(part) for part in text.split()[:MAX_WORDS]):
        held = columns.title_texts.holding(word)
        found = found & (held | columns.key_texts.holding(word) if word.isascii() else held)
    return found


def _primary(columns: DeskColumns, sort: str, slots: np.ndarray) -> np.ndarray:
    """What an order goes by, small first; ``_LAST`` for documents that lack it."""
    if sort in ("title", "path"):
        return (columns.titles if sort == "title" else columns.paths).rank[slots].astype(np.int64)
    if sort in ("org", "state"):
        return _table(columns, sort)[slots]
    values = columns.arrays[sort][slots].astype(np.int64)
    missing = values < 0 if sort == "completeness" else values == 0
    return np.where(missing, _LAST, -values if sort == "changed" else values)


def _table(columns: DeskColumns, sort: str) -> np.ndarray:
    if sort == "state":
        states, stages = ([order.index(word) if word in order else len(order) for word in columns.words[name].list]
                          for name, order in (("state", STATE_ORDER), ("stage", STAGE_ORDER)))
        return np.array(states, dtype=np.int64)[columns.arrays["state"]] * 10 + np.array(stages, dtype=np.int64)[columns.arrays["stage"]]
    names, words = org_names(columns), columns.words["org"].list
    places = {code: place for place, code in enumerate(sorted(range(1, len(words)), key=lambda code: names.get(words[code], words[code])))}
    return np.array([places.get(code, _LAST) for code in range(len(words))], dtype=np.int64)[columns.arrays["org"]]


def org_names(columns: DeskColumns) -> dict[str, str]:
    """Slug -> name of every organisation, drafts included."""
    mask = columns.alive & columns.words["kind"].among(("Organisation",), columns.arrays["kind"])
    return {columns.texts["path"][slot].rpartition("/")[2]: columns.texts["title"][slot] for slot in np.flatnonzero(mask).tolist()}


def ordered(columns: DeskColumns, slots: np.ndarray, sort: str = "", start: int = 0, count: int | None = None) -> np.ndarray:
    """``count`` slots from ``start`` on in an order of ``filters.SORTS`` (changed: newest first; "-…": the other way round); documents
    that lack what it goes by stand last, equal ones by title. A name that is not known gives the default order."""
    name, back = read_sort(sort)
    primary = _primary(columns, name, slots)
    if back:
        primary = np.where(primary == _LAST, _LAST, -primary)
    keys = primary * (columns.size + 1) + columns.titles.rank[slots]
    end = len(slots) if count is None else min(len(slots), start + count)
    if end * 4 < len(slots):
        first = np.argpartition(keys, end)[:end]
        return slots[first[np.argsort(keys[first])]][start:end]
    return slots[np.argsort(keys)][start:end]


def page(columns: DeskColumns, slots: np.ndarray, sort: str = "", number: int = 1, size: int = PAGE) -> Page:
    """One page of a list; a number beyond the last gives the last."""
    pages = max(1, -(-len(slots) // size))
    number = min(max(1, number), pages)
    return Page(columns.rows(ordered(columns, slots, sort, (number - 1) * size, size)), number, pages, len(slots))


def uids(columns: DeskColumns, slots: Sequence[int] | np.ndarray) -> list[str]:
    """The ids of a selection, for a bulk action or an export."""
    return [columns.texts["uid"][int(slot)] for slot in slots]
