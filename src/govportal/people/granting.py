"""Giving and taking roles, naming deputies, the networks of roles, the sign-in rules.

Owns those verbs (``accounts`` offers them too). Nobody grants to themselves; K8's roles stay apart; one 安全管理 without end date always remains.
PeopleRefused with a field and a Chinese message, nothing changed.
"""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from ..base import clock
from ..base.audit import Audit
from .errors import PeopleRefused
from .grants import Deputation, Grant, deputation_of, grants_of, is_security, lasting_security, within
from .roles import ROLES, clash, title_of
from .staff import Staff
from .store import SETTINGS, People

_ORG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+", re.ASCII)
_REGION = re.compile(r"[1-9][0-9]{5}([0-9]{3}){0,2}", re.ASCII)
LONGEST_ABSENCE = 366


def need_security(people: People, actor: str, now: datetime) -> None:
    """PeopleRefused unless the actor is a security administrator or one of our programs."""
    if not is_security(people, actor, now):
        raise PeopleRefused("", "这要由安全管理员来办")


def grant(people: People, staff: Staff, *, role: str, org: str = "", path: str = "", region: str = "", until: str = "", actor: str, audit: Audit,
          address: str = "", now: datetime | None = None) -> Grant:
    """Give a role, or give the same one another end. PeopleRefused at ``role``, ``org``, ``path``, ``region``, ``until``, or '' for oneself."""
    now = now or clock.now()
    need_security(people, actor, now)
    if not staff.active:
        raise PeopleRefused("", "这个账号已经停用，不能再授权")
    if actor == staff.uid:
        raise PeopleRefused("", "不能给自己授权，请另一位安全管理员来办")
    if role not in ROLES:
        raise PeopleRefused("role", "没有这个角色，请从列表里选择")
    if ROLES[role].apart and (org.strip() or path.strip() or region.strip()):
        raise PeopleRefused("role", f"“{title_of(role)}”管全站，不能限定部门、栏目或区划，请把范围空着")
    why = clash((one.role for one in grants_of(staff, now)), role)
    if why or (role == "auditor" and staff.stands_for):
        raise PeopleRefused("role", why or "这个人正代理别人的工作，审计人员不能代理，请先取消代理")
    new = Grant(role, *_limits(org, path, region), _last_day(until, now), actor, now)
    held = [Grant(*row) for row in staff.grants]
    if role == "security" and until and any(one.where == new.where and not one.until for one in held) and not lasting_security(people, now, without=staff.uid):
        raise PeopleRefused("until", "这是最后一位没有期限的安全管理员，不能给他加上期限，请先授权另一个人")
    _keep_grants(staff, [*(one for one in held if one.where != new.where), new])
    audit.record("grant", actor=actor, target=f"staff/{staff.username}", reason=_said(new), before=[one[:5] for one in held],
                 after=[row[:5] for row in staff.grants], address=address, at=now)
    return new


def revoke(people: People, staff: Staff, *, role: str, org: str = "", path: str = "", region: str = "", actor: str, audit: Audit, address: str = "",
           now: datetime | None = None) -> None:
    """Take a grant away. PeopleRefused when there is none such, or it is the last 安全管理."""
    now = now or clock.now()
    need_security(people, actor, now)
    held = [Grant(*row) for row in staff.grants]
    gone = [one for one in held if one.where == (role, org, path, region)]
    if not gone:
        raise PeopleRefused("", "这个人没有这项授权，可能已被收回，请刷新页面")
    left = [one for one in held if one.where != (role, org, path, region)]
    lasting = any(one.role == "security" and not one.until for one in left)
    if role == "security" and staff.active and not lasting and not lasting_security(people, now, without=staff.uid):
        raise PeopleRefused("", "这是最后一位安全管理员，请先授权另一个人，再收回这项授权")
    _keep_grants(staff, left)
    audit.record("revoke", actor=actor, target=f"staff/{staff.username}", reason=_said(gone[0]), before=[one[:5] for one in held],
                 after=[row[:5] for row in staff.grants], address=address, at=now)


