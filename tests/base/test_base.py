"""The ground room: calendar, identifiers, journal, outbox, audit, backup, storage, evolve."""
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from govportal.base import audit as audit_room
from govportal.base import backup, clock, evolve, identifiers
from govportal.base.audit import Audit
from govportal.base.calendar import Calendar, CalendarError
from govportal.base.journal import Journal
from govportal.base.outbox import ATTEMPTS, Outbox, drain
from govportal.base.storage import META, StorageError, open_database
from govportal.shipped import shipped

CALENDAR = Calendar.load(shipped("content") / "calendar" / "holidays.csv")


def days(text):
    return [date.fromisoformat("2026-" + part) for part in text.split()]


# N3: the State Council's notice for 2026.
@pytest.mark.parametrize("day", days("01-01 01-02 01-03 02-15 02-23 04-04 04-06 05-01 05-05 06-19 06-21 09-25 09-27 10-01 10-07"))
def test_days_off_2026(day):
    assert not CALENDAR.is_working_day(day)


@pytest.mark.parametrize("day", [*days("01-04 02-14 02-28 05-09 09-20 10-10 11-24"), date(2025, 1, 26), date(2025, 2, 8), date(2025, 4, 27), date(2025, 9, 28), date(2025, 10, 11)])
def test_made_up_working_days(day):
    assert CALENDAR.is_working_day(day)


@pytest.mark.parametrize(("start", "count", "end"), [("2026-09-30", 1, "2026-10-08"), ("2026-09-30", 3, "2026-10-10"), ("2026-11-20", 5, "2026-11-27"), ("2026-02-13", 1, "2026-02-14")])
def test_periods_run_from_the_next_day(start, count, end):
    assert CALENDAR.add_working_days(date.fromisoformat(start), count) == date.fromisoformat(end)


@pytest.mark.parametrize(("received", "count", "unit", "end"), [
    ("2026-11-20 16:00", 1, "工作日", "2026-11-23"), ("2026-11-20 18:00", 1, "工作日", "2026-11-24"), ("2026-11-21 10:00", 1, "工作日", "2026-11-24"),
    ("2026-09-24 10:00", 7, "自然日", "2026-10-08")])
def test_deadline_by_hours_and_rest_days(received, count, unit, end):
    assert CALENDAR.deadline(clock.parse(received), count, unit) == date.fromisoformat(end)


def test_a_year_without_data_falls_back_and_warns():
    assert not CALENDAR.is_working_day(date(2031, 10, 1)) and CALENDAR.is_working_day(date(2031, 10, 8))
    assert any("2027" in line for line in CALENDAR.warnings(date(2026, 12, 1)))
    assert not CALENDAR.warnings(date(2026, 5, 1))
    with pytest.raises(CalendarError):
        CALENDAR.deadline(clock.now(), 3, "年")


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2010, 1, 1), date(2026, 11, 1)), st.integers(0, 60))
def test_working_days_count_back(start, count):
    end = CALENDAR.add_working_days(start, count)
    assert CALENDAR.working_days_between(start, end) == count and (count == 0 or CALENDAR.is_working_day(end))


# M5–M8 vectors
@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L"])
def test_credit_codes(code):
    assert identifiers.check_uscc(code.lower()) == code


@pytest.mark.parametrize(("code", "word"), [("91350100M000100Y44", "最后一位"), ("91350100M000100Y4", "18 位"), ("91350100I000100Y43", "不会有"), ("9135A100M000100Y43", "行政区划"), ("91350100M000100X43", "组织机构")])
def test_wrong_credit_codes_name_the_part(code, word):
    with pytest.raises(identifiers.IdentifierError, match=word):
        identifiers.check_uscc(code)


@pytest.mark.parametrize(("number", "male"), [("11010519491231002X", False), ("440524188001010014", True)])
def test_resident_numbers(number, male):
    assert identifiers.check_resident_id(number).male is male


@pytest.mark.parametrize(("number", "word"), [("110105194912310021", "校验"), ("11010519491331002X", "出生日期"), ("1101051949123100", "18 位"), ("11010529491231002X", "没有到"), ("A1010519491231002X", "数字")])
def test_wrong_resident_numbers(number, word):
    with pytest.raises(identifiers.IdentifierError, match=word):
        identifiers.check_resident_id(number, date(2026, 11, 24))


