"""Roles and grants: exclusivity (K8), what a grant covers, end dates, networks (K2), deputies over dates; refusals of the verbs."""
from datetime import date

import pytest

from govportal.people import accounts, sessions
from govportal.people.errors import PeopleRefused
from govportal.people.grants import Grant, actor_of, allows, region_prefix, under
from govportal.people.roles import ROLES, clash, named
from govportal.people.signin import SignedIn
from govportal.workflow.actors import Actor, Scope

EVERYWHERE = Scope("/items/a", "gongan", "990101")


def refusal(room, work):
    with pytest.raises(PeopleRefused) as caught:
        room.do(work)
    return caught.value


def actor(room, uid, address=""):
    return room.do(lambda people, audit: actor_of(people, people.staff(uid), address=address))


def test_eight_roles_and_who_may_be_deputised():
    assert list(ROLES) == ["editor", "reviewer", "legality", "signer", "directory", "site", "security", "auditor"]
    assert [role.name for role in ROLES.values() if role.deputised] == ["editor", "reviewer", "legality", "signer", "directory"]
    assert named("签发") == named("signer") == "signer" and all(role.explains for role in ROLES.values())
    with pytest.raises(LookupError, match="没有角色"):
        named("king")


@pytest.mark.parametrize("held", list(ROLES))
@pytest.mark.parametrize("wanted", list(ROLES))
def test_exclusive_roles(held, wanted):
    """K8: site, security, auditor are three persons; the auditor is nothing else."""
    apart = {"site", "security", "auditor"}
    expected = held != wanted and (held in apart and wanted in apart or "auditor" in (held, wanted))
    assert bool(clash(iter([held]), wanted)) is expected and bool(clash(iter(["editor", held]), "site")) is (held in ("security", "auditor"))


@pytest.mark.parametrize(("top", "path", "yes"), [("/news", "/news", True), ("/news", "/news/a", True), ("/news", "/newsx", False), ("/news/", "/news/a", True), ("/news/a", "/news", False),
                                                  ("/news", "", False), ("/", "/news", True)])
def test_subtrees(top, path, yes):
    assert under(top, path) is yes


@pytest.mark.parametrize(("code", "prefix"), [("990100", "9901"), ("990000", "99"), ("990101", "990101"), ("990101001", "990101001"), ("990101001000", "990101001"),
                                              ("990101000000", "990101"), ("990100000000", "9901"), ("990101001201", "990101001201"), ("991000", "9910"), ("100000", "10")])
def test_region_prefixes(code, prefix):
    assert region_prefix(code) == prefix


@pytest.mark.parametrize(("grant", "scope", "yes"), [
    (Grant("editor"), Scope(), True), (Grant("editor", org="gongan"), Scope("/a", "gongan"), True), (Grant("editor", org="gongan"), Scope("/a", "minzheng"), False),
    (Grant("editor", org="gongan"), Scope("/a"), False), (Grant("editor", region="990100"), Scope(region="990101"), True),
    (Grant("editor", region="990101"), Scope(region="990100"), False), (Grant("editor", region="990100"), Scope(), False), (Grant("editor", region="990100"), Scope(region="990200"), False),
    (Grant("editor", org="gongan", path="/news", region="990100"), Scope("/news/a", "gongan", "990102"), True),
    (Grant("editor", org="gongan", path="/news", region="990100"), Scope("/items/a", "gongan", "990102"), False)])
def test_what_a_grant_covers(grant, scope, yes):
    assert grant.covers(scope) is yes


@pytest.mark.parametrize(("until", "yes"), [("", True), ("2026-03-02", True), ("2026-03-01", False), ("2026-12-31", True)])
def test_the_last_day_is_included(until, yes):
    assert Grant("editor", until=until).in_force(date(2026, 3, 2)) is yes


