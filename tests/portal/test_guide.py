"""The guide through time and on paper: what was in force then, never what is only planned; the same warnings on every form of it."""
import re
import shutil
import subprocess
import threading
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from waitress.server import create_server

from govportal.base import clock
from govportal.content import publish
from govportal.content.columns import ColumnStore
from govportal.content.effective import effective, moments_of
from govportal.content.site import open_site
from tests.conftest import ITEM, missing

ONE = "/items/one/one"
FORMS = ["", "/print", "/form"]


def visible(text):
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", text, flags=re.S)))


def address(form, **query):
    pairs = [*query.items(), *([("m", "form")] if form == "/form" else [])]
    return ONE + form + "?" + "&".join(f"{name}={quote(value)}" for name, value in pairs)


def guide(small, summary, *, at=None):
    """Publish (or schedule) a new one-line summary of the small site's guide."""
    def work(site):
        document = site.at("items/one/one/guide")
        publish.save_draft(document, publish.clean("Guide", {"summary": summary}), actor="a")
        publish.publish(document, actor="a", at=at)
    small.change(work)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_scheduled_is_not_shown_before_its_time(small, form):
    now = clock.now()

    def schedule(site):
        item = site.at("items/one/one")
        publish.save_draft(item, publish.clean("ImplementationItem", {**ITEM, "conditions": ["明年起的新条件。"]}), actor="a")
        publish.publish(item, actor="a", at=now + timedelta(days=30))
    small.change(schedule)
    app = small.app()
    for days in (1, 29, 31, 400):
        app.get(address(form, at=clock.stamp(now + timedelta(days=days))), status=404)
    app.get(address(form, at="9999-12-31"), status=404)
    assert "明年起的新条件" not in app.get(address(form, at=clock.exact(clock.now()))).text
    with clock.override(lambda: now + timedelta(days=31)):   # the worker is late: still not public by its address
        assert "明年起的新条件" not in app.get(address(form, at=clock.stamp(now + timedelta(days=30, hours=1)))).text


def test_a_link_of_the_history_shows_the_version_it_stands_beside(small):
    now = clock.now()
    later = now.replace(minute=30, second=17, microsecond=400_000) + timedelta(hours=2)
    with clock.override(lambda: later):
        guide(small, "改后的说明")
    app = small.app()
    with clock.override(lambda: later + timedelta(hours=1)):
        page = app.get(ONE + "/history")
        assert "改后的说明" in page.text and "给孩子上户口" in page.text
        newest, oldest = (app.get(unescape(link)).text for link in re.findall(r'href="(/items/one/one\?at=[^"]+)"', page.text))
        assert "改后的说明" in newest and "不是现在的规定" in newest and "给孩子上户口" in oldest
        before = app.get(address("", at=clock.exact(later - timedelta(seconds=1)))).text
        assert "给孩子上户口" in before and "改后的说明" in app.get(address("", at=clock.stamp(later))).text


def test_every_form_of_the_page_keeps_situation_and_time(small):
    now = clock.now()
    with clock.override(lambda: now + timedelta(days=1)):
        guide(small, "改后的说明")
    app, at = small.app(), clock.exact(now + timedelta(minutes=1))
    with clock.override(lambda: now + timedelta(days=2)):
        page = app.get(address("", case="late", at=at)).text
        wanted = f"case=late&amp;at={at.replace(' ', '+').replace(':', '%3A')}"
        assert f'href="{ONE}/print?{wanted}"' in page and f'src="{ONE}/qr.svg?{wanted}"' in page and f'{ONE}?{wanted}" aria-current="true">补登记' in page
        printed = app.get(address("/print", case="late", at=at)).text
        assert "改后的说明" not in printed and "不是现在的规定" in printed and "情形：补登记" in printed
        assert f'href="{ONE}?{wanted}">回到指南' in printed and f'src="{ONE}/qr.svg?{wanted}"' in printed
        whole = app.get(address("", at=at)).text
        assert f"m=form&amp;at={at.replace(' ', '+').replace(':', '%3A')}" in whole and "给孩子上户口" in whole
        form = app.get(address("/form", at=at)).text
        assert "不是现在用的表格" in form and f"{ONE}?at=" in form
        assert app.get(address("/qr.svg", case="late", at=at)).body != app.get(address("/qr.svg", case="late")).body != app.get(ONE + "/qr.svg").body


