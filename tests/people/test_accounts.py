"""Accounts: making, renaming, own password, second factor, sessions, ending with hand-over."""
import pickle

import pyotp
import pytest

from govportal.people import accounts, sessions
from govportal.people.contracts import Work
from govportal.people.errors import PeopleRefused
from govportal.people.grants import actor_of
from govportal.people.signin import SignedIn, SignInRefused
from tests.people.conftest import PASSWORD
from tests.people.test_roles_grants import DATES, refusal


class Drafts:
    """A room with work in it, as editorial will be."""

    def __init__(self, **held):
        self.held = held

    def of(self, uid):
        return [Work("稿件", str(number), title) for number, title in enumerate(self.held.get(uid, []))]

    def hand_over(self, source, target):
        moved = self.held.pop(source, [])
        self.held[target] = self.held.get(target, []) + moved
        return len(moved)


def test_a_new_account_has_a_random_password_that_must_be_changed(room):
    made = [room.do(lambda people, audit, name=name: accounts.create(people, username=name, name="示例", org="gongan", phone="000-1234567", actor="system:test", audit=audit).password)
            for name in ("Zhang.San", "li-si")]
    assert made[0] != made[1] and room.sign_in("zhang.san", made[0]).must == "password"
    assert made[0].encode() not in (room.var / "data.fs").read_bytes() and made[0] not in str(room.records())


@pytest.mark.parametrize(("facts", "field"), [
    ({"username": "zhang"}, "username"), ({"username": "ZHANG"}, "username"), ({"username": "ab"}, "username"), ({"username": "张三"}, "username"), ({"username": "a b c"}, "username"),
    ({"username": "admin"}, "username"), ({"username": "Root"}, "username"), ({"name": " "}, "name"), ({"name": "x" * 41}, "name"), ({"name": "a\x00b"}, "name"), ({"org": "../.."}, "org"),
    ({"phone": "<b>"}, "phone")])
def test_wrong_facts_are_refused(room, facts, field):
    room.add("zhang", "editor")
    caught = refusal(room, lambda people, audit: accounts.create(people, **{"username": "fresh", "name": "示例", "actor": "system:test", "audit": audit, **facts}))
    assert caught.field == field and room.do(lambda people, audit: len(list(people.all_staff()))) == 1


def test_a_former_user_name_signs_nobody_in_and_is_not_given_again(room):
    uid = room.add("zhang", "editor")
    room.do(lambda people, audit: accounts.rename(people, people.staff(uid), "zhang.wei", actor="system:test", audit=audit))
    room.secrets["zhang.wei"] = room.secrets["zhang"]
    assert isinstance(room.sign_in("zhang"), SignInRefused) and isinstance(room.sign_in("zhang.wei"), SignedIn)
    assert refusal(room, lambda people, audit: accounts.create(people, username="zhang", name="示例", actor="system:test", audit=audit)).field == "username"
    room.do(lambda people, audit: accounts.rename(people, people.staff(uid), "zhang", actor="system:test", audit=audit))


def test_only_security_administers(room):
    uid, editor = room.add("zhang"), room.add("lisi", "editor")
    for work in (lambda people, audit: accounts.create(people, username="fresh", name="示例", actor=editor, audit=audit),
                 lambda people, audit: accounts.change(people, people.staff(uid), name="x", org="", phone="", actor=editor, audit=audit),
                 lambda people, audit: accounts.rename(people, people.staff(uid), "fresh", actor=editor, audit=audit),
                 lambda people, audit: accounts.reset_password(people, people.staff(uid), actor=editor, audit=audit),
                 lambda people, audit: accounts.reset_second_factor(people, people.staff(uid), actor=editor, audit=audit),
                 lambda people, audit: accounts.unlock(people, people.staff(uid), actor=editor, audit=audit),
                 lambda people, audit: accounts.revoke(people, people.staff(uid), role="editor", actor=editor, audit=audit),
                 lambda people, audit: accounts.set_deputy(people, people.staff(uid), people.staff(editor), **DATES, actor=editor, audit=audit),
                 lambda people, audit: accounts.set_networks(people, "editor", [], actor=editor, audit=audit),
                 lambda people, audit: accounts.set_policy(people, {}, actor=editor, audit=audit),
                 lambda people, audit: accounts.end_account(people, people.staff(uid), rooms=(), actor=editor, audit=audit)):
        assert "安全管理员来办" in refusal(room, work).message


