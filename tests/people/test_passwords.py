"""Passwords (K6): every rule with a good and a bad case; hashing; the weak list; constant work."""
import random

import pytest
from argon2 import PasswordHasher

from govportal.people import passwords
from tests.people.conftest import CHEAP, PASSWORD


@pytest.mark.parametrize(("password", "username", "word"), [
    ("Ab-3xyq", "", "至少 8 位"), ("sunlitriver7", "", "至少 3 类"), ("SUNLITRIVER-", "", "至少 3 类"), ("Zx-zhang.san-91", "zhang.san", "用户名"),
    ("Zx-NAS.GNAHZ-91", "zhang.san", "用户名"), ("ＺＸ-ｚｈａｎｇ91", "zhang", "用户名"), ("Ab-3xyq\x00lmk", "", "控制字符"), ("Ab-3" * 40, "", "最长 128"),
    ("Password@2024", "", "太常见"), ("P@ssw0rd!!", "", "太常见"), ("Zhengwu2024!", "", "太常见"), ("1qaz@WSX", "", "太常见"), ("Qwer1234!", "", "太常见"),
    ("Aa123456", "", "太常见"), ("Abcd1234", "", "太常见"), ("Admin_123", "", "太常见"), ("Aaaa1111!", "", "太常见"), ("Ab!20240131", "", "太常见"),
    ("TestTest#1", "", "太常见"), ("Gongan110!", "", "太常见"), ("2024@Woaini", "", "太常见"), ("asdfGHJK12", "", "太常见")])
def test_a_bad_password_is_told_why(password, username, word):
    assert any(word in fault for fault in passwords.faults(password, username=username)), passwords.faults(password, username=username)


@pytest.mark.parametrize("password", [PASSWORD, "river Lamp 42 moss", "Kd7#mwqu", "竹林深处有Path7", "correct-Horse7"])
def test_a_good_password_passes(password):
    assert passwords.faults(password, username="zhang.san") == []


@pytest.mark.parametrize(("least", "classes", "good"), [(12, 3, False), (8, 4, False), (11, 3, True)])
def test_the_limits_are_settings(least, classes, good):
    assert (passwords.faults("kd7mwquABCx", least=least, classes=classes) == []) is good


def test_new_passwords_keep_every_rule():
    made = {passwords.new_password() for _ in range(200)}
    assert len(made) == 200 and all(passwords.faults(one, classes=4) == [] for one in made)


def test_hashes_are_argon2id_of_production_cost_by_default():
    assert (passwords.PasswordHasher().time_cost, passwords.PasswordHasher().memory_cost) >= (3, 65536)
    hashed = passwords.make_hash(PASSWORD)
    assert hashed.startswith("$argon2id$") and passwords.verify(hashed, PASSWORD) and not passwords.verify(hashed, PASSWORD + "x")
    assert passwords.verify(passwords.make_hash("Ａb-3xyqlm"), "Ab-3xyqlm"), "full width counts as usual"


@pytest.mark.parametrize("password", ["", "x" * 5000, "\ud800", "密码"])
def test_nobody_and_odd_passwords_cost_one_verification_and_are_wrong(cheap, password):
    assert not passwords.verify("", password) and cheap.verified == 1
    assert not passwords.verify(passwords.make_hash(PASSWORD), password) and cheap.verified == 2


def test_the_hash_of_nobody_has_todays_cost():
    """Argon2 reads the cost from the hash: the made-up one must ask the same work as a real one."""
    from argon2 import extract_parameters
    with passwords.override(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)):
        assert extract_parameters(passwords._nobody()) == extract_parameters(passwords.make_hash("x"))
        assert not passwords.needs_rehash(passwords.make_hash("x"))
    assert passwords.needs_rehash(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash("x"))
    assert PasswordHasher(**CHEAP).time_cost == 1


def test_random_bytes_never_raise():
    source = random.Random(5)
    for _ in range(300):
        passwords.faults("".join(chr(source.randrange(0xD7FF)) for _ in range(source.randrange(40))), username="abc")