@pytest.mark.parametrize("form", ["", "/print"])
def test_warnings_stand_on_page_and_paper(small, form):
    app = small.app()
    small.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "state": "挂起", "state_reason": "系统升级"}, actor="a"))
    text = app.get(ONE + form).text
    assert "暂停办理" in text and "系统升级" in text
    small.change(lambda site: publish.withdraw(site.at("items/one"), reason="依据已修改", mode="banner", actor="a"))
    text = app.get(ONE + form).text
    assert "这份指南已撤回" in text and "依据已修改" in text


def test_the_printed_guide_of_the_identity_card_has_at_most_four_pages(app, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing("Chromium")
    server = create_server(app.app, host="127.0.0.1", port=0, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        for query in ("", "?case=lost"):
            subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'profile'}",
                            f"--print-to-pdf={tmp_path / 'out.pdf'}", f"http://127.0.0.1:{server.effective_port}/items/id-card/id-card/print{query}"],
                           check=True, capture_output=True, timeout=120)
            assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "out.pdf").read_bytes())) <= 4
    finally:
        server.close()
    text = visible(app.get("/items/id-card/id-card/print").text)
    assert "要带什么" in text and "在哪办" in text and "全部官方要素" not in text and "行使层级" not in text


def test_paper_of_a_row_with_a_page_of_its_own_honours_time_and_withdrawal(small):
    def listed(site):
        publish.put(publish.create(site.at("items/one/one"), "row", "HandlingItem", actor="a"),
                    {**ITEM, "name": "登记的一行", "listed": True, "conditions": ["旧的条件。"], "register": {"source": "外地 2021", "note": "仅供演示"}}, actor="a")
    small.change(listed)
    app, now = small.app(), clock.now()
    with clock.override(lambda: now + timedelta(days=1)):
        small.change(lambda site: publish.put(site.at("items/one/one/row"), {**site.at("items/one/one/row").live.values, "conditions": ["新的条件。"]}, actor="a"))
    with clock.override(lambda: now + timedelta(days=2)):
        assert "新的条件" in app.get(ONE + "/row/print").text and "旧的条件" in app.get(f"{ONE}/row/print?at={quote(clock.exact(now))}").text
        assert "旧的条件" in app.get(ONE + "/row/history").text
    small.change(lambda site: publish.withdraw(site.at("items/one/one/row"), reason="来源已删去", mode="gone", actor="a"))
    for form in ("", "/print", "/history", "/qr.svg"):
        assert "来源已删去" in app.get(ONE + "/row" + form, status=410).text


@pytest.mark.parametrize(("mode", "status"), [("gone", 410), ("redirect", 301)])
def test_what_lies_below_a_withdrawn_directory_item_is_withdrawn_too(small, mode, status):
    small.change(lambda site: publish.withdraw(site.at("items/one"), reason="整项取消", mode=mode, to="news/tongzhi", actor="a"))
    app = small.app()
    for form in ("", "/print", "/history", "/qr.svg", "/form?m=form", "/guide", "/late", "/late/print", "/late/history"):
        answer = app.get(ONE + form, status=status)
        assert "整项取消" in answer.text or answer.location.endswith("/news/tongzhi")


def test_a_situation_leads_to_the_pages_of_its_item(small):
    app = small.app()
    for form in ("", "/print", "/history", "/qr.svg"):
        assert app.get(f"{ONE}/late{form}", status=301).location.endswith(f"{ONE}{form}?case=late")
    for case in ("none", "guide", "x" * 300, "情" * 300, "<b>"):
        for form in ("", "/print", "/qr.svg"):
            app.get(f"{ONE}{form}?case={quote(case)}", status=404)