NEW = ["Kd7#mwqu-1x", "Rt9#bvke-2y", "Hy4#zcpa-3w", "Lm6#qdxo-4v", "Wn8#jfsi-5u"]


def change(room, old, new, keep=""):
    room.do(lambda people, audit: accounts.set_password(people, people.staff_by_name("zhang"), old=old, new=new, audit=audit, keep=keep))


def test_the_last_five_passwords_are_not_used_again(room):
    """K6."""
    room.add("zhang", "editor")
    for old, new in zip([PASSWORD, *NEW[:3]], NEW[:4], strict=True):
        change(room, old, new)
    for used in (PASSWORD, *NEW[:4]):
        with pytest.raises(PeopleRefused, match="最近用过的 5 个"):
            change(room, NEW[3], used)
    change(room, NEW[3], NEW[4])
    change(room, NEW[4], PASSWORD)      # the sixth before is free


def test_a_new_password_ends_the_other_sessions(room):
    room.add("zhang", "editor")
    first = room.sign_in("zhang").sid
    room.later(seconds=30)
    second = room.sign_in("zhang").sid
    change(room, PASSWORD, NEW[0], keep=second)
    assert room.do(lambda people, audit: [sessions.check(people, sid, room.now) is not None for sid in (first, second)]) == [False, True]


def test_an_open_session_is_no_way_to_guess_the_password(room):
    """A refused change is caught and committed, as a page does; the fifth wrong one locks."""
    room.add("zhang", "editor")

    def attempt(people, audit):
        try:
            accounts.set_password(people, people.staff_by_name("zhang"), old="wrong-Pass77", new=NEW[0], audit=audit)
        except PeopleRefused as exc:
            return exc
    said = [room.do(attempt) for _ in range(6)]
    assert {one.field for one in said} == {"old"} and "还可以试 4 次" in said[0].message and "已锁定" in said[4].message and "已锁定" in said[5].message
    assert "锁定" in room.sign_in("zhang").message


@pytest.mark.parametrize(("new", "again", "field"), [("short", None, "new"), ("Zhang-77-abcX", None, "new"), (NEW[0], NEW[1], "again"), (PASSWORD, None, "new")])
def test_a_wrong_new_password_is_told(room, new, again, field):
    room.add("zhang", "editor")
    assert refusal(room, lambda people, audit: accounts.set_password(people, people.staff_by_name("zhang"), old=PASSWORD, new=new, again=again, audit=audit)).field == field


def test_enrolment_stores_nothing_before_the_code_proves_it(room):
    room.add("zhang", "editor", enrolled=False)
    room.add("lisi", "editor", enrolled=False)
    size = (room.var / "data.fs").stat().st_size
    enrolment = room.do(lambda people, audit: accounts.begin_enrolment(room.keys, people.staff_by_name("zhang")))
    assert (room.var / "data.fs").stat().st_size == size

    def confirm(name, code, token=enrolment.token, current=""):
        return lambda people, audit: accounts.confirm_enrolment(people, room.keys, people.staff_by_name(name), token=token, code=code, current=current, audit=audit)
    right = pyotp.TOTP(enrolment.secret).at(room.now)
    assert refusal(room, confirm("zhang", "000000")).field == "code"
    assert refusal(room, confirm("lisi", right)).field == "", "another person's enrolment"
    assert refusal(room, confirm("zhang", right, enrolment.token[:-2] + "AA")).field == ""
    assert room.do(lambda people, audit: accounts.resume_enrolment(room.keys, people.staff_by_name("zhang"), enrolment.token)) == enrolment
    room.later(minutes=16)
    assert "过期" in refusal(room, confirm("zhang", pyotp.TOTP(enrolment.secret).at(room.now))).message


