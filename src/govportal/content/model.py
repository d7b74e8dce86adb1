"""Document (a stable place in the tree) and Edition (what stood there from when to when).

Owns the persistent shape and nothing else: no validation, no journal. Must not import a kind.
A Document keeps its UUID and path for life. An Edition never changes after it went live; its small head lies in the
Edition record, long texts and materials in a Detail record of plain data, so that a cold listing reads a quarter.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent


class Folder(Persistent):
    """A place that only holds others. Children are kept in a BTree keyed by short ASCII ids."""

    __parent__: Any = None
    __name__: str = ""
    title: str = ""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self._children: OOBTree | None = None

    def __getitem__(self, name: str) -> Any:
        if self._children is None:
            raise KeyError(name)
        return self._children[name]

    def get(self, name: str, default: Any = None) -> Any:
        return default if self._children is None else self._children.get(name, default)

    def __contains__(self, name: str) -> bool:
        return self._children is not None and name in self._children

    def keys(self) -> Iterator[str]:
        return iter(()) if self._children is None else iter(self._children.keys())

    def values(self) -> Iterator[Any]:
        return iter(()) if self._children is None else iter(self._children.values())

    def attach(self, name: str, child: Any) -> None:
        """Put ``child`` at ``name``. ValueError when the place is taken."""
        if name in self:
            raise ValueError(f"路径 {path_of(self)}/{name} 已有内容，请换一个标识")
        if self._children is None:
            self._children = OOBTree()
        child.__parent__, child.__name__ = self, name
        self._children[name] = child

    def detach(self, name: str) -> Any:
        assert self._children is not None
        child = self._children.pop(name)
        child.__parent__ = None
        return child


class Detail(Persistent):
    """Long text, materials, steps of one Edition, as plain data."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


class Remark(NamedTuple):
    """What a reviewer wants changed. ``field``: path of the field, '' = the whole; ``by``/``name``: who."""

    field: str
    text: str
    by: str
    at: datetime
    name: str = ""


class Step(NamedTuple):
    """One step of the review of an edition: what was done, by whom (id and name as it was then), when, and why."""

    action: str
    actor: str
    name: str
    at: datetime
    note: str = ""
    remarks: tuple[Remark, ...] = ()


class Secrecy(NamedTuple):
    """保密审查 (C2): the name of who examined the text and on which day (``2026-01-31``); ``recorded_by``/``recorded_at``: who entered it."""

    by: str
    on: str
    note: str = ""
    recorded_by: str = ""
    recorded_at: datetime | None = None


class Edition(Persistent):
    """One version of a Document's values.

    ``number`` counts from 1 within the document. ``starts``/``ends`` are aware datetimes (Asia/Shanghai) or None;
    ``ends`` of a superseded edition is the moment its successor went live. Of a draft: ``stage`` in the review, ``steps`` taken since it
    began, open ``remarks``, ids of all its ``writers``, ``openness`` (公开属性) and ``secrecy`` (C2), ``change`` (major, minor, ''), and ``base``,
    the uid of the edition that was live when it began ('' = none).
    """

    published_at: datetime | None = None
    published_by: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    stage: str = "drafting"
    steps: tuple[Step, ...] = ()
    remarks: tuple[Remark, ...] = ()
    writers: tuple[str, ...] = ()
    openness: str = ""
    secrecy: Secrecy | None = None
    change: str = ""
    base: str = ""
    author_name: str = ""

    def __init__(self, number: int, head: dict[str, Any], detail: dict[str, Any], *, author: str = "", note: str = "",
                 created: datetime | None = None) -> None:
        self.uid = str(uuid.uuid4())
        self.number = number
        self.head = head
        self.detail = Detail(detail)
        self.author = author
        self.note = note
        self.created = created

    @property
    def values(self) -> dict[str, Any]:
        """Head and detail together, a fresh dict (the values inside are shared: do not change them)."""
        return {**self.head, **self.detail.data}


