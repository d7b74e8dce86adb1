"""The root of all people in the database, beside the site: staff, sessions, failed attempts, networks.

Owns opening and making it. A database without it (older than generation 2) is brought up by ``evolution``.
"""
from __future__ import annotations

from typing import Any

from persistent import Persistent

ROOT_KEY = "people"


class People(Persistent):
    """Root of staff accounts and sessions."""


def open_people(connection: Any) -> People:
    """The People of an open ZODB connection. LookupError when the database is older."""
    return connection.root()[ROOT_KEY]


def make_people(connection: Any) -> People:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = People()
    return root[ROOT_KEY]
