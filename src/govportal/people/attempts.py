"""Failed sign-ins: locking a user name (K7), slowing an address.

Owns the two counters. They do not know whether a name exists: an unknown one locks the same way. Names are kept as digests, since people type
their password into the wrong box; an IPv6 address counts as its /64. Counts are part of the caller's transaction.
"""
from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta

from .staff import fold
from .store import People


def _key(username: str) -> str:
    return hashlib.sha256(fold(username).encode()).hexdigest()[:24]


def locked_until(people: People, username: str, now: datetime) -> datetime | None:
    """The end of the lock on a name, None when there is none now."""
    until = people.name_attempts.get(_key(username), (0, now, None))[2]
    return until if until is not None and until > now else None


def miss(people: People, username: str, now: datetime) -> int:
    """Count a failure of a name; how many are left before it locks, 0 = it is locked now. Failures older than the lock's length are forgotten."""
    length = timedelta(minutes=people.setting("lock_minutes"))
    count, last, until = people.name_attempts.get(_key(username), (0, now, None))
    count = 1 if until is not None or now - last > length else count + 1
    left = max(0, people.setting("failures") - count)
    people.name_attempts[_key(username)] = (count, now, None if left else now + length)
    return left


def hit(people: People, username: str, now: datetime) -> None:
    """Forget the failures of a name. Written always, so that a guess and failures beside it meet in one record and one of them runs again."""
    people.name_attempts[_key(username)] = (0, now, None)


def unlock(people: People, username: str) -> bool:
    """Whether there was anything to forget."""
    return bool(people.name_attempts.pop(_key(username), None))


def network_of(address: str) -> str:
    """What an address counts as: itself, or the /64 of an IPv6 address; '' for none."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped) if found.ipv4_mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def held_until(people: People, address: str, now: datetime) -> datetime | None:
    """Until when nothing from this address is examined; None when it is."""
    count, since = people.address_attempts.get(network_of(address), (0, now))
    until = since + timedelta(minutes=people.setting("address_minutes"))
    return until if count >= people.setting("address_failures") and until > now else None


def miss_from(people: People, address: str, now: datetime) -> bool:
    """Count a failure from an address; whether it is held from now on."""
    key = network_of(address)
    if not key:
        return False
    count, since = people.address_attempts.get(key, (0, now))
    if now - since >= timedelta(minutes=people.setting("address_minutes")):
        count, since = 0, now
    people.address_attempts[key] = (count + 1, since)
    return count + 1 >= people.setting("address_failures")


def purge(people: People, now: datetime) -> int:
    """Remove counters that say nothing any more; how many."""
    names = [key for key, (_, last, until) in people.name_attempts.items()
             if now - max(last, until or last) > timedelta(minutes=people.setting("lock_minutes"))]
    addresses = [key for key, (_, since) in people.address_attempts.items() if now - since > timedelta(minutes=people.setting("address_minutes"))]
    for key in names:
        people.name_attempts.pop(key)
    for key in addresses:
        people.address_attempts.pop(key)
    return len(names) + len(addresses)
