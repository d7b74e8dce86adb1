"""Desk columns: the rows of all documents as numpy arrays in memory, one set a process, with what is not yet applied laid over.

Owns how rows lie in memory and how a process keeps them fresh: it reloads the pages whose version moved and, in them, the
rows that differ; entries that still wait in the journal are computed from the tree on read, so whoever saved sees it at once.
Reads only. Thread safe: a new immutable ``DeskColumns`` replaces the old one.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from ..base.clock import SHANGHAI
from ..base.pages import PageReader, page_of
from ..content.columns import fold
from ..content.site import Site
from .haystack import Haystack, Texts
from .rows import CONSUMER, DeskRow, fresh_rows
from .slots import Order, Words, with_texts, with_values
from .store import Editorial

CODED = ("kind", "org", "region", "type", "state", "stage", "author", "writers", "assignee", "level", "online_depth", "item_state")
TIMES = ("changed", "live_since", "expires", "review_by", "scheduled")           # minutes since 1970, Asia/Shanghai; 0 = none
NUMBERS = ("completeness", "faults", "legal", "promise")
FLAGS = ("returned", "register", "demo", "sub")
TEXTS = ("uid", "title", "path", "code")
INNER: dict[str, Callable[[DeskRow], int]] = {"hash": lambda row: hash(tuple(row)), "page": lambda row: page_of(row.uid), "depth": lambda row: row.path.count("/")}
ARRAYS: dict[str, Any] = {**dict.fromkeys(CODED, np.int32), **dict.fromkeys(TIMES, np.int64), **dict.fromkeys((*NUMBERS, "page", "depth"), np.int16),
                          **dict.fromkeys(FLAGS, bool), "hash": np.int64}
OVERLAY = 400          # entries computed fresh on one read at the most
LOOK = 5000            # entries looked at for those a reader asks for first
_EPOCH = datetime(1970, 1, 1)


def minutes(text: str) -> int:
    """Minutes since 1970 of ``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM``; 0 for ''. ValueError otherwise."""
    if not text:
        return 0
    gap = datetime.fromisoformat(text) - _EPOCH
    return gap.days * 1440 + gap.seconds // 60


def minutes_of(moment: datetime) -> int:
    return minutes(moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"))


def stamp_of(number: int) -> str:
    """``YYYY-MM-DD HH:MM`` of minutes since 1970; '' for 0."""
    return "" if not number else str(np.datetime64(number, "m")).replace("T", " ")


def path_key(path: str) -> str:
    """A path so that, in order, a place is followed at once by all that lies below it."""
    return path.replace("/", " ")


class DeskColumns:
    """All rows at one moment. Arrays are indexed by slot; ``alive`` says which slots hold a document."""

    def __init__(self) -> None:
        self.generation = -1
        self.behind = False                                      # more waits in the journal than was laid over
        self.slots: dict[str, int] = {}                          # uid -> slot; shared, only ever added to
        self.words = {name: Words() for name in CODED}           # shared, only ever added to
        self.alive = np.zeros(0, dtype=bool)
        self.arrays = {name: np.zeros(0, dtype=kind) for name, kind in ARRAYS.items()}
        self.texts: dict[str, list[str]] = {name: [] for name in (*TEXTS, "folded")}
        nowhere = np.zeros(0, dtype=np.int32)
        self.title_texts, self.key_texts = Texts(Haystack(), nowhere), Texts(Haystack(narrow=True), nowhere)       # folded titles; codes and paths
        self.titles = Order(np.zeros(0, dtype=np.int32), 0)
        self.paths = Order(np.zeros(0, dtype=np.int32), 0)

    @property
    def size(self) -> int:
        """How many slots there are, empty ones included."""
        return len(self.alive)

    def __len__(self) -> int:
        return len(self.paths.order)

    @property
    def worn(self) -> bool:
        """Mostly documents and texts that are gone: better to begin anew."""
        return len(self.slots) > 2 * len(self) + 1000 or self.title_texts.kept > 4 * len(self) + 50_000

    def slot(self, uid: str) -> int | None:
        found = self.slots.get(uid)
        return found if found is not None and found < self.size and self.alive[found] else None

    def row(self, slot: int) -> DeskRow:
        """The row of a document."""
        values: dict[str, Any] = {name: self.texts[name][slot] for name in TEXTS}
        values |= {name: self.words[name].list[self.arrays[name][slot]] for name in CODED}
        values |= {name: stamp_of(int(self.arrays[name][slot])) for name in TIMES}
        values |= {name: int(self.arrays[name][slot]) for name in NUMBERS}
        values |= {name: bool(self.arrays[name][slot]) for name in FLAGS}
        values["review_by"] = values["review_by"][:10]
        return DeskRow(**values, parent=values["path"].rpartition("/")[0] or "/")

    def rows(self, slots: Iterable[int]) -> list[DeskRow]:
        return [self.row(int(slot)) for slot in slots]

    def one(self, uid: str) -> DeskRow | None:
        slot = self.slot(uid)
        return None if slot is None else self.row(slot)

    def span(self, path: str) -> tuple[int, int]:
        """Where ``path`` and all below it lie in ``paths.order``: (first, behind the last)."""
        path = path.strip("/")
        if not path:
            return 0, len(self.paths.order)
        wanted, texts = path_key(f"/{path}"), self.texts["path"]
        first, last = (Order.place((text, -1), lambda slot: path_key(texts[slot]), self.paths.order) for text in (wanted, wanted + "!"))
        return first, last

    def below(self, path: str) -> np.ndarray:
        """Which slots are at ``path`` or below it."""
        first, last = self.span(path)
        return (self.paths.rank >= first) & (self.paths.rank < last)

    def differing(self, page: int, rows: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...] | None]:
        """Of a page's rows those that are new or not as here, and None for those that are no longer in it."""
        found: dict[str, tuple[Any, ...] | None] = {}
        for uid, row in rows.items():
            slot = self.slot(uid)
            if slot is None or self.arrays["hash"][slot] != hash(row):
                found[uid] = row
        for slot in np.flatnonzero(self.alive & (self.arrays["page"] == page)).tolist():
            if self.texts["uid"][slot] not in rows:
                found[self.texts["uid"][slot]] = None
        return found

    def renewed(self, changes: Mapping[str, tuple[Any, ...] | None], generation: int) -> DeskColumns:
        """New columns with these rows set or taken away (None). Arrays that do not change are shared with the old ones.

        Only one thread at a time may renew columns that share slots."""
        pack = Pack(self)
        pack.add(changes)
        return self.with_pack(pack, generation)

    def with_pack(self, pack: Pack, generation: int) -> DeskColumns:
        """New columns with what a pack holds; see ``renewed``."""
        slots, gone = pack.slots, pack.gone
        size, at = len(self.slots), np.array(slots, dtype=np.int32)
        new = DeskColumns()
        new.generation, new.slots, new.words = generation, self.slots, self.words
        new.alive = with_values(with_values(self.alive, size, at, [True] * len(slots)), size, np.array(gone, dtype=np.int32), [False] * len(gone))
        for name, array in self.arrays.items():
            new.arrays[name] = with_values(array, size, at, np.concatenate([np.zeros(0, dtype=array.dtype), *pack.arrays[name]]))
        moved = {}
        for name in TEXTS:
            new.texts[name], moved[name] = with_texts(self.texts[name], size, slots, pack.texts[name])
        new.texts["folded"], renamed = with_texts(self.texts["folded"], size, slots, [_folded(title) for title in pack.texts["title"]])
        new.title_texts = self.title_texts.renewed(renamed, [new.texts["folded"][slot] for slot in renamed], size)
        keyed = list(dict.fromkeys((*moved["code"], *moved["path"])))
        new.key_texts = self.key_texts.renewed(keyed, [fold(f"{new.texts['code'][slot]}|{new.texts['path'][slot]}") for slot in keyed], size)
        arrived = [slot for slot in slots if slot >= self.size or not self.alive[slot]]
        new.titles = self._reordered(self.titles, new, new.texts["folded"].__getitem__, renamed, arrived, gone)
        paths = new.texts["path"]
        new.paths = self._reordered(self.paths, new, lambda slot: path_key(paths[slot]), moved["path"], arrived, gone)
        return new

    def _reordered(self, order: Order, new: DeskColumns, key: Any, changed: list[int], arrived: list[int], gone: list[int]) -> Order:
        come = list(dict.fromkeys((*changed, *arrived)))
        left = [slot for slot in {*come, *gone} if slot < self.size]
        return order if not come and not left and new.size == self.size else order.renewed(key, left, come, new.size)


