"""Columns: numpy arrays of all rows of the head pages, in memory, one set a process.

Owns counting, filtering, sorting and title matching for lists and facets. Reads head pages only; a page of the portal
that lists anything asks here and touches no document. A process refreshes by loading the pages whose version moved and, in them, the rows that
differ: an edit that leaves every item in its place costs what it changed. Thread safe: a new immutable ``Columns`` replaces the old one.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from ..base.pages import PageReader
from .facets import FACETS, Facet, facet_of
from .heads import ROWS, ArticleRow, ItemRow, LawRow, PlainRow, QuestionRow
from .site import Site
from .titles import TitleIndex, fold

_STATE_ORDER = {"完整": 0, "整理中": 1, "挂起": 2}


def _speed(limit: str) -> float:
    """Days of a limit in words; what is not given comes last."""
    if limit == "当场办":
        return 0
    days = "".join(char for char in limit if char.isdigit())
    return float(days) if days else 1e6


def _place(row: ItemRow) -> tuple[Any, ...]:
    """Where an item stands in lists: the city's own complete guides first, what editors recommend before others."""
    return _STATE_ORDER.get(row.state, 9), row.hot or 10_000, row.name, row.path


class Columns:
    """An immutable picture of all live heads at one generation."""

    def __init__(self, generation: int, items: Callable[[], list[ItemRow]], groups: dict[str, list[Any]], former: Columns | None = None,
                 changed: Iterable[ItemRow] | None = None) -> None:
        """``items`` gives all item rows when they are needed: rows ``changed`` that keep their places in ``former`` are put there, and all that
        does not differ is shared with it (None: more than that differs)."""
        self.generation = generation
        self._titles: dict[str, TitleIndex] = {}
        self._ranks: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()
        self._others(groups)
        if former is None or changed is None or not self._renew_items(former, list(changed)):
            self._make_items(items())
        self.hot = [row for row in self.items if row.hot]                      # what the editors recommend, in their order
        self._selected = lru_cache(maxsize=512)(self._select)

    def _others(self, groups: dict[str, list[Any]]) -> None:
        self.articles: list[ArticleRow] = sorted(groups["article"], key=lambda row: (row.published, row.path), reverse=True)
        self.questions: list[QuestionRow] = sorted(groups["question"], key=lambda row: (row.answered, row.path), reverse=True)
        self.laws: list[LawRow] = sorted(groups["law"], key=lambda row: row.title)
        self.plain: dict[str, list[PlainRow]] = {}
        for row in sorted(groups["plain"], key=lambda row: (row.order or 9999, row.title)):
            self.plain.setdefault(row.kind, []).append(row)
        self._plain = {(row.kind, row.slug): row for row in groups["plain"]}
        self._other: dict[str, tuple[str, Any]] = {}
        for group in ("article", "question", "law", "plain"):
            self._other |= {row.uid: (group, row) for row in groups[group]}
        self._orgs = {row.slug: row for row in self.plain.get("Organisation", [])}
        self._laws = {name: row for row in self.laws for name in (row.title.removeprefix("中华人民共和国"), row.title)}

    def _make_items(self, rows: list[ItemRow]) -> None:
        self.items: list[ItemRow] = sorted(rows, key=_place)
        self.size = len(self.items)
        self.facets = {name: facet_of(self.items, attribute) for name, attribute in FACETS.items()}
        self._audience = self._audiences()
        self.complete = sum(1 for row in self.items if row.state == "完整")    # items with a complete guide
        places = list(range(self.size))                                        # one number object for all three ways to a row
        self._by_uid = {row.uid: number for number, row in zip(places, self.items, strict=True)}
        self._by_path = {row.path: number for number, row in zip(places, self.items, strict=True)}
        self._by_segment = {row.path.rsplit("/", 1)[-1]: number for number, row in zip(reversed(places), reversed(self.items), strict=True)}

    def _renew_items(self, former: Columns, changed: list[ItemRow]) -> bool:
        """The former items with these rows in place of theirs; False when one is new or its place in the list moves."""
        pairs = [(former.items[former._by_uid[row.uid]], row) for row in changed if row.uid in former._by_uid]
        if len(pairs) != len(changed) or any(_place(before) != _place(row) for before, row in pairs):
            return False

        def differs(*attributes: str) -> bool:
            return any(getattr(before, name) != getattr(row, name) for before, row in pairs for name in attributes)
        self.items, self.size, self.complete = [*former.items] if pairs else former.items, former.size, former.complete
        self._by_uid, self._by_path, self._by_segment = former._by_uid, former._by_path, former._by_segment
        for _, row in pairs:
            self.items[self._by_uid[row.uid]] = row
        self.facets = {name: facet_of(self.items, attribute) if differs(attribute) else former.facets[name] for name, attribute in FACETS.items()}
        self._audience = self._audiences() if differs("objects", "person_topics", "legal_topics", "visits") else former._audience
        with former._lock:
            titles, ranks = former._titles.get("items"), dict(former._ranks)
        if titles is not None and not differs("name", "plain_names", "state"):
            self._titles["items"] = titles
        kept = [name for name, attribute in (("fast", "limit"), ("name", "name"), ("org", "org")) if not differs(attribute, "name") and (name != "org" or self._orgs == former._orgs)]
        self._ranks = {name: ranks[name] for name in kept if name in ranks}
        return True

    def _audiences(self) -> dict[str, np.ndarray]:
        return {"person": self._mark(lambda row: "自然人" in row.objects if row.objects else bool(row.person_topics)),
                "legal": self._mark(lambda row: bool(set(row.objects) - {"自然人"}) if row.objects else bool(row.legal_topics)),
                "zero": self._mark(lambda row: row.visits == 0)}

    def _mark(self, wanted: Any) -> np.ndarray:
        return np.array([wanted(row) for row in self.items], dtype=bool)

    # -- items ---------------------------------------------------------------------------------------------------------
    def _mask(self, name: str, value: str) -> np.ndarray:
        if name == "audience":
            return self._audience.get(value, np.ones(self.size, dtype=bool))
        if name == "visits":
            return self._audience["zero"]
        return self.facets[name].mask(value, self.size)

    def select(self, chosen: tuple[tuple[str, str], ...], word: str = "") -> tuple[np.ndarray, dict[str, tuple[tuple[str, int], ...]]]:
        """(row numbers, {facet: ((label, count), …)}) for chosen (facet, value) pairs, and of the items whose name matches ``word``.

        Rows are in list order; with a word the best matches first. A facet's own choice does not narrow its counts, so that another
        value can be picked beside it.
        """
        if not word:
            return self._selected(chosen)
        matched = np.array(self.match_numbers(word), dtype=np.int64)
        mask = np.zeros(self.size, dtype=bool)
        mask[matched] = True
        numbers, counts = self._select(chosen, mask)
        allowed = np.zeros(self.size, dtype=bool)
        allowed[numbers] = True
        return matched[allowed[matched]], counts

    def _select(self, chosen: tuple[tuple[str, str], ...], within: np.ndarray | None = None) -> tuple[
            np.ndarray, dict[str, tuple[tuple[str, int], ...]]]:
        masks = {name: self._mask(name, value) for name, value in chosen}
        if within is not None:
            masks[""] = within
        whole = np.ones(self.size, dtype=bool)
        for mask in masks.values():
            whole &= mask
        counts: dict[str, tuple[tuple[str, int], ...]] = {}
        for name, facet in self.facets.items():
            mask = whole
            if name in masks:
                mask = np.ones(self.size, dtype=bool)
                for other, part in masks.items():
                    if other != name:
                        mask &= part
            numbers = facet.counts(mask) if len(facet.labels) else np.zeros(0, dtype=int)
            counts[name] = tuple((label, int(number)) for label, number in zip(facet.labels, numbers, strict=True) if number)
        return np.flatnonzero(whole), counts

    def item(self, uid: str) -> ItemRow | None:
        return self._at(self._by_uid.get(uid))

    def _at(self, number: int | None) -> ItemRow | None:
        return None if number is None else self.items[number]

    def row(self, uid: str) -> tuple[str, Any] | None:
        """(group, row) of any listed document: ``item``, ``article``, ``question``, ``law`` or ``plain``."""
        item = self.item(uid)
        return ("item", item) if item is not None else self._other.get(uid)

    def item_at(self, path: str) -> ItemRow | None:
        """Row at ``/items/a/b``."""
        return self._at(self._by_path.get(path))

    def item_by_slug(self, slug: str) -> ItemRow | None:
        """Row whose own or whose directory item's path segment is ``slug`` (how content names services)."""
        return self._at(self._by_path.get(f"/items/{slug}/{slug}", self._by_segment.get(slug)))

    def org(self, slug: str) -> PlainRow | None:
        return self._orgs.get(slug)

    def law(self, title: str) -> LawRow | None:
        """The law record with this title, with or without 中华人民共和国."""
        return self._laws.get(title.strip("《》 "))

    def org_name(self, slug: str, *, short: bool = False) -> str:
        row = self._orgs.get(slug)
        if row is None:
            return "未提供"
        return (row.head.get("short") if short else None) or row.title

    def match_numbers(self, query: str) -> list[int]:
        """Row numbers of items whose name matches, best first, the city's own complete guides first among equals."""
        return self._title_index("items").match(query)

    def sorted(self, numbers: np.ndarray, by: str) -> list[int]:
        """Row numbers in another order: ``fast`` (promised time), ``name``, ``org``."""
        with self._lock:
            rank = self._ranks.get(by)
            if rank is None:
                keys = {"fast": lambda row: (_speed(row.limit), row.name), "name": lambda row: row.name,
                        "org": lambda row: (self.org_name(row.org), row.name)}[by]
                order = sorted(range(self.size), key=lambda number: keys(self.items[number]))
                rank = np.empty(self.size, dtype=np.int32)
                rank[order] = np.arange(self.size, dtype=np.int32)
                self._ranks[by] = rank
        return numbers[np.argsort(rank[numbers], kind="stable")].tolist()

    def first(self, numbers: np.ndarray, name: str, value: str) -> np.ndarray:
        """The same row numbers, those with this facet value first."""
        own = self.facets[name].mask(value, self.size)[numbers]
        return np.concatenate((numbers[own], numbers[~own]))

    # -- titles --------------------------------------------------------------------------------------------------------
    def _title_index(self, group: str) -> TitleIndex:
        with self._lock:
            if group not in self._titles:
                if group == "items":
                    texts = [fold(row.name + " " + " ".join(row.plain_names)) for row in self.items]
                    self._titles[group] = TitleIndex(texts, [_STATE_ORDER.get(row.state, 9) for row in self.items])
                else:
                    self._titles[group] = TitleIndex([fold(row.title) for row in getattr(self, group)])
            return self._titles[group]

    def match(self, group: str, query: str) -> list[Any]:
        """Rows of ``items``, ``articles``, ``questions`` or ``laws`` whose name matches, best first."""
        rows = getattr(self, group)
        return [rows[number] for number in self._title_index(group).match(query)]

    # -- reading column ------------------------------------------------------------------------------------------------
    def in_channel(self, channel: str, now: str = "") -> list[ArticleRow]:
        """Articles of a channel, newest first, without those past their end (``now`` as YYYY-MM-DD HH:MM)."""
        return [row for row in self.articles if row.channel == channel and not (row.expires and now and row.expires <= now)]

    def questions_on(self, topic: str) -> list[QuestionRow]:
        return [row for row in self.questions if row.topic == topic]

    def one(self, kind: str, slug: str) -> PlainRow | None:
        """The row of a shared record or page by its kind and address."""
        return self._plain.get((kind, slug))

    def topic_counts(self, kind: str) -> dict[str, int]:
        """{topic label: number of listed items} for ``person`` or ``legal``."""
        return dict(self.select(())[1][kind])


