"""The desk's overlay over the tables that act on a query: who wrote which row, when and why.

Owns the root ``search`` in the database. Order: shipped < operator's files < desk. Every change raises ``number()``, by which each process's
engine sees at its next query that there is something new; nothing is rebuilt. Only the verbs of ``edits`` write it. Must not import the engine.
"""
from __future__ import annotations

import json
from typing import Any, NamedTuple

from BTrees.Length import Length
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from .rowfiles import Line
from .rows import Row

ROOT_KEY = "search"


class Entry(NamedTuple):
    """A row of the overlay. ``by``/``name``: who wrote it as it is; ``first``: (id, name, when) of who added it; ``origin``: what an imported file
    said of its author; ``version``: moves with every change."""

    id: str
    row: Row
    source: str
    by: str
    name: str
    at: str
    version: int
    first: tuple[str, str, str]
    origin: str = ""


class Past(NamedTuple):
    """A change of an entry: ``what`` is add, change or remove; ``text``: the row as it was after it (before it, for remove)."""

    id: str
    version: int
    what: str
    text: str
    row: Row
    source: str
    by: str
    name: str
    at: str


class Overlay(Persistent):
    """Root of the desk's rows: small records, one an entry and one a change. They are kept as JSON: BTrees cannot merge two people's changes
    beside values without an order, such as dicts."""

    def __init__(self) -> None:
        self._number = Length()
        self._entries = OOBTree()     # id -> record
        self._keys = OOBTree()        # kind and key of a row -> id
        self._history = OOBTree()     # id and version -> record

    def number(self) -> int:
        """Moves with every change."""
        return int(self._number())

    def get(self, id_: str) -> Entry | None:
        record = self._entries.get(id_)
        return _entry(id_, json.loads(record)) if record is not None else None

    def entries(self) -> list[Entry]:
        """All entries in the order in which they act: later ones over earlier ones."""
        return sorted((_entry(id_, json.loads(record)) for id_, record in self._entries.items()), key=lambda entry: (entry.at, entry.id))

    def laid(self) -> tuple[tuple[Row, str], ...]:
        """(row, source) for ``rows.with_rows``; the source names the person."""
        return tuple((entry.row, f"{entry.source}（{entry.name}）" if entry.row.kind != "best_bet" else entry.source) for entry in self.entries())

    def holder(self, row: Row) -> Entry | None:
        """The entry with the key of this row."""
        id_ = self._keys.get(place_of(row))
        return self.get(id_) if id_ is not None else None

    def history(self, id_: str = "") -> list[Past]:
        """Changes, newest first: of one entry, or of all, removed ones included."""
        pairs = self._history.items(f"{id_}#", f"{id_}$") if id_ else self._history.items()
        return sorted((_past(key, json.loads(record)) for key, record in pairs), key=lambda past: (past.at, past.id, past.version), reverse=True)

    def record(self, id_: str) -> dict[str, Any]:
        """The record of an entry. KeyError."""
        found: dict[str, Any] = json.loads(self._entries[id_])
        return found

    def put(self, id_: str, record: dict[str, Any] | None, past: dict[str, Any], version: int) -> None:
        """Set (None: remove) an entry and note the change as its ``version``; for the verbs."""
        old = self._entries.get(id_)
        if old is not None:
            del self._keys[place_of(row_of(json.loads(old)))]
        if record is None:
            del self._entries[id_]
        else:
            self._entries[id_] = json.dumps(record, ensure_ascii=False)
            self._keys[place_of(row_of(record))] = id_
        self._history[f"{id_}#{version:05d}"] = json.dumps(past, ensure_ascii=False)
        self._number.change(1)


def open_overlay(connection: Any) -> Overlay | None:
    """The Overlay of an open ZODB connection; None when the database is older than it."""
    found: Overlay | None = connection.root().get(ROOT_KEY)
    return found


def make_overlay(connection: Any) -> Overlay:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Overlay()
    overlay: Overlay = root[ROOT_KEY]
    return overlay


def place_of(row: Row) -> str:
    """What no two entries share."""
    return f"{row.kind}\x1f{row.key}"


def row_of(record: dict[str, Any]) -> Row:
    """The row of a record."""
    return Row(record["kind"], dict(record["values"]), record["off"])


def _entry(id_: str, record: dict[str, Any]) -> Entry:
    return Entry(id_, row_of(record), record["source"], record["by"], record["name"], record["at"], record["version"], tuple(record["first"]), record.get("origin", ""))


def _past(key: str, record: dict[str, Any]) -> Past:
    id_, _, version = key.partition("#")
    row = row_of(record)
    return Past(id_, int(version), record["what"], row.text, row, record["source"], record["by"], record["name"], record["at"])


def export(overlay: Overlay, kind: str) -> list[Line]:
    """The entries of a kind for ``rows.write_file``."""
    return [Line(0, entry.row, entry.source, f"{entry.name} {entry.by}", entry.at[:19]) for entry in overlay.entries() if entry.row.kind == kind]
