"""Previews: the public page over the draft, for every kind, before anything is public; and secret links for people outside."""
from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO

import pytest

from govportal.base import clock
from govportal.content import files, publication, publish
from govportal.content.kinds import all_kinds
from govportal.content.model import Folder
from govportal.outside.scanner import Verdict
from govportal.people import accounts
from govportal.workflow.actors import SYSTEM
from tests.conftest import ITEM

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=clock.SHANGHAI)
# kind -> (path, parent, values of the draft, words the page must show)
DRAFTS = {
    "NewsArticle": ("news/tongzhi/n1", {"channel": "tongzhi", "title": "停水通知", "published_at": "2026-03-09 09:00", "body": "明天停水。\n\n- 城东\n- 城西", "summary": "停水一天"}, "明天停水"),
    "Question": ("questions/household/q1", {"topic": "户籍", "title": "孩子怎么上户口", "question": "请问怎么办？", "answer": "带出生证去派出所。", "org": "gongan", "audience": "个人",
                                              "asked_on": "2026-03-01", "answered_on": "2026-03-02"}, "带出生证去派出所"),
    "Page": ("pages/about", {"title": "关于本站", "body": "本站的说明。"}, "本站的说明"),
    "LifeEvent": ("lifeevents/birth", {"name": "出生", "steps": [{"title": "上户口", "text": "先办出生登记", "items": ["one"]}]}, "先办出生登记"),
    "ImplementationItem": ("items/one/one", {**ITEM, "conditions": ["本人或监护人办理。"]}, "本人或监护人办理"),
    "HandlingItem": ("items/one/one/late", {"name": "补登记", "hint": "过了两个月", "use_materials": ["id"], "promise_limit": {"days": 4}, "changes": ["promise_limit"]}, "过了两个月"),
    "Guide": ("items/one/one/guide", {"summary": "宝宝落户这样办", "faq": [{"q": "要钱吗？", "a": "不要钱。"}]}, "宝宝落户这样办"),
    "DirectoryItem": ("items/one", {"name": "出生登记（新名）", "type": "行政确认", "legal_basis": [{"law": "户口登记条例", "article": "第七条"}]}, "出生登记（新名）"),
    "Organisation": ("shared/organisations/gongan", {"name": "示例市公安局", "short": "公安局", "duties": "管户口和身份证"}, "管户口和身份证"),
    "Place": ("shared/places/hall", {"name": "大厅", "org": "gongan", "address": "人民路 8 号"}, "人民路 8 号"),
    "Law": ("shared/laws/hukou", {"title": "户口登记条例", "articles": [{"no": "第七条", "text": "婴儿出生后一个月以内申报。"}]}, "婴儿出生后一个月以内申报"),
    "Channel": ("news/tongzhi", {"name": "通知和公告", "description": "新的说明"}, "通知和公告"),
}