Page = tuple[dict[str, ItemRow], dict[str, tuple[str, Any]]]      # uid -> row of an item; uid -> (group, row) of what else is listed


class ColumnStore:
    """The process's Columns, renewed when the head pages moved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader = PageReader()
        self._pages: dict[int, Page] = {}
        self._same: dict[Any, Any] = {}       # words that many rows share, kept once a process
        self._columns: Columns | None = None

    def get(self, site: Site) -> Columns:
        """The Columns of the generation that ``site``'s connection sees. Cheap when nothing moved."""
        generation = site.heads.generation()
        current = self._columns
        if current is not None and current.generation == generation:
            return current
        with self._lock:
            current = self._columns
            if current is not None and current.generation >= generation:
                return current
            self._columns = self._load(site, generation)
            return self._columns

    def _load(self, site: Site, generation: int) -> Columns:
        changed: list[ItemRow] | None = []
        for number, rows in self._reader.moved(site.heads):
            found = _differing(self._pages.get(number, ({}, {}))[0], page := _page(rows, self._same))
            self._pages[number] = page
            changed = None if found is None or changed is None else changed + found
        groups: dict[str, list[Any]] = {name: [] for name in ROWS}
        for _, others in self._pages.values():
            for group, row in others.values():
                groups[group].append(row)
        return Columns(generation, lambda: [row for items, _ in self._pages.values() for row in items.values()], groups, self._columns, changed)


