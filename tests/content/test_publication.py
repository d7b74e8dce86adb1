"""Editions, publication, schedule, withdrawal, moves, inheritance: stories with real commits on FileStorage."""
from datetime import timedelta

import pytest

from govportal.base import clock
from govportal.content import publish
from govportal.content.columns import ColumnStore
from govportal.content.effective import effective, moments_of
from govportal.content.integrity import faults
from govportal.content.publish import Refused
from govportal.content.site import open_site
from govportal.worker import Worker
from tests.conftest import ITEM


def rows(small):
    with small.db.transaction() as connection:
        return {row.name: row for row in ColumnStore().get(open_site(connection)).items}


def sound(small):
    with small.db.transaction() as connection:
        return list(faults(open_site(connection)))


def test_a_new_directory_name_reaches_every_page_and_list_below(small):
    def rename(site):
        publish.put(site.at("items/one"), {"name": "出生登记（新名）", "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}, actor="a")
    app = small.app()
    assert "出生登记" in app.get("/items/one/one").text
    small.change(rename)
    assert "出生登记（新名）" in app.get("/items/one/one").text and "出生登记（新名）" in app.get("/services").text
    assert "出生登记（新名）" in rows(small) and sound(small) == []


def test_an_edition_never_changes_and_history_answers_for_the_past(small):
    with small.db.transaction() as connection:
        before = clock.now()
        item = open_site(connection).at("items/one/one")
        first = item.live
    later = before + timedelta(days=1)
    with clock.override(lambda: later):
        small.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "on_site_visits": 0, "on_site_reason": "", "online": {"supported": True}}, actor="b"))
    with small.db.transaction() as connection:
        item = open_site(connection).at("items/one/one")
        assert item.superseded[0].uid == first.uid and item.superseded[0].values["on_site_visits"] == 1
        assert effective(item, before).values["on_site_visits"] == 1 and effective(item, later).values["on_site_visits"] == 0
        assert effective(item).version == effective(item, before).version + 1 and moments_of(item)[0] == later
        with pytest.raises(LookupError):
            effective(item, before - timedelta(days=400))


def test_publishing_the_same_twice_changes_nothing(small):
    def again(site):
        epoch = site.epoch()
        return publish.put(site.at("items/one/one"), ITEM, actor="a"), site.epoch() - epoch
    assert small.change(again) == (False, 0)


def test_a_situation_narrows_materials_and_limit(small):
    app = small.app()
    whole, narrow = app.get("/items/one/one").text, app.get("/items/one/one?case=late").text
    assert "《申请表》" in whole and "《申请表》" not in narrow and "3<small>个工作日" in narrow and 'aria-current="true">补登记' in narrow
    assert app.get("/items/one/one/late", status=301).location.endswith("/items/one/one?case=late")
    app.get("/items/one/one?case=guide", status=404)
    app.get("/items/one/one?case=none", status=404)


def test_scheduled_start_and_end_happen_on_time_also_after_downtime(small):
    now = clock.now()
    values = {"channel": "tongzhi", "title": "排定的通知", "published_at": "2026-11-24 09:00"}

    def schedule(site):
        document = publish.create(site.at("news/tongzhi"), "later", "NewsArticle", actor="a")
        publish.save_draft(document, publish.clean("NewsArticle", values), actor="a")
        publish.publish(document, actor="b", at=now + timedelta(seconds=60), ends=now + timedelta(hours=2))
    small.change(schedule)
    app = small.app()
    app.get("/news/tongzhi/later", status=404)
    worker = Worker(small.db, small.var / "heads", small.var / "beat")
    with clock.override(lambda: now + timedelta(seconds=59)):
        worker.step()
    app.get("/news/tongzhi/later", status=404)
    with clock.override(lambda: now + timedelta(seconds=61)):
        worker.step(), worker.step()
    assert "排定的通知" in app.get("/news/tongzhi/later").text and "排定的通知" in app.get("/news/tongzhi").text
    with clock.override(lambda: now + timedelta(days=3)):   # the process was down when the end came
        worker.step(), worker.step()
    assert "到期下线" in app.get("/news/tongzhi/later", status=410).text and "排定的通知" not in app.get("/news/tongzhi").text
    assert sound(small) == []


