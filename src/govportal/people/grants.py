"""What a person may do now: grants in force, those of absent persons they stand for, minus roles the network does not allow (K2).

Owns that reading and the actor made from it; writes nothing and keeps nothing: asked again, it is derived again.
"""
from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from ..base import clock
from ..workflow.actors import Scope
from .roles import ROLES
from .staff import Staff
from .store import People


class Grant(NamedTuple):
    """A role on a department (``org``), a subtree (``path``), a region; '' = no limit in that respect. ``until``: last day included, '' = open."""

    role: str
    org: str = ""
    path: str = ""
    region: str = ""
    until: str = ""
    by: str = ""
    at: datetime | None = None

    def in_force(self, today: date) -> bool:
        return not self.until or self.until >= today.isoformat()

    def covers(self, scope: Scope) -> bool:
        """Whether the place lies within every limit; a place without department or region is not within a limit to one."""
        return ((not self.org or self.org == scope.org) and (not self.path or under(self.path, scope.path))
                and (not self.region or (scope.region != "" and scope.region.startswith(region_prefix(self.region)))))

    @property
    def where(self) -> tuple[str, str, str, str]:
        """What tells one grant of a person from another."""
        return self.role, self.org, self.path, self.region


class Deputation(NamedTuple):
    """``deputy`` stands for somebody from ``first`` to ``until``, both days included."""

    deputy: str
    first: str
    until: str
    by: str = ""
    at: datetime | None = None

    def in_force(self, today: date) -> bool:
        return self.first <= today.isoformat() <= self.until


def under(top: str, path: str) -> bool:
    """``/news`` covers ``/news`` and ``/news/a``, not ``/newsx``; ``/`` covers all."""
    top = top.rstrip("/")
    return path == top or path.startswith(top + "/")


def region_prefix(code: str) -> str:
    """A region code without its empty tail: 990100 → 9901, 990000 → 99, 990101001000 → 990101001."""
    if len(code) == 12 and code.endswith("000"):
        code = code[:9]
    if len(code) == 9 and code.endswith("000"):
        code = code[:6]
    while len(code) in (6, 4) and code.endswith("00"):
        code = code[:-2]
    return code


@dataclass(frozen=True)
class StaffActor:
    """A person at the moment of one request. ``own``: their grants; ``lent``: (grant, name of the absent person)."""

    id: str
    name: str
    org: str
    address: str
    own: tuple[Grant, ...] = ()
    lent: tuple[tuple[Grant, str], ...] = ()
    absent: tuple[tuple[Grant, str], ...] = ()     # the same grants with the uid of the absent person

    def holds(self, role: str, scope: Scope) -> bool:
        return any(grant.covers(scope) for grant in self.grants(role))

    def holds_any(self, *roles: str) -> bool:
        """Whether one of these roles is held anywhere."""
        return any(grant.role in roles for grant in self.own) or any(grant.role in roles for grant, _ in self.lent)

    def grants(self, role: str) -> list[Grant]:
        return [grant for grant in self.own if grant.role == role] + [grant for grant, _ in self.lent if grant.role == role]

    def roles(self) -> list[str]:
        """Names of the roles held anywhere, in the table's order."""
        return [name for name in ROLES if self.holds_any(name)]

    def behalf_of(self, role: str, scope: Scope) -> set[str]:
        """Uids of the absent persons this one acts for here; none when an own grant covers the place."""
        if any(grant.role == role and grant.covers(scope) for grant in self.own):
            return set()
        return {uid for grant, uid in self.absent if grant.role == role and grant.covers(scope)}

    def behalf(self, role: str, scope: Scope) -> str:
        """The name of the absent person this one acts for here; '' when an own grant covers the place, or none does."""
        if any(grant.role == role and grant.covers(scope) for grant in self.own):
            return ""
        return next((name for grant, name in self.lent if grant.role == role and grant.covers(scope)), "")


def grants_of(staff: Staff, now: datetime | None = None) -> list[Grant]:
    """The grants of an account; with ``now`` only those in force, none of an ended account."""
    found = [Grant(*row) for row in staff.grants]
    if now is None:
        return found
    return [grant for grant in found if grant.in_force(now.astimezone(clock.SHANGHAI).date())] if staff.active else []


def deputation_of(staff: Staff) -> Deputation | None:
    return Deputation(*staff.deputy) if staff.deputy is not None else None


def actor_of(people: People, staff: Staff, *, address: str = "", now: datetime | None = None, anywhere: bool = False) -> StaffActor:
    """The person as an actor at this moment and from this address (``anywhere``: whatever network a role is limited to). An ended account, or one whose roles end, may do nothing."""
    now = now or clock.now()
    own = grants_of(staff, now)
    lent = [] if any(grant.role == "auditor" for grant in own) or not staff.active else _lent(people, staff, now)
    allowed = {role for role in ROLES if anywhere or allows(people, role, address)}
    return StaffActor(staff.uid, staff.name, staff.org, address, tuple(grant for grant in own if grant.role in allowed),
                      tuple((grant, name) for grant, name, _ in lent if grant.role in allowed), tuple((grant, uid) for grant, _, uid in lent if grant.role in allowed))


def _lent(people: People, staff: Staff, now: datetime) -> list[tuple[Grant, str, str]]:
    """Own grants of absent persons, of roles that may be deputised; never what they in turn were lent."""
    today, found = now.astimezone(clock.SHANGHAI).date(), []
    for uid in staff.stands_for:
        absent = people.staff(uid)
        named = deputation_of(absent) if absent is not None else None
        if absent is not None and named is not None and named.deputy == staff.uid and named.in_force(today):
            found += [(grant, absent.name, uid) for grant in grants_of(absent, now) if ROLES[grant.role].deputised]
    return found


def allows(people: People, role: str, address: str) -> bool:
    """Whether a role may be used from this address: its list is empty or has a network with it (IPv4 and IPv6)."""
    networks = people.networks.get(role, ())
    return not networks or within(networks, address)


def within(networks: Iterable[str], address: str) -> bool:
    """Whether an address lies in one of the networks; no address lies in none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)


def shut_out(people: People, staff: Staff, address: str, now: datetime) -> bool:
    """Whether somebody who has roles can use none of them from this address."""
    return bool(roles_anywhere(people, staff, now)) and not actor_of(people, staff, address=address, now=now).roles()


def roles_anywhere(people: People, staff: Staff, now: datetime) -> set[str]:
    """Names of the roles a person has now, wherever they sit."""
    own = {grant.role for grant in grants_of(staff, now)}
    return own if "auditor" in own or not staff.active else own | {grant.role for grant, _, _ in _lent(people, staff, now)}


def is_security(people: People, actor: str, now: datetime) -> bool:
    """Whether an actor id may administer staff: one of our programs (``system:…``), or an active person with 安全管理 in force."""
    staff = people.staff(actor)
    return actor.startswith("system:") or (staff is not None and any(grant.role == "security" for grant in grants_of(staff, now)))


def lasting_security(people: People, now: datetime, *, without: str = "") -> list[Staff]:
    """Active persons who hold 安全管理 with no end date, but for one."""
    return [staff for staff in people.all_staff() if staff.uid != without
            and any(grant.role == "security" and not grant.until for grant in grants_of(staff, now))]