OWN = frozenset(("uid", "path", "name", "summary", "code", "plain_names"))      # what each item has of its own; other values many have alike


def _page(rows: dict[str, Any], same: dict[Any, Any]) -> Page:
    items: dict[str, ItemRow] = {}
    others: dict[str, tuple[str, Any]] = {}
    for uid, (group, row) in rows.items():
        if group == "item":
            items[uid] = ItemRow._make([value if own else same.setdefault((value, value.__class__), value) for own, value in zip(_OWN, row, strict=True)])
        else:
            others[uid] = group, _make(group, row)
    return items, others


_OWN = tuple(name in OWN for name in ItemRow._fields)


def _differing(before: dict[str, ItemRow], page: Page) -> list[ItemRow] | None:
    """The item rows of a page that are not as before; None when one came or went. Those that are the same stay the same objects."""
    items = page[0]
    if before.keys() != items.keys():
        return None
    changed = [row for uid, row in items.items() if row != before[uid]]
    items.update((uid, row) for uid, row in before.items() if row == items[uid])
    return changed


def _make(group: str, row: Iterable[Any]) -> Any:
    return ROWS[group]._make(row)  # type: ignore[attr-defined]


__all__ = ["FACETS", "Columns", "ColumnStore", "Facet", "TitleIndex", "fold"]
