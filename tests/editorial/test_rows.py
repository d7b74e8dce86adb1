"""Desk rows of real documents, the consumer that keeps them, and what the person who saved sees before the worker ran."""
from __future__ import annotations

import random
from datetime import timedelta

import pytest
import transaction

from govportal.base import clock
from govportal.base.storage import open_database
from govportal.content import publish
from govportal.content.site import open_site
from govportal.editorial import columns as columns_room
from govportal.editorial import rows as rows_room
from govportal.editorial.columns import DeskStore
from govportal.editorial.rows import DeskRow, refresh, row_of
from govportal.editorial.store import open_editorial
from govportal.worker import Worker, catch_up
from tests.conftest import ITEM

PLACE = "items/one/one"


def look(small, store=None, **options):
    """uid-free view of the columns: path -> row, as a request would see it."""
    with small.db.transaction() as connection:
        columns = (store or DeskStore()).get(open_site(connection), open_editorial(connection), **options)
        return {row.path: row for row in columns.rows(columns.paths.order)}


def stored(small):
    with small.db.transaction() as connection:
        return {uid: DeskRow._make(row) for page in open_editorial(connection).rows.pages for uid, row in page.rows.items()}


def truth(small):
    with small.db.transaction() as connection:
        site = open_site(connection)
        return {uid: DeskRow._make(row) for uid, document in site.documents.items() if (row := row_of(document, site)) is not None}


def write(small, work):
    """A change by an editor; the worker does not run."""
    with small.db.transaction() as connection:
        return work(open_site(connection))


def draft(site, path=PLACE, **values):
    document = site.at(path)
    edition = document.draft or document.live
    raw = {**(edition.values if edition else {}), **values}
    return publish.save_draft(document, publish.clean(document.kind, raw), actor="editor-1")


def test_every_document_has_a_row(small):
    rows = look(small)
    assert set(rows) == {"/items/one", "/items/one/one", "/items/one/one/guide", "/items/one/one/late", "/news/tongzhi", "/shared/organisations/gongan", "/shared/places/hall"}
    item = rows["/items/one/one"]
    assert (item.kind, item.title, item.org, item.region, item.type, item.state, item.stage) == ("ImplementationItem", "出生登记", "gongan", "990100", "行政确认", "live", "")
    assert item.faults == 0 and 50 < item.completeness < 100 and item.author == "test" and not item.register
    assert item.parent == "/items/one" and item.changed == item.live_since != "" and item.review_by > item.live_since
    guide, case = rows["/items/one/one/guide"], rows["/items/one/one/late"]
    assert guide.title == "出生登记（办事指南）" and (guide.org, guide.region, guide.type) == ("gongan", "990100", "行政确认")
    assert case.title == "补登记" and case.org == "gongan" and case.completeness == -1
    assert rows["/shared/organisations/gongan"].org == "gongan" and rows["/news/tongzhi"].review_by == ""
    assert stored(small) == truth(small)


def test_a_draft_is_seen_at_once_and_stays_when_the_worker_came(small):
    store = DeskStore()
    assert look(small, store)["/items/one/one"].state == "live"
    write(small, lambda site: draft(site, promise_limit={"days": 30}))
    fresh = look(small, store)["/items/one/one"]
    assert (fresh.state, fresh.stage, fresh.author, fresh.writers) == ("changed", "drafting", "editor-1", "editor-1") and fresh.faults > 0
    assert all(row.state == "live" for row in stored(small).values()), "the worker has not been here"
    catch_up(small.db)
    assert look(small, store)["/items/one/one"] == fresh and stored(small) == truth(small)


def test_nothing_pending_costs_no_new_columns(small):
    store = DeskStore()
    with small.db.transaction() as connection:
        site, editorial = open_site(connection), open_editorial(connection)
        assert store.get(site, editorial) is store.get(site, editorial)
    write(small, draft)
    with small.db.transaction() as connection:
        site, editorial = open_site(connection), open_editorial(connection)
        assert store.get(site, editorial) is store.get(site, editorial), "what waits is computed once"


def test_only_the_changed_page_is_read_again(small, monkeypatch):
    store, read = DeskStore(), []
    look(small, store)
    original = columns_room.DeskColumns.differing
    monkeypatch.setattr(columns_room.DeskColumns, "differing", lambda self, page, rows: read.append((page, original(self, page, rows))) or read[-1][1])
    small.change(lambda site: draft(site, PLACE + "/guide", summary="新的说明"))
    look(small, store)
    changed = {uid for _, rows in read for uid in rows}
    assert len(read) <= 2 and len(changed) <= 2, "the guide, and its item when that looks different"


