"""The root of editorial work in the database, beside the site.

Owns opening and making it. A database without it (older than generation 2) is brought up by ``evolution``.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..base.pages import PagedRows
from ..content.site import ShardedMap
from .job import Jobs
from .request import Requests
from .tasks import Tasks
from .uses import Uses

ROOT_KEY = "editorial"


class Editorial(Persistent):
    """Root of what the desk keeps: nothing in it is content."""

    def __init__(self) -> None:
        self.rows = PagedRows()       # a row for every document, drafts included: see ``rows``
        self.views = ShardedMap()     # staff uid -> its saved filters: see ``views``
        self.autosaves = ShardedMap()   # staff uid -> {document and section: what was typed and not saved}: see ``autosaves``
        self.presence = ShardedMap()    # document uid -> who has it open: see ``presence``
        self.jobs = Jobs()              # background jobs
        self.imports = OOBTree()        # uid -> imports.Import: uploaded lists
        self.mappings = OOBTree()       # signature of a header row -> how its columns were mapped last
        self.requests = Requests()      # changes of the directory list under review
        self.tasks = Tasks()            # what they ask of departments
        self.previews = ShardedMap()    # document uid -> its secret preview links: see ``previews``
        self.uses = Uses()              # shared record -> documents that name it
        self.selections = OOBTree()     # uid -> selections.Selection: documents picked in a list, until something is done with them
        self.imports[""] = self.mappings[""] = self.selections[""] = None     # never emptied

    def purge_imports(self, before: datetime) -> int:
        """Forget uploads from before then; returns how many. Mappings stay."""
        old = [uid for uid, one in self.imports.items() if uid and one.at < before]
        for uid in old:
            del self.imports[uid]
        return len(old)

    def purge_selections(self, before: datetime) -> int:
        """Forget what was picked before then; returns how many."""
        old = [uid for uid, one in self.selections.items() if uid and one.at < before]
        for uid in old:
            del self.selections[uid]
        return len(old)


def open_editorial(connection: Any) -> Editorial:
    """The Editorial of an open ZODB connection. LookupError when the database is older."""
    return connection.root()[ROOT_KEY]


def make_editorial(connection: Any) -> Editorial:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Editorial()
    return root[ROOT_KEY]