@dataclass(frozen=True)
class Withdrawal:
    """Why a document is no longer offered. ``mode``: ``banner`` (still readable), ``gone`` (410) or ``redirect``. ``successors``: uids of the
    documents that take its place (拆分为、并入)."""

    reason: str
    mode: str
    at: datetime
    by: str
    to: str = ""
    successors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Emergency:
    """An edition published past the review (应急发布), to be confirmed by a second person before ``until`` or undone.

    ``former``: number of the edition that was live before (0 = none), ``former_ends`` its planned end, ``withdrawal`` how it stood.
    """

    edition: str
    by: str
    name: str
    reason: str
    at: datetime
    until: datetime
    former: int = 0
    former_ends: datetime | None = None
    withdrawal: Withdrawal | None = None


class Document(Folder):
    """A stable place: UUID, kind, path history, and its editions. ``events``: steps that concern the place and no edition."""

    live: Edition | None = None
    draft: Edition | None = None
    scheduled: tuple[Edition, ...] = ()
    withdrawal: Withdrawal | None = None
    path_history: tuple[str, ...] = ()
    absences: tuple[tuple[datetime, datetime], ...] = ()   # (from, until) of former withdrawals during which it could not be read
    emergency: Emergency | None = None
    assignee: str = ""                                     # staff uid of who is to see to it
    events: tuple[Step, ...] = ()
    draft_history: IOBTree | None = None                   # serial -> former draft of the edition in work, at most a few
    _superseded: IOBTree | None = None
    first_published: datetime | None = None

    def __init__(self, kind: str, uid: str | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.uid = uid or str(uuid.uuid4())
        self.last_number = 0

    @property
    def superseded(self) -> list[Edition]:
        """Former live editions, newest first."""
        return [] if self._superseded is None else list(self._superseded.values())[::-1]

    def supersede(self, edition: Edition) -> None:
        if self._superseded is None:
            self._superseded = IOBTree()
        self._superseded[edition.number] = edition

    def keep_draft(self, edition: Edition, limit: int) -> None:
        """Keep a replaced draft; only the newest ``limit`` stay."""
        if self.draft_history is None:
            self.draft_history = IOBTree()
        history = self.draft_history
        history[(history.maxKey() + 1) if history else 1] = edition
        while len(history) > limit:
            del history[history.minKey()]

    def forget_drafts(self, before: int) -> None:
        """Drop former drafts of editions with a number below ``before``; they led to what has been published since."""
        history = self.draft_history
        if history is not None:
            for serial in [key for key, edition in history.items() if edition.number < before]:
                del history[serial]

    def edition_at(self, at: datetime | None = None) -> Edition | None:
        """The public edition in force at ``at`` (aware, not in the future); None = now, the live one. A scheduled edition is not public."""
        if at is None:
            return self.live
        for edition in [*([self.live] if self.live else []), *self.superseded]:
            if edition.starts is not None and edition.starts <= at and (edition.ends is None or at < edition.ends):
                return edition
        return None

    def readable_at(self, at: datetime | None = None) -> Edition | None:
        """``edition_at``, or None while the document was withdrawn so that nobody could read it."""
        withdrawal = self.withdrawal
        if withdrawal is not None and withdrawal.mode != "banner" and (at is None or at >= withdrawal.at):
            return None
        if at is not None and any(since <= at < until for since, until in self.absences):
            return None
        return self.edition_at(at)

    def end_withdrawal(self, at: datetime) -> None:
        """Forget the withdrawal, but keep from when until ``at`` the document could not be read."""
        withdrawal = self.withdrawal
        if withdrawal is not None and withdrawal.mode != "banner":
            self.absences = (*self.absences, (withdrawal.at, at))
        self.withdrawal = None

    def edition(self, number: int) -> Edition | None:
        """The live or a superseded edition with this number (drafts and scheduled ones are not public)."""
        if self.live is not None and self.live.number == number:
            return self.live
        return None if self._superseded is None else self._superseded.get(number)


def path_of(place: Any) -> str:
    """``/items/a/b`` of a place in the tree; ``/`` for the site."""
    parts: list[str] = []
    while place is not None and place.__name__:
        parts.append(place.__name__)
        place = place.__parent__
    return "/" + "/".join(reversed(parts))