def test_a_new_document_with_its_draft_is_listed(small):
    def begin(site):
        document = publish.create(site["items"], "two", "DirectoryItem", actor="editor-1")
        publish.save_draft(document, publish.clean("DirectoryItem", {"name": "死亡登记", "type": "行政确认"}), actor="editor-1")
        item = publish.create(document, "two", "ImplementationItem", actor="editor-1")
        publish.save_draft(item, publish.clean("ImplementationItem", ITEM), actor="editor-1")
    write(small, begin)
    store = DeskStore()
    rows = look(small, store)
    assert rows["/items/two"].state == rows["/items/two/two"].state == "new" and rows["/items/two/two"].title == "死亡登记"
    write(small, lambda site: draft(site, "items/two", name="死亡注销"))
    assert look(small, store)["/items/two/two"].title == "死亡注销", "an unpublished name is inherited too"
    catch_up(small.db)
    assert look(small, store)["/items/two/two"].title == "死亡注销" and stored(small) == truth(small)


def test_a_document_without_any_edition_has_a_row(small):
    write(small, lambda site: publish.create(site["items"], "bare", "DirectoryItem", actor="editor-1"))
    row = look(small)["/items/bare"]
    assert (row.title, row.state, row.stage, row.completeness, row.faults) == ("bare", "new", "", 0, -1)


def test_a_guides_draft_changes_what_its_items_rules_find(small):
    small.change(lambda site: publish.put(site.at("items/one"), {**site.at("items/one").live.values, "type": "行政许可"}, actor="test"))
    store = DeskStore()
    before = look(small, store)["/items/one/one"].faults
    write(small, lambda site: draft(site, PLACE + "/guide", faq=[]))
    assert look(small, store)["/items/one/one"].faults == before + 1
    catch_up(small.db)
    assert look(small, store)["/items/one/one"].faults == before + 1 and stored(small) == truth(small)


def test_published_name_reaches_all_below(small):
    write(small, lambda site: publish.put(site.at("items/one"), {**site.at("items/one").live.values, "name": "新生儿登记"}, actor="test"))
    rows = look(small)
    assert rows["/items/one/one"].title == "新生儿登记" and rows["/items/one/one/guide"].title == "新生儿登记（办事指南）"


def test_withdrawn_ended_scheduled(small):
    small.change(lambda site: publish.withdraw(site.at(PLACE), reason="停办", mode="gone", actor="u1"))
    row = look(small)["/items/one/one"]
    assert row.state == "withdrawn" and row.review_by == "" and row.org == "gongan"
    later = clock.now() + timedelta(days=2)

    def schedule(site):
        draft(site, PLACE + "/guide", summary="以后")
        publish.publish(site.at(PLACE + "/guide"), actor="u1", at=later, ends=later + timedelta(days=1))
    write(small, schedule)
    row = look(small)["/items/one/one/guide"]
    assert row.state == "scheduled" and row.scheduled == clock.stamp(later) and row.stage == ""
    with clock.override(lambda: later + timedelta(days=3)):
        write(small, lambda site: (publish.take_effect(site), publish.take_effect(site)))
    row = look(small)["/items/one/one/guide"]
    assert row.state == "ended" and row.live_since == "" and row.review_by == ""
    catch_up(small.db)
    assert stored(small) == truth(small)


def test_a_moved_and_a_removed_document(small):
    store = DeskStore()
    look(small, store)
    small.change(lambda site: publish.move(site.at(PLACE), site.at("items/one"), "other", actor="u1"))
    rows = look(small, store)
    assert "/items/one/one" not in rows and rows["/items/one/other/guide"].parent == "/items/one/other"

    def remove(site):
        document = site.at("items/one/other/late")
        document.__parent__.detach("late")
        site.documents.pop(document.uid)
        site.journal.record(document.uid, only=("desk",))
    write(small, remove)
    assert "/items/one/other/late" not in look(small, store)
    catch_up(small.db)
    assert "/items/one/other/late" not in look(small, store) and stored(small) == truth(small)


def test_registered_rows_are_not_measured(small):
    write(small, lambda site: publish.put(site.at(PLACE), {**ITEM, "register": {"source": "某省清单"}, "conditions": []}, actor="test"))
    row = look(small)["/items/one/one"]
    assert row.register and row.completeness == row.faults == -1 and row.review_by == ""


def test_review_day_comes_from_the_sites_setting(small):
    small.change(lambda site: publish.configure(site, {**site.settings, "review_days": {"ImplementationItem": 30, "Guide": 0}}, [], actor="u1"))
    with small.db.transaction() as connection:
        site = open_site(connection)
        row, since = DeskRow._make(row_of(site.at(PLACE), site)), site.at(PLACE).live.starts
        assert row.review_by == (since + timedelta(days=30)).strftime("%Y-%m-%d")
        assert DeskRow._make(row_of(site.at(PLACE + "/guide"), site)).review_by == ""


