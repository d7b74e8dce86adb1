"""Two writers who meet in the database: nobody sees it when it passes; when it does not, nothing that was typed is lost."""
from __future__ import annotations

import logging

import pytest
from ZODB.Connection import Connection
from ZODB.POSException import ConflictError

from govportal import ATTEMPTS

from .test_editing import ITEM, opened, send, values


@pytest.fixture
def meetings(monkeypatch):
    """``meetings.append(number)``: so many of the next commits meet another writer."""
    left, real = [0], Connection.tpc_vote

    def vote(self, transaction):
        if left[0]:
            left[0] -= 1
            raise ConflictError
        return real(self, transaction)
    monkeypatch.setattr(Connection, "tpc_vote", vote)
    return left


def test_a_conflict_that_passes_is_seen_by_nobody(desk, meetings, caplog):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    meetings[0] = ATTEMPTS - 1
    with caplog.at_level(logging.INFO, "govportal"):
        send(person, page, [("plain_names", "报户口")], status=303)
    assert values(desk)["plain_names"] == ("报户口",) and meetings == [0]
    assert f"govportal_conflicts_total {ATTEMPTS - 1}.0" in person.get("/metrics").text
    told = [record for record in caplog.records if record.name.startswith("govportal.")]
    assert sum(record.name == "govportal.conflict" for record in told) == ATTEMPTS - 1 and all(record.levelno <= logging.INFO for record in told)


def test_a_conflict_that_does_not_pass_keeps_what_was_typed(desk, meetings):
    person, uid, before = desk.person("edit.a"), desk.at(ITEM), values(desk)
    page = opened(person, uid, "audience")
    meetings[0] = ATTEMPTS
    kept = send(person, page, [("plain_names", '上户口<script>"')], status=503)
    assert values(desk) == before and kept.headers["Retry-After"] == "5" and kept.headers["Cache-Control"] == "no-store"
    assert "现在保存的人很多" in kept and "口<script>" not in kept.text
    next(form for form in kept.forms.values() if form.action.endswith("/edit/audience")).submit(status=303)          # the button of the page does it once more
    assert values(desk)["plain_names"] == ('上户口<script>"',)
