"""Uploading, scanning and cleaning at the desk; what the public gets of it at /files."""
import json
from urllib.parse import quote

import pytest
from webtest import Upload

from govportal.content import files, publish
from govportal.content.richtext import HTML_MARK, to_html
from govportal.content.site import open_site
from govportal.outside.doubles import FailingScanner, FixedScanner, InfectedScanner
from govportal.outside.scanner import ClamdScanner, Verdict
from tests.content.test_files import PDF, article, jpeg, office, png
from tests.content.test_richtext import BODY, EVIL, PASTED, harmless
from tests.outside.test_scanner import EICAR, FakeClamd


def upload(person, body, name="指南.pdf", status=200, path="/desk/files/upload"):
    return person.app.post(path, {"csrf": person.token(), "file": Upload(name, body)}, status=status)


def scanner(desk, one):
    desk.wsgi.registry.scanner = one
    return one


def records(desk, action):
    return [record for record in desk.read(lambda site: site.audit.newest(1000)) if record["action"] == action]


# -- upload

def test_an_editor_uploads_and_staff_see_it_before_the_public(desk):
    editor = desk.person("edit.a")
    made = upload(editor, png(4, 3), "大厅 一楼.png").json
    assert made["image"] and made["name"] == "大厅 一楼.png" and made["scan"] == "未扫描" and made["words"] == "图片，1 kB" and made["ref"] == f"file:{made['id']}"
    for user in ("edit.a", "site.a", "aud.a"):
        answer = desk.person(user).get(made["address"])
        assert answer.body == png(4, 3) and answer.content_type == "image/png" and answer.headers["Cache-Control"] == "private, no-store"
    assert desk.stranger().app.get(made["address"]).location.startswith("http://localhost/desk/signin")
    desk.stranger().app.get(f"/files/{made['id']}/" + quote("大厅 一楼.png"), status=404)
    desk.person("edit.a").get("/desk/files/" + "0" * 32, status=404)
    assert [record["actor"] for record in records(desk, "file.add")] == [desk.uid("edit.a")]