def test_organisation_and_law_are_shown_as_they_were(small):
    law = {"title": "户口登记条例", "version": "1958-01-09", "articles": [{"no": "第七条", "text": "旧的条文。"}]}
    small.change(lambda site: publish.put(publish.create(site["shared"]["laws"], "hukou", "Law", actor="a"), law, actor="a"))
    app, now = small.app(), clock.now()
    with clock.override(lambda: now + timedelta(days=1)):
        def renew(site):
            publish.put(site.at("shared/laws/hukou"), {**law, "version": "2026-01-01", "articles": [{"no": "第七条", "text": "新的条文。"}]}, actor="a")
            publish.put(site.at("shared/organisations/gongan"), {"name": "示例市新公安局"}, actor="a")
        small.change(renew)
    with clock.override(lambda: now + timedelta(days=2)):
        text, former = app.get(ONE).text, app.get(address("", at=clock.exact(now))).text
        assert "新的条文" in text and "示例市新公安局" in text and "旧的条文" not in text
        assert "旧的条文" in former and "1958-01-09" in former and "示例市公安局" in former and "示例市新公安局" not in former and "新的条文" not in former
        assert "示例市公安局" in app.get(address("/print", at=clock.exact(now))).text


def test_a_change_of_a_place_or_an_organisation_is_in_the_history(small):
    now = clock.now()
    for days, path, values in ((1, "shared/places/hall", {"name": "大厅", "org": "gongan", "address": "新路 2 号"}), (2, "shared/organisations/gongan", {"name": "示例市新公安局"})):
        with clock.override(lambda days=days: now + timedelta(days=days)):
            small.change(lambda site, path=path, values=values: publish.put(site.at(path), values, actor="a"))
    with clock.override(lambda: now + timedelta(days=3)):
        with small.db.transaction() as connection:
            item = open_site(connection).at("items/one/one")
            times = moments_of(item)
            assert [effective(item, moment).version for moment in times] == [3, 2, 1] and effective(item).version == 3
        text = visible(small.app().get(ONE + "/history").text)
        assert "地点“大厅”：地址" in text and "新路 2 号" in text and "机构“示例市公安局”：名称" in text


def test_nothing_is_answered_for_a_time_in_which_the_item_was_withdrawn(small):
    now = clock.now()

    def at(days, work):
        with clock.override(lambda: now + timedelta(days=days)):
            small.change(work)
    at(1, lambda site: publish.withdraw(site.at("items/one/one"), reason="停办", mode="gone", actor="a"))
    at(3, lambda site: publish.restore(site.at("items/one/one"), actor="a"))
    at(5, lambda site: publish.withdraw(site.at("items/one"), reason="停办", mode="gone", actor="a"))
    at(7, lambda site: publish.put(site.at("items/one"), {"name": "出生登记", "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}, actor="a"))
    app = small.app()
    with clock.override(lambda: now + timedelta(days=9)):
        for days, status in ((0, 200), (2, 404), (4, 200), (6, 404), (8, 200)):
            app.get(address("", at=clock.exact(now + timedelta(days=days))), status=status)
        assert app.get(ONE + "/history").status_int == 200
        with small.db.transaction() as connection:
            item = open_site(connection).at("items/one/one")
            assert all(effective(item, moment) for moment in moments_of(item))


def test_a_registered_row_claims_nothing_that_its_source_does_not_say(app, site):
    for row in [row for row in ColumnStore().get(site).items if row.state == "整理中"][::40]:
        text = app.get(row.path).text
        main = text[text.index("<main"):text.index("</main>")]
        assert "tel:" not in main and "怎么申请" not in main, row.path
        for word in ("网上或邮寄就能办", "不用跑", "受理的第二天", "60 日内可以申请", "6 个月内可以起诉", "窗口一次说清", "打 12345 告诉我们"):
            assert word not in visible(main), (row.path, word)
        if row.visits == 0:
            assert "到现场次数：0 次（来源所列）" in visible(main)
        assert "tel:12345" in text[text.index("<footer"):]
    zero = next(row for row in ColumnStore().get(site).items if row.state == "整理中" and row.visits == 0)
    listed = app.get("/services", {"visits": "0", "w": zero.name}).text
    assert "不用跑" not in listed and "到场 0 次" in listed