@pytest.mark.parametrize("seed", range(4))
def test_applied_twice_late_or_in_any_order_gives_the_same(small, seed):
    source = random.Random(seed)
    for number in range(12):
        path = source.choice((PLACE, PLACE + "/guide", "items/one", "news/tongzhi"))
        change = {PLACE: {"on_site_visits": number + 1}, PLACE + "/guide": {"summary": str(number)}, "items/one": {"name": f"登记{number}"}, "news/tongzhi": {"description": str(number)}}[path]
        write(small, lambda site, path=path, change=change: draft(site, path, **change))
        if source.random() < 0.5:
            write(small, lambda site, path=path: publish.publish(site.at(path), actor="u1"))
        if source.random() < 0.4:
            with small.db.transaction() as connection:
                refresh(connection, source.choice((1, 2)))
        if source.random() < 0.3:
            write(small, lambda site: [site.journal.record(uid, only=("desk",)) for uid, _ in site.documents.items()])
    with small.db.transaction() as connection:
        while refresh(connection, 1):
            pass
    assert stored(small) == truth(small)
    generation = small.change(lambda site: open_editorial(site._p_jar).rows.generation())
    small.change(lambda site: [site.journal.record(uid) for uid, _ in site.documents.items()])
    assert small.change(lambda site: open_editorial(site._p_jar).rows.generation()) == generation, "nothing differs, nothing is written"


def test_a_kill_before_the_commit_loses_nothing(small):
    write(small, draft)
    connection = small.db.open()
    assert refresh(connection) == 1
    connection.transaction_manager.abort()                       # what a kill leaves
    connection.close()
    assert all(row.state == "live" for row in stored(small).values())
    var = small.var
    small.db.close()
    small.db = open_database(str(var / "data.fs"))
    catch_up(small.db)
    assert stored(small) == truth(small) and look(small)["/items/one/one"].state == "changed"


def test_a_writer_meanwhile_is_not_forgotten(small):
    write(small, draft)
    worker, writer = (small.db.open(transaction.TransactionManager()) for _ in range(2))
    assert refresh(worker) == 1
    writer.transaction_manager.begin()
    draft(open_site(writer), conditions=["新条件"])
    writer.transaction_manager.commit()
    worker.transaction_manager.commit()                          # they do not meet: each change has an entry of its own
    for connection in (worker, writer):
        connection.close()
    with small.db.transaction() as connection:
        assert [entry.uid for entry in open_site(connection).journal.pending("desk")] == [open_site(connection).at("items/one/one").uid]
    assert Worker(small.db, small.var / "heads", small.var / "beat").step() > 0
    assert stored(small) == truth(small)


def test_of_a_bulk_change_those_asked_for_come_first(small, monkeypatch):
    monkeypatch.setattr(columns_room, "OVERLAY", 2)
    write(small, lambda site: [draft(site, path) for path in (PLACE, PLACE + "/guide", "items/one", "news/tongzhi", "shared/places/hall", "shared/organisations/gongan")])
    with small.db.transaction() as connection:
        site, editorial = open_site(connection), open_editorial(connection)
        for path in ("news/tongzhi", "items/one", "shared/places/hall"):
            columns = DeskStore().get(site, editorial, first=[site.at(path).uid])
            assert columns.one(site.at(path).uid).state == "changed" and columns.behind
    catch_up(small.db)
    with small.db.transaction() as connection:
        assert not DeskStore().get(open_site(connection), open_editorial(connection)).behind


def test_a_process_begins_anew_when_most_is_gone(small, monkeypatch):
    store = DeskStore()
    look(small, store)
    first = store._base
    monkeypatch.setattr(columns_room.DeskColumns, "worn", property(lambda self: self is first))
    small.change(lambda site: draft(site))
    assert look(small, store)["/items/one/one"].state == "changed" and store._base.slots is not first.slots
    assert {row.uid: row for row in look(small, store).values()} == truth(small)


def test_a_database_without_the_editorial_root_waits_for_evolve(small):
    with small.db.transaction() as connection:
        del connection.root()["editorial"]
    write(small, draft)
    with small.db.transaction() as connection:
        assert rows_room.refresh(connection) == 0 and open_site(connection).journal.count("desk") == 1


def test_check_names_rows_that_differ(small):
    with small.db.transaction() as connection:
        assert list(rows_room.faults(connection.root())) == []
        site, pages = open_site(connection), open_editorial(connection).rows
        item, guide, place = (site.at(path).uid for path in (PLACE, PLACE + "/guide", "shared/places/hall"))
        pages.write({item: None, guide: ("wrong",), place: None, "gone": ("gone",)})
        site.journal.record(place, only=("desk",))
        found = list(rows_room.faults(connection.root()))
        assert len(found) == 3 and [any(uid in line for line in found) for uid in (item, guide, "gone", place)] == [True, True, True, False]
        connection.transaction_manager.abort()
