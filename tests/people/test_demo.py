"""Demo staff: everyone signs in at once, the file is the owner's alone, a kill between file and commit loses nobody."""
import json
import os
import stat
import subprocess
import sys

import pyotp
import pytest

from govportal.base import audit as audit_room
from govportal.base.keys import load_keys
from govportal.base.storage import META, SCHEMA_GENERATION, open_database
from govportal.content.site import make_site, open_site
from govportal.people import accounts, demo, signin
from govportal.people.grants import actor_of
from govportal.people.roles import ROLES
from govportal.people.signin import SignedIn
from govportal.people.store import make_people, open_people
from govportal.seed import add_demo_staff
from tests.conftest import Small
from tests.people.test_roles_grants import refusal


def all_sign_in(var, db, path=None):
    """Every account of the file signs in with what the file says; its role is the one the file says."""
    from govportal.base import clock
    rows, keys = json.loads((path or var / demo.FILE).read_text(encoding="utf-8"))["accounts"], load_keys(var / "secret")
    with db.transaction() as connection:
        people, now = open_people(connection), clock.now()
        for row in rows:
            people.staff_by_name(row["user"]).credentials.totp_step = 0      # a story before may have used this half minute
            outcome = signin.sign_in(people, keys, username=row["user"], password=row["password"], code=pyotp.TOTP(row["totp"]).at(now), address="", agent="",
                                     audit=open_site(connection).audit, now=now)
            assert isinstance(outcome, SignedIn) and outcome.must == "" and "示例" in outcome.staff.name, row["user"]
            assert actor_of(people, outcome.staff).roles() == [row["role"]]
    return rows


def test_every_role_can_sign_in_at_once(small):
    add_demo_staff(small.db, small.var)
    rows = all_sign_in(small.var, small.db)
    count = {role: sum(row["role"] == role for row in rows) for role in ROLES}
    assert count == {**dict.fromkeys(ROLES, 1), "editor": 3, "site": 2} and rows[0]["org"] == "gongan"
    assert len({row["password"] for row in rows}) == len({row["totp"] for row in rows}) == len(rows)
    assert not any(row["password"].encode() in (small.var / "data.fs").read_bytes() or row["totp"].encode() in (small.var / "data.fs").read_bytes() for row in rows)


def test_two_sites_have_different_passwords(tmp_path):
    rows = [demo.new_rows(["gongan", "minzheng", "aaa"]) for _ in range(2)]
    assert not {row["password"] for row in rows[0]} & {row["password"] for row in rows[1]}
    assert [row["org"] for row in rows[0]][:3] == ["gongan", "minzheng", ""] and [row["org"] for row in demo.new_rows(["aaa"])][:2] == ["aaa", ""]


def test_the_file_is_the_owners_alone_whatever_the_umask(small):
    before = os.umask(0)
    try:
        add_demo_staff(small.db, small.var)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((small.var / name).stat().st_mode) for name in (demo.FILE, "secret")] == [0o600, 0o600]
    assert sorted(path.name for path in small.var.iterdir() if path.name.startswith(".")) == [], "no temporary file is left"


def test_a_second_run_changes_nothing(small):
    add_demo_staff(small.db, small.var)
    before = (small.var / demo.FILE).read_bytes()
    add_demo_staff(small.db, small.var)
    assert (small.var / demo.FILE).read_bytes() == before
    (small.var / demo.FILE).unlink()
    add_demo_staff(small.db, small.var)
    assert not (small.var / demo.FILE).exists(), "the accounts are there: no file with other passwords"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"accounts": [{"user": "x"}]}', '{"accounts": 3}', None])
def test_a_file_that_opens_nothing_is_replaced_when_no_account_is_there(small, content):
    if content is not None:
        (small.var / demo.FILE).write_text(content)
    add_demo_staff(small.db, small.var)
    all_sign_in(small.var, small.db)


