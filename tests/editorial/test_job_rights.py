"""A job works with the rights of its person as they are when it runs: real accounts, grants, networks."""
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from govportal.base import clock
from govportal.content.site import open_site
from govportal.editorial import bulk
from govportal.editorial.jobkinds import KINDS
from govportal.editorial.jobs import Runner
from govportal.editorial.store import open_editorial
from govportal.people import accounts, passwords
from govportal.people.store import open_people
from govportal.worker import actor_for
from tests.editorial.conftest import questions


@pytest.fixture
def person(small):
    with passwords.override(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), small.db.transaction() as connection:
        people, audit = open_people(connection), open_site(connection).audit
        staff = accounts.create(people, username="bianji1", name="示例编辑", org="gongan", actor="system:test", audit=audit, password="Shu-lin7391Q").staff
        accounts.grant(people, staff, role="editor", org="gongan", until=(clock.now() + timedelta(days=1)).date().isoformat(), actor="system:test", audit=audit)
        uids = questions(open_site(connection), 2)
        return staff.uid, uids


def outcome(small, person, address=""):
    staff, uids = person
    with small.db.transaction() as connection:
        job = bulk.begin(open_editorial(connection), staff, "set", uids, {"field": "audience", "value": "企业"}, address=address).uid
    Runner(small.db, KINDS, actor_for).run_all()
    with small.db.transaction() as connection:
        found = open_editorial(connection).jobs.get(job)
        return found.state, dict(found.counts), found.message, [failure.reason for failure in found.report]


def test_a_person_with_the_grant(small, person):
    assert outcome(small, person)[:2] == ("done", {"ok": 2})
    with small.db.transaction() as connection:
        site = open_site(connection)
        assert {site.document(uid).draft.author for uid in person[1]} == {person[0]}


def test_a_grant_that_has_ended_meanwhile(small, person):
    later = clock.now() + timedelta(days=5)
    with clock.override(lambda: later):
        state, counts, _, reasons = outcome(small, person)
    assert (state, counts) == ("done", {"failed": 2}) and "没有“编辑”的权限" in reasons[0]


def test_an_account_that_has_ended_meanwhile(small, person):
    with small.db.transaction() as connection:
        open_people(connection).staff(person[0]).state = "ended"
    state, counts, message, _ = outcome(small, person)
    assert (state, counts) == ("failed", {}) and "账号已停用" in message


def test_a_role_bound_to_networks_counts_from_where_the_job_was_started(small, person):
    with small.db.transaction() as connection:
        people = open_people(connection)
        people.networks = {**people.networks, "editor": ("10.1.0.0/16",)}
    assert outcome(small, person, "192.0.2.1")[1] == {"failed": 2}
    assert outcome(small, person, "10.1.2.3")[1] == {"ok": 2}
