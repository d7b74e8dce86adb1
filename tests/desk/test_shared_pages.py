"""Shared records: found, counted where they are used, changed once for all guides; laws no longer in force name what rests on them."""
from webtest import Upload

from govportal.content import publication, publish
from govportal.people.grants import actor_of
from tests.conftest import ITEM
from tests.desk.jobs import both, work
from tests.desk.test_bulk import SCRIPT, begin, picked, preview

LAW = {"title": "户口登记条例", "short": "户口登记条例", "status": "有效", "articles": [{"no": "第七条", "chapter": "", "text": "婴儿出生后一个月以内申报出生登记。"},
                                                                      {"no": "第八条", "chapter": "", "text": "公民死亡申报死亡登记。"}]}


def more_guides(site, number=3):
    """Guides that are handled at the same hall."""
    made = []
    for count in range(number):
        directory = publish.create(site["items"], f"more{count}", "DirectoryItem", actor="t")
        publish.put(directory, {"name": f"事项 {count}", "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}, actor="t")
        item = publish.create(directory, "one", "ImplementationItem", actor="t")
        publish.put(item, ITEM, actor="t")
        publish.put(publish.create(item, "guide", "Guide", actor="t"), {"summary": "说明"}, actor="t")
        made.append(f"/items/more{count}/one")
    return made


def step(desk, user, uid, action, **more):
    """An action of the review by this person."""
    with desk.db.transaction() as connection:
        from govportal.content.site import open_site
        from govportal.people.store import open_people
        people = open_people(connection)
        publication.act(open_site(connection).document(uid), action, actor_of(people, people.staff_by_name(user), address="127.0.0.1"), **more)
    from govportal.worker import catch_up
    catch_up(desk.db)


def test_a_phone_changed_once_through_review_is_new_on_all_guides(desk):
    desk.change(lambda site: publish.put(site.at("/shared/places/hall"), {"name": "大厅", "org": "gongan", "phone": "000-1111", "address": "一号"}, actor="t"))
    paths = ["/items/one/one", *desk.change(more_guides)]
    hall, reader = desk.at("/shared/places/hall"), desk.stranger().app
    assert all("000-1111" in reader.get(path) for path in paths)
    ed = desk.person("edit.a")
    listed = ed.get("/desk/shared")
    assert "被 4 处用到" in listed and "一号，000-1111" in listed
    page = listed.click("大厅")
    assert ed.get(f"/desk/doc/{hall}/edit").status_int in (200, 303) and "新写一条" in listed and "新写" in ed.get("/desk/new?kind=Place")
    assert "一处改，4 处跟着变" in page and f"/desk/doc/{hall}/edit" in page and "其中 4 处已公开" in page
    assert len(page.html.find("table").find("tbody").find_all("tr")) == 4
    begin(preview(ed, picked(ed, [hall]), "set", field="phone", value="000-2222"))
    work(desk)
    assert all("000-1111" in reader.get(path) for path in paths), "a draft is not public"
    begin(preview(ed, picked(ed, [hall]), "submit", openness="主动公开", secrecy_by="保密员", secrecy_on="2026-01-04"))
    work(desk)
    step(desk, "rev.a", hall, "approve")
    step(desk, "sign.a", hall, "sign")
    assert all("000-1111" in reader.get(path) for path in paths), "signed is not published"
    sign = desk.person("sign.a")
    begin(preview(sign, picked(sign, [hall]), "publish"))
    work(desk)
    for path in paths:
        answer = reader.get(path)
        assert "000-2222" in answer and "000-1111" not in answer, path


def test_a_law_that_is_no_longer_in_force_names_what_rests_on_it(desk):
    desk.change(lambda site: publish.put(publish.create(site["shared"]["laws"], "hukou", "Law", actor="t"), LAW, actor="t"))
    ed = desk.person("edit.a")
    page = ed.get("/desk/shared/laws/hukou")
    assert "一处改" in page and "被引用的条款" in page and "第七条" in page and "第八条" not in page.html.find(id="h-art").parent.text
    assert "还被当作依据" not in ed.get("/desk/shared?folder=laws")
    article = page.click("1 处")
    assert "用到第七条的" in article and "出生登记" in article
    desk.change(lambda site: publish.put(site.at("/shared/laws/hukou"), {**LAW, "status": "废止", "status_note": "2026 年废止"}, actor="t"))
    page = ed.get("/desk/shared/laws/hukou")
    assert "废止了，还有" in page and "2026 年废止" in page and "出生登记" in page
    listed = ed.get("/desk/shared?folder=laws&status=invalid")
    assert "有 1 部废止或失效的法律还被当作依据" in listed and "共 1 条" in listed
    assert "没有找到" in ed.get("/desk/shared", params={"folder": "laws", "status": "有效"})


def test_public_records_are_open_to_all_and_drafts_only_to_their_own(desk):
    desk.change(lambda site: (publish.save_draft(publish.create(site["shared"]["places"], "secret", "Place", actor="t"), publish.clean("Place", {"name": "还没公开的地点", "org": "gongan"}), actor="t"),
                              publish.save_draft(site.at("/shared/places/hall"), publish.clean("Place", {"name": "草稿里的名称", "org": "gongan"}), actor="t")) and None)
    ours, other = desk.person("edit.a"), desk.person("edit.b")
    assert "还没公开的地点" in ours.get("/desk/shared") and "草稿里的名称" in ours.get("/desk/shared")
    listed = other.get("/desk/shared")
    assert "大厅" in listed and "还没公开的地点" not in listed and "草稿里的名称" not in listed
    other.get("/desk/shared/places/secret", status=404)
    page = other.get("/desk/shared/places/hall")
    assert "草稿里的名称" not in page and "修改" not in page.html.find("main").find("h1").parent.text
    assert "有草稿还没公开" in ours.get("/desk/shared/places/hall")


def test_uses_in_drafts_one_may_not_see_are_only_counted(desk):
    desk.change(lambda site: publish.save_draft(publish.create(site["items"]["one"], "hidden", "ImplementationItem", actor="t"), publish.clean("ImplementationItem", {**ITEM, "code": "H1"}), actor="t") and None)
    page = desk.person("edit.b").get("/desk/shared/places/hall")
    assert "一处改，2 处跟着变" in page and "另有 1 处是您看不到的草稿" in page and len(page.html.find("table").find("tbody").find_all("tr")) == 1
    assert len(desk.person("edit.a").get("/desk/shared/places/hall").html.find("table").find("tbody").find_all("tr")) == 2


def test_the_name_of_anothers_draft_is_not_told(desk):
    desk.change(lambda site: publish.put(publish.create(site["questions"], "q", "Question", actor="t"), {"topic": "户籍", "title": "公开的题目", "question": "？", "answer": "。", "org": "gongan"}, actor="t"))
    desk.change(lambda site: publish.save_draft(site.at("/questions/q"), publish.clean("Question", {**site.at("/questions/q").live.values, "title": "草稿的题目"}), actor="t") and None)
    page = desk.person("edit.b").get("/desk/shared/organisations/gongan")
    assert "公开的题目" in page and "草稿的题目" not in page
    assert "草稿的题目" in desk.person("edit.a").get("/desk/shared/organisations/gongan")


def test_files_are_found_by_name(desk):
    ed = desk.person("edit.a")
    page = ed.get("/desk/files")
    form = next(form for form in page.forms.values() if "file" in form.fields)
    form["file"] = Upload("申请表样例.txt", "姓名".encode())
    assert form.submit(status=303)
    assert "申请表样例" in ed.get("/desk/files", params={"q": "样例"}) and "没有找到" in ed.get("/desk/files", params={"q": SCRIPT})
    assert "申请表样例" not in ed.get("/desk/files", params={"q": "别的"})


def test_every_folder_search_and_hostile_addresses(desk):
    ed = desk.person("edit.a")
    for folder in ("places", "laws", "materials", "organisations", "pages"):
        assert "共享资料" in ed.get(f"/desk/shared?folder={folder}")
    assert "共 1 条" in ed.get("/desk/shared", params={"folder": "organisations", "q": "公安"}) and "没有找到" in ed.get("/desk/shared", params={"q": SCRIPT})
    assert SCRIPT not in ed.get("/desk/shared", params={"q": SCRIPT})
    for path in ("/desk/shared?folder=vocabularies", "/desk/shared/places/nothing", "/desk/shared/vocabularies/x", "/desk/shared/laws/hall", "/desk/shared/places/%3Cscript%3E"):
        ed.get(path, status=404)
    page = ed.get("/desk/shared/organisations/gongan")
    assert "一处改" in page and both(desk, lambda site, _: site.at("/shared/organisations/gongan").draft) is None