class Pack:
    """Changed rows as numbers and the few texts that are kept, so that a reading of all pages holds the rows of one at a time."""

    def __init__(self, columns: DeskColumns) -> None:
        self._columns = columns
        self.slots: list[int] = []
        self.gone: list[int] = []
        self.arrays: dict[str, list[np.ndarray]] = {name: [] for name in ARRAYS}
        self.texts: dict[str, list[str]] = {name: [] for name in TEXTS}

    def add(self, changes: Mapping[str, tuple[Any, ...] | None]) -> None:
        """Take these rows (None = gone) by uid; a uid is given once."""
        columns, rows = self._columns, [DeskRow._make(row) for row in changes.values() if row is not None]
        self.gone += [slot for uid, row in changes.items() if row is None and (slot := columns.slot(uid)) is not None]
        self.slots += [columns.slots.setdefault(row.uid, len(columns.slots)) for row in rows]
        for name, texts in self.texts.items():
            texts += [getattr(row, name) for row in rows]
        for name, arrays in self.arrays.items():
            arrays.append(np.array(self._numbers(name, rows), dtype=ARRAYS[name]))

    def _numbers(self, name: str, rows: list[DeskRow]) -> list[int]:
        if name in INNER:
            return [INNER[name](row) for row in rows]
        values = [getattr(row, name) for row in rows]
        if name in CODED:
            return [self._columns.words[name].code(value) for value in values]
        if name in TIMES:
            return [minutes(value) for value in values]
        return [max(-1, min(value, 32_000)) for value in values] if name in NUMBERS else values


