"""Signing in: user name, password, second factor, in one step; what fails is counted and said in the same words whatever was wrong (K5–K7, K9).

``sign_in`` RETURNS its outcome and never raises for a refusal, because a failure must be COMMITTED: the count that locks the name and the audit
record lie in the caller's transaction. The caller answers with 2xx or 3xx (pyramid_tm drops the transaction of a 4xx answer) and commits.
A success and a failure of one name write the same record, so of guesses made at once one is tried again by pyramid_retry and sees the count.
"""
from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime
from typing import NamedTuple

from ..base import clock
from ..base.audit import Audit
from ..base.keys import Keys
from . import attempts, duties, grants, passwords, secondfactor, sessions
from .staff import Staff, fold
from .store import People


class SignedIn(NamedTuple):
    """``must``: '' free, ``password`` or ``enrol``: the session may do only that (``sessions.must`` asks again). ``recovery_left``: codes left when one was used."""

    sid: str
    staff: Staff
    must: str
    recovery_left: int | None = None


class SignInRefused(NamedTuple):
    """``message`` for people. ``until``: when to try again, for a locked name or a slowed address."""

    message: str
    until: datetime | None = None


class _Examined(NamedTuple):
    why: str = ""            # for the audit; '' = right
    message: str = ""        # '' = the common words
    factor: str = ""         # totp, recovery, '' = not enrolled


def sign_in(people: People, keys: Keys, *, username: str, password: str, code: str, address: str, agent: str, audit: Audit,
            now: datetime | None = None) -> SignedIn | SignInRefused:
    """One attempt. Commit whatever it returns."""
    now = now or clock.now()
    if not fold(username) or not password:
        return SignInRefused("请填写用户名和密码")
    held = attempts.held_until(people, address, now)
    if held is not None:      # not examined, not written: the record of the moment it began is there
        return SignInRefused(f"这个网络地址登录失败的次数太多，请 {_minutes(held, now)} 分钟后再试", held)
    staff = people.staff_by_name(username)
    locked = attempts.locked_until(people, username, now)
    if locked is not None:
        _note(people, keys, audit, username, staff, address, "locked", now)
        return SignInRefused(_locked(locked, now), locked)
    examined = _examine(people, keys, staff, password, code, address, now)
    if examined.why:
        return _refuse(people, keys, audit, username, staff, address, examined, now)
    assert staff is not None
    return _let_in(people, audit, staff, examined, password, address, agent, now)


def _examine(people: People, keys: Keys, staff: Staff | None, password: str, code: str, address: str, now: datetime) -> _Examined:
    """The same work for everybody: one argon2 verification, also where there is no account."""
    credentials = staff.credentials if staff is not None else None
    right = passwords.verify(credentials.password if credentials is not None else "", password)
    if staff is None or credentials is None:
        return _Examined("unknown")
    if not right:
        return _Examined("password")
    if not staff.active:
        return _Examined("ended")
    factor = secondfactor.use(staff, keys, code, now) if credentials.totp else ""
    if credentials.totp and not factor:
        return _Examined("code")
    if grants.shut_out(people, staff, address, now):
        return _Examined("network", "您的角色不允许从这个网络登录，请在单位规定的网络里使用，或请安全管理员核对允许的地址" if factor else "")
    return _Examined(factor=factor)


def _refuse(people: People, keys: Keys, audit: Audit, username: str, staff: Staff | None, address: str, examined: _Examined, now: datetime) -> SignInRefused:
    _note(people, keys, audit, username, staff, address, examined.why, now)
    if examined.message:      # password and code were right: no guess, nothing to count against the name
        return SignInRefused(examined.message)
    left = attempts.miss(people, username, now)
    if not left:
        until = attempts.locked_until(people, username, now)
        assert until is not None
        return SignInRefused(_locked(until, now), until)
    return SignInRefused(f"用户名、密码或动态码不对，请核对后再试。还可以试 {left} 次，之后锁定 {people.setting('lock_minutes')} 分钟")


def _let_in(people: People, audit: Audit, staff: Staff, examined: _Examined, password: str, address: str, agent: str, now: datetime) -> SignedIn:
    credentials = staff.credentials
    attempts.hit(people, staff.username, now)
    if passwords.needs_rehash(credentials.password):
        credentials.password = passwords.make_hash(password)
        credentials.history = (credentials.password, *credentials.history[1:])
    credentials.last_at, credentials.last_address = credentials.now_at, credentials.now_address
    credentials.now_at, credentials.now_address = now, address
    must = duties.duty(people, staff, now)
    sid = sessions.begin(people, staff, address=address, agent=agent, must=must, now=now)
    audit.record("sign-in", actor=staff.uid, target=f"staff/{staff.username}", reason=examined.factor or "password", address=address, at=now)
    return SignedIn(sid, staff, must, len(credentials.recovery) if examined.factor == "recovery" else None)


def _note(people: People, keys: Keys, audit: Audit, username: str, staff: Staff | None, address: str, why: str, now: datetime) -> None:
    """The failure in the audit and on the address. A name that no account has is kept as a keyed digest: it may be a password."""
    target = f"staff/{staff.username}" if staff is not None else f"unknown/{digest_of(keys, username)}"
    audit.record("sign-in", actor=staff.uid if staff is not None else "anonymous", target=target, outcome="refused", reason=why, address=address, at=now)
    if attempts.miss_from(people, address, now):
        audit.record("sign-in-held", actor="system", target=f"address/{attempts.network_of(address)}", address=address, at=now)


def digest_of(keys: Keys, username: str) -> str:
    """What the audit keeps of an unknown name: the same name gives the same digest, nobody can go back without the secret file."""
    return hmac.new(keys.derive("audit names"), fold(username).encode(), hashlib.sha256).hexdigest()[:16]


def _locked(until: datetime, now: datetime) -> str:
    return f"登录失败的次数太多，这个用户名已锁定，请 {_minutes(until, now)} 分钟后再试；着急时请联系安全管理员解锁"


def _minutes(until: datetime, now: datetime) -> int:
    return max(1, math.ceil((until - now).total_seconds() / 60))