def test_an_actor_is_derived_each_time(room):
    uid = room.add("zhang", {"role": "editor", "org": "gongan", "until": "2026-03-31"}, {"role": "reviewer", "path": "/news"})
    found: Actor = actor(room, uid)
    assert found.holds("editor", EVERYWHERE) and not found.holds("reviewer", EVERYWHERE) and found.holds_any("reviewer", "site") and not found.holds_any("site")
    assert found.roles() == ["editor", "reviewer"] and [grant.org for grant in found.grants("editor")] == ["gongan"] and found.behalf("editor", EVERYWHERE) == ""
    room.now = room.now.replace(day=31, hour=23, minute=59)
    assert actor(room, uid).holds_any("editor")
    room.later(minutes=1)
    assert not actor(room, uid).holds_any("editor") and actor(room, uid).holds_any("reviewer")
    room.do(lambda people, audit: accounts.revoke(people, people.staff(uid), role="reviewer", path="/news", actor="system:test", audit=audit))
    assert actor(room, uid).roles() == []


def test_a_grant_given_again_gets_the_new_end(room):
    uid = room.add("zhang", {"role": "editor", "org": "gongan", "until": "2026-03-31"}, {"role": "editor", "org": "gongan", "until": "2026-04-30"})
    assert [row[4] for row in room.do(lambda people, audit: people.staff(uid).grants)] == ["2026-04-30"]


@pytest.mark.parametrize(("arguments", "field", "word"), [
    ({"role": "king"}, "role", "没有这个角色"), ({"role": "site"}, "role", "不能由同一个人"), ({"role": "auditor"}, "role", "审计人员只看不改"), ({"role": "editor", "until": "2026-03-01"}, "until", "已经过去"),
    ({"role": "editor", "until": "明天"}, "until", "不是日期"), ({"role": "editor", "org": "../x"}, "org", "部门"), ({"role": "editor", "path": "news"}, "path", "以 / 开头"),
    ({"role": "editor", "path": "/news/../x"}, "path", "路径"), ({"role": "editor", "region": "99"}, "region", "区划")])
def test_a_wrong_grant_is_refused_and_changes_nothing(room, arguments, field, word):
    room.add("other", "security")
    uid = room.add("zhang", "security")
    before = room.do(lambda people, audit: people.staff(uid).grants)
    caught = refusal(room, lambda people, audit: accounts.grant(people, people.staff(uid), **arguments, actor="system:test", audit=audit))
    assert caught.field == field and word in caught.message
    assert room.do(lambda people, audit: people.staff(uid).grants) == before


def test_k8_counts_only_what_is_in_force(room):
    uid = room.add("zhang", {"role": "site", "until": "2026-03-02"})
    def work(people, audit):
        return accounts.grant(people, people.staff(uid), role="security", actor="system:test", audit=audit)
    assert "不能由同一个人" in refusal(room, work).message
    room.later(days=1)
    room.do(work)
    assert actor(room, uid).roles() == ["security"]


def test_only_security_grants_and_never_to_oneself(room):
    boss, editor, other = room.add("boss", "security"), room.add("zhang", "editor"), room.add("lisi")
    assert "安全管理员来办" in refusal(room, lambda people, audit: accounts.grant(people, people.staff(other), role="editor", actor=editor, audit=audit)).message
    assert "安全管理员来办" in refusal(room, lambda people, audit: accounts.grant(people, people.staff(other), role="editor", actor="forged", audit=audit)).message
    assert "不能给自己" in refusal(room, lambda people, audit: accounts.grant(people, people.staff(boss), role="editor", actor=boss, audit=audit)).message
    room.do(lambda people, audit: accounts.grant(people, people.staff(other), role="editor", org="minzheng", actor=boss, audit=audit))
    record = room.records("grant")
    assert any(one["actor"] == boss and one["target"] == "staff/lisi" and one["before"] != one["after"] and "minzheng" in one["reason"] for one in record)


def test_the_last_security_administrator_keeps_the_role(room):
    boss, second = room.add("boss", "security"), room.add("second", {"role": "security", "until": "2026-03-31"})

    def revoke(people, audit):
        accounts.revoke(people, people.staff(boss), role="security", actor="system:test", audit=audit)

    def give_end(people, audit):
        accounts.grant(people, people.staff(boss), role="security", until="2026-12-31", actor="system:test", audit=audit)
    assert "最后一位" in refusal(room, revoke).message and refusal(room, give_end).field == "until", "one with an end date is no replacement"
    room.do(lambda people, audit: accounts.grant(people, people.staff(second), role="security", actor="system:test", audit=audit))
    room.do(revoke)
    assert actor(room, boss).roles() == []


