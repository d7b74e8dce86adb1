"""What people change of their own: the password, the second factor, the recovery codes.

Owns those verbs (``accounts`` offers them too). They raise PeopleRefused with a field and a Chinese message and then changed nothing, except that a
wrong old password or code counts as a failed attempt: catch it and commit, as with ``signin``.
"""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ..base import clock
from ..base.audit import Audit
from ..base.keys import Keys
from . import attempts, passwords, secondfactor, sessions
from .errors import PeopleRefused
from .staff import Staff
from .store import People
from .tokens import Sealer

ENROL_WITHIN = timedelta(minutes=15)


class Enrolment(NamedTuple):
    """``secret`` to type in, ``address`` for the QR picture, ``token`` for the form: nothing is stored before the code proves the phone."""

    secret: str
    address: str
    token: str


def check_new_password(people: People, staff: Staff, new: str) -> list[str]:
    """What is wrong with a new password of this person (K6), in Chinese; [] when nothing is."""
    found = passwords.faults(new, username=staff.username, least=people.setting("password_length"), classes=people.setting("password_classes"))
    if found:
        return found
    count, credentials = people.setting("password_history"), staff.credentials
    known = credentials.history[:count] if count else ()
    return [f"最近用过的 {count} 个密码不能再用，请换一个"] if any(passwords.verify(hashed, new) for hashed in known) else []


def set_password(people: People, staff: Staff, *, old: str, new: str, again: str | None = None, audit: Audit, keep: str = "", address: str = "",
                 now: datetime | None = None) -> None:
    """Change one's own password; every other session than ``keep`` ends. PeopleRefused at ``old``, ``new`` or ``again``."""
    now = now or clock.now()
    _prove(people, staff, passwords.verify(staff.credentials.password, old), "old", "原来的密码不对", audit, address, now)
    if again is not None and again != new:
        raise PeopleRefused("again", "两次输入的新密码不一样，请重新输入")
    found = check_new_password(people, staff, new)
    if found:
        raise PeopleRefused("new", "；".join(found))
    store_password(people, staff, new, must_change=False, now=now)
    audit.record("password", actor=staff.uid, target=f"staff/{staff.username}", address=address, at=now)
    sessions.end_all(people, staff, by=staff.uid, audit=audit, now=now, keep=keep, address=address)


def store_password(people: People, staff: Staff, new: str, *, must_change: bool, now: datetime) -> None:
    """Keep a password that was checked (for the verbs of this room)."""
    credentials = staff.credentials
    credentials.password, credentials.must_change, credentials.changed_at = passwords.make_hash(new), must_change, now
    credentials.history = (credentials.password, *credentials.history)[:max(1, people.setting("password_history"))]


def begin_enrolment(keys: Keys, staff: Staff, now: datetime | None = None) -> Enrolment:
    """A new secret for the person's app. Writes nothing, so a page may show it; ``confirm_enrolment`` takes the token back within 15 minutes."""
    secret = secondfactor.new_secret()
    token = Sealer(keys, "enrolment").seal({"staff": staff.uid, "secret": secret}, now=now)
    return Enrolment(secret, secondfactor.address_of(secret, staff.username), token)


def resume_enrolment(keys: Keys, staff: Staff, token: str, now: datetime | None = None) -> Enrolment | None:
    """The same enrolment again, to show the form after a wrong code; None when the token is too old or not this person's."""
    opened = Sealer(keys, "enrolment").open(token, max_age=ENROL_WITHIN, now=now)
    if opened is None or opened.payload["staff"] != staff.uid:
        return None
    secret = opened.payload["secret"]
    return Enrolment(secret, secondfactor.address_of(secret, staff.username), token)


def confirm_enrolment(people: People, keys: Keys, staff: Staff, *, token: str, code: str, audit: Audit, current: str = "", address: str = "",
                      now: datetime | None = None) -> list[str]:
    """Take the enrolment into use when ``code`` proves it; the ten recovery codes, shown once. ``current``: a code of the former device, asked when
    there is one. PeopleRefused at ``code``, ``current``, or '' when the enrolment is too old."""
    now = now or clock.now()
    enrolment = resume_enrolment(keys, staff, token, now)
    if enrolment is None:
        raise PeopleRefused("", "这个二维码已过期（15 分钟），请重新扫描新的二维码")
    step = secondfactor.step_of(enrolment.secret, code, now)
    if step is None:
        raise PeopleRefused("code", "动态码不对，请输入手机上现在显示的 6 位数字；总是不对时，请核对手机的时间")
    if staff.credentials.totp:
        _prove(people, staff, bool(secondfactor.use(staff, keys, current, now)), "current", "原来的动态码不对", audit, address, now)
    secondfactor.enrol(staff, keys, enrolment.secret, step=step)
    audit.record("second-factor", actor=staff.uid, target=f"staff/{staff.username}", address=address, at=now)
    return secondfactor.new_recovery(staff, keys)


def renew_recovery(people: People, keys: Keys, staff: Staff, *, code: str, audit: Audit, address: str = "", now: datetime | None = None) -> list[str]:
    """Ten new recovery codes, shown once, against a code of the device. PeopleRefused at ``code``."""
    now = now or clock.now()
    _prove(people, staff, bool(secondfactor.use(staff, keys, code, now)), "code", "动态码不对", audit, address, now)
    audit.record("recovery-codes", actor=staff.uid, target=f"staff/{staff.username}", address=address, at=now)
    return secondfactor.new_recovery(staff, keys)


def _prove(people: People, staff: Staff, right: bool, field: str, wrong: str, audit: Audit, address: str, now: datetime) -> None:
    """Go on only with a right proof and an open lock; a wrong one counts, so that an open session is no way to guess."""
    if attempts.locked_until(people, staff.username, now) is not None:
        raise PeopleRefused(field, "错的次数太多，已锁定，请过一会儿再试")
    if not right:
        left = attempts.miss(people, staff.username, now)
        audit.record("proof", actor=staff.uid, target=f"staff/{staff.username}", outcome="refused", reason=field, address=address, at=now)
        raise PeopleRefused(field, f"{wrong}，请核对后再试" + (f"，还可以试 {left} 次" if left else f"；已锁定 {people.setting('lock_minutes')} 分钟"))