def test_a_file_without_accounts_is_used_again_and_closed_to_others(small):
    demo.write_demo_accounts(small.var / demo.FILE, demo.new_rows(["gongan"]))
    (small.var / demo.FILE).chmod(0o644)
    before = (small.var / demo.FILE).read_bytes()
    add_demo_staff(small.db, small.var)
    assert (small.var / demo.FILE).read_bytes() == before and stat.S_IMODE((small.var / demo.FILE).stat().st_mode) == 0o600
    all_sign_in(small.var, small.db)


def test_writing_never_overwrites_unless_told(tmp_path):
    path = tmp_path / demo.FILE
    assert demo.write_demo_accounts(path, demo.new_rows(["a"])) and not demo.write_demo_accounts(path, demo.new_rows(["a"]))
    with pytest.raises(demo.DemoError, match="写不进"):
        demo.write_demo_accounts(tmp_path / "none" / demo.FILE, [])


KILLED = """
import os, sys
from pathlib import Path
from govportal.base.storage import open_database
from govportal.people import demo
import govportal.seed as seed
var, point = Path(sys.argv[1]), sys.argv[2]
def die(*a, **k): os.kill(os.getpid(), 9)
if point == "before file": seed.demo.write_demo_accounts = die
if point == "before commit": seed.demo.make_demo_staff = die
if point == "in commit":
    from ZODB.FileStorage import FileStorage
    FileStorage.tpc_finish = die
if point in ("after link", "before link"):
    import govportal.base.files as files
    real = os.link
    def link(a, b):
        if not str(b).endswith("json"): return real(a, b)
        if point == "after link": real(a, b)
        die()
    files.os.link = link
    real_replace = os.replace
    def replace(a, b):
        if point == "after link": real_replace(a, b)
        die()
    files.os.replace = replace
seed.add_demo_staff(open_database(str(var / "data.fs")), var)
"""


@pytest.mark.parametrize("point", ["before file", "before link", "after link", "before commit", "in commit"])
def test_a_kill_between_file_and_commit_leaves_accounts_that_open(tmp_path, point):
    made = Small(tmp_path)
    made.db.close()
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path), point], check=False)
    assert run.returncode == -9
    db = open_database(str(tmp_path / "data.fs"))
    add_demo_staff(db, tmp_path)
    all_sign_in(tmp_path, db)
    with db.transaction() as connection:
        assert audit_room.verify(open_site(connection).audit) == []
    db.close()


def test_the_whole_demo_site_has_its_staff(demo_var, demo_db):
    """``seed.fill`` with the data folder, as ``init`` and ``make run`` call it."""
    rows = demo.read_demo_accounts(demo_var / demo.FILE)
    assert [row["org"] for row in rows][:2] == ["gongan", "minzheng"]
    with demo_db.transaction() as connection:
        people, site = open_people(connection), open_site(connection)
        assert {row["user"] for row in rows} == {staff.username for staff in people.all_staff()}
        assert all(site.shared("organisations", row["org"]) for row in rows if row["org"])


def test_demo_security_can_work(small):
    """The accounts are real ones: the demo 安全管理 grants, but is the last and cannot be ended."""
    add_demo_staff(small.db, small.var)
    with small.db.transaction() as connection:
        people, audit = open_people(connection), open_site(connection).audit
        boss, editor = people.staff_by_name("demo-security"), people.staff_by_name("demo-editor")
        accounts.grant(people, editor, role="reviewer", org="minzheng", actor=boss.uid, audit=audit)
        made = type("One", (), {"do": staticmethod(lambda work: work(people, audit))})
        assert "最后一位" in refusal(made, lambda people, audit: accounts.end_account(people, boss, rooms=(), actor="system:test", audit=audit)).message


def test_a_secret_file_is_whole_or_absent(tmp_path):
    first = load_keys(tmp_path / "secret")
    assert load_keys(tmp_path / "secret").derive("x") == first.derive("x") and len((tmp_path / "secret").read_bytes()) == 32


def test_an_empty_site_has_no_staff(tmp_path):
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        make_site(connection)
        people = make_people(connection)
        connection.root()[META] = {"generation": SCHEMA_GENERATION, "complete": True}
        assert list(people.all_staff()) == [] and not demo.are_there(people)
    db.close()
