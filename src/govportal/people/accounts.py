"""Accounts of staff: made, changed, reset, unlocked, ended. By security administrators, or by our own programs (``system:…``).

Owns those verbs and is the one door to all verbs about accounts (own password and second factor: ``own``; roles, deputies, networks, rules:
``granting``). Each checks everything first, then changes, then records, in the caller's transaction. PeopleRefused otherwise.
"""
from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ..base import clock
from ..base.audit import Audit
from . import attempts, grants, passwords, secondfactor, sessions
from .contracts import OpenWork, Work
from .errors import PeopleRefused
from .granting import clear_deputy, drop_deputations, grant, need_security, revoke, set_deputy, set_networks, set_policy
from .own import (
    Enrolment,
    begin_enrolment,
    check_new_password,
    confirm_enrolment,
    renew_recovery,
    resume_enrolment,
    set_password,
    store_password,
)
from .staff import USERNAME, Staff, fold
from .store import People

__all__ = ["Created", "Enrolment", "begin_enrolment", "change", "check_new_password", "clear_deputy", "confirm_enrolment", "create", "end_account", "grant",
           "open_work", "rename", "renew_recovery", "reset_password", "reset_second_factor", "resume_enrolment", "revoke", "set_deputy", "set_networks",
           "set_password", "set_policy", "unlock"]

# Names that scanners try first (K6: default accounts renamed).
DEFAULT_NAMES = frozenset(("admin", "administrator", "root", "system", "sysadmin", "guest", "test", "user", "manager", "operator", "superuser", "master", "webmaster",
                           "security", "auditor", "audit", "support", "demo", "anonymous", "editor", "default"))