@pytest.mark.parametrize(("code", "profile"), [("11370800MB285591843370117002011", "31"), ("11370800MB28559184337011700201101", "33"), ("990100001000990100", "24"),
                                               ("511Z07001006-511602000000-000-11511301008778183N-1-00", "county"), ("512C0107400001-511602000000-000-00877868-5-1-00", "county")])
def test_item_codes(code, profile):
    assert identifiers.parse_item_code(code).profile == profile


@pytest.mark.parametrize("code", ["123", "", "11370800MB285591853370117002011", "H-000185-001-4444444444", "中文" * 16, "1" * 40])
def test_wrong_item_codes(code):
    with pytest.raises(identifiers.IdentifierError):
        identifiers.parse_item_code(code)


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8), st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_is_found(org, place, char):
    code = identifiers.make_uscc("11990100", org)
    assert identifiers.check_uscc(code) == code
    wrong = code[:place] + char + code[place + 1:]
    if wrong != code:
        with pytest.raises(identifiers.IdentifierError):
            identifiers.check_uscc(wrong)


def test_masks():
    assert identifiers.mask_id("11010519491231002X") == "110105********002X"
    assert identifiers.mask_phone("13800000000") == "138****0000" and identifiers.mask_name("欧阳修文") == "欧阳**" and identifiers.mask_name("张三") == "张*"


def test_journal_keeps_what_changed_again_while_it_was_applied():
    journal = Journal(["heads"])
    journal.record("a")
    entries = journal.pending("heads")
    journal.record("a")
    assert journal.done("heads", entries) == 0 and journal.count("heads") == 1
    assert journal.done("heads", journal.pending("heads")) == 1 and journal.count("heads") == 0


def test_journal_has_one_entry_a_document_and_knows_the_keys_of_older_databases():
    journal = Journal(["heads"])
    for uid in ("a", "a-b", "a", "b"):
        journal.record(uid)
    shard = next(shard for shard in journal._consumers["heads"] if any(key.startswith("a ") for key in shard))
    shard["a"] = ("changed", 5)                              # as generation 1 wrote it
    entries = journal.pending("heads")
    assert sorted(entry.uid for entry in entries) == ["a", "a-b", "b"] and list(journal.faults()) == []
    before = next(entry for entry in entries if entry.uid == "a")
    journal.record("a")
    assert next(entry for entry in journal.pending("heads") if entry.uid == "a").nonce != before.nonce
    assert journal.done("heads", entries) == 2 and [entry.uid for entry in journal.pending("heads")] == ["a"]
    assert journal.done("heads", journal.pending("heads")) == 1 and journal.count("heads") == 0


def test_who_records_again_does_not_meet_the_drainer(tmp_path):
    """One transaction has one entry a document; a later one never meets the removal of the former."""
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["journal"] = Journal(["heads"])
    with db.transaction() as connection:
        journal = connection.root()["journal"]
        journal.record("a")
        journal.record("a")
        assert journal.count("heads") == 1
    managers = [transaction.TransactionManager() for _ in range(3)]
    drainer, first, second = [db.open(manager).root()["journal"] for manager in managers]
    assert drainer.done("heads", drainer.pending("heads")) == 1
    first.record("a")
    second.record("a")
    for manager in managers:
        manager.commit()
    with db.transaction() as connection:
        assert [entry.uid for entry in connection.root()["journal"].pending("heads")] == ["a"] and connection.root()["journal"].count("heads") == 2
    db.close()


def test_journal_names_its_own_faults():
    journal = Journal(["heads"])
    journal.record("a")
    assert list(journal.faults()) == []
    shards = journal._consumers["heads"]
    home, key = next((number, key) for number, shard in enumerate(shards) for key in shard if key)
    shards[(home + 1) % 16]["a"] = shards[home].pop(key)
    assert len(list(journal.faults())) == 1 and "应在第" in next(journal.faults())
    del shards[3][""]
    assert any("第 3 个分片缺少" in line for line in journal.faults()) and journal.count("heads") == 1
    shards[3][""] = ("", 0)
    shards[(home + 1) % 16]["a"] = None
    assert any("写得不对" in line for line in journal.faults())