@pytest.mark.parametrize(("networks", "address", "yes"), [
    ((), "192.0.2.1", True), ((), "", True), (("10.0.0.0/8",), "10.9.9.9", True), (("10.0.0.0/8",), "11.0.0.1", False), (("10.0.0.0/8",), "", False), (("10.0.0.0/8",), "10.0.0.1, 1.1.1.1", False),
    (("10.0.0.0/8",), "::ffff:10.1.1.1", True), (("2001:db8::/32",), "2001:db8:1::1", True), (("2001:db8::/32",), "2001:db9::1", False), (("10.0.0.0/8", "2001:db8::/32"), "2001:db8::5", True),
    (("10.1.2.3/32",), "10.1.2.4", False)])
def test_networks(room, networks, address, yes):
    room.do(lambda people, audit: accounts.set_networks(people, "editor", networks, actor="system:test", audit=audit))
    assert room.do(lambda people, audit: allows(people, "editor", address)) is yes


def test_a_role_is_gone_outside_its_networks_the_others_stay(room):
    uid = room.add("zhang", "editor", "signer")
    room.do(lambda people, audit: accounts.set_networks(people, "signer", ["10.0.0.1", "10.1.0.9/16", ""], actor="system:test", audit=audit))
    assert room.do(lambda people, audit: people.networks["signer"]) == ("10.0.0.1/32", "10.1.0.0/16")
    assert actor(room, uid, "192.0.2.1").roles() == ["editor"] and actor(room, uid, "10.1.2.3").roles() == ["editor", "signer"]
    outcome = room.sign_in("zhang", address="192.0.2.1")
    assert isinstance(outcome, SignedIn) and room.do(lambda people, audit: sessions.check(people, outcome.sid, room.now).uid) == uid


def test_wrong_networks_and_shutting_oneself_out_are_refused(room):
    boss = room.add("boss", "security")
    assert "不是网络地址" in refusal(room, lambda people, audit: accounts.set_networks(people, "editor", ["10.0.0.0/99"], actor=boss, audit=audit)).message
    assert "不在名单里" in refusal(room, lambda people, audit: accounts.set_networks(people, "security", ["10.0.0.0/8"], actor=boss, audit=audit, address="192.0.2.1")).message
    room.do(lambda people, audit: accounts.set_networks(people, "security", ["192.0.2.0/24"], actor=boss, audit=audit, address="192.0.2.1"))


def test_a_deputy_acts_between_the_dates_in_roles_that_may_be_deputised(room):
    absent = room.add("zhang", {"role": "signer", "org": "gongan"}, "site")
    deputy = room.add("lisi", {"role": "editor", "org": "minzheng"})
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(absent), people.staff(deputy), first="2026-03-05", until="2026-03-06", actor=absent, audit=audit))
    assert actor(room, deputy).roles() == ["editor"], "not yet"
    room.now = room.now.replace(day=5, hour=0)
    found = actor(room, deputy)
    assert found.roles() == ["editor", "signer"] and found.holds("signer", EVERYWHERE) and not found.holds("signer", Scope("/a", "minzheng")) and not found.holds_any("site")
    assert found.behalf("signer", EVERYWHERE) == "示例zhang" and found.behalf("editor", Scope("/a", "minzheng")) == "" and found.id == deputy
    assert actor(room, absent).holds_any("signer"), "the absent person keeps the roles"
    room.now = room.now.replace(day=6, hour=23)
    assert actor(room, deputy).holds_any("signer")
    room.now = room.now.replace(day=7, hour=0)
    assert actor(room, deputy).roles() == ["editor"]


def test_a_deputy_lends_what_the_absent_person_holds_now(room):
    absent, deputy = room.add("zhang", "signer"), room.add("lisi")
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(absent), people.staff(deputy), first="2026-03-02", until="2026-03-20", actor="system:test", audit=audit))
    assert actor(room, deputy).holds_any("signer")
    room.do(lambda people, audit: accounts.set_networks(people, "signer", ["10.0.0.0/8"], actor="system:test", audit=audit))
    assert not actor(room, deputy, "192.0.2.1").holds_any("signer"), "networks hold for deputies too"
    room.do(lambda people, audit: accounts.revoke(people, people.staff(absent), role="signer", actor="system:test", audit=audit))
    assert actor(room, deputy, "10.0.0.1").roles() == []


