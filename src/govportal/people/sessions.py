"""Sessions of staff: who is signed in from where, until when; ending one, ending all.

Owns the rows in ``People.sessions``. The database keeps what must hold at once everywhere (absolute life, revocation); when a person was last seen
lies in the signed cookie, so that reading a page writes nothing. Lookups answer None, ``end`` refuses what is not there.
"""
from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from ..base.audit import Audit
from ..base.keys import Keys
from . import duties
from .errors import PeopleRefused
from .staff import Staff
from .store import People
from .tokens import Opened, Sealer

KEEP = timedelta(days=30)          # how long the list shows a session that is over
RENEW = timedelta(seconds=60)      # a cookie younger than this need not be sent anew


class Session(NamedTuple):
    """``began``/``ended``: aware datetimes. ``must``: what had to be done first when it began ('' nothing, password, enrol)."""

    sid: str
    staff: str
    began: datetime
    address: str
    agent: str
    ended: datetime | None = None
    must: str = ""
    ended_by: str = ""


def begin(people: People, staff: Staff, *, address: str, agent: str, must: str, now: datetime) -> str:
    """A new session (for ``signin`` alone); its random id. With the setting ``one_session`` it ends the person's others."""
    if people.setting("one_session"):
        _end_rows(people, staff, staff.uid, now)
    sid = secrets.token_urlsafe(24)
    people.sessions[sid] = (staff.uid, now, address[:64], agent[:200], None, must, "")
    staff.credentials.sids = (*staff.credentials.sids, sid)
    return sid


def get(people: People, sid: str) -> Session | None:
    row = people.sessions.get(sid)
    return None if row is None else Session(sid, *row)


def is_open(people: People, session: Session, now: datetime) -> bool:
    return session.ended is None and now - session.began < timedelta(hours=people.setting("session_hours"))


def check(people: People, sid: str, now: datetime) -> Staff | None:
    """The person of a session that is open and whose account is active; None otherwise. Idle time is the cookie's (``read_cookie``)."""
    session = get(people, sid)
    if session is None or not is_open(people, session, now):
        return None
    staff = people.staff(session.staff)
    return staff if staff is not None and staff.active else None


def must(people: People, sid: str, now: datetime) -> str:
    """What this session has to do before anything else: '' nothing, ``password``, ``enrol``. Asked anew each time, so it goes on by itself after each
    verb; a session that began free stays free until it ends, so that nobody loses work in the middle."""
    session = get(people, sid)
    staff = people.staff(session.staff) if session is not None else None
    return duties.duty(people, staff, now) if session is not None and session.must and staff is not None else ""


def of(people: People, staff: Staff) -> list[Session]:
    """A person's sessions, newest first, also those of late that are over."""
    found = [session for sid in staff.credentials.sids if (session := get(people, sid)) is not None]
    return sorted(found, key=lambda session: session.began, reverse=True)


def end(people: People, sid: str, *, by: str, audit: Audit, now: datetime, address: str = "") -> None:
    """End a session (sign-out, or "end session" in the list). One that is over already is left alone. PeopleRefused for an unknown one."""
    session = get(people, sid)
    if session is None:
        raise PeopleRefused("sid", "没有这次登录，可能早已结束")
    if session.ended is None:
        people.sessions[sid] = session._replace(ended=now, ended_by=by)[1:]
        audit.record("sign-out" if by == session.staff else "session-end", actor=by, target=f"staff/{session.staff}", address=address, at=now)


def end_all(people: People, staff: Staff, *, by: str, audit: Audit, now: datetime, keep: str = "", address: str = "") -> int:
    """End every open session of a person but ``keep``; how many."""
    count = _end_rows(people, staff, by, now, keep)
    if count:
        audit.record("session-end", actor=by, target=f"staff/{staff.uid}", reason=f"{count} 次登录", address=address, at=now)
    return count


def _end_rows(people: People, staff: Staff, by: str, now: datetime, keep: str = "") -> int:
    count = 0
    for session in of(people, staff):
        if session.sid != keep and is_open(people, session, now):
            people.sessions[session.sid] = session._replace(ended=now, ended_by=by)[1:]
            count += 1
    return count


def purge(people: People, now: datetime) -> int:
    """Remove sessions that have been over for 30 days; how many."""
    life = timedelta(hours=people.setting("session_hours"))
    old = [(sid, row[0]) for sid, row in people.sessions.items() if now - (row[4] or row[1] + life) > KEEP]
    for sid, uid in old:
        people.sessions.pop(sid)
        if (staff := people.staff(uid)) is not None:
            staff.credentials.sids = tuple(kept for kept in staff.credentials.sids if kept != sid)
    return len(old)


def make_cookie(keys: Keys, sid: str, now: datetime) -> str:
    """The cookie's value: the session's id and now as last seen, signed."""
    return Sealer(keys, "session").seal({"sid": sid}, now=now)


def read_cookie(people: People, keys: Keys, value: str | None, now: datetime) -> Opened | None:
    """``.payload["sid"]`` and ``.issued`` (last seen); None when it is not ours or nothing was done for ``idle_minutes`` (K7). Send a new
    cookie when ``now - issued > RENEW``."""
    return Sealer(keys, "session").open(value, max_age=timedelta(minutes=people.setting("idle_minutes")), now=now)