def test_an_article_that_says_when_it_ends_is_taken_down_then(small):
    now = clock.now()
    ends = clock.stamp(now + timedelta(minutes=5))
    article = {"channel": "tongzhi", "title": "只挂五分钟", "published_at": "2026-11-24 09:00", "expires": ends}
    small.change(lambda site: publish.put(publish.create(site.at("news/tongzhi"), "short", "NewsArticle", actor="a"), article, actor="a"))
    app, worker = small.app(), Worker(small.db, small.var / "heads", small.var / "beat")
    assert "只挂五分钟" in app.get("/news/tongzhi").text
    with clock.override(lambda: now + timedelta(minutes=6)):
        worker.step(), worker.step()
        assert "只挂五分钟" not in app.get("/news/tongzhi").text
        app.get("/news/tongzhi/short", status=410)


@pytest.mark.parametrize(("times", "word"), [({"at": -60}, "倒填"), ({"at": 60, "ends": 30}, "晚于上线"), ({"ends": -1}, "晚于上线")])
def test_times_are_not_forged(small, times, word):
    now = clock.now()

    def work(site):
        document = site.at("items/one/one/guide")
        publish.save_draft(document, publish.clean("Guide", {"summary": "x"}), actor="a")
        publish.publish(document, actor="b", **{name: now + timedelta(seconds=seconds) for name, seconds in times.items()})
    with pytest.raises(Refused, match=word):
        small.change(work)


@pytest.mark.parametrize(("mode", "status"), [("banner", 200), ("gone", 410), ("redirect", 301)])
def test_withdrawal(small, mode, status):
    app = small.app()
    small.change(lambda site: publish.withdraw(site.at("items/one/one"), reason="依据已废止", mode=mode, to="news/tongzhi", actor="a"))
    answer = app.get("/items/one/one", status=status)
    assert "依据已废止" in answer.text if status != 301 else answer.location.endswith("/news/tongzhi")
    assert "出生登记" not in rows(small) and "/items/one/one" not in app.get("/sitemap.xml").text
    small.change(lambda site: publish.restore(site.at("items/one/one"), actor="a"))
    assert app.get("/items/one/one").status_int == 200 and "出生登记" in rows(small)


ARTICLE = {"channel": "tongzhi", "title": "通知", "published_at": "2026-11-24 09:00"}


def three_articles(site):
    for name in "abc":
        publish.put(publish.create(site.at("news/tongzhi"), name, "NewsArticle", actor="a"), ARTICLE, actor="a")


def lead(site, name, to):
    publish.withdraw(site.at(name), reason="合并", mode="redirect", to=to, actor="a")


@pytest.mark.parametrize(("before", "name", "to", "word"), [
    ((), "news/tongzhi/a", "/news/tongzhi/a", "转圈"), ((), "news/tongzhi/a", "news//tongzhi/a/", "转圈"), ((), "items/one", "items/one/one/guide", "转圈"), ((), "news/tongzhi/a", "/", "站内没有"),
    ((("news/tongzhi/b", "news/tongzhi/a"),), "news/tongzhi/a", "news/tongzhi/b", "自己也转到别处"),                      # a circle
    ((("news/tongzhi/b", "news/tongzhi/c"),), "news/tongzhi/a", "news/tongzhi/b", "直接写最后的地址"),                    # a chain at its end
    ((("news/tongzhi/a", "news/tongzhi/b"),), "news/tongzhi/b", "news/tongzhi/c", "/news/tongzhi/a 正转到这里"),          # a chain at its beginning
    ((("items/one/one", "news/tongzhi/a"),), "news/tongzhi/a", "items/one/one/guide", "自己也转到别处")])                # below a redirect
def test_a_redirect_ends_at_a_page(small, before, name, to, word):
    small.change(three_articles)
    for pair in before:
        small.change(lambda site, pair=pair: lead(site, *pair))
    with pytest.raises(Refused, match=word):
        small.change(lambda site: lead(site, name, to))
    assert sound(small) == []


