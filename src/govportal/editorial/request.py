"""The record of a request to change the directory list, and the store of all of them.

Owns the persistent shape: small records of plain data, in BTrees by id, by item, by day. Knows no rule; ``requests`` has the verbs.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..content.model import Secrecy, Step

KINDS = {"add": "新增", "change": "变更", "split": "拆分", "merge": "合并", "suspend": "暂停", "resume": "恢复", "cancel": "取消"}
PROPOSED = ("add", "change")                                  # what a department may propose
OPEN = ("proposed", "drafting", "returned", "review", "legality", "signoff", "approved", "failed")
UNDER_WAY = ("review", "legality", "signoff", "approved")     # submitted and not yet done


class Request(Persistent):
    """One request. ``subjects``: uids of the directory items it is about; ``bases``: the editions of them that the writer saw. ``rows``: what comes
    of it, each a mapping of ``name``, ``type``, ``main`` (uid of the 主项, '') and ``legal_basis``. ``effective``: day, '' = at once when signed.

    ``org``: the department that proposed it, '' for the directory's own. ``version`` moves with every change. ``results``: uids of new items."""

    subjects: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    reason = ""
    effective = ""
    org = ""
    source = ""                                   # name of the list it came from
    steps: tuple[Step, ...] = ()
    writers: tuple[str, ...] = ()
    secrecy: Secrecy | None = None
    results: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()                   # basic codes that the results got
    failure = ""
    applied_at: datetime | None = None
    version = 1

    def __init__(self, kind: str, title: str, by: str, name: str, at: datetime) -> None:
        self.uid = str(uuid.uuid4())
        self.kind, self.title, self.by, self.by_name, self.at = kind, title, by, name, at
        self.stage = "drafting"


class Requests(Persistent):
    """All requests: by id, in the order they came, those that are open, those of an item, those that wait for their day."""

    def __init__(self) -> None:
        self._all = OOBTree()            # uid -> Request
        self._order = OOBTree()          # (at, uid) -> None
        self._open = OOBTree()           # (at, uid) -> None
        self._items = OOBTree()          # (uid of the directory item, at, uid) -> None
        self._due = OOBTree()            # (day, uid) -> None
        self._all[""] = self._order[("", "")] = self._open[("", "")] = self._items[("", "", "")] = self._due[("", "")] = None    # never emptied

    def get(self, uid: str) -> Request | None:
        return self._all.get(uid) if uid else None

    def add(self, request: Request) -> None:
        self._all[request.uid] = request
        self._order[(request.at.isoformat(), request.uid)] = None
        self.follow(request)

    def follow(self, request: Request) -> None:
        """Keep the indexes as the request is now."""
        key = (request.at.isoformat(), request.uid)
        if request.stage in OPEN:
            self._open.setdefault(key, None)
        else:
            self._open.pop(key, None)
        for item in (*request.subjects, *request.results):
            self._items.setdefault((item, *key), None)
        wanted = {(request.effective, request.uid)} if request.stage == "approved" else set()
        for key in [key for key in self._due.keys() if key[1] == request.uid and key not in wanted]:
            del self._due[key]
        for key in wanted:
            self._due.setdefault(key, None)

    def open(self) -> Iterator[Request]:
        """Those that are not done, oldest first."""
        return (self._all[uid] for _, uid in self._open.keys(min=("", "\x00")))

    def newest(self, limit: int = 200) -> list[Request]:
        return [self._all[uid] for _, uid in list(self._order.keys(min=("", "\x00")))[::-1][:limit]]

    def about(self, item: str) -> list[Request]:
        """Those of a directory item, newest first."""
        return [self._all[uid] for _, _, uid in list(self._items.keys(min=(item, ""), max=(item, "\uffff")))[::-1]]

    def due(self, today: str, limit: int = 20) -> list[str]:
        """uids of the requests whose day has come."""
        return [uid for _, uid in list(self._due.keys(min=("", "\x00"), max=(today, "\uffff")))[:limit]]
