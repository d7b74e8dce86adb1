"""Columns: numpy arrays of all rows of the head pages, in memory, one set a process.

Owns counting, filtering, sorting and title matching for lists and facets. Reads head pages only; a page of the portal
that lists anything asks here and touches no document. A process refreshes by loading the pages whose version moved.
Thread safe: a new immutable ``Columns`` replaces the old one.
"""
from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ..base.pages import PageReader
from .heads import ROWS, ArticleRow, ItemRow, LawRow, PlainRow, QuestionRow
from .site import Site

# Facets of the finder (R2.2): name -> attribute of ItemRow; tuples are many-valued.
FACETS = {"person": "person_topics", "legal": "legal_topics", "org": "org", "region": "region", "type": "type",
          "channel": "channels", "depth": "depth", "level": "level", "state": "state"}
MANY = {"person_topics", "legal_topics", "channels"}
_STATE_ORDER = {"完整": 0, "整理中": 1, "挂起": 2}


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


def _facet(rows: Sequence[ItemRow], attribute: str) -> Facet:
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


def _speed(limit: str) -> float:
    """Days of a limit in words; what is not given comes last."""
    if limit == "当场办":
        return 0
    days = "".join(char for char in limit if char.isdigit())
    return float(days) if days else 1e6


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


class Columns:
    """An immutable picture of all live heads at one generation."""

    def __init__(self, generation: int, groups: dict[str, list[Any]]) -> None:
        self.generation = generation
        self.items: list[ItemRow] = sorted(groups["item"], key=lambda row: (
            _STATE_ORDER.get(row.state, 9), row.hot or 10_000, row.name, row.path))
        self.articles: list[ArticleRow] = sorted(groups["article"], key=lambda row: (row.published, row.path), reverse=True)
        self.questions: list[QuestionRow] = sorted(groups["question"], key=lambda row: (row.answered, row.path), reverse=True)
        self.laws: list[LawRow] = sorted(groups["law"], key=lambda row: row.title)
        self.plain: dict[str, list[PlainRow]] = {}
        for row in sorted(groups["plain"], key=lambda row: (row.order or 9999, row.title)):
            self.plain.setdefault(row.kind, []).append(row)
        self._plain = {(row.kind, row.slug): row for row in groups["plain"]}
        self.size = len(self.items)
        self.facets = {name: _facet(self.items, attribute) for name, attribute in FACETS.items()}
        self._audience = {"person": self._mark(lambda row: "自然人" in row.objects if row.objects else bool(row.person_topics)),
                          "legal": self._mark(lambda row: bool(set(row.objects) - {"自然人"}) if row.objects else bool(row.legal_topics))}
        self._audience["zero"] = self._mark(lambda row: row.visits == 0)
        self.hot = [row for row in self.items if row.hot]                      # what the editors recommend, in their order
        self.complete = sum(1 for row in self.items if row.state == "完整")    # items with a complete guide
        self._by_uid = {row.uid: row for row in self.items}
        self._other: dict[str, tuple[str, Any]] = {}
        for group in ("article", "question", "law", "plain"):
            self._other |= {row.uid: (group, row) for row in groups[group]}
        self._by_path = {row.path: row for row in self.items}
        self._by_segment = {row.path.rsplit("/", 1)[-1]: row for row in reversed(self.items)}
        self._orgs = {row.slug: row for row in self.plain.get("Organisation", [])}
        self._laws = {name: row for row in self.laws for name in (row.title.removeprefix("中华人民共和国"), row.title)}
        self._titles: dict[str, TitleIndex] = {}
        self._ranks: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()
        self._selected = lru_cache(maxsize=512)(self._select)

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
        return self._by_uid.get(uid)

    def row(self, uid: str) -> tuple[str, Any] | None:
        """(group, row) of any listed document: ``item``, ``article``, ``question``, ``law`` or ``plain``."""
        item = self._by_uid.get(uid)
        return ("item", item) if item is not None else self._other.get(uid)

    def item_at(self, path: str) -> ItemRow | None:
        """Row at ``/items/a/b``."""
        return self._by_path.get(path)

    def item_by_slug(self, slug: str) -> ItemRow | None:
        """Row whose own or whose directory item's path segment is ``slug`` (how content names services)."""
        return self._by_path.get(f"/items/{slug}/{slug}") or self._by_segment.get(slug)

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


class ColumnStore:
    """The process's Columns, renewed when the head pages moved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader = PageReader()
        self._pages: dict[int, dict[str, tuple[str, tuple[Any, ...]]]] = {}
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
        for number, rows in self._reader.moved(site.heads):
            self._pages[number] = {uid: (group, _make(group, row)) for uid, (group, row) in rows.items()}
        groups: dict[str, list[Any]] = {name: [] for name in ROWS}
        for rows in self._pages.values():
            for group, row in rows.values():
                groups[group].append(row)
        return Columns(generation, groups)


def _make(group: str, row: Iterable[Any]) -> Any:
    return ROWS[group]._make(row)  # type: ignore[attr-defined]
