"""The small site with staff of every role, made once and copied for each test; a person at the desk is a WebTest app of its own."""
from __future__ import annotations

import shutil

import pyotp
import pytest
from argon2 import PasswordHasher
from webtest import TestApp

from govportal import main
from govportal.base import clock
from govportal.base.keys import load_keys
from govportal.base.storage import open_database
from govportal.content import publish
from govportal.content.site import open_site
from govportal.people import accounts, passwords, secondfactor
from govportal.people.store import open_people
from govportal.settings import Settings
from govportal.worker import catch_up

from ..conftest import Small

PASSWORD = "Walk-Home-2026"
# user -> (role, department); the second editor belongs to another department
STAFF = {"edit.a": ("editor", "gongan"), "edit.b": ("editor", "minzheng"), "rev.a": ("reviewer", ""), "law.a": ("legality", ""), "sign.a": ("signer", ""),
         "dir.a": ("directory", ""), "site.a": ("site", ""), "site.b": ("site", ""), "sec.a": ("security", ""), "aud.a": ("auditor", "")}
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Person:
    """Somebody at the desk in a browser of their own."""

    def __init__(self, desk: Desk, user: str) -> None:
        self.desk, self.user = desk, user
        self.app = TestApp(desk.wsgi, extra_environ={"REMOTE_ADDR": "127.0.0.1"})

    def sign_in(self, *, password: str = PASSWORD, code: str | None = None, status: int = 303):
        page = self.app.get("/desk/signin")
        form = page.forms[0]
        form["username"], form["password"] = self.user, password
        form["code"] = self.desk.code(self.user) if code is None else code
        return form.submit(status=status)

    def get(self, path: str, **more):
        return self.app.get(path, **more)

    def token(self) -> str:
        """A token for a post made by hand."""
        return self.app.get("/desk/account").forms[0]["csrf"].value

    def post(self, path: str, fields: dict | list | None = None, **more):
        pairs = [("csrf", self.token()), *(fields.items() if isinstance(fields, dict) else fields or [])]
        return self.app.post(path, pairs, **more)


class Desk:
    """The site, its application and its people. ``change(work)`` runs ``work(site)`` in a transaction of its own."""

    def __init__(self, var) -> None:
        self.var = var
        self.db = open_database(str(var / "data.fs"))
        self.keys = load_keys(var / "secret")
        self.wsgi = main({"govportal.db": self.db}, settings=Settings(var=var, worker=False))
        self._signed: dict[str, Person] = {}

    def code(self, user: str) -> str:
        """A fresh code of this person's device."""
        with self.db.transaction() as connection:
            staff = open_people(connection).staff_by_name(user)
            return pyotp.TOTP(secondfactor.decrypt(self.keys, staff.uid, staff.credentials.totp)).at(clock.now())

    def person(self, user: str) -> Person:
        """Signed in, once a test."""
        if user not in self._signed:
            person = Person(self, user)
            person.sign_in()
            self._signed[user] = person
        return self._signed[user]

    def stranger(self, user: str = "edit.a") -> Person:
        return Person(self, user)

    def uid(self, user: str) -> str:
        with self.db.transaction() as connection:
            return open_people(connection).staff_by_name(user).uid

    def change(self, work):
        with self.db.transaction() as connection:
            result = work(open_site(connection))
        catch_up(self.db)
        return result

    def read(self, work):
        with self.db.transaction() as connection:
            return work(open_site(connection))

    def people(self, work):
        with self.db.transaction() as connection:
            return work(open_people(connection), open_site(connection).audit)

    def at(self, path: str) -> str:
        """The uid of the document at a path."""
        return self.read(lambda site: site.at(path).uid)


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes():
    with passwords.override(CHEAP):
        yield


@pytest.fixture(scope="session")
def desk_template(tmp_path_factory, cheap_hashes):
    var = tmp_path_factory.mktemp("desk")
    small = Small(var)
    keys = load_keys(var / "secret")
    with small.db.transaction() as connection:
        site, people = open_site(connection), open_people(connection)
        publish.put(publish.create(site["shared"]["organisations"], "minzheng", "Organisation", actor="test"), {"name": "示例市民政局", "short": "民政局"}, actor="test")
        for user, (role, org) in STAFF.items():
            staff = accounts.create(people, username=user, name=f"示例{user}", org=org, actor="system:test", audit=site.audit, password=PASSWORD, must_change=False).staff
            secondfactor.enrol(staff, keys, secondfactor.new_secret())
            accounts.grant(people, staff, role=role, org=org, actor="system:test", audit=site.audit)
    catch_up(small.db)
    small.db.close()
    return var


@pytest.fixture
def desk(desk_template, tmp_path):
    var = tmp_path / "var"
    shutil.copytree(desk_template, var)
    made = Desk(var)
    yield made
    made.db.close()
