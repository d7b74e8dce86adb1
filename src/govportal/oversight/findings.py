"""The words of oversight: what a check is, the flaw it reports, the finding people see. Plain data, no database.

Owns the forms and the key of a finding, which stays the same from run to run while the same thing is wrong at the same place.
"""
from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

from ..base import calendar

LEVELS = {"must": "必须改", "should": "应当改", "look": "请核对"}


class Check(NamedTuple):
    """One check: ``level`` of LEVELS, ``source`` the rule it comes from, ``days`` working days to mend."""

    id: str
    title: str
    level: str
    source: str
    days: int


class Flaw(NamedTuple):
    """What a check says of one document. ``mark`` tells flaws of one check and field apart; ``due`` only where the matter itself has a date."""

    check: str
    field: str
    words: str
    mark: str = ""
    due: date | None = None


class Row(NamedTuple):
    """A finding as it is kept: days are ordinals; level, source and owner are looked up when it is shown."""

    key: int
    check: str
    uid: str
    path: str
    title: str
    kind: str
    field: str
    words: str
    org: str
    region: str
    since: int
    due: int


class Finding(NamedTuple):
    """A finding as people see it. ``key`` as hex, ``org`` slug of the department ('' = the site office), ``owner`` staff uid or ''."""

    key: str
    check: str
    check_title: str
    level: str
    source: str
    uid: str
    path: str
    title: str
    kind: str
    field: str
    words: str
    org: str
    region: str
    since: date
    due: date
    owner: str = ""
    note: str = ""

    def overdue(self, today: date) -> bool:
        return self.due < today


def key_of(check: str, uid: str, field: str, mark: str) -> int:
    """A signed 64 bit number for (check, document, field, mark)."""
    text = "\x00".join((check, uid, field, mark))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def hex_of(key: int) -> str:
    return f"{key & (1 << 64) - 1:016x}"


def key_from(text: str) -> int | None:
    """The key that ``hex_of`` wrote; None for anything else."""
    if len(text) != 16 or any(char not in "0123456789abcdef" for char in text):
        return None
    number = int(text, 16)
    return number - (1 << 64) if number >> 63 else number


def due_day(since: date, days: int) -> date:
    """The last day to mend: working days from the day after it was first seen (N1)."""
    return calendar.current().add_working_days(since, days)


def finding_of(row: Row, check: Check, owner: tuple[str, str] = ("", "")) -> Finding:
    return Finding(hex_of(row.key), row.check, check.title, check.level, check.source, row.uid, row.path, row.title, row.kind, row.field, row.words,
                   row.org, row.region, date.fromordinal(row.since), date.fromordinal(row.due), *owner)