@pytest.mark.parametrize(("body", "name", "word"), [
    (b"<svg onload=alert(1)>", "a.svg", "不是可以接收"), (b"", "a.pdf", "空文件"), (png(60_000, 60_000), "炸.png", "太大"), (b"MZ\x90\0", "x.pdf", "不是可以接收"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧.doc", "另存为")])
def test_what_is_refused_says_why_with_and_without_script(desk, body, name, word):
    editor = desk.person("edit.a")
    assert word in upload(editor, body, name, status=422).json["message"]
    page = upload(editor, body, name, status=422, path="/desk/files")
    assert word in page.text and page.html.title.text.startswith("错误：")
    assert records(desk, "file.add") == []


def test_without_a_file_and_with_a_huge_one(desk):
    editor = desk.person("edit.a")
    for fields in ({}, {"file": ""}, {"file": "text"}):
        assert "先选一个文件" in editor.post("/desk/files/upload", fields, status=422).json["message"]
    assert "20 MB" in upload(editor, PDF + b"x" * (22 << 20), status=422).json["message"]


def test_the_page_without_script(desk):
    editor = desk.person("edit.a")
    answer = upload(editor, PDF + b"/JavaScript", "表格.pdf", status=303, path="/desk/files").follow()
    assert "已上传“表格.pdf”" in answer.text and "PDF 里有脚本" in answer.text and "未扫描" in answer.text and "还没有" in answer.text and "file:" in answer.text
    assert "表格.pdf" in editor.get("/desk/files").text and 'name="file"' not in desk.person("rev.a").get("/desk/files").text
    assert "没有这个编号" in editor.get("/desk/files?id=none").text


def test_a_hostile_name_is_only_a_name(desk):
    name = "\"><script>alert(1)</script>.pdf"
    made = upload(desk.person("edit.a"), PDF, name).json
    assert made["name"] == "script.pdf"
    assert "<script>alert" not in desk.person("edit.a").get("/desk/files").text


# -- scan

def test_eicar_is_refused_with_a_clear_message_and_audited(desk):
    daemon = FakeClamd()
    scanner(desk, ClamdScanner(daemon.address))
    editor = desk.person("edit.a")
    answer = upload(editor, EICAR.encode(), "测试.txt", status=422)
    assert "发现病毒（Win.Test.EICAR_HDB-1）" in answer.json["message"] and "没有保存" in answer.json["message"]
    told = records(desk, "file.infected")
    assert len(told) == 1 and told[0]["outcome"] == "refused" and told[0]["actor"] == desk.uid("edit.a") and "测试.txt" in told[0]["reason"]
    assert desk.read(lambda site: site.files is None or len(site.files) == 0)
    assert upload(editor, PDF).json["scan"] == "已查毒"
    daemon.close()
    assert upload(editor, PDF + b"2").json["scan"] == "未扫描"              # the daemon died: kept and shown as what it is


@pytest.mark.parametrize(("one", "words"), [(FixedScanner(), "已查毒"), (FailingScanner(), "未扫描")])
def test_the_verdict_is_shown(desk, one, words):
    scanner(desk, one)
    made = upload(desk.person("edit.a"), PDF).json
    assert made["scan"] == words and words in desk.person("edit.a").get(f"/desk/files?id={made['id']}").text


def test_a_retry_of_the_transaction_does_not_scan_again(desk, monkeypatch):
    from ZODB.POSException import ConflictError
    one, calls, keep = scanner(desk, FixedScanner()), [], files._keep

    def first_conflicts(*args, **more):
        calls.append(1)
        if len(calls) == 1:
            raise ConflictError("another upload came between")
        return keep(*args, **more)
    monkeypatch.setattr(files, "_keep", first_conflicts)
    assert upload(desk.person("edit.a"), PDF).json["scan"] == "已查毒" and len(calls) == 2 and one.asked == 1


def test_an_infected_file_is_told_once_though_retried(desk):
    scanner(desk, InfectedScanner("X"))
    upload(desk.person("edit.a"), PDF, status=422)
    assert len(records(desk, "file.infected")) == 1


# -- cleaning

def clean(person, text, status=200):
    return person.post("/desk/richtext/clean", {"text": text}, status=status).json


def test_pasted_word_comes_back_clean(desk):
    editor = desk.person("edit.a")
    made = clean(editor, HTML_MARK + (PASTED / "word.html").read_text(encoding="utf-8"))
    assert harmless(made["html"]) and "## 一、办理方式" in made["text"] and len(made["remarks"]) == 3
    assert clean(editor, made["text"])["html"] == made["html"] and clean(editor, "")["html"] == ""
    assert clean(editor, HTML_MARK + to_html(BODY))["html"] == to_html(BODY)
    assert "太多层" in clean(editor, HTML_MARK + "<div>" * 5000, status=422)["message"]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_hostile_comes_back(desk, evil):
    editor = desk.person("edit.a")
    for text in (evil, HTML_MARK + evil, HTML_MARK + f"<p onclick='{evil}'>{evil}</p>"):
        assert harmless(clean(editor, text)["html"])


def test_rich_fields_take_the_editors_html_and_markup_alike():
    from govportal.desk.forms.reading import post
    from govportal.desk.forms.rendering import render_section
    from tests.desk.pages import THEME, pairs_of, put
    values = publish.clean("Page", {"title": "页", "body": [{"p": "旧"}]})
    pairs = pairs_of(render_section("Page", "page", values, theme=THEME))
    for text in (HTML_MARK + "<p onclick=x>新的<b>一段</b></p><ul><li>项</li></ul>", "新的**一段**\n- 项"):
        assert post("Page", "page", values, put(pairs, "body", text)).values["body"] == (("p", ("新的", {"strong": "一段"})), ("li", "项"))
    typed = post("Page", "page", values, put(put(pairs, "title", "长" * 300), "body", HTML_MARK + f"<p>新<b>字</b></p><img data-file={'a' * 32}>"))
    assert typed.values is None and any("说明文字" in problem.message for problem in typed.errors)
    again = str(render_section("Page", "page", typed.typed, theme=THEME, errors=typed.errors))
    assert "新**字**" in again and f"![](file:{'a' * 32})" in again and "data-richtext" in again


# -- the public

def public(desk, rows=(), body=()):
    return desk.change(lambda site: article(site, "n", attachments=list(rows), body=list(body)).uid)


def test_attachments_and_pictures_of_a_public_article(desk):
    editor, reader = desk.person("edit.a"), desk.stranger().app
    picture, form = upload(editor, jpeg(1200, 800), "大厅.jpg").json, upload(editor, PDF, "申请表 (2026).pdf").json
    public(desk, [{"title": "申请表", "file": form["ref"]}], [*({tag: value} for tag, value in BODY if tag != "img"), {"img": {"file": picture["ref"], "alt": "大厅\"<b>", "caption": "图 1"}}])
    page = reader.get("/news/tongzhi/n")
    link = page.html.select_one("#h-att + ul a")
    assert link.text == "申请表" and link.parent.text == "申请表（PDF，1 kB）"
    image = page.html.select_one("#prose figure img")
    assert image["alt"] == "大厅\"<b>" and (image["width"], image["height"]) == ("1200", "800") and page.html.select_one("#prose figcaption").text == "图 1"
    assert [tag.name for tag in page.html.select_one("#prose").find_all(recursive=False)][:7] == ["h2", "p", "h3", "ul", "ol", "p", "blockquote"]
    assert page.html.select_one("#prose a")["href"] == "/items/one" and page.html.select_one("#prose th[scope=col]").text == "名称" and page.html.select_one("#prose strong em").text == "原件"
    answer = reader.get(link["href"])
    assert answer.body == PDF and answer.content_type == "application/pdf" and answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"2026_.pdf\"; filename*=UTF-8''%E7%94%B3%E8%AF%B7%E8%A1%A8%20%282026%29.pdf"
    assert answer.headers["Cache-Control"].startswith("public, max-age=") and reader.get(link["href"], headers={"If-None-Match": answer.headers["ETag"]}, status=304).body == b""
    assert reader.get(link["href"], headers={"Range": "bytes=0-3"}, status=206).body == PDF[:4] and reader.head(link["href"]).content_length == len(PDF)
    shown = reader.get(image["src"])
    assert shown.content_type == "image/jpeg" and shown.headers["Content-Disposition"].startswith("inline")
    assert reader.get(f"/files/{form['id']}/other.exe", status=301).location.endswith(link["href"])
    assert "申请表" in reader.get("/news/tongzhi/n").text


def test_a_file_goes_with_its_article(desk):
    made, reader = upload(desk.person("edit.a"), PDF).json, desk.stranger().app
    address = f"/files/{made['id']}/%E6%8C%87%E5%8D%97.pdf"
    reader.get(address, status=404)
    public(desk, [{"title": "表", "file": made["ref"]}])
    reader.get(address, status=200)
    desk.change(lambda site: publish.withdraw(site.at("news/tongzhi/n"), reason="错", mode="gone", actor="a"))
    reader.get(address, status=404)
    for bad in (f"/files/{'0' * 32}/x", f"/files/{made['id'].upper()}/x", "/files/../x", f"/files/{made['id']}"):
        reader.get(bad, status=404)


def test_a_polyglot_and_a_text_never_run(desk):
    editor, reader = desk.person("edit.a"), desk.stranger().app
    both = upload(editor, png(2, 2, b"<html><script>alert(1)</script>"), "x.html").json
    text = upload(editor, "一段文字\n<script>alert(1)</script>".encode(), "说明.html").json
    public(desk, [{"title": "一", "file": both["ref"]}, {"title": "二", "file": text["ref"]}])
    links = [link["href"] for link in reader.get("/news/tongzhi/n").html.select("#h-att + ul a")]
    first, second = map(reader.get, links)
    assert first.content_type == "image/png" and links[0].endswith(".png") and second.content_type == "text/plain" and links[1].endswith(".html.txt") and second.headers["Content-Disposition"].startswith("attachment")
    assert all("sandbox" in answer.headers["Content-Security-Policy"] and answer.headers["X-Content-Type-Options"] == "nosniff" for answer in (first, second))


def test_a_stored_script_is_text_on_every_public_page(desk):
    from govportal.content.blocks import normal_all

    def work(site):
        for evil, name in zip(EVIL, "abcdefghij", strict=True):
            blocks = [{tag: value} for tag, value in normal_all([*((tag, evil) for tag in ("p", "h", "h3", "li", "ol", "quote")), ("p", {"strong": evil}), ("p", {"a": evil, "href": "/x"}), ("table", {"header": True, "rows": [[evil], [evil]]}),
                                                                 ("img", {"file": picture["ref"], "alt": evil, "caption": evil})])]
            article(site, name, body=blocks)
            publish.put(publish.create(site["pages"], name, "Page", actor="a"), {"title": "页", "body": blocks}, actor="a")
            if "q" not in site["questions"]:
                from govportal.content.model import Folder
                site["questions"].attach("q", Folder("q"))
            publish.put(publish.create(site["questions"]["q"], name, "Question", actor="a"), {"topic": "题", "title": "问", "question": blocks, "answer": blocks}, actor="a")
    picture = upload(desk.person("edit.a"), png(), "a.png").json
    desk.change(work)
    reader = desk.stranger().app
    for name in "abcdefghij":
        for path in (f"/news/tongzhi/{name}", f"/pages/{name}", f"/questions/q/{name}"):
            page = reader.get(path)
            assert len(page.html.select(".prose h2")) >= 1
            for node in page.html.select(".prose *"):
                assert node.name in ("p", "h2", "h3", "ul", "ol", "li", "blockquote", "a", "strong", "div", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"), (path, node)
                assert not [key for key in node.attrs if key.startswith("on")] and not str(node.get("href", "")).startswith(("javascript", "data")), (path, node)
            for script in page.html.find_all("script"):
                assert script.get("src", "").startswith("/static/") or script.get("type") == "application/ld+json" and isinstance(json.loads(script.string), dict)


def test_blank_forms_and_samples_of_a_guide(desk):
    from tests.conftest import ITEM
    editor = desk.person("edit.a")
    word = office("word")
    blank, sample = upload(editor, word, "空白.docx").json, upload(editor, PDF, "样例.pdf").json
    rows = [ITEM["materials"][0], {**ITEM["materials"][1], "sample": {"file": sample["ref"]}, "blank_file": blank["ref"]}]
    desk.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "materials": rows}, actor="a"))
    reader = desk.stranger().app
    page = reader.get("/items/one/one")
    assert reader.get(page.html.find("a", string="空白表")["href"]).body == word and reader.get(page.html.find("a", string="填写样例")["href"]).body == PDF


def test_a_missing_file_is_said_not_shown_broken(desk):
    made = upload(desk.person("edit.a"), png(), "a.png").json
    public(desk, [{"title": "表", "file": made["ref"]}], [{"img": {"file": made["ref"], "alt": "大厅"}}])
    desk.change(lambda site: site.files.records.pop(made["id"]) and site.epoch.change(1))
    page = desk.stranger().app.get("/news/tongzhi/n")
    assert "（图片缺失）大厅" in page.text and "表（文件未提供）" in page.html.select_one("#h-att + ul").text
    with desk.db.transaction() as connection:
        assert open_site(connection).files.get(made["ref"]) is None


def test_verdicts_are_only_these():
    assert [Verdict(state).words for state in ("clean", "infected", "unscanned")] == ["已查毒", "有病毒", "未扫描"]
