"""The root of all people in the database, beside the site: staff, sessions, failed attempts, networks, sign-in rules.

Owns opening and making it, how a person is found, and the defaults of the rules. A database without it (older than generation 2) is brought
up by ``evolution``.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from persistent import Persistent

from ..base.shards import ShardedMap
from .staff import Staff, fold

ROOT_KEY = "people"


# name -> (default, least, most, what it is)
SETTINGS: dict[str, tuple[int, int, int, str]] = {
    "idle_minutes": (15, 1, 480, "多少分钟不操作就退出（K7：工作人员 15）"),
    "session_hours": (12, 1, 72, "一次登录最长多少小时"),
    "failures": (5, 3, 20, "连续错几次锁定（K7：5）"),
    "lock_minutes": (30, 1, 1440, "锁定多少分钟（K7：30）"),
    "address_failures": (50, 5, 10000, "同一网络地址错几次后暂不受理"),
    "address_minutes": (15, 1, 1440, "同一网络地址的次数在多少分钟里累计"),
    "password_days": (90, 0, 3650, "密码多少天要换（K6：90），0 为不要求"),
    "password_length": (8, 8, 64, "密码最短几位（K6：8）"),
    "password_classes": (3, 2, 4, "密码至少含几类字符（K6：3）"),
    "password_history": (5, 0, 24, "最近几个密码不能再用（K6：5）"),
    "one_session": (0, 0, 1, "1 为一人只能有一处登录，新的登录结束旧的（K7）"),
}


class People(Persistent):
    """Root of staff accounts and sessions."""

    def __init__(self) -> None:
        self._staff = ShardedMap()          # uid -> Staff
        self.usernames = ShardedMap()       # folded user name, former ones too -> uid
        self.sessions = ShardedMap()        # sid -> row of sessions.Session
        self.name_attempts = ShardedMap()   # digest of the folded name -> (count, last, locked until or None)
        self.address_attempts = ShardedMap()   # address -> (count, since)
        self.networks: dict[str, tuple[str, ...]] = {}   # role -> CIDRs; replaced as a whole; none = from everywhere (K2)
        self.policy: dict[str, int] = {}    # what differs from SETTINGS; replaced as a whole

    def staff(self, uid: str) -> Staff | None:
        return self._staff.get(uid)

    def staff_by_name(self, username: str) -> Staff | None:
        """The account with this present user name, whatever its case."""
        name = fold(username)
        uid = self.usernames.get(name)
        found = self._staff.get(uid) if uid else None
        return found if found is not None and fold(found.username) == name else None

    def all_staff(self) -> Iterator[Staff]:
        """Every account, ended ones too, in no order."""
        for _, staff in self._staff.items():
            yield staff

    def add(self, staff: Staff) -> None:
        """Keep a new account (for ``accounts.create`` alone)."""
        self._staff[staff.uid] = staff
        self.usernames[fold(staff.username)] = staff.uid

    def setting(self, name: str) -> int:
        """A rule in force. KeyError for a name that SETTINGS does not have."""
        return self.policy.get(name, SETTINGS[name][0])


def open_people(connection: Any) -> People:
    """The People of an open ZODB connection. LookupError when the database is older."""
    return connection.root()[ROOT_KEY]


def make_people(connection: Any) -> People:
    """Create the empty root (not committed); returns the present one when there is one."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = People()
    return root[ROOT_KEY]