class Skeleton(HTMLParser):
    """Tags and texts of ``main``, without the addresses that a preview changes."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or tag == "main"
        if self.inside:
            self.found.append((tag, sorted((name, value) for name, value in attrs if name not in ("href", "src", "action", "target", "rel"))))

    def handle_endtag(self, tag):
        if self.inside:
            self.found.append(tag)
        self.inside = self.inside and tag != "main"

    def handle_data(self, data):
        if self.inside and data.strip():
            self.found.append(data.strip())


def skeleton(page):
    found = Skeleton(page.text).found
    assert len(found) > 8
    return found


def draft(desk, kind, values=None):
    """A draft of the editors' at the kind's place, made there when there is nothing yet."""
    path, own, _ = DRAFTS[kind]
    values = values if values is not None else own

    def work(site):
        document = site.at(path)
        if document is None:
            parent = site.at(path.rpartition("/")[0])
            if parent is None:
                site["questions"].attach("household", Folder("户籍"))
                parent = site.at("questions/household")
            document = publish.create(parent, path.rpartition("/")[2], kind, actor="test")
        publication.save(document, values, SYSTEM, base=None)
        return document.uid
    return desk.change(work)


def released(desk, uid):
    """The draft made public as the review does, by the clock of the test."""
    desk.change(lambda site: publish.publish(site.document(uid), actor="test"))


def epoch(desk):
    return desk.read(lambda site: site.epoch())


@pytest.mark.parametrize("kind", [kind for kind, made in all_kinds().items() if kind != "Material" and not made.internal])
def test_the_preview_is_the_public_page_after_publishing(desk, kind):
    path, _, words = DRAFTS[kind]
    with clock.override(lambda: NOON):
        uid = draft(desk, kind)
        public = desk.stranger().app
        before, moved = public.get(f"/{path}", expect_errors=True), epoch(desk)
        assert words not in before.text
        seen = desk.person("dir.a" if kind == "DirectoryItem" else "rev.a").get(f"/desk/doc/{uid}/preview/page?alone=1")
        assert words in seen.text and "预览，未公开" in seen.text
        again = public.get(f"/{path}", expect_errors=True)
        assert again.status_int == before.status_int and again.text == before.text and epoch(desk) == moved
        released(desk, uid)
        after = public.get(f"/{path}")
        while after.status_int in (301, 302):
            after = public.get(after.location)
        assert skeleton(after) == skeleton(seen)
        assert seen.headers["Cache-Control"] == "no-store" and seen.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("kind", list(all_kinds()))
def test_an_empty_draft_says_what_is_missing_and_never_breaks(desk, kind):
    def work(site):
        path = DRAFTS.get(kind, ("shared/materials/m", {}, ""))[0]
        parent = site.at(path.rpartition("/")[0]) or site["questions"]
        if kind == "ImplementationItem":
            parent = publish.create(site["items"], "two", "DirectoryItem", actor="test")
        if kind in ("HandlingItem", "Guide"):
            parent = publish.create(publish.create(site["items"], "two", "DirectoryItem", actor="test"), "two", "ImplementationItem", actor="test")
        document = publish.create(parent, "guide" if kind == "Guide" else "empty", kind, actor="test")
        publish.save_draft(document, publish.clean_draft(kind, {}), actor="test")
        return document.uid
    uid = desk.change(work)
    for person in ("rev.a", "dir.a"):
        page = desk.person(person).get(f"/desk/doc/{uid}/preview/page?alone=1")
        assert "预览，未公开" in page.text and "Traceback" not in page.text
        assert "还不能预览" in page.text or "<main" in page.text
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'") and page.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "iframe" in desk.person(person).get(f"/desk/doc/{uid}/preview").text


def test_drafts_of_one_page_stand_together_unless_alone_is_asked(desk):
    item = draft(desk, "ImplementationItem")
    draft(desk, "Guide"), draft(desk, "HandlingItem"), draft(desk, "DirectoryItem")
    person = desk.person("rev.a")
    page = person.get(f"/desk/doc/{item}/preview/page?alone=1").text
    assert all(words in page for words in ("本人或监护人办理", "宝宝落户这样办", "过了两个月", "出生登记（新名）"))
    own = person.get(f"/desk/doc/{item}/preview/page?alone=1&parts=own").text
    assert "本人或监护人办理" in own and not any(words in own for words in ("宝宝落户这样办", "过了两个月", "出生登记（新名）"))
    frame = person.get(f"/desk/doc/{item}/preview")
    assert "出生登记（新名）" in frame.text and "frame-src 'self'" in frame.headers["Content-Security-Policy"]
    case = person.get(f"/desk/doc/{item}/preview/page?alone=1&case=late")
    assert 'aria-current="true"' in case.text and f"/desk/doc/{item}/preview/page?as=desktop&amp;alone=1&amp;case=" in case.text
    assert person.get(f"/desk/doc/{item}/preview/page?view=qr.svg").content_type == "image/svg+xml"
    assert "打印版" in person.get(f"/desk/doc/{item}/preview/page?view=print&alone=1").text
    assert "张" in person.get(f"/desk/doc/{item}/preview/page?view=form&m=form&alone=1").text
    assert "elder" in re.search(r"<html[^>]*>", person.get(f"/desk/doc/{item}/preview/page?as=elder").text)[0]


def test_links_of_the_page_stay_in_the_preview_and_others_lead_out(desk):
    item = draft(desk, "ImplementationItem")
    page = desk.person("rev.a").get(f"/desk/doc/{item}/preview/page")
    links = re.findall(r"<a [^>]*>", page.text)
    own = [link for link in links if 'href="/items/one/one' in link]
    assert not own, own
    out = [link for link in links if 'href="/' in link and "/desk/doc/" not in link]
    assert out and all('target="_blank"' in link for link in out)
    assert "/display/" not in page.text and 'name="as" value="elder"' in page.text
    alone = desk.person("rev.a").get(f"/desk/doc/{item}/preview/page?alone=1").text
    assert "target=" not in alone and f'name="back" value="/desk/doc/{item}/preview/page' in alone


def attached(desk):
    """The id of an uploaded file that no public page has."""
    return desk.change(lambda site: files.add(site, BytesIO("公告全文".encode()), "公告.txt", verdict=Verdict("clean"), actor="test").uid)


def link(desk, uid, user="edit.a", days="7"):
    """A new secret link; the editor also writes news."""
    desk.people(lambda people, audit: accounts.grant(people, people.staff_by_name(user), role="editor", path="/news", actor="system:test", audit=audit))
    person = desk.person(user)
    made = person.post(f"/desk/doc/{uid}/preview", {"do": "make", "days": days, "note": "王律师"}, status=303)
    return re.search(r'value="http://localhost(/preview/[^"]+)"', person.get(made.location.removeprefix("http://localhost")).text)[1]


def test_the_life_of_a_secret_link(desk):
    moment = [NOON]
    with clock.override(lambda: moment[0]):
        uid = draft(desk, "NewsArticle")
        address = link(desk, uid)
        outside = desk.stranger().app
        page = outside.get(address)
        assert "明天停水" in page.text and "2026-03-17 12:00" in page.text and page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store" and "noindex" in page.headers["X-Robots-Tag"] and "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        draft(desk, "NewsArticle", {**DRAFTS["NewsArticle"][1], "body": "后天停水。"})
        assert "后天停水" in outside.get(address).text
        released(desk, uid)
        assert "后天停水" in outside.get(address).text
        assert outside.get(address[:-1] + ("A" if address[-1] != "A" else "B"), status=404)
        assert outside.get("/preview/x.y", status=404) and outside.post(address, status=404)
        moment[0] = NOON + timedelta(days=7)
        gone = outside.get(address, status=410)
        assert "到期" in gone.text and gone.headers["Cache-Control"] == "no-store"
        moment[0] = NOON
        person = desk.person("edit.a")
        which = re.search(r'name="link" value="([^"]+)"', person.get(f"/desk/doc/{uid}/preview").text)[1]
        person.post(f"/desk/doc/{uid}/preview", {"do": "end", "link": which}, status=303)
        person.post(f"/desk/doc/{uid}/preview", {"do": "end", "link": which}, status=303)
        assert "收回" in outside.get(address, status=410).text
    actions = desk.read(lambda site: [record["action"] for record in site.audit.newest(500) if record["target"] == uid])
    assert actions.count("preview.link") == 1 and actions.count("preview.end") == 1


def test_a_link_needs_the_right_to_write_and_a_sound_end(desk):
    uid = draft(desk, "ImplementationItem")
    for user in ("edit.b", "rev.a", "sign.a", "aud.a"):
        desk.person(user).post(f"/desk/doc/{uid}/preview", {"do": "make", "days": "7"}, status=403)
    desk.person("edit.b").get(f"/desk/doc/{uid}/preview", status=403)
    desk.person("edit.b").get(f"/desk/doc/{uid}/preview/page", status=403)
    for days in ("0", "31", "x", "", "９", "1e3", "9" * 40):
        page = desk.person("edit.a").post(f"/desk/doc/{uid}/preview", {"do": "make", "days": days, "note": "<b>给谁</b>"}, status=422)
        assert "1 到 30" in page.text and "&lt;b&gt;给谁" in page.text
    address = link(desk, uid, days="30")
    assert address not in desk.person("rev.a").get(f"/desk/doc/{uid}/preview").text
    which = "不是编号"
    assert "没有这个预览链接" in desk.person("edit.a").post(f"/desk/doc/{uid}/preview", {"do": "end", "link": which}, status=422).text
    outside = desk.stranger().app
    assert outside.get(address).status_int == 200
    desk.people(lambda people, audit: accounts.end_account(people, people.staff_by_name("edit.a"), rooms=(), actor="system:test", audit=audit))
    assert "离岗" in outside.get(address, status=410).text


def test_a_link_of_an_item_shows_its_parts_and_no_other_document(desk):
    uid = draft(desk, "ImplementationItem")
    draft(desk, "Guide"), draft(desk, "DirectoryItem"), draft(desk, "NewsArticle")
    address = link(desk, uid)
    page = desk.stranger().app.get(address).text
    assert "宝宝落户这样办" in page and "出生登记（新名）" not in page
    assert f'href="{address}?case=late"' in page.replace("&amp;", "&")
    assert "过了一个月" in desk.stranger().app.get(address + "?case=late").text
    for forged in ("?case=nothing", "?view=../../news", "?edition=x&parts=all", "?case=" + "x" * 5000):
        answer = desk.stranger().app.get(address + forged, expect_errors=True)
        assert answer.status_int in (200, 400) and "出生登记（新名）" not in answer.text and "明天停水" not in answer.text


def test_a_deleted_draft_takes_its_link_along(desk):
    uid = draft(desk, "NewsArticle")
    address = link(desk, uid)
    desk.change(lambda site: publish.discard(site.document(uid), actor="test"))
    assert "删除" in desk.stranger().app.get(address, status=410).text


def test_pictures_of_a_draft_are_seen_in_the_preview_alone(desk):
    name = attached(desk)
    uid = draft(desk, "NewsArticle", {**DRAFTS["NewsArticle"][1], "attachments": [{"title": "公告", "file": f"file:{name}"}]})
    desk.stranger().app.get(f"/files/{name}/a.txt", status=404)
    assert f'href="/desk/files/{name}"' in desk.person("rev.a").get(f"/desk/doc/{uid}/preview/page").text
    address = link(desk, uid)
    assert f'{address}/files/{name}"' in desk.stranger().app.get(address).text
    assert desk.stranger().app.get(f"{address}/files/{name}").headers["Referrer-Policy"] == "no-referrer"
    desk.stranger().app.get(f"{address}/files/{'0' * 32}", status=404)


def test_nothing_of_a_secret_link_is_in_the_log(desk, caplog):
    address = link(desk, draft(desk, "NewsArticle"))
    with caplog.at_level("INFO", logger="govportal.access"):
        desk.stranger().app.get(address)
    assert "/preview/" in caplog.text and address.split("/")[2] not in caplog.text
