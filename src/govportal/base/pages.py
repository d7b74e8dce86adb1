"""Pages of rows: one compact row of plain data for each document, in 256 records by hash of the uid, kept by one journal consumer.

Owns the persistent shape, the single step that brings pages up to the journal, and which pages a process has read. Knows
no row's layout. A consumer applies the current state of a document, so running it twice, late or in any order gives the same pages.
"""
from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from BTrees.Length import Length
from persistent import Persistent

from .journal import Journal

PAGES = 256
BATCH = 2000
Rows = dict[str, Any]


def page_of(uid: str) -> int:
    """The number of the page that holds the row of ``uid``."""
    return zlib.crc32(uid.encode()) % PAGES


class RowPage(Persistent):
    def __init__(self) -> None:
        self.rows: dict[str, tuple[Any, ...]] = {}


class PagedRows(Persistent):
    """256 pages of rows by hash of the uid. ``versions[n]`` moves when page n is written; ``generation`` with any of them."""

    page_class: type[RowPage] = RowPage

    def __init__(self) -> None:
        self.pages = tuple(self.page_class() for _ in range(PAGES))
        self.versions: tuple[int, ...] = (0,) * PAGES
        self.generation = Length()

    def write(self, changes: Rows) -> int:
        """Set or remove (None) rows by uid; returns how many pages changed."""
        by_page: dict[int, Rows] = {}
        for uid, row in changes.items():
            by_page.setdefault(page_of(uid), {})[uid] = row
        versions, changed = list(self.versions), 0
        for number, rows in by_page.items():
            page = self.pages[number]
            updated = {uid: row for uid, row in page.rows.items() if uid not in rows}
            updated.update({uid: row for uid, row in rows.items() if row is not None})
            if updated != page.rows:
                page.rows = updated
                versions[number] += 1
                changed += 1
        if changed:
            self.versions = tuple(versions)
            self.generation.change(1)
        return changed


def follow(journal: Journal, consumer: str, paged: PagedRows, rows_of: Callable[[list[str]], Rows], limit: int = BATCH) -> tuple[int, int]:
    """One step of a consumer: write ``rows_of`` the uids of up to ``limit`` pending entries; the caller commits.

    Returns (entries applied, pages changed)."""
    entries = journal.pending(consumer, limit)
    if not entries:
        return 0, 0
    changed = paged.write(rows_of([entry.uid for entry in entries]))
    journal.done(consumer, entries)
    return len(entries), changed


def faults(paged: PagedRows, uids: Iterable[str], waiting: set[str], row_of: Callable[[str], tuple[Any, ...] | None], what: str) -> Iterator[str]:
    """Faults of pages against the documents ``uids``, in Chinese; ``what`` names the list. Rows that still wait in the journal are left out."""
    known: set[str] = set()
    for number, page in enumerate(paged.pages):
        for uid, row in page.rows.items():
            if uid in known or page_of(uid) != number:
                yield f"{what} {uid} 在第 {number} 页，应只在第 {page_of(uid)} 页"
            known.add(uid)
            if uid not in waiting and row_of(uid) != row:
                yield f"{what} {uid} 与内容不一致，日志里却没有它要做的更新"
        page._p_deactivate()
    for uid in uids:
        if uid not in known and uid not in waiting and row_of(uid) is not None:
            yield f"内容 {uid} 没有{what}，日志里却没有它要做的更新"


class PageReader:
    """Which pages a process has read. Not thread safe: the caller holds its lock."""

    def __init__(self) -> None:
        self._versions: tuple[int, ...] = ()

    def moved(self, paged: PagedRows) -> Iterator[tuple[int, Rows]]:
        """(number, rows) of every page that changed since the last complete reading."""
        versions = paged.versions
        before = self._versions or (-1,) * len(versions)
        for number, page in enumerate(paged.pages):
            if versions[number] != before[number]:
                yield number, page.rows
                page._p_deactivate()
        self._versions = versions
