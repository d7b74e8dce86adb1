"""What a person has to do before anything else: change the password (first sign-in, 90 days; K6), set up the second factor (K5).

Owns that question, asked anew each time. Writes nothing.
"""
from __future__ import annotations

from datetime import datetime, timedelta

from .staff import Staff
from .store import People


def duty(people: People, staff: Staff, now: datetime) -> str:
    """'' nothing, ``password``, then ``enrol``."""
    if staff.credentials.must_change or password_expired(people, staff, now):
        return "password"
    return "" if staff.credentials.totp else "enrol"


def password_expired(people: People, staff: Staff, now: datetime) -> bool:
    days, changed = people.setting("password_days"), staff.credentials.changed_at
    return bool(days) and (changed is None or now - changed >= timedelta(days=days))


def password_days_left(people: People, staff: Staff, now: datetime) -> int | None:
    """Whole days until the password must be changed, for a reminder; None when it need not."""
    days, changed = people.setting("password_days"), staff.credentials.changed_at
    return None if not days or changed is None else max(0, (changed + timedelta(days=days) - now).days)
