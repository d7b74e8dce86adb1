"""The root of editorial work in the database, beside the site.

Owns opening and making it. A database without it (older than generation 2) is brought up by ``evolution``.
"""
from __future__ import annotations

from typing import Any

from persistent import Persistent

from ..base.pages import PagedRows
from ..content.site import ShardedMap

ROOT_KEY = "editorial"


class Editorial(Persistent):
    """Root of what the desk keeps: nothing in it is content."""

    def __init__(self) -> None:
        self.rows = PagedRows()       # a row for every document, drafts included: see ``rows``
        self.views = ShardedMap()     # staff uid -> its saved filters: see ``views``
        self.autosaves = ShardedMap() # staff uid -> {document and section: what was typed and not saved}: see ``autosaves``
        self.presence = ShardedMap()  # document uid -> who has it open: see ``presence``


def open_editorial(connection: Any) -> Editorial:
    """The Editorial of an open ZODB connection. LookupError when the database is older."""
    return connection.root()[ROOT_KEY]


def make_editorial(connection: Any) -> Editorial:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = Editorial()
    return root[ROOT_KEY]
