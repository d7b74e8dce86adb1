"""The run: what it keeps, first-seen days, mended, trend, a killed run, bounds, requests, owners, the worker and the command line."""
import threading
from datetime import date, datetime, timedelta

import pytest
import transaction

from govportal.base import clock
from govportal.base.storage import META, open_database
from govportal.cli import main as cli
from govportal.content import publish
from govportal.content.publish import Refused
from govportal.content.site import open_site
from govportal.oversight import quality, queries, verbs
from govportal.oversight.findings import due_day, hex_of, key_from, key_of
from govportal.oversight.nightly import Inspector, night_passed
from govportal.oversight.queries import Filter, listing
from govportal.oversight.store import ROOT_KEY, TrendLine, open_oversight
from govportal.settings import Settings, SettingsError, read_settings
from govportal.worker import Worker, make_worker
from govportal.workflow.actors import SYSTEM

from .conftest import NOW

ITEM_PATH, GUIDE = "items/one/one", "items/one/one/guide"


def later(days):
    return clock.override(lambda: NOW + timedelta(days=days))


def rows(green, **wanted):
    return green.read(lambda site, columns, oversight: listing(oversight, Filter(**wanted)).rows)


def test_first_seen_stays_until_mended(green):
    green.put(GUIDE, summary="带户口薄")
    assert green.run().findings == 1
    before = rows(green)
    assert [(one.check, one.since, one.due, one.org) for one in before] == [("word-wrong", date(2026, 11, 25), date(2026, 12, 2), "gongan")]
    with later(20):
        green.put("items/one", legal_basis=[{"law": "没有的条例"}])
        green.run()
        after = {one.check: one for one in rows(green)}
        assert after["word-wrong"].since == date(2026, 11, 25) and after["word-wrong"].key == before[0].key
        assert after["basis-unknown"].since == date(2026, 12, 15)
        assert [one.check for one in rows(green, overdue=True)] == ["word-wrong"]
        green.put(GUIDE, summary="带户口簿")
        assert green.run().mended == 1
        number, gone = green.read(lambda site, columns, oversight: queries.mended(oversight))
        assert number == 1 and gone[0]["words"].startswith("“户口薄”")
    with later(30):
        green.put(GUIDE, summary="带户口薄")
        green.run()
        assert {one.check: one.since for one in rows(green)}["word-wrong"] == date(2026, 12, 25)      # it came anew
        assert green.read(lambda site, columns, oversight: len(oversight.since)) == 2


def test_lists_counts_and_filters(green):
    green.put(GUIDE, summary="带户口薄和帐户")
    green.put("items/one", legal_basis=[{"law": "没有的条例"}])
    green.put("shared/places/hall", phone="０１０", org="gongan")
    green.put("news/tongzhi/a", summary="户口薄")
    green.run()

    def work(site, columns, oversight):
        assert queries.by_check(oversight) == [("basis-unknown", 1), ("word-wrong", 3), ("digit-wide", 1)]
        assert queries.by_check(oversight, "") == [("word-wrong", 1)]
        assert queries.by_department(oversight) == [("gongan", {"should": 3, "look": 1, "overdue": 0}), ("", {"should": 1, "overdue": 0})]
        for wanted, number in ((Filter(), 5), (Filter(org="gongan"), 4), (Filter(org=""), 1), (Filter(org="none"), 0), (Filter(check="word-wrong"), 3),
                               (Filter(level="look"), 1), (Filter(level="must"), 0), (Filter(text="没有的条例"), 1), (Filter(org="gongan", check="word-wrong"), 2)):
            assert listing(oversight, wanted).total == number, wanted
        page = listing(oversight, start=2, size=2)
        assert page.total == 5 and len(page.rows) == 2 and page.left_off == 0
        assert [one.due for one in listing(oversight).rows] == sorted(one.due for one in listing(oversight).rows)
        assert queries.status(oversight).total == 5 and queries.status(oversight).running is None
    green.read(work)


