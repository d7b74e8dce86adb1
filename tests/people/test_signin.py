"""Sign-in: factors (K5), first sign-in and age (K6), lock and throttle over time (K7), audit (K9); nothing tells whether a name exists."""
import threading

import pyotp
import pytest
from argon2 import PasswordHasher
from transaction import TransactionManager
from ZODB.POSException import ConflictError

from govportal.base import clock
from govportal.base.keys import Keys
from govportal.content.site import open_site
from govportal.people import accounts, passwords, secondfactor, sessions, signin
from govportal.people.signin import SignedIn, SignInRefused
from govportal.people.store import open_people
from tests.people.conftest import CHEAP, PASSWORD


def test_the_right_person_is_in(room):
    uid = room.add("zhang", "editor")
    outcome = room.sign_in(" ＺＨＡＮＧ ")      # full width, other case
    assert isinstance(outcome, SignInRefused)     # no code was given for that spelling
    room.later(seconds=30)
    outcome = room.sign_in("ZHANG", code=room.code("zhang"))
    assert isinstance(outcome, SignedIn) and outcome.must == "" and outcome.staff.uid == uid
    assert room.do(lambda people, audit: sessions.check(people, outcome.sid, room.now).uid) == uid
    record = room.records("sign-in")[0]
    assert (record["actor"], record["target"], record["outcome"], record["address"]) == (uid, "staff/zhang", "ok", "10.0.0.1")


@pytest.mark.parametrize(("case", "why"), [("unknown", "unknown"), ("password", "password"), ("code", "code"), ("no code", "code"), ("ended", "ended")])
def test_whatever_is_wrong_the_words_and_the_work_are_the_same(room, cheap, case, why):
    room.add("zhang", "editor")
    room.add("boss", "security")
    if case == "ended":
        room.do(lambda people, audit: accounts.end_account(people, people.staff_by_name("zhang"), rooms=(), actor="system:test", audit=audit))
    cheap.verified = 0
    outcome = room.sign_in("nobody" if case == "unknown" else "zhang", "wrong-Pass77" if case == "password" else PASSWORD,
                           {"code": "000000", "no code": ""}.get(case, room.code("zhang")))
    assert outcome == SignInRefused("用户名、密码或动态码不对，请核对后再试。还可以试 4 次，之后锁定 30 分钟")
    assert cheap.verified == 1, "one argon2 verification, whoever it is (K7)"
    record = room.records("sign-in")[0]
    assert record["outcome"] == "refused" and record["reason"] == why and record["address"] == "10.0.0.1"


def test_an_unknown_name_is_in_the_audit_as_a_digest_only(room):
    room.sign_in("my-Secret-typed-here", "x")
    record = room.records("sign-in")[0]
    assert record["target"].startswith("unknown/") and "secret" not in str(record).casefold() and record["actor"] == "anonymous"
    assert signin.digest_of(room.keys, "A") == signin.digest_of(room.keys, "a") != signin.digest_of(Keys(b"o" * 32), "a")


@pytest.mark.parametrize("username", ["zhang", "nobody"])
def test_five_failures_lock_for_thirty_minutes(room, username):
    """K7; a name that does not exist locks in the same way."""
    room.add("zhang", "editor")
    said = [room.sign_in(username, "wrong-Pass77", "") for _ in range(5)]
    assert ["还可以试 4 次" in said[0].message, "还可以试 1 次" in said[3].message] == [True, True]
    assert "已锁定，请 30 分钟后再试" in said[4].message and said[4].until is not None
    room.later(minutes=10)
    assert "请 20 分钟后再试" in room.sign_in(username, PASSWORD).message, "the right password does not help, and trying does not prolong"
    assert room.records("sign-in")[0]["reason"] == "locked"
    room.later(minutes=20)
    outcome = room.sign_in(username)
    assert isinstance(outcome, SignedIn) if username == "zhang" else "还可以试 4 次" in outcome.message


def test_success_forgets_failures_and_so_does_half_an_hour(room):
    room.add("zhang", "editor")
    for _ in range(4):
        room.sign_in("zhang", "wrong-Pass77")
    assert isinstance(room.sign_in("zhang"), SignedIn)
    for _ in range(4):
        assert "还可以试" in room.sign_in("zhang", "wrong-Pass77").message
    room.later(minutes=31)
    assert "还可以试 4 次" in room.sign_in("zhang", "wrong-Pass77").message


def test_the_limits_are_settings(room):
    room.add("zhang", "editor")
    room.do(lambda people, audit: accounts.set_policy(people, {"failures": 3, "lock_minutes": 5}, actor="system:test", audit=audit))
    said = [room.sign_in("zhang", "wrong-Pass77").message for _ in range(3)]
    assert "还可以试 2 次" in said[0] and "请 5 分钟后" in said[2]


