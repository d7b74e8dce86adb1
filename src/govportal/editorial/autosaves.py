"""What somebody typed at the desk and has not saved yet: kept per person, document and section until it is saved, discarded or too old.

Owns these records and their limits (size, number, age). They are plain pairs as the form posted them, nobody else's page reads them, and
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
MAX_COUNT = 30                  # records a person; the oldest go
KEEP = timedelta(days=14)


class Kept(NamedTuple):
    """``base``: uid of the edition the editor had before them; ``at``: when it was last kept."""

    section: str
    pairs: Pairs
    base: str
    at: datetime


class Autosave(Persistent):
    """One record: small and alone, so that keeping it again writes nothing else."""

    def __init__(self, pairs: Pairs, base: str, at: datetime) -> None:
        self.pairs, self.base, self.at = pairs, base, at


def keep(editorial: Editorial, staff: str, uid: str, section: str, pairs: Iterable[tuple[str, str]], base: str, now: datetime) -> datetime:
    """Keep what was typed; the same again changes nothing. Returns when it was kept. Refused when it is too much."""
    pairs = tuple((str(name), str(value)) for name, value in pairs)
    if sum(len(name) + len(value) for name, value in pairs) > MAX_SIZE:
        raise Refused(Reason("", "内容太长，不能自动保存，请点“保存”"))
    own = editorial.autosaves.get(staff)
    if own is None:
        own = editorial.autosaves[staff] = OOBTree()
    key = f"{uid} {section}"
    found = own.get(key)
    if found is None:
        while len(own) >= MAX_COUNT:
            del own[min(own.keys(), key=lambda other: own[other].at)]
        own[key] = Autosave(pairs, base, now)
    elif (found.pairs, found.base) != (pairs, base):
        found.pairs, found.base, found.at = pairs, base, now
    return own[key].at


def kept(editorial: Editorial, staff: str, uid: str, section: str, now: datetime) -> Kept | None:
    """What this person typed here and did not save; None when there is nothing or it is too old."""
    own = editorial.autosaves.get(staff)
    found = own.get(f"{uid} {section}") if own is not None else None
    return Kept(section, found.pairs, found.base, found.at) if found is not None and now - found.at < KEEP else None


def sections_kept(editorial: Editorial, staff: str, uid: str, now: datetime) -> dict[str, datetime]:
    """Sections of a document in which this person has something unsaved, and since when."""
    own = editorial.autosaves.get(staff)
    if own is None:
        return {}
    return {key.partition(" ")[2]: record.at for key, record in own.items(f"{uid} ", f"{uid}!", excludemax=True) if now - record.at < KEEP}


def forget(editorial: Editorial, staff: str, uid: str, section: str) -> bool:
    """It was saved or is not wanted. Whether there was something."""
    own = editorial.autosaves.get(staff)
    if own is None or f"{uid} {section}" not in own:
        return False
    del own[f"{uid} {section}"]
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
