"""What somebody typed at the desk and has not saved yet: kept per person, document and section until it is saved, discarded or too old.

Each opened page keeps a copy of its own, named by the page, so that no page writes over what another one kept; a page that brings a copy back goes
on with it. Owns these records and their limits (size, number, age). They are plain pairs as the form posted them, nobody else's page reads them, and
nothing of them is content. Saving too much is Refused; nothing is kept then.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..workflow.reasons import Reason, Refused
from .store import Editorial

Pairs = tuple[tuple[str, str], ...]
MAX_SIZE = 600_000              # characters of one record
COPIES = 3                      # copies of one section; the oldest go
MAX_COUNT = 30                  # records a person; the oldest go
KEEP = timedelta(days=14)


class Kept(NamedTuple):
    """``base``: uid of the edition the editor had before them; ``at``: when it was last kept; ``copy``: name of the page that keeps it."""

    section: str
    pairs: Pairs
    base: str
    at: datetime
    copy: str = ""


class Autosave(Persistent):
    """One record: small and alone, so that keeping it again writes nothing else."""

    def __init__(self, pairs: Pairs, base: str, at: datetime) -> None:
        self.pairs, self.base, self.at = pairs, base, at


def keep(editorial: Editorial, staff: str, uid: str, section: str, pairs: Iterable[tuple[str, str]], base: str, now: datetime,
         copy: str = "") -> datetime:
    """Keep what was typed in the page of this name, beside what other pages kept; the same again changes nothing. Returns when it was kept. Refused when it is too much."""
    pairs = tuple((str(name), str(value)) for name, value in pairs)
    if sum(len(name) + len(value) for name, value in pairs) > MAX_SIZE:
        raise Refused(Reason("", "内容太长，不能自动保存，请点“保存”"))
    own = editorial.autosaves.get(staff)
    if own is None:
        own = editorial.autosaves[staff] = OOBTree()
    key = _key(uid, section, copy)
    found = own.get(key)
    if found is None:
        while len(others := _keys(own, uid, section)) >= COPIES:
            del own[min(others, key=lambda other: own[other].at)]
        while len(own) >= MAX_COUNT:
            del own[min(own.keys(), key=lambda other: own[other].at)]
        own[key] = Autosave(pairs, base, now)
    elif (found.pairs, found.base) != (pairs, base):
        found.pairs, found.base, found.at = pairs, base, now
    return own[key].at


def _key(uid: str, section: str, copy: str) -> str:
    name = "".join(sign for sign in copy if sign.isascii() and sign.isalnum())[:32]
    return f"{uid} {section} {name}" if name else f"{uid} {section}"


def _keys(own: OOBTree, uid: str, section: str) -> list[str]:
    """The copies of a section."""
    return list(own.keys(f"{uid} {section}", f"{uid} {section}!", excludemax=True))


def copies(editorial: Editorial, staff: str, uid: str, section: str, now: datetime) -> list[Kept]:
    """What this person typed here and did not save, the newest first; none that is too old."""
    own = editorial.autosaves.get(staff)
    if own is None:
        return []
    found = [Kept(section, own[key].pairs, own[key].base, own[key].at, key[len(f"{uid} {section} "):]) for key in _keys(own, uid, section)]
    return sorted((one for one in found if now - one.at < KEEP), key=lambda one: one.at, reverse=True)


def kept(editorial: Editorial, staff: str, uid: str, section: str, now: datetime) -> Kept | None:
    """The newest of them."""
    return next(iter(copies(editorial, staff, uid, section, now)), None)


def sections_kept(editorial: Editorial, staff: str, uid: str, now: datetime) -> dict[str, datetime]:
    """Sections of a document in which this person has something unsaved, and since when."""
    own = editorial.autosaves.get(staff)
    if own is None:
        return {}
    found: dict[str, datetime] = {}
    for key, record in own.items(f"{uid} ", f"{uid}!", excludemax=True):
        section = key.split(" ")[1]
        if now - record.at < KEEP:
            found[section] = max(record.at, found.get(section, record.at))
    return found


def forget(editorial: Editorial, staff: str, uid: str, section: str, copy: str = "") -> bool:
    """The copy of this page was saved or is not wanted; others stay. Whether there was something."""
    own, key = editorial.autosaves.get(staff), _key(uid, section, copy)
    if own is None or key not in own:
        return False
    del own[key]
    return True


def forget_staff(editorial: Editorial, staff: str) -> None:
    """All of somebody whose account ended."""
    editorial.autosaves.pop(staff)


def purge(editorial: Editorial, now: datetime) -> int:
    """Remove what is too old; how many records went."""
    gone = 0
    for staff, own in list(editorial.autosaves.items()):
        old = [key for key, record in own.items() if now - record.at >= KEEP]
        for key in old:
            del own[key]
        gone += len(old)
        if not own:
            editorial.autosaves.pop(staff)
    return gone
