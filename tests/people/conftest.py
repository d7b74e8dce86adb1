"""People over a FileStorage with real commits, a clock that the test turns, cheap hashes (the cost is a parameter of ``passwords`` alone)."""
from __future__ import annotations

from datetime import datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from govportal.base import clock
from govportal.base.keys import Keys
from govportal.base.storage import META, SCHEMA_GENERATION, open_database
from govportal.content.site import make_site, open_site
from govportal.people import accounts, passwords, secondfactor, signin
from govportal.people.store import make_people, open_people

START = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)
PASSWORD = "Shu-lin7391Q"
CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


class Counting(PasswordHasher):
    """A real hasher that counts the work it does."""

    verified = 0

    def verify(self, *arguments):
        type(self).verified += 1
        return super().verify(*arguments)


@pytest.fixture(autouse=True)
def cheap():
    Counting.verified = 0
    with passwords.override(Counting(**CHEAP)):
        yield Counting


class Room:
    """``do(work)`` runs ``work(people, audit)`` in a transaction of its own and commits it, at the room's own time."""

    def __init__(self, var):
        self.var, self.now, self.keys, self.secrets = var, START, Keys(b"k" * 32), {}
        self.db = open_database(str(var / "data.fs"))
        with self.db.transaction() as connection:
            make_site(connection)
            make_people(connection)
            connection.root()[META] = {"generation": SCHEMA_GENERATION, "complete": True}

    def do(self, work):
        with self.db.transaction() as connection:
            return work(open_people(connection), open_site(connection).audit)

    def later(self, **length):
        self.now += timedelta(**length)

    def add(self, username, *roles, enrolled=True, must_change=False, org="gongan"):
        """An account with a known password; its id. ``roles``: names or keyword dicts."""
        def work(people, audit):
            staff = accounts.create(people, username=username, name=f"示例{username}", org=org, actor="system:test", audit=audit, password=PASSWORD,
                                    must_change=must_change).staff
            if enrolled:
                self.secrets[username] = secondfactor.new_secret()
                secondfactor.enrol(staff, self.keys, self.secrets[username])
            for role in roles:
                accounts.grant(people, staff, **(role if isinstance(role, dict) else {"role": role}), actor="system:test", audit=audit)
            return staff.uid
        return self.do(work)

    def code(self, username):
        return pyotp.TOTP(self.secrets[username]).at(self.now)

    def sign_in(self, username, password=PASSWORD, code=None, address="10.0.0.1"):
        if code is None:
            code = self.code(username) if username in self.secrets else ""
        return self.do(lambda people, audit: signin.sign_in(people, self.keys, username=username, password=password, code=code, address=address,
                                                            agent="测试", audit=audit))

    def records(self, action=None):
        return self.do(lambda people, audit: [one for one in audit.newest(1000) if action in (None, one["action"])])


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path)
    with clock.override(lambda: made.now):
        yield made
    made.db.close()