def test_a_move_does_not_close_a_circle_and_a_restored_page_is_free_again(small):
    small.change(three_articles)
    small.change(lambda site: lead(site, "news/tongzhi/a", "news/tongzhi/b"))
    small.change(lambda site: publish.move(site.at("news/tongzhi/b"), site.at("news/tongzhi"), "d", actor="a"))
    with pytest.raises(Refused, match="转两次"):
        small.change(lambda site: publish.move(site.at("news/tongzhi/a"), site.at("news/tongzhi"), "b", actor="a"))
    small.change(lambda site: publish.restore(site.at("news/tongzhi/a"), actor="a"))
    small.change(lambda site: publish.move(site.at("news/tongzhi/a"), site.at("news/tongzhi"), "b", actor="a"))
    small.change(lambda site: lead(site, "news/tongzhi/b", "news/tongzhi/c"))
    assert small.app().get("/news/tongzhi/b", status=301).location.endswith("/news/tongzhi/c")


def test_a_move_redirects_the_old_paths(small):
    app = small.app()
    small.change(lambda site: publish.move(site.at("items/one"), site["items"], "birth", actor="a"))
    assert app.get("/items/one/one", status=301).location.endswith("/items/birth/one")
    assert app.get("/items/birth/one").status_int == 200 and rows(small)["出生登记"].path == "/items/birth/one" and sound(small) == []


@pytest.mark.parametrize(("work", "word"), [
    (lambda site: publish.create(site["items"], "one", "DirectoryItem", actor="a"), "已有内容"),
    (lambda site: publish.create(site["items"], "../x", "DirectoryItem", actor="a"), "不能作地址"),
    (lambda site: publish.create(site["items"], "", "DirectoryItem", actor="a"), "不能作地址"),
    (lambda site: publish.publish(site.at("items/one"), actor="a"), "没有可以发布的草稿"),
    (lambda site: publish.withdraw(site.at("items/one/one"), reason=" ", mode="gone", actor="a"), "必填"),
    (lambda site: publish.withdraw(site.at("items/one/one"), reason="x", mode="redirect", to="nowhere", actor="a"), "站内没有"),
    (lambda site: publish.restore(site.at("items/one/one"), actor="a"), "没有被撤回"),
    (lambda site: publish.move(site.at("shared/places/hall"), site["shared"]["places"], "b", actor="a"), "不能移动"),
    (lambda site: publish.move(site.at("items/one"), site.at("items/one/one"), "b", actor="a"), "自己的下面"),
    (lambda site: publish.put(site.at("items/one/one"), {**ITEM, "org": "nobody"}, actor="a"), "nobody"),
    (lambda site: publish.put(site.at("items/one/one"), {**ITEM, "code": "12345"}, actor="a"), "编码"),
    (lambda site: publish.put(site.at("items/one/one"), {**ITEM, "places": []}, actor="a"), "指南要素"),
])
def test_every_refusal_says_why(small, work, word):
    with pytest.raises(Refused, match=word):
        small.change(work)
    assert sound(small) == []


def test_a_code_is_never_used_twice(small):
    code = "11370800MB285591843370117002011"
    small.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "code": code}, actor="a"))

    def other(site):
        directory = publish.create(site["items"], "two", "DirectoryItem", actor="a")
        publish.put(directory, {"name": "别的事项", "type": "行政确认", "legal_basis": [{"law": "甲"}]}, actor="a")
        publish.put(publish.create(directory, "two", "ImplementationItem", actor="a"), {**ITEM, "code": code}, actor="a")
    with pytest.raises(Refused, match="不可重复使用"):
        small.change(other)


def test_a_stale_save_is_refused(small):
    def two(site):
        document, values = site.at("items/one/one"), publish.clean("ImplementationItem", ITEM)
        base = document.live.uid
        publish.save_draft(document, values, actor="a", base=base)
        publish.save_draft(document, values, actor="b", base=base)
    with pytest.raises(Refused, match="另一份"):
        small.change(two)


def test_every_publication_leaves_journal_and_audit_in_its_transaction(small):
    def work(site):
        before = len(site.audit.newest(1000))
        publish.put(site.at("items/one/one/guide"), {"summary": "新的说明"}, actor="eve")
        return len(site.audit.newest(1000)) - before, {entry.uid for entry in site.journal.pending("heads")} >= {site.at("items/one/one").uid}, site.audit.newest(1)[0]["actor"]
    assert small.change(work) == (1, True, "eve")