def test_back_early(room):
    absent, deputy = room.add("zhang", "signer"), room.add("lisi")
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(absent), people.staff(deputy), first="2026-03-02", until="2026-03-20", actor=absent, audit=audit))
    assert "安全管理员" in refusal(room, lambda people, audit: accounts.clear_deputy(people, people.staff(absent), actor=deputy, audit=audit)).message
    room.do(lambda people, audit: accounts.clear_deputy(people, people.staff(absent), actor=absent, audit=audit))
    assert actor(room, deputy).roles() == [] and room.do(lambda people, audit: people.staff(deputy).stands_for) == ()


DATES = {"first": "2026-03-02", "until": "2026-03-20"}


@pytest.mark.parametrize(("absent", "deputy", "dates", "field", "word"), [
    ("zhang", "zhang", DATES, "deputy", "自己代理自己"), ("zhang", "gone", DATES, "deputy", "停用"), ("zhang", "auditor", DATES, "deputy", "审计"), ("auditor", "lisi", DATES, "deputy", "审计"),
    ("boss", "lisi", DATES, "deputy", "不能由别人代理"), ("zhang", "lisi", {"first": "2026-03-20", "until": "2026-03-02"}, "until", "之前"),
    ("zhang", "lisi", {"first": "2026-02-01", "until": "2026-03-01"}, "until", "已经过去"), ("zhang", "lisi", {"first": "", "until": "2026-03-01"}, "first", "不是日期"),
    ("zhang", "lisi", {"first": "2026-03-02", "until": "2028-03-02"}, "until", "最长一年"), ("zhang", "wang", DATES, "deputy", "自己也由别人代理"), ("chen", "lisi", DATES, "deputy", "代理不能再转")])
def test_a_wrong_deputy_is_refused(room, absent, deputy, dates, field, word):
    """wang is represented by chen in these days: wang cannot represent, chen cannot be represented."""
    ids = {name: room.add(name, *roles) for name, roles in (("boss", ["security"]), ("zhang", ["signer"]), ("lisi", ["editor"]), ("wang", ["signer"]), ("chen", ["reviewer"]), ("auditor1", ["auditor"]),
                                                            ("gone", ["editor"]))}
    ids["auditor"] = ids.pop("auditor1")
    room.do(lambda people, audit: accounts.end_account(people, people.staff(ids["gone"]), rooms=(), actor="system:test", audit=audit))
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(ids["wang"]), people.staff(ids["chen"]), **DATES, actor="system:test", audit=audit))
    caught = refusal(room, lambda people, audit: accounts.set_deputy(people, people.staff(ids[absent]), people.staff(ids[deputy]), **dates, actor="system:test", audit=audit))
    assert caught.field == field and word in caught.message


def test_a_deputy_cannot_become_auditor_meanwhile(room):
    absent, deputy = room.add("zhang", "signer"), room.add("lisi")
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(absent), people.staff(deputy), **DATES, actor=absent, audit=audit))
    assert "代理" in refusal(room, lambda people, audit: accounts.grant(people, people.staff(deputy), role="auditor", actor="system:test", audit=audit)).message


@pytest.mark.parametrize(("changes", "field"), [({"idle_minutes": 0}, "idle_minutes"), ({"failures": 100}, "failures"), ({"x": 1}, "x"), ({"one_session": True}, "one_session"),
                                                ({"password_length": 7}, "password_length")])
def test_rules_stay_within_bounds(room, changes, field):
    assert refusal(room, lambda people, audit: accounts.set_policy(people, changes, actor="system:test", audit=audit)).field == field
    assert room.do(lambda people, audit: people.policy) == {}


def test_the_defaults_are_those_of_k6_and_k7(room):
    names = ("idle_minutes", "session_hours", "failures", "lock_minutes", "password_days", "password_length", "password_classes", "password_history", "one_session")
    assert room.do(lambda people, audit: [people.setting(name) for name in names]) == [15, 12, 5, 30, 90, 8, 3, 5, 0]