def set_deputy(people: People, staff: Staff, deputy: Staff, *, first: str, until: str, actor: str, audit: Audit, address: str = "",
               now: datetime | None = None) -> Deputation:
    """``deputy`` stands for ``staff`` from ``first`` to ``until`` (YYYY-MM-DD, both included), in the roles that may be deputised; by the person or by
    security. One deputy at a time. PeopleRefused at ``deputy``, ``first``, ``until``."""
    now = now or clock.now()
    _own_or_security(people, staff, actor, now)
    first, until = _absence(first, until, now)
    if actor == staff.uid and deputy.org != staff.org:
        raise PeopleRefused("deputy", "请选本部门的人；要请别的部门的人代理，请找安全管理员")
    if deputy.uid == staff.uid:
        raise PeopleRefused("deputy", "不能让自己代理自己，请选另一个人")
    if not deputy.active or not staff.active:
        raise PeopleRefused("deputy", "账号已经停用，请选一个在用的账号")
    if any(one.role == "auditor" for one in (*grants_of(deputy, now), *grants_of(staff, now))):
        raise PeopleRefused("deputy", "审计人员只看不改，不能代理别人，也不能由别人代理")
    if not any(ROLES[one.role].deputised for one in grants_of(staff, now)):
        raise PeopleRefused("deputy", "没有可以代理的角色：站点管理、安全管理、审计不能由别人代理")
    _no_chain(people, staff, deputy, first, until)
    _forget_deputy(people, staff)
    new = Deputation(deputy.uid, first, until, actor, now)
    staff.deputy = tuple(new)
    deputy.stands_for = (*deputy.stands_for, staff.uid)
    audit.record("deputy", actor=actor, target=f"staff/{staff.username}", reason=f"{deputy.username} {first} 至 {until}", after=new[:3], address=address, at=now)
    return new