def test_unlocking(room):
    room.add("zhang", "editor")
    for _ in range(5):
        room.sign_in("zhang", "wrong-Pass77")
    assert room.do(lambda people, audit: accounts.unlock(people, people.staff_by_name("zhang"), actor="system:test", audit=audit))
    assert isinstance(room.sign_in("zhang"), SignedIn)


def test_an_address_that_fails_too_often_is_held(room):
    """K7: over all names, 50 in 15 minutes; then nothing is examined or written."""
    room.add("zhang", "editor")
    for number in range(50):
        room.sign_in(f"nobody{number}", "x", address="2001:db8::1")
    before = len(room.records())
    refused = room.sign_in("zhang", address="2001:db8::ffff")      # the same /64
    assert "这个网络地址" in refused.message and "15 分钟" in refused.message and len(room.records()) == before
    assert [one["target"] for one in room.records("sign-in-held")] == ["address/2001:db8::/64"]
    assert isinstance(room.sign_in("zhang", address="2001:db8:0:1::1"), SignedIn)
    room.later(minutes=16)
    assert isinstance(room.sign_in("zhang", address="2001:db8::1"), SignedIn)


def test_a_code_is_used_once(room):
    room.add("zhang", "editor")
    code = room.code("zhang")
    assert isinstance(room.sign_in("zhang", code=code), SignedIn)
    assert isinstance(room.sign_in("zhang", code=code), SignInRefused)
    room.later(seconds=30)
    assert isinstance(room.sign_in("zhang", code=code), SignInRefused), "still within the drift, but used"
    assert isinstance(room.sign_in("zhang"), SignedIn)