def test_another_device_needs_the_former_one(room):
    room.add("zhang", "editor")
    enrolment = room.do(lambda people, audit: accounts.begin_enrolment(room.keys, people.staff_by_name("zhang")))

    def confirm(current):
        return lambda people, audit: accounts.confirm_enrolment(people, room.keys, people.staff_by_name("zhang"), token=enrolment.token,
                                                                code=pyotp.TOTP(enrolment.secret).at(room.now), current=current, audit=audit)
    assert refusal(room, confirm("")).field == "current"
    room.do(confirm(room.code("zhang")))
    assert isinstance(room.sign_in("zhang"), SignInRefused), "the former device is void"
    room.later(seconds=30)
    room.secrets["zhang"] = enrolment.secret
    assert isinstance(room.sign_in("zhang"), SignedIn)
    room.later(seconds=30)
    codes = room.do(lambda people, audit: accounts.renew_recovery(people, room.keys, people.staff_by_name("zhang"), code=room.code("zhang"), audit=audit))
    assert len(codes) == 10 and isinstance(room.sign_in("zhang", code=codes[0]), SignedIn)


def test_resets_end_sessions_and_begin_again(room):
    uid, boss = room.add("zhang", "editor"), room.add("boss", "security")
    sid = room.sign_in("zhang").sid
    for _ in range(5):
        room.sign_in("zhang", "wrong-Pass77")
    given = room.do(lambda people, audit: accounts.reset_password(people, people.staff(uid), actor=boss, audit=audit))
    room.do(lambda people, audit: accounts.reset_second_factor(people, people.staff(uid), actor=boss, audit=audit))
    assert room.do(lambda people, audit: sessions.check(people, sid, room.now)) is None
    assert isinstance(room.sign_in("zhang"), SignInRefused) and room.sign_in("zhang", given, "").must == "password"
    for verb in (accounts.reset_second_factor, accounts.reset_password):
        assert "另一位" in refusal(room, lambda people, audit, verb=verb: verb(people, people.staff(boss), actor=boss, audit=audit)).message


def test_a_session_lives_twelve_hours_and_fifteen_idle_minutes(room):
    """K7: the absolute end lies in the database, idle time in the cookie."""
    room.add("zhang", "editor")
    sid = room.sign_in("zhang").sid

    def check():
        return room.do(lambda people, audit: sessions.check(people, sid, room.now))

    def seen(cookie):
        return room.do(lambda people, audit: sessions.read_cookie(people, room.keys, cookie, room.now))
    cookie = sessions.make_cookie(room.keys, sid, room.now)
    room.later(minutes=15)
    opened = seen(cookie)
    assert opened.payload == {"sid": sid} and room.now - opened.issued > sessions.RENEW
    room.later(seconds=1)
    assert seen(cookie) is None and seen(cookie[:-1]) is None and seen(None) is None and check() is not None
    room.later(hours=11, minutes=44, seconds=58)
    assert check() is not None
    room.later(seconds=1)
    assert check() is None and room.do(lambda people, audit: sessions.check(people, "forged", room.now)) is None


def test_sessions_are_listed_and_ended_one_by_one(room):
    uid, boss = room.add("zhang", "editor"), room.add("boss", "security")
    first = room.sign_in("zhang", address="10.0.0.1").sid
    room.later(seconds=30)
    second = room.sign_in("zhang", address="10.0.0.2").sid
    listed = room.do(lambda people, audit: sessions.of(people, people.staff(uid)))
    assert [(one.sid, one.address) for one in listed] == [(second, "10.0.0.2"), (first, "10.0.0.1")]
    room.do(lambda people, audit: sessions.end(people, first, by=boss, audit=audit, now=room.now))
    assert room.do(lambda people, audit: [sessions.check(people, sid, room.now) is not None for sid in (first, second)]) == [False, True]
    room.do(lambda people, audit: sessions.end(people, second, by=uid, audit=audit, now=room.now))
    assert sorted(one["action"] for one in room.records() if one["action"] in ("session-end", "sign-out")) == ["session-end", "sign-out"]
    assert refusal(room, lambda people, audit: sessions.end(people, "forged", by=boss, audit=audit, now=room.now)).field == "sid"
    room.later(days=29)
    assert room.do(lambda people, audit: sessions.purge(people, room.now)) == 0
    room.later(days=2)
    assert room.do(lambda people, audit: (sessions.purge(people, room.now), sessions.of(people, people.staff(uid)))) == (2, [])