def clear_deputy(people: People, staff: Staff, *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> None:
    """Back before the time: nobody stands for the person. Does nothing when nobody does."""
    now = now or clock.now()
    _own_or_security(people, staff, actor, now)
    if staff.deputy is not None:
        before = staff.deputy[:3]
        _forget_deputy(people, staff)
        audit.record("deputy-end", actor=actor, target=f"staff/{staff.username}", before=before, address=address, at=now)


def drop_deputations(people: People, staff: Staff) -> None:
    """Nobody stands for an account that ends, nor it for anybody (for ``end_account``)."""
    _forget_deputy(people, staff)
    for uid in staff.stands_for:
        absent = people.staff(uid)
        if absent is not None and absent.deputy is not None and absent.deputy[0] == staff.uid:
            absent.deputy = None
    staff.stands_for = ()


def set_networks(people: People, role: str, networks: Iterable[str], *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> tuple[str, ...]:
    """From which networks a role may be used (K2); none = from everywhere. PeopleRefused at ``networks`` for one that is none, or when a security
    administrator would shut out the very address they work from."""
    now = now or clock.now()
    need_security(people, actor, now)
    if role not in ROLES:
        raise PeopleRefused("role", "没有这个角色，请从列表里选择")
    found = tuple(dict.fromkeys(_network(text) for text in networks if text.strip()))
    if role == "security" and found and not actor.startswith("system:") and not within(found, address):
        raise PeopleRefused("networks", f"你现在的地址 {address or '（未知）'} 不在名单里，保存后你自己就进不来了，请把它加上")
    before = people.networks.get(role, ())
    people.networks = {**people.networks, role: found}
    audit.record("networks", actor=actor, target=f"role/{role}", reason="、".join(found) or "不限", before=before, after=found, address=address, at=now)
    return found


def set_policy(people: People, changes: Mapping[str, int], *, actor: str, audit: Audit, address: str = "", now: datetime | None = None) -> None:
    """Change sign-in rules within the bounds of SETTINGS. PeopleRefused names the first that is out of them."""
    now = now or clock.now()
    need_security(people, actor, now)
    for name, value in changes.items():
        if name not in SETTINGS:
            raise PeopleRefused(name, "没有这项设置")
        _, least, most, what = SETTINGS[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise PeopleRefused(name, f"“{what}”应为 {least} 至 {most} 的整数")
    before, after = dict(people.policy), {**people.policy, **changes}
    people.policy = {name: value for name, value in after.items() if value != SETTINGS[name][0]}
    audit.record("policy", actor=actor, target="people", reason="、".join(f"{name}={value}" for name, value in changes.items()), before=before,
                 after=people.policy, address=address, at=now)


def _own_or_security(people: People, staff: Staff, actor: str, now: datetime) -> None:
    if actor != staff.uid:
        need_security(people, actor, now)


def _no_chain(people: People, staff: Staff, deputy: Staff, first: str, until: str) -> None:
    """The deputy must be there, and who is absent must not be standing for somebody in that time."""
    away = deputation_of(deputy)
    if away is not None and away.first <= until and first <= away.until:
        raise PeopleRefused("deputy", f"{deputy.name} 在这段时间里自己也由别人代理，请选另一个人")
    for uid in staff.stands_for:
        other = people.staff(uid)
        row = deputation_of(other) if other is not None else None
        if other is not None and row is not None and row.deputy == staff.uid and row.first <= until and first <= row.until:
            raise PeopleRefused("deputy", f"{staff.name} 在这段时间里正代理 {other.name}，代理不能再转给别人，请先改由别人代理 {other.name}")


def _forget_deputy(people: People, staff: Staff) -> None:
    former = people.staff(staff.deputy[0]) if staff.deputy is not None else None
    if former is not None:
        former.stands_for = tuple(uid for uid in former.stands_for if uid != staff.uid)
    staff.deputy = None


def _keep_grants(staff: Staff, found: Iterable[Grant]) -> None:
    staff.grants = tuple(tuple(one) for one in found)


def _limits(org: str, path: str, region: str) -> tuple[str, str, str]:
    org, path, region = org.strip(), path.strip().rstrip("/"), region.strip()
    if org and not _ORG.fullmatch(org):
        raise PeopleRefused("org", "部门不对，请从列表里选择")
    if path and not _PATH.fullmatch(path):
        raise PeopleRefused("path", "路径以 / 开头，用小写字母、数字和横线，例如 /news/tongzhi")
    if region and not _REGION.fullmatch(region):
        raise PeopleRefused("region", "地区写 6 位、9 位或 12 位区划代码，例如 990100")
    return org, path, region


def _last_day(until: str, now: datetime) -> str:
    if not until.strip():
        return ""
    day = _day("until", until)
    if day < now.astimezone(clock.SHANGHAI).date():
        raise PeopleRefused("until", f"期限 {day} 已经过去，请写今天或以后的日期")
    return day.isoformat()


def _absence(first: str, until: str, now: datetime) -> tuple[str, str]:
    begins, ends = _day("first", first), _day("until", until)
    if ends < begins:
        raise PeopleRefused("until", "结束日期在开始日期之前，请核对")
    if ends < now.astimezone(clock.SHANGHAI).date():
        raise PeopleRefused("until", f"结束日期 {ends} 已经过去，请写今天或以后的日期")
    if (ends - begins).days > LONGEST_ABSENCE:
        raise PeopleRefused("until", "代理最长一年，更久请改授权")
    return begins.isoformat(), ends.isoformat()


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise PeopleRefused(field, f"“{text[:20]}”不是日期，请写成 2026-01-31") from None


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise PeopleRefused("networks", f"“{text.strip()[:50]}”不是网络地址，请写成 10.1.0.0/16、10.1.2.3 或 2001:db8::/32") from None


def _said(one: Grant) -> str:
    limits = [part for part in (one.org, one.path, one.region, f"至 {one.until}" if one.until else "") if part]
    return title_of(one.role) + (f"（{'，'.join(limits)}）" if limits else "")
