"""One member of staff: the account, what was granted, and apart from it what proves the person.

Owns the persistent shape and nothing else; only the verbs of this room write it. Grants and deputies are plain tuples inside, read through
``grants``. An account is never deleted: it ends, and its record and user name stay.
"""
from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

from persistent import Persistent

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}", re.ASCII)


def fold(username: str) -> str:
    """The form under which a user name is looked up: full width and case do not matter."""
    return unicodedata.normalize("NFKC", username.encode("utf-8", "replace").decode()).strip().casefold()


class Credentials(Persistent):
    """What proves a person and where they are signed in: a record of its own, so that lists of staff do not load it."""

    password = ""                            # argon2 hash
    history: tuple[str, ...] = ()            # the newest hashes, the present one first
    changed_at: datetime | None = None
    must_change = True                       # set by somebody else: to be changed at the first sign-in (K6)
    totp = b""                               # secret of the second factor, encrypted; b'' = none yet
    totp_step = 0                            # the newest time step that was used: no code twice
    recovery: tuple[str, ...] = ()           # digests of the recovery codes not yet used
    sids: tuple[str, ...] = ()               # sessions kept in ``People.sessions``
    last_at: datetime | None = None          # the sign-in before this one, for people to notice a stranger's
    last_address = ""
    now_at: datetime | None = None
    now_address = ""


class Staff(Persistent):
    """``grants``: rows of ``grants.Grant``. ``deputy``: a row of ``grants.Deputation`` or None; ``stands_for``: uids of those who named this person."""

    phone = ""
    state = "active"                         # active, ended
    ended_at: datetime | None = None
    ended_by = ""
    grants: tuple[tuple[Any, ...], ...] = ()
    deputy: tuple[Any, ...] | None = None
    stands_for: tuple[str, ...] = ()

    def __init__(self, uid: str, username: str, name: str, org: str = "", phone: str = "", *, at: datetime, by: str) -> None:
        self.uid, self.username, self.name, self.org, self.phone = uid, username, name, org, phone
        self.created_at, self.created_by = at, by
        self.credentials = Credentials()

    @property
    def active(self) -> bool:
        return self.state == "active"