def test_a_run_that_is_stopped_leaves_the_former_result(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    green.put(GUIDE, summary="带户口簿")
    seen = []
    assert quality.run(green.db, stopped=lambda: len(seen) > 3, pause=lambda: seen.append(1)) is None
    assert len(rows(green)) == 1 and green.read(lambda site, columns, oversight: (len(oversight.trend), queries.status(oversight).running)) == (1, None)
    green.run()
    assert rows(green) == []


def test_a_run_that_dies_leaves_the_former_result(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    green.put("items/one", legal_basis=[{"law": "没有的条例"}])

    def die():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        quality.run(green.db, pause=die)
    assert [one.check for one in rows(green)] == ["word-wrong"]
    assert green.read(lambda site, columns, oversight: queries.status(oversight).running) is not None
    with later(1):
        assert green.read(lambda site, columns, oversight: queries.status(oversight).running) is None      # a run that says nothing is dead
        green.run()
        assert {one.check for one in rows(green)} == {"word-wrong", "basis-unknown"}


def test_a_result_survives_the_database_being_opened_again(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    green.db.close()
    green.db = open_database(str(green.var / "data.fs"))
    assert [one.check for one in rows(green)] == ["word-wrong"]


def test_a_writer_meanwhile_does_not_lose_its_work_nor_the_run(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    key = rows(green)[0].key

    def meanwhile():
        if not done:
            done.append(green.write(lambda site, oversight: verbs.assign(oversight, site.audit, [key], SYSTEM, owner="staff-9")))
            green.put("items/one", legal_basis=[{"law": "没有的条例"}])
    done: list[int] = []
    assert quality.run(green.db, pause=meanwhile) is not None
    assert {one.check: one.owner for one in rows(green, check="word-wrong")} == {"word-wrong": "staff-9"}


def test_the_trend_is_bounded_and_shows_the_last_run_of_a_day(green, monkeypatch):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    with later(1):
        green.put("items/one", legal_basis=[{"law": "没有的条例"}])
        green.run()
        green.put(GUIDE, summary="带户口簿")
        green.run()
        assert green.read(lambda site, columns, oversight: queries.trend(oversight)) == [(date(2026, 11, 25), 1), (date(2026, 11, 26), 1)]
        assert green.read(lambda site, columns, oversight: queries.trend(oversight, check="word-wrong")) == [(date(2026, 11, 25), 1), (date(2026, 11, 26), 0)]
        assert green.read(lambda site, columns, oversight: queries.trend(oversight, org="none")) == [(date(2026, 11, 25), 0), (date(2026, 11, 26), 0)]
    monkeypatch.setattr(quality, "TREND", 2)
    with later(2):
        green.run()
        lines: list[TrendLine] = green.read(lambda site, columns, oversight: [(line.at.date().day, line.total, line.mended) for line in oversight.trend.values()])
    assert lines == [(26, 1, 1), (27, 1, 0)]


def test_long_lists_are_bounded_and_still_counted(green, monkeypatch):
    monkeypatch.setattr(quality, "PER", 3)
    monkeypatch.setattr(quality, "PAGE", 2)

    def many(site):
        for number in range(8):
            publish.put(publish.create(site["news"]["tongzhi"], f"n{number}", "NewsArticle", actor="test"),
                        {"channel": "tongzhi", "title": f"第 {number} 篇", "published_at": "2026-11-20", "body": [{"p": "户口薄"}]}, actor="test")
    green.change(many)
    assert green.run().findings == 8

    def work(site, columns, oversight):
        found = listing(oversight, Filter(check="word-wrong"))
        assert (found.total, found.left_off, len(found.rows)) == (3, 5, 3)
        assert max(len(page.rows) for page in oversight.result.pages.values()) == 2
        assert dict(queries.by_check(oversight)) == {"word-wrong": 8}
        return len(oversight.since)
    assert green.read(work) == 8                                    # first-seen days of those left off are kept too
    monkeypatch.setattr(quality, "KEPT", 1)
    green.run()
    assert green.read(lambda site, columns, oversight: listing(oversight).total) == 1


def test_what_did_not_change_is_not_written_again(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    before = green.read(lambda site, columns, oversight: {place: page._p_oid for place, page in oversight.result.pages.items()})
    green.run()
    assert green.read(lambda site, columns, oversight: {place: page._p_oid for place, page in oversight.result.pages.items()}) == before


def test_a_document_a_check_stumbles_over_is_a_finding(green):
    def spoil(site):
        edition = site.at(GUIDE).live
        edition.detail.data = {**edition.detail.data, "related": 7}
    green.change(spoil)
    green.put("items/one", legal_basis=[{"law": "没有的条例"}])
    assert green.run().findings == 2
    assert {one.check for one in rows(green)} == {"unreadable", "basis-unknown"}


def test_review_and_registered_rows(green):
    with later(400):
        green.run()
        found = rows(green)
        assert {(one.check, one.path) for one in found} == {("review-due", "/items/one/one"), ("review-due", "/shared/places/hall")}
        green.write(lambda site, oversight: verbs.set_limit(oversight, site.audit, SYSTEM, "review_months", 24))
        green.run()
        assert rows(green) == []


def test_owners_stay_and_only_the_department_names_them(green):
    green.put(GUIDE, summary="带户口薄")
    green.run()
    key = rows(green)[0].key

    class Staff:
        id, name = "staff-1", "李编"

        def __init__(self, org):
            self.org = org

        def holds(self, role, scope):
            return role == "editor" and scope.org == self.org
    for actor, keys in ((Staff("minzheng"), [key]), (Staff("gongan"), ["0" * 16]), (Staff("gongan"), ["x"]), (Staff("gongan"), [])):
        with pytest.raises(Refused):
            green.write(lambda site, oversight, actor=actor, keys=keys: verbs.assign(oversight, site.audit, keys, actor, owner="staff-2"))
    with pytest.raises(Refused, match="最多"):
        green.write(lambda site, oversight: verbs.assign(oversight, site.audit, [key], Staff("gongan"), owner="staff-2", note="长" * 501))
    assert green.write(lambda site, oversight: verbs.assign(oversight, site.audit, [key, key], Staff("gongan"), owner="staff-2", note="本周改")) == 1
    green.run()
    assert [(one.owner, one.note) for one in rows(green, owner="staff-2")] == [("staff-2", "本周改")]
    record = green.read(lambda site, columns, oversight: next(one for one in site.audit.newest(50) if one["action"] == "quality.assign"))
    assert record["actor"] == "staff-1"
    green.put(GUIDE, summary="带户口簿")
    green.run()
    assert green.read(lambda site, columns, oversight: len(oversight.owners)) == 0


def test_keys_and_days():
    for mark in ("a", "b"):
        key = key_of("check", "uid", "field", mark)
        assert key_from(hex_of(key)) == key and len(hex_of(key)) == 16
    assert key_of("c", "u", "f", "a") != key_of("c", "u", "fa", "")
    assert key_from("") is None and key_from("ffffffffffffffg0") is None and key_from("F" * 16) is None
    assert due_day(date(2026, 9, 30), 3) == date(2026, 10, 10)      # after the holiday, on a worked Saturday: 10-08, 10-09, 10-10


@pytest.mark.parametrize(("last", "now", "due"), [
    (None, "2026-11-25 10:00", True), ("2026-11-25 02:31", "2026-11-25 10:00", False), ("2026-11-24 02:31", "2026-11-25 02:29", False),
    ("2026-11-24 02:31", "2026-11-25 02:30", True), ("2026-11-24 23:00", "2026-11-25 03:00", True)])
def test_nights(last, now, due):
    assert night_passed(clock.parse(last) if last else None, "02:30", clock.parse(now)) is due
    assert night_passed(clock.parse(last) if last else None, "", clock.parse(now)) is False


def test_the_inspector_runs_at_night_and_when_asked(green):
    inspector, stop = Inspector(green.db, green.var / "quality.request", settle=0, pause=0), threading.Event()
    assert inspector.due() and inspector.run(stop) and not inspector.due()
    assert green.write(lambda site, oversight: verbs.request_run(oversight, site.audit, SYSTEM)) is True
    assert green.write(lambda site, oversight: verbs.request_run(oversight, site.audit, SYSTEM)) is False
    assert inspector.due() and inspector.run(stop) and not inspector.due()
    (green.var / "quality.request").touch()
    assert inspector.due() and inspector.run(stop) and not (green.var / "quality.request").exists() and not inspector.due()
    with later(1):
        assert inspector.due()
        stop.set()
        assert not inspector.run(stop) and inspector.due()           # ended early: due again
    assert not Inspector(green.db, green.var / "none", "").due() and not Inspector(green.db, green.var / "none", settle=60).due()


def test_a_failing_run_waits_before_it_is_tried_again(green, monkeypatch):
    inspector = Inspector(green.db, green.var / "quality.request", settle=0, pause=0)
    monkeypatch.setattr(quality, "open_site", lambda connection: 1 / 0)
    assert inspector.due() and not inspector.run(threading.Event()) and not inspector.due()


def test_a_long_run_does_not_hold_up_the_worker(green):
    """The worker's other steps go on while a run pauses between slices."""
    beat = green.var / "beat"
    worker = Worker(green.db, green.var / "heads", beat, inspector=Inspector(green.db, green.var / "quality.request", settle=0, pause=0.05))
    thread = threading.Thread(target=worker.run, args=(0.01,), daemon=True)
    thread.start()
    try:
        for _ in range(400):
            if green.read(lambda site, columns, oversight: oversight.progress.value) is not None:
                break
            worker.stopping.wait(0.02)
        else:
            pytest.fail("the run did not begin")
        with green.db.transaction() as connection:
            publish.put(open_site(connection).at("news/tongzhi/a"), {"channel": "tongzhi", "title": "新标题", "published_at": "2026-11-25"}, actor="test")
        for _ in range(200):
            if green.read(lambda site, columns, oversight: any(row.title == "新标题" for row in columns.articles)):
                break
            worker.stopping.wait(0.02)
        assert green.read(lambda site, columns, oversight: (any(row.title == "新标题" for row in columns.articles), oversight.result)) == (True, None)
        for _ in range(600):
            if green.read(lambda site, columns, oversight: oversight.result) is not None:
                break
            worker.stopping.wait(0.02)
        assert green.read(lambda site, columns, oversight: oversight.result.documents) > 10
    finally:
        worker.stopping.set()
        thread.join(10)
    assert not thread.is_alive()


def test_an_older_database_is_left_alone_until_it_is_evolved(green):
    from govportal import evolution
    from govportal.base import evolve
    with green.db.transaction() as connection:
        del connection.root()[ROOT_KEY]
        connection.root()[META] = {**connection.root()[META], "generation": 1}
    assert not Inspector(green.db, green.var / "none", settle=0).due()
    assert _found_without(green) == []
    evolve.run(green.db)
    assert evolution and green.run().findings == 0


def _found_without(green):
    with green.db.transaction() as connection:
        site = open_site(connection)
        return quality.check_document(site, site.at(GUIDE))


def test_the_setting_of_the_hour(tmp_path):
    assert read_settings({"govportal.var": str(tmp_path), "govportal.quality_at": "03:15"}).quality_at == "03:15"
    for wrong in ("3:15", "24:00", "半夜"):
        with pytest.raises(SettingsError, match="quality_at"):
            read_settings({"govportal.var": str(tmp_path), "govportal.quality_at": wrong})
    assert make_worker.__doc__ and Settings(var=tmp_path).quality_request == tmp_path / "quality.request"


def test_the_command_line(green, capsys):
    green.put(GUIDE, summary="带户口薄")
    green.db.close()
    base = ["--var", str(green.var), "quality"]
    assert cli([*base, "list"]) == 0 and "还没有检查过" in capsys.readouterr().out
    assert cli([*base, "run"]) == 0 and "1 处问题" in capsys.readouterr().out
    assert cli([*base, "list", "--check", "word-wrong"]) == 0
    said = capsys.readouterr().out
    assert "/items/one/one/guide" in said and "户口簿" in said
    assert cli([*base, "list", "--org", "none"]) == 0 and "/items" not in capsys.readouterr().out
    assert cli([*base, "selfcheck"]) == 0 and "合格  D3" in capsys.readouterr().out
    green.db = open_database(str(green.var / "data.fs"))
    assert cli([*base, "list"]) == 0 and "户口簿" in capsys.readouterr().out      # beside a running portal
    with green.db.transaction(), pytest.raises(SystemExit):
        cli([*base, "list", "--check", "nonsense"])


def test_the_database_holds_no_more_than_it_must(green):
    """Nothing of documents is written by a run."""
    def serial(site, columns, oversight):
        return site.at(GUIDE).live.head and site.at(GUIDE).live._p_serial
    before = green.read(serial)
    green.run()
    assert green.read(serial) == before
    manager = transaction.TransactionManager()
    connection = green.db.open(manager)
    assert open_oversight(connection).result.documents == len(open_site(connection).documents)
    assert isinstance(open_oversight(connection).result.ended, datetime)
    connection.close()