def test_outbox_orders_retries_and_buries(tmp_path):
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["out"] = outbox = Outbox()
        first = outbox.add("sms", {"n": 1}, key="k1", order="case1")
        assert outbox.add("sms", {"n": 9}, key="k1") == first
        outbox.add("sms", {"n": 2}, key="k2", order="case1")
    seen, fail = [], True

    def handler(message):
        seen.append(message.payload["n"])
        if fail:
            raise OSError("down")
    moment = clock.now()
    for attempt in range(ATTEMPTS):
        with clock.override(lambda days=attempt + 1: moment + timedelta(days=days)):
            drain(db, lambda root: root["out"], {"sms": handler})
    assert set(seen) == {1} and len(seen) == ATTEMPTS
    with db.transaction() as connection:
        assert [message.payload["n"] for message in connection.root()["out"].dead()] == [1]
        connection.root()["out"].retry(first)
    fail = False
    with clock.override(lambda: moment + timedelta(days=30)):
        assert drain(db, lambda root: root["out"], {"sms": handler}) == (1, 0)
        assert drain(db, lambda root: root["out"], {"sms": handler}) == (1, 0)
    assert seen[-2:] == [1, 2]
    db.close()


def test_audit_shows_every_tampering(tmp_path):
    audit, heads = Audit(), tmp_path / "heads.log"
    for number in range(5):
        audit.record("content.publish", actor="a", target=str(number), after={"n": number})
        audit_room.write_head(heads, *audit_room.seal(audit))
    assert audit_room.verify(audit, heads) == []
    records, before, head = audit._batches[3]
    audit._batches[3] = (((records[0][0], {**records[0][1], "actor": "b"}),), before, head)
    assert any("改动" in line for line in audit_room.verify(audit, heads))
    audit._batches[3] = (records, before, head)
    del audit._batches[5]
    assert any("没有" in line for line in audit_room.verify(audit, heads))


def test_a_backlog_of_the_audit_is_chained_from_one_reading_in_order(tmp_path):
    audit, heads, began = Audit(), tmp_path / "heads.log", clock.now()
    for number in range(25):
        audit.record("content.publish", actor="a", target=str(number), at=began + timedelta(seconds=(number * 7) % 25))
    made = audit_room.seal_many(audit, limit=4, batches=3)
    for one in made:
        audit_room.write_head(heads, *one)
    assert [number for number, _ in made] == [1, 2, 3] and audit.open_count() == 13 and audit_room.verify(audit, heads) == []
    for one in audit_room.seal_many(audit, limit=4):
        audit_room.write_head(heads, *one)
    times = [record["at"] for _, record in audit.sealed(0, 100)]
    assert audit.open_count() == 0 and len(times) == 25 and times == sorted(times) and audit_room.verify(audit, heads) == [] and audit_room.seal_many(audit) == []


def test_a_batch_sealed_while_check_reads_is_no_tampering(tmp_path):
    audit, heads = Audit(), tmp_path / "heads.log"
    audit.record("content.publish", actor="a")
    audit_room.write_head(heads, *audit_room.seal(audit))
    known = audit_room.read_heads(heads)
    audit_room.write_head(heads, 2, "f" * 64)     # the worker's, after this view of the database was opened
    assert audit_room.verify(audit, heads, known=known) == [] and any("没有" in line for line in audit_room.verify(audit, heads))


def test_backup_while_writing_and_torn_sets(small, tmp_path):
    target = tmp_path / "backup"
    manifest = backup.backup(small.var / "data.fs", small.var / "blobs", target, at=clock.now())
    assert manifest["files"] and backup.verify(target) == []
    backup.restore(target, tmp_path / "new")
    again = open_database(str(tmp_path / "new" / "data.fs"))
    again.close()
    with pytest.raises(backup.BackupError, match="已有数据库"):
        backup.restore(target, tmp_path / "new")
    with open(target / "data.fs", "ab") as stream:
        stream.write(b"x")
    with pytest.raises(backup.BackupError, match="不完整"):
        backup.restore(target, tmp_path / "other")
    (target / "manifest.json").unlink()
    assert backup.verify(target) == ["没有清单文件 manifest.json：备份没有做完"]


