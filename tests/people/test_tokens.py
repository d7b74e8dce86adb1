"""Sealed tokens: what was sealed opens; one changed sign, another purpose, another installation, too old: None."""
from datetime import timedelta

import pytest

from govportal.base.keys import Keys
from govportal.people.tokens import Sealer
from tests.people.conftest import START

KEYS = Keys(b"k" * 32)
SEALER = Sealer(KEYS, "session")


def test_what_was_sealed_opens_with_its_time():
    opened = SEALER.open(SEALER.seal({"sid": "a", "名": "张"}, now=START), now=START)
    assert opened.payload == {"sid": "a", "名": "张"} and opened.issued == START


def test_every_changed_sign_is_noticed():
    text = SEALER.seal({"sid": "abc", "n": 1}, now=START)
    for place in range(len(text)):
        for other in ("A", "B", "_", "."):
            if text[place] != other:
                assert SEALER.open(text[:place] + other + text[place + 1:], now=START) is None, place


@pytest.mark.parametrize("text", [None, "", ".", "a", "a.b", "密.码", "\ud800.x", "x" * 5000, "W10.", "e30.e30", "=.=", "\x00"])
def test_rubbish_is_none(text):
    assert SEALER.open(text, now=START) is None


def test_purpose_and_installation_are_part_of_the_key():
    text = SEALER.seal({"a": 1}, now=START)
    assert Sealer(KEYS, "csrf").open(text, now=START) is None and Sealer(Keys(b"o" * 32), "session").open(text, now=START) is None


@pytest.mark.parametrize(("after", "opens"), [(0, True), (900, True), (901, False), (-30, True), (-90, False)])
def test_age(after, opens):
    text = SEALER.seal({}, now=START)
    assert (SEALER.open(text, max_age=timedelta(minutes=15), now=START + timedelta(seconds=after)) is not None) is opens


def test_an_end_lies_in_the_token():
    text = SEALER.seal({"uid": "x"}, until=START + timedelta(days=7), now=START)
    assert SEALER.open(text, now=START + timedelta(days=6)) and SEALER.open(text, now=START + timedelta(days=8)) is None
