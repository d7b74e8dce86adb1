"""Who has a document open at the desk now: small records with a time that fade by themselves. No locks.

Owns these records. A browser beats while the page is open; a beat is written at most each half minute and means nothing after a minute and a
half. Two people's beats at once are merged by the record itself, so they never meet as a conflict.
"""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from persistent import Persistent

from .store import Editorial

EVERY = timedelta(seconds=25)       # a beat sooner than this after the last one writes nothing
FADES = timedelta(seconds=90)


class Open(Persistent):
    """Staff uid -> when they were last seen at one document. The dict is replaced as a whole."""

    def __init__(self) -> None:
        self.seen: dict[str, datetime] = {}

    def _p_resolveConflict(self, before: dict[str, Any], saved: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
        seen = dict(saved["seen"])
        for staff, at in mine["seen"].items():
            seen[staff] = max(at, seen.get(staff, at))
        return {**saved, "seen": seen}


def beat(editorial: Editorial, uid: str, staff: str, now: datetime) -> bool:
    """This person has the document open. Whether something was written."""
    record = editorial.presence.get(uid)
    if record is None:
        record = editorial.presence[uid] = Open()
    last = record.seen.get(staff)
    if last is not None and timedelta() <= now - last < EVERY:
        return False
    record.seen = {other: at for other, at in record.seen.items() if now - at < FADES} | {staff: now}
    return True


def others(editorial: Editorial, uid: str, staff: str, now: datetime) -> list[str]:
    """Uids of the other people who have it open, who came last first."""
    record = editorial.presence.get(uid)
    seen = {} if record is None else record.seen
    return sorted((other for other, at in seen.items() if other != staff and now - at < FADES), key=lambda other: seen[other], reverse=True)


def purge(editorial: Editorial, now: datetime) -> int:
    """Remove records of documents that nobody has open; how many."""
    old = [uid for uid, record in editorial.presence.items() if all(now - at >= FADES for at in record.seen.values())]
    for uid in old:
        editorial.presence.pop(uid)
    return len(old)
