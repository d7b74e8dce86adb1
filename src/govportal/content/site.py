"""The Site: root of the public tree, its fixed folders, the indexes by id, code and former path.

Owns how a document is found. Must not import the verbs or a kind. A lookup that finds nothing returns None;
``open_site`` raises NoSite when the database holds no site yet.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from BTrees.Length import Length
from BTrees.OOBTree import OOBTree
from persistent.list import PersistentList

from ..base.audit import Audit
from ..base.clock import SHANGHAI
from ..base.journal import Journal
from ..base.outbox import Outbox
from ..base.shards import ShardedMap
from .heads import Heads
from .model import Document, Folder

ROOT_KEY = "site"
SHARED_FOLDERS = ("organisations", "places", "laws", "materials", "vocabularies", "regions")
FOLDERS = ("items", "news", "questions", "lifeevents", "pages", "shared")
CONSUMERS = ("heads", "desk")      # lists of the public; lists of the desk, drafts included
FAR_FUTURE = datetime(9999, 12, 31, tzinfo=SHANGHAI)


class NoSite(LookupError):
    """The database holds no site yet."""


class Site(Folder):
    """Root of the public tree. Also holds the journal, the audit and the outbox: one database, one transaction a verb."""

    leads: OOBTree | None = None          # uid of a document withdrawn with a redirect -> the path it leads to; made with the first
    numbers: OOBTree | None = None        # basic codes that are or were in use, in order: see ``codes``
    files: Any = None                     # files.Library of uploaded files; made with the first

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.__name__ = ""
        self.settings = dict(settings or {})
        self.epoch = Length()
        self.documents = ShardedMap()     # uid -> Document
        self.codes = ShardedMap()         # business code or alias -> uid
        self.numbers = OOBTree({"": ""})  # never emptied
        self.redirects = ShardedMap()     # former path -> uid
        self.due = OOBTree()              # (when, uid) -> reason, for scheduled starts and ends
        self.due[(FAR_FUTURE, "")] = ""   # never emptied, so that a writer and the worker do not meet in an emptied bucket
        self.journal = Journal(CONSUMERS)
        self.audit = Audit()
        self.outbox = Outbox()
        self.heads = Heads()              # rows that lists read
        self.pins = PersistentList()      # uids that the editors recommend, in order
        for name in FOLDERS:
            self.attach(name, Folder())
        for name in SHARED_FOLDERS:
            self["shared"].attach(name, Folder())

    def document(self, uid: str) -> Document | None:
        return self.documents.get(uid)

    def by_code(self, code: str) -> Document | None:
        """The document that has this business code or had it as an alias."""
        uid = self.codes.get(code.strip().upper())
        return self.documents.get(uid) if uid else None

    def at(self, path: str) -> Any:
        """The place at a path such as ``items/a/b``; None when there is none."""
        place: Any = self
        for name in path.strip("/").split("/"):
            if not name:
                continue
            place = place.get(name) if isinstance(place, Folder) else None
            if place is None:
                return None
        return place

    def shared(self, folder: str, slug: str) -> Document | None:
        """A shared record, for example ``shared("places", "hall-main")``."""
        if not slug:
            return None
        found = self["shared"][folder].get(slug)
        return found if isinstance(found, Document) else None

    def shared_values(self, folder: str, slug: str) -> dict[str, Any] | None:
        """The live values of a shared record, or None."""
        document = self.shared(folder, slug)
        return document.live.values if document is not None and document.live is not None else None


def find_site(place: Any) -> Site:
    """The Site above a place. LookupError for a place that is not attached."""
    while place is not None:
        if isinstance(place, Site):
            return place
        place = place.__parent__
    raise LookupError("这份内容还没有放进站点")


def open_site(connection: Any) -> Site:
    """The Site of an open ZODB connection. NoSite when ``govportal init`` has not run."""
    site = connection.root().get(ROOT_KEY)
    if site is None:
        raise NoSite("数据库里还没有站点，请先运行 govportal init")
    return site


def make_site(connection: Any, settings: dict[str, Any] | None = None) -> Site:
    """Create the empty Site (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Site(settings)
    return root[ROOT_KEY]