def test_one_session_a_person_is_a_setting(room):
    room.add("zhang", "editor")
    room.do(lambda people, audit: accounts.set_policy(people, {"one_session": 1}, actor="system:test", audit=audit))
    first = room.sign_in("zhang").sid
    room.later(seconds=30)
    second = room.sign_in("zhang").sid
    assert room.do(lambda people, audit: [sessions.check(people, sid, room.now) is not None for sid in (first, second)]) == [False, True]


def test_ending_an_account_hands_its_work_over(room):
    uid, heir, boss = room.add("zhang", "signer"), room.add("lisi", "editor"), room.add("boss", "security")
    sid, drafts = room.sign_in("zhang").sid, Drafts(**{uid: ["身份证换领", "护照"]})

    def end(people, audit, heir_uid=None):
        return accounts.end_account(people, people.staff(uid), rooms=(drafts, Drafts()), heir=people.staff(heir_uid) if heir_uid else None, actor=boss, audit=audit)
    caught = refusal(room, end)
    assert caught.field == "heir" and "还有 2 件" in caught.message and "身份证换领" in caught.message
    assert room.do(lambda people, audit: people.staff(uid).active), "refused: nothing changed"
    assert refusal(room, lambda people, audit: end(people, audit, uid)).field == "heir"
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(uid), people.staff(heir), **DATES, actor=uid, audit=audit))
    assert room.do(lambda people, audit: end(people, audit, heir)) == 2 and [work.title for work in drafts.of(heir)] == ["身份证换领", "护照"]
    assert room.do(lambda people, audit: (people.staff(uid).state, people.staff(uid).ended_at, len(people.staff(uid).grants))) == ("ended", room.now, 1)
    assert room.do(lambda people, audit: sessions.check(people, sid, room.now)) is None and isinstance(room.sign_in("zhang"), SignInRefused)
    assert room.do(lambda people, audit: (actor_of(people, people.staff(uid)).roles(), actor_of(people, people.staff(heir)).roles())) == ([], ["editor"])
    assert "已经停用" in refusal(room, end).message
    assert refusal(room, lambda people, audit: accounts.create(people, username="zhang", name="示例", actor=boss, audit=audit)).field == "username"


def test_a_deputy_who_leaves_is_named_by_nobody(room):
    uid, deputy = room.add("zhang", "signer"), room.add("lisi", "editor")
    room.do(lambda people, audit: accounts.set_deputy(people, people.staff(uid), people.staff(deputy), **DATES, actor=uid, audit=audit))
    room.do(lambda people, audit: accounts.end_account(people, people.staff(deputy), rooms=(), actor="system:test", audit=audit))
    assert room.do(lambda people, audit: people.staff(uid).deputy) is None


def test_who_cannot_be_ended(room):
    boss, auditor, uid = room.add("boss", "security"), room.add("checker", "auditor"), room.add("zhang", "editor")

    def end(who, actor, heir=None):
        return lambda people, audit: accounts.end_account(people, people.staff(who), rooms=(), heir=people.staff(heir) if heir else None, actor=actor, audit=audit)
    assert "自己的账号" in refusal(room, end(boss, boss)).message and "最后一位" in refusal(room, end(boss, "system:test")).message
    assert "审计" in refusal(room, end(uid, boss, auditor)).message
    room.add("boss2", "security")
    room.do(end(boss, "system:test"))


def test_a_room_that_keeps_work_back_stops_the_ending(room):
    class Stubborn(Drafts):
        def hand_over(self, source, target):
            return 0
    uid, heir = room.add("zhang", "editor"), room.add("lisi", "editor")
    with pytest.raises(RuntimeError):
        room.do(lambda people, audit: accounts.end_account(people, people.staff(uid), rooms=(Stubborn(**{uid: ["x"]}),), heir=people.staff(heir), actor="system:test", audit=audit))
    assert room.do(lambda people, audit: people.staff(uid).active)


def test_what_old_databases_call_the_sharded_map_still_loads():
    from govportal.base.shards import ShardedMap
    assert pickle.loads(b"cgovportal.content.site\nShardedMap\n.") is ShardedMap


def test_the_worker_tidies_once_an_hour(room):
    from govportal.worker import Worker
    room.add("zhang", "editor")
    room.sign_in("zhang")
    worker = Worker(room.db, room.var / "heads", room.var / "beat")
    room.later(days=40)
    worker.step()
    assert room.do(lambda people, audit: (len(people.sessions), len(people.name_attempts))) == (0, 0)
