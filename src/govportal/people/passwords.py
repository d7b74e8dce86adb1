"""Passwords of staff: argon2id hashes and the rules of K6.

Owns hashing, the rules and new random passwords; stores nothing. The cost is argon2-cffi's default (RFC 9106, 64 MiB); ``override`` lowers it in
tests. The weak list is ``etc/weak-passwords.txt``: words, of which every dressed-up form (case, digits and signs around, 0 for o) is weak too.
"""
from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..shipped import shipped

LONGEST = 128
_hasher = PasswordHasher()
_LOOKS_LIKE = str.maketrans("013457$@!", "oieastsai")
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "!@#$%^&*()")
_CHARS = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789", "-_+=.")      # nothing that looks like another


@contextmanager
def override(hasher: PasswordHasher) -> Iterator[None]:
    """Hash with ``hasher`` within the block (cheap ones in tests)."""
    global _hasher
    before, _hasher = _hasher, hasher
    try:
        yield
    finally:
        _hasher = before


def _plain(password: str) -> str:
    """Full-width signs of an input method count as the usual ones."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _plain(password).encode("utf-8", "replace")


def make_hash(password: str) -> str:
    return _hasher.hash(_bytes(password))


def verify(hashed: str, password: str) -> bool:
    """Whether the password is the hashed one; the same work for an empty hash (nobody) and for a password that is too long."""
    fits = len(password) <= LONGEST
    try:
        return _hasher.verify(hashed or _nobody(), _bytes(password) if fits else b"") and bool(hashed) and fits
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(hashed: str) -> bool:
    """Whether the hash was made with another cost than today's."""
    return _hasher.check_needs_rehash(hashed)


def _nobody() -> str:
    """A hash of today's cost that no password has; made up, not computed, so that it costs no more than a real one."""
    salt, tag = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (_hasher.salt_len, _hasher.hash_len))
    return f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${salt}${tag}"


def new_password(length: int = 14) -> str:
    """A random password that keeps every rule, easy to read out."""
    while True:
        found = "".join(secrets.choice("".join(_CHARS)) for _ in range(length))
        if not faults(found, classes=4, least=min(8, length)) and found[0] not in _CHARS[3]:
            return found


def faults(password: str, *, username: str = "", least: int = 8, classes: int = 3) -> list[str]:
    """What is wrong with a new password (K6), in Chinese; [] when nothing is."""
    text = _plain(password)
    low, name = text.casefold(), username.casefold()
    found = []
    if len(text) < least:
        found.append(f"密码至少 {least} 位，现在是 {len(text)} 位")
    if len(text) > LONGEST:
        found.append(f"密码最长 {LONGEST} 位")
    if any(unicodedata.category(char).startswith("C") for char in text):
        found.append("密码里有看不见的控制字符，请重新输入")
    if _classes(text) < classes:
        found.append(f"密码要有大写字母、小写字母、数字、符号四类中的至少 {classes} 类，现在是 {_classes(text)} 类")
    if name and (name in low or name[::-1] in low):
        found.append("密码里不能有用户名")
    if not found and is_weak(text):
        found.append("这个密码太常见或太有规律，容易被猜到，请换一个，例如几个不相干的词加数字和符号")
    return found


def _classes(text: str) -> int:
    kinds = {"lower" if char.islower() else "upper" if char.isupper() else "digit" if char.isdigit() else "other" for char in text}
    return len(kinds)


@cache
def weak_words() -> frozenset[str]:
    """The words of ``etc/weak-passwords.txt``."""
    lines = (shipped("etc") / "weak-passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))


def is_weak(password: str) -> bool:
    """Whether it is a weak word in disguise, a run of the keyboard, or few signs repeated."""
    low = password.casefold()
    if len(set(low)) < 5:
        return True
    bare = {low, re.sub(r"^[\W\d_]+|[\W\d_]+$", "", low), re.sub(r"[\W_]+$", "", low)}      # without digits and signs around
    forms = bare | {form.translate(_LOOKS_LIKE) for form in bare}
    forms |= {re.sub(r"^[\W\d_]+|[\W\d_]+$", "", form) for form in forms} | {re.sub(r"[^a-z]", "", form) for form in forms}
    forms |= {form[:len(form) // 2] for form in list(forms) if form and form[:len(form) // 2] * 2 == form}   # written twice
    letters = re.sub(r"[^a-z]", "", low)
    return bool(forms & weak_words()) or _is_run(low) or (len(letters) < 3 and low.isascii() and _digits_are_weak(low))


def _is_run(low: str) -> bool:
    """Most of it follows the alphabet, the keyboard or the digits, forwards or back: 1234abcd, qwer!@#$."""
    pairs = [low[place:place + 2] for place in range(len(low) - 1)]
    along = sum(any(pair in run or pair[::-1] in run for run in _RUNS) or pair[0] == pair[1] for pair in pairs)
    return along >= 0.7 * len(pairs)


def _digits_are_weak(low: str) -> bool:
    """Hardly a letter and a number people use: a date, a year, a run, few digits."""
    digits = re.sub(r"\D", "", low)
    return len(digits) <= 4 or len(set(digits)) < 4 or _is_run(digits) or bool(re.fullmatch(r"(19|20)\d\d[01]\d[0-3]\d", digits))