_PHONE = re.compile(r"[0-9+() -]{3,30}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


class Created(NamedTuple):
    """``password``: to be told to the person once; the first sign-in asks for another."""

    staff: Staff
    password: str


def create(people: People, *, username: str, name: str, org: str = "", phone: str = "", actor: str, audit: Audit, address: str = "",
           password: str = "", must_change: bool = True, now: datetime | None = None) -> Created:
    """A new account without roles. ``org``: slug of the department. ``password``/``must_change``: only for ``demo``; else a random one.
    PeopleRefused at ``username``, ``name``, ``org``, ``phone``."""
    now = now or clock.now()
    need_security(people, actor, now)
    username = _free_username(people, username)
    staff = Staff(str(uuid.uuid4()), username, *_facts(name, org, phone), at=now, by=actor)
    given = password or passwords.new_password()
    people.add(staff)
    store_password(people, staff, given, must_change=must_change, now=now)
    audit.record("staff-create", actor=actor, target=f"staff/{username}", after=_face(staff), address=address, at=now)
    return Created(staff, given)


def change(people: People, staff: Staff, *, name: str, org: str, phone: str, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> None:
    """Change the facts of an account. PeopleRefused at the field."""
    now = now or clock.now()
    need_security(people, actor, now)
    facts, before = _facts(name, org, phone), _face(staff)
    staff.name, staff.org, staff.phone = facts
    audit.record("staff-change", actor=actor, target=f"staff/{staff.username}", before=before, after=_face(staff), address=address, at=now)


def rename(people: People, staff: Staff, username: str, *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> None:
    """Another user name. The former one signs nobody in and is never given to another person, so that old records stay clear."""
    now = now or clock.now()
    need_security(people, actor, now)
    username, before = _free_username(people, username, staff), staff.username
    people.usernames[fold(username)] = staff.uid
    staff.username = username
    audit.record("staff-rename", actor=actor, target=f"staff/{username}", before=before, after=username, address=address, at=now)


def reset_password(people: People, staff: Staff, *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> str:
    """A new random password, to be told once and changed at the next sign-in; sessions end, a lock is lifted."""
    now = now or clock.now()
    need_security(people, actor, now)
    _need_active(staff)
    if actor == staff.uid:      # else an open session would be enough to take the account over
        raise PeopleRefused("", "自己的密码请在“我的账号”里用原来的密码修改；忘记了，请另一位安全管理员重置")
    given = passwords.new_password()
    store_password(people, staff, given, must_change=True, now=now)
    attempts.unlock(people, staff.username)
    audit.record("password-reset", actor=actor, target=f"staff/{staff.username}", address=address, at=now)
    sessions.end_all(people, staff, by=actor, audit=audit, now=now, address=address)
    return given


def reset_second_factor(people: People, staff: Staff, *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> None:
    """A lost phone: no second factor any more, the next sign-in sets one up; sessions end. Also give a new password, the old one alone would do."""
    now = now or clock.now()
    need_security(people, actor, now)
    if actor == staff.uid:
        raise PeopleRefused("", "自己的动态码请在“我的账号”里用原来的动态码更换；手机丢了，请另一位安全管理员重置")
    secondfactor.drop(staff.credentials)
    audit.record("second-factor-reset", actor=actor, target=f"staff/{staff.username}", address=address, at=now)
    sessions.end_all(people, staff, by=actor, audit=audit, now=now, address=address)


def unlock(people: People, staff: Staff, *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> bool:
    """Lift the lock after failed sign-ins; whether there was one to lift."""
    now = now or clock.now()
    need_security(people, actor, now)
    locked = attempts.locked_until(people, staff.username, now) is not None
    attempts.unlock(people, staff.username)
    audit.record("unlock", actor=actor, target=f"staff/{staff.username}", address=address, at=now)
    return locked


def open_work(rooms: Sequence[OpenWork], uid: str) -> list[Work]:
    """What waits for a person in all rooms."""
    return [work for room in rooms for work in room.of(uid)]


def end_account(people: People, staff: Staff, *, rooms: Sequence[OpenWork], heir: Staff | None = None, actor: str, audit: Audit, reason: str = "",
                address: str = "", now: datetime | None = None) -> int:
    """End an account for good: open work goes to ``heir``, sessions end, deputations on either side are dropped; the record and the user name stay.
    How many pieces of work were handed over. PeopleRefused at ``heir`` while work waits and nobody takes it, or '' for oneself and the last 安全管理."""
    now = now or clock.now()
    need_security(people, actor, now)
    _need_active(staff)
    if staff.uid == actor:
        raise PeopleRefused("", "不能停用自己的账号，请另一位安全管理员来办")
    if any(one.role == "security" for one in grants.grants_of(staff, now)) and not grants.lasting_security(people, now, without=staff.uid):
        raise PeopleRefused("", "这是最后一位安全管理员，请先授权另一个人，再停用这个账号")
    waiting = open_work(rooms, staff.uid)
    if heir is not None and (heir.uid == staff.uid or not heir.active):
        raise PeopleRefused("heir", "接手的人要是另一个在用的账号，请重新选择")
    if heir is not None and any(one.role == "auditor" for one in grants.grants_of(heir, now)):
        raise PeopleRefused("heir", "审计人员只看不改，不能接手工作，请选另一个人")
    if waiting and heir is None:
        named = "、".join(f"{work.kind}“{work.title}”" for work in waiting[:5])
        raise PeopleRefused("heir", f"还有 {len(waiting)} 件工作在这个人手里（{named}{'等' if len(waiting) > 5 else ''}），请先选一个人接手")
    moved = sum(room.hand_over(staff.uid, heir.uid) for room in rooms) if waiting and heir is not None else 0
    if open_work(rooms, staff.uid):
        raise RuntimeError("a room did not hand over everything")      # the caller's transaction is dropped
    before = _face(staff)
    sessions.end_all(people, staff, by=actor, audit=audit, now=now, address=address)
    drop_deputations(people, staff)
    staff.state, staff.ended_at, staff.ended_by = "ended", now, actor
    audit.record("staff-end", actor=actor, target=f"staff/{staff.username}", reason=reason or (f"移交 {moved} 件给 {heir.username}" if moved and heir else ""),
                 before=before, after=_face(staff), address=address, at=now)
    return moved


def _free_username(people: People, username: str, own: Staff | None = None) -> str:
    name = fold(username)
    if not USERNAME.fullmatch(name):
        raise PeopleRefused("username", "用户名用 3 至 32 个小写字母、数字、点、横线或下划线，以字母或数字开头，例如 zhang.san")
    if name in DEFAULT_NAMES:
        raise PeopleRefused("username", f"“{name}”是常见的默认名，容易被人试密码，请换一个，例如姓名拼音")
    holder = people.usernames.get(name)
    if holder is not None and (own is None or holder != own.uid):
        raise PeopleRefused("username", f"用户名“{name}”已有人用过，用户名不重复使用，请换一个")
    return name


def _facts(name: str, org: str, phone: str) -> tuple[str, str, str]:
    name, org, phone = " ".join(name.split()), org.strip(), phone.strip()
    if not 1 <= len(name) <= 40 or not name.isprintable():
        raise PeopleRefused("name", "请填写姓名，不超过 40 字")
    if org and not _SLUG.fullmatch(org):
        raise PeopleRefused("org", "部门不对，请从列表里选择")
    if phone and not _PHONE.fullmatch(phone):
        raise PeopleRefused("phone", "电话只写数字、横线、加号和括号，例如 000-1234567")
    return name, org, phone


def _need_active(staff: Staff) -> None:
    if not staff.active:
        raise PeopleRefused("", "这个账号已经停用")


def _face(staff: Staff) -> dict[str, str]:
    return {"username": staff.username, "name": staff.name, "org": staff.org, "phone": staff.phone, "state": staff.state}