@pytest.mark.parametrize(("drift", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_differ_by_one_step(room, drift, good):
    room.add("zhang", "editor")
    code = pyotp.TOTP(room.secrets["zhang"]).at(int(room.now.timestamp()) + drift)
    assert isinstance(room.sign_in("zhang", code=code), SignedIn) is good


def test_a_later_code_makes_earlier_ones_void(room):
    room.add("zhang", "editor")
    ahead = pyotp.TOTP(room.secrets["zhang"]).at(int(room.now.timestamp()) + 30)
    assert isinstance(room.sign_in("zhang", code=ahead), SignedIn) and isinstance(room.sign_in("zhang"), SignInRefused)


def test_recovery_codes_work_once_each_and_are_kept_as_digests(room):
    room.add("zhang", "editor")
    codes = room.do(lambda people, audit: secondfactor.new_recovery(people.staff_by_name("zhang"), room.keys))
    assert len(set(codes)) == 10
    stored = room.do(lambda people, audit: people.staff_by_name("zhang").credentials.recovery)
    assert not set(codes) & set(stored) and len(stored) == 10
    outcome = room.sign_in("zhang", code=codes[3].upper().replace("-", " "))
    assert isinstance(outcome, SignedIn) and outcome.recovery_left == 9
    assert isinstance(room.sign_in("zhang", code=codes[3]), SignInRefused) and isinstance(room.sign_in("zhang", code=codes[4]), SignedIn)


def test_the_secret_is_encrypted_and_bound_to_the_account_and_the_installation(room):
    uid = room.add("zhang", "editor")
    stored = room.do(lambda people, audit: people.staff(uid).credentials.totp)
    assert room.secrets["zhang"].encode() not in stored and room.secrets["zhang"].encode() not in (room.var / "data.fs").read_bytes()
    assert secondfactor.decrypt(room.keys, uid, stored) == room.secrets["zhang"]
    assert secondfactor.decrypt(room.keys, "other", stored) == "" == secondfactor.decrypt(Keys(b"o" * 32), uid, stored)


def test_first_sign_in_asks_for_a_password_then_the_second_factor(room):
    """K6, then K5; the session goes on by itself."""
    room.add("zhang", "editor", enrolled=False, must_change=True)
    outcome = room.sign_in("zhang")
    assert outcome.must == "password"

    def must(people, audit):
        return sessions.must(people, outcome.sid, room.now)
    room.do(lambda people, audit: accounts.set_password(people, people.staff_by_name("zhang"), old=PASSWORD, new="Kd7#mwqu-x", audit=audit, keep=outcome.sid))
    assert room.do(must) == "enrol"
    enrolment = room.do(lambda people, audit: accounts.begin_enrolment(room.keys, people.staff_by_name("zhang")))
    assert enrolment.address.startswith("otpauth://totp/") and enrolment.secret in enrolment.address
    code = pyotp.TOTP(enrolment.secret).at(room.now)
    recovery = room.do(lambda people, audit: accounts.confirm_enrolment(people, room.keys, people.staff_by_name("zhang"), token=enrolment.token, code=code, audit=audit))
    assert len(recovery) == 10 and room.do(must) == ""
    assert isinstance(room.sign_in("zhang", "Kd7#mwqu-x", code), SignInRefused), "the code that enrolled is used"


def test_a_password_of_ninety_days_must_be_changed(room):
    room.add("zhang", "editor")
    room.later(days=89)
    first = room.sign_in("zhang")
    assert first.must == ""
    room.later(days=1)
    assert room.sign_in("zhang").must == "password"
    assert room.do(lambda people, audit: sessions.must(people, first.sid, room.now)) == "", "who is at work is not interrupted"


def test_a_hash_of_old_cost_is_made_new_at_sign_in(room):
    room.add("zhang", "editor")
    dear = PasswordHasher(**{**CHEAP, "time_cost": 2})
    with passwords.override(dear):
        assert isinstance(room.sign_in("zhang"), SignedIn)
        hashed = room.do(lambda people, audit: people.staff_by_name("zhang").credentials)
        assert not dear.check_needs_rehash(hashed.password) and hashed.history[0] == hashed.password and len(hashed.history) == 1


def test_the_network_is_told_only_to_who_proved_both_factors(room):
    """K2."""
    room.add("zhang", "editor")
    room.add("fresh", "editor", enrolled=False)
    room.do(lambda people, audit: accounts.set_networks(people, "editor", ["10.0.0.0/24"], actor="system:test", audit=audit))
    assert "不允许从这个网络登录" in room.sign_in("zhang", address="192.0.2.1").message
    assert "用户名、密码或动态码不对" in room.sign_in("fresh", address="192.0.2.1").message
    room.later(seconds=30)
    assert isinstance(room.sign_in("zhang", address="10.0.0.9"), SignedIn)


@pytest.mark.parametrize(("username", "password", "code"), [("", "x", ""), ("  ", "x", ""), ("zhang", "", "")])
def test_an_empty_form_counts_nothing(room, username, password, code):
    assert room.sign_in(username, password, code).message == "请填写用户名和密码" and room.records("sign-in") == []


@pytest.mark.parametrize("hostile", ["\x00", "\ud800", "<script>", "a" * 100_000, "' OR 1=1", "‮gnahz"])
def test_hostile_input_is_a_failure_like_others(room, hostile):
    room.add("zhang", "editor")
    for outcome in (room.sign_in(hostile, "x", "y"), room.sign_in("zhang", hostile, ""), room.sign_in("zhang", PASSWORD, hostile)):
        assert "不对" in outcome.message


def test_guesses_made_at_once_do_not_get_past_the_count(room):
    """A success and a failure beside it meet in one record: the later commit fails, is tried again by pyramid_retry and sees the other."""
    room.add("zhang", "editor")
    managers = [TransactionManager(), TransactionManager()]
    connections = [room.db.open(manager) for manager in managers]
    for manager, connection, password in zip(managers, connections, ("wrong-Pass77", PASSWORD), strict=True):
        manager.begin()
        signin.sign_in(open_people(connection), room.keys, username="zhang", password=password, code=room.code("zhang"), address="", agent="",
                       audit=open_site(connection).audit)
    managers[0].commit()
    with pytest.raises(ConflictError):
        managers[1].commit()
    for manager, connection in zip(managers, connections, strict=True):
        manager.abort()
        connection.close()


def test_one_code_cannot_be_used_by_two_at_once(room):
    room.add("zhang", "editor")
    code, done, barrier = room.code("zhang"), [], threading.Barrier(2)

    def attempt():
        manager = TransactionManager()
        connection = room.db.open(manager)
        manager.begin()
        people = open_people(connection)
        assert people.staff_by_name("zhang").credentials.totp_step == 0      # both see the state before
        barrier.wait()
        try:
            outcome = signin.sign_in(people, room.keys, username="zhang", password=PASSWORD, code=code, address="", agent="", audit=open_site(connection).audit,
                                     now=room.now)
            manager.commit()
            done.append(isinstance(outcome, SignedIn))
        except ConflictError:
            manager.abort()
        finally:
            connection.close()
    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count(True) == 1


def test_old_counts_are_removed(room):
    from govportal.people import attempts
    room.add("zhang", "editor")
    room.sign_in("zhang", "wrong-Pass77")
    assert room.do(lambda people, audit: attempts.purge(people, room.now)) == 0
    room.later(minutes=31)
    assert room.do(lambda people, audit: attempts.purge(people, clock.now())) == 2
    assert room.do(lambda people, audit: (len(people.name_attempts), len(people.address_attempts))) == (0, 0)