def test_storage_errors_are_one_clear_line(tmp_path, small):
    with pytest.raises(StorageError, match="正由另一个进程使用"):
        open_database(str(small.var / "data.fs"))
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "data.fs").write_bytes(b"SQLite format 3")
    with pytest.raises(StorageError, match="不是 ZODB"):
        open_database(str(foreign / "data.fs"))
    with pytest.raises(StorageError, match="还没有数据库"):
        open_database(str(tmp_path / "none.fs"), read_only=True)
    with pytest.raises(StorageError, match="找不到存储配置"):
        open_database("zconfig:///nowhere.conf")
    beside = open_database(str(small.var / "data.fs"), read_only=True)
    beside.close()


def test_a_foreign_database_is_left_alone(tmp_path):
    """Another program's ZODB is refused and not written to; a new, empty file is fine."""
    import ZODB
    db = ZODB.DB(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["x"] = 1
    db.close()
    before = (tmp_path / "data.fs").read_bytes()
    with pytest.raises(StorageError, match="别的程序的数据（有“x”）"):
        open_database(str(tmp_path / "data.fs"))
    assert (tmp_path / "data.fs").read_bytes() == before
    (tmp_path / "new").mkdir()
    for _ in range(2):
        open_database(str(tmp_path / "new" / "data.fs")).close()


def test_newer_database_is_refused_and_steps_run_once(tmp_path, monkeypatch):
    path = tmp_path / "data.fs"
    db = open_database(str(path))
    with db.transaction() as connection:
        connection.root()[META] = {"generation": 1}
    ran = []
    monkeypatch.setattr(evolve, "_steps", {})
    evolve.step(2, "add a mark")(lambda root: ran.append(root.__setitem__("mark", 1)))
    evolve.step(3, "use the mark")(lambda root: root.__setitem__("double", root["mark"] * 2))   # works only on what step 2 leaves
    names = ["2 add a mark", "3 use the mark"]
    assert evolve.run(db, dry_run=True) == names and evolve.run(db, dry_run=True) == names
    with db.transaction() as connection:
        assert "mark" not in connection.root() and connection.root()[META]["generation"] == 1
    assert evolve.run(db) == names and evolve.run(db) == []
    with db.transaction() as connection:
        assert connection.root()["double"] == 2
    evolve.step(4, "fails")(lambda root: root["none"])
    for dry_run in (True, False):
        with pytest.raises(StorageError, match="4 fails.*KeyError"):
            evolve.run(db, dry_run=dry_run)
    assert [one.generation for one in evolve.pending(db)] == [4]
    db.close()
    with pytest.raises(StorageError, match="更新版本"):
        open_database(str(path))


def test_journal_conflicts_between_writers_and_drainer(tmp_path):
    """Producers and a drainer on FileStorage: nothing is lost, conflicts are few (measured.md §6)."""
    import threading
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        connection.root()["journal"] = Journal(["heads"])
        connection.root()["n"] = 0
    drained, conflicts = set(), []

    def produce(name):
        for number in range(40):
            for _ in range(20):
                try:
                    with db.transaction() as connection:
                        connection.root()["journal"].record(f"{name}-{number}")
                    break
                except transaction.interfaces.TransientError:
                    conflicts.append(name)

    def drain_all(stop):
        while not stop.is_set() or True:
            try:
                with db.transaction() as connection:
                    entries = connection.root()["journal"].pending("heads")
                    connection.root()["journal"].done("heads", entries)
                drained.update(entry.uid for entry in entries)
                if stop.is_set() and not entries:
                    return
            except transaction.interfaces.TransientError:
                conflicts.append("drain")
    stop = threading.Event()
    writers = [threading.Thread(target=produce, args=(name,)) for name in "ab"]
    drainer = threading.Thread(target=drain_all, args=(stop,))
    for thread in (*writers, drainer):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    drainer.join()
    db.close()
    assert drained == {f"{name}-{number}" for name in "ab" for number in range(40)}
    assert len(conflicts) < 80


def test_clock_and_forms():
    assert clock.long_form(date(2026, 1, 2)) == "2026年1月2日" and clock.stamp(clock.parse("2026-01-02")) == "2026-01-02 00:00"
    with pytest.raises(ValueError, match="不是日期"):
        clock.parse("昨天")
    assert isinstance(clock.now(), datetime) and Path(".").exists()