def _folded(title: str) -> str:
    """What words are looked for in; mostly the title itself, which then is kept once."""
    found = fold(title)
    return title if found == title else found


class DeskStore:
    """The process's desk columns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader = PageReader()
        self._base = DeskColumns()
        self._overlaid: tuple[Any, DeskColumns] | None = None
        self._fresh: dict[str, tuple[int, dict[str, tuple[Any, ...] | None]]] = {}     # uid -> (nonce, rows it touches)

    def get(self, site: Site, editorial: Editorial, first: Iterable[str] = ()) -> DeskColumns:
        """The columns as the connection of ``site`` sees the tree, with what waits in the journal laid over. Cheap when nothing moved.

        Of very many waiting entries (a bulk change) only ``OVERLAY`` are computed, those of the uids ``first`` before others;
        the columns then say that they are ``behind``."""
        base = self._current(editorial)
        entries = site.journal.pending(CONSUMER, LOOK)
        if not entries:
            self._fresh, self._overlaid = {}, None
            return base
        wanted = set(first)
        chosen = sorted(entries, key=lambda entry: entry.uid not in wanted)[:OVERLAY]
        known = tuple((entry.uid, entry.nonce) for entry in chosen)
        cached = self._overlaid
        if cached is not None and cached[0] == (base.generation, known):
            return cached[1]
        nonces = dict(known)
        fresh = {uid: kept for uid, kept in self._fresh.items() if kept[0] == nonces.get(uid)}
        for uid, nonce in known:
            if uid not in fresh:
                fresh[uid] = (nonce, fresh_rows(site, [uid]))
        changes = {uid: row for _, rows in fresh.values() for uid, row in rows.items()}      # the later computed wins
        with self._lock:
            made = base.renewed(changes, base.generation)
            made.behind = len(entries) > len(chosen)
            self._fresh, self._overlaid = fresh, ((base.generation, known), made)
        return made

    def _current(self, editorial: Editorial) -> DeskColumns:
        generation = editorial.rows.generation()
        if self._base.generation >= generation:
            return self._base
        with self._lock:
            if self._base.generation < generation:
                self._base = self._load(editorial, generation)
            return self._base

    def _load(self, editorial: Editorial, generation: int) -> DeskColumns:
        base, reader = self._base, self._reader
        if base.worn:
            base, reader = DeskColumns(), PageReader()
        pack = Pack(base)
        for number, rows in reader.moved(editorial.rows):
            pack.add(base.differing(number, rows))
        self._reader = reader
        return base.with_pack(pack, generation)
