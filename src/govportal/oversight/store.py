"""The root of oversight in the database, beside the site: the result of the last run, first-seen days, owners, trend, words, limits.

Owns opening and making it, and the persistent shapes; plain data inside. A database without it (older than generation 2) is brought up
by ``evolution``. Written by ``quality`` (results) and ``verbs`` (what people decide) alone.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from BTrees.IOBTree import IOBTree
from BTrees.LLBTree import LLBTree
from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

ROOT_KEY = "oversight"


class Page(Persistent):
    """Up to ``quality.PAGE`` findings of one department as plain rows (see ``findings.Row``)."""

    def __init__(self, rows: tuple[tuple[Any, ...], ...]) -> None:
        self.rows = rows


class Result(Persistent):
    """What one run found. ``counts``: {department: {check: number}}, exact; ``pages``: (department, number) -> Page, as many rows as are kept;
    ``facts``: what the 自查 needs beside the columns; ``mended``: rows of the run before that are gone now."""

    def __init__(self, began: datetime, ended: datetime, documents: int, counts: dict[str, dict[str, int]], facts: dict[str, Any]) -> None:
        self.began, self.ended, self.documents, self.counts, self.facts = began, ended, documents, counts, facts
        self.pages: OOBTree = OOBTree()
        self.mended = Page(())
        self.mended_count = 0

    @property
    def total(self) -> int:
        return sum(sum(checks.values()) for checks in self.counts.values())


class TrendLine(Persistent):
    """One line of the trend: when, {check: number}, {department: number}, mended since the line before."""

    def __init__(self, at: datetime, documents: int, checks: dict[str, int], orgs: dict[str, int], mended: int) -> None:
        self.at, self.documents, self.checks, self.orgs, self.mended = at, documents, checks, orgs, mended

    @property
    def total(self) -> int:
        return sum(self.checks.values())


class Mark(Persistent):
    """A small changing fact kept away from the rest: a request for a run, how far a run is. ``value``: plain data or None."""

    value: Any = None


class Oversight(Persistent):
    """Root of oversight. ``since``: finding key -> ordinal day first seen; ``owners``: finding key -> (staff uid, note, by, at)."""

    result: Result | None = None

    def __init__(self) -> None:
        self.since = LLBTree()
        self.owners = LOBTree()
        self.trend = IOBTree()             # number -> TrendLine
        self.words = OOBTree()             # wrong word -> dict of the office's own entry; see ``words``
        self.limits = OOBTree()            # name -> number, where the office changed a limit; see ``limits``
        self.asked = Mark()                # (at, by) of a request for a run
        self.progress = Mark()             # (began, done, total, at) while a run goes


def open_oversight(connection: Any) -> Oversight:
    """The Oversight of an open ZODB connection. LookupError when the database is older."""
    return connection.root()[ROOT_KEY]


def make_oversight(connection: Any) -> Oversight:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Oversight()
    return root[ROOT_KEY]
