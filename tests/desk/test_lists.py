"""Stories of the lists at the desk, each step by who does it, through the pages."""
import io

import pytest
from openpyxl import Workbook, load_workbook

from govportal.base import clock
from govportal.content import publication, publish
from govportal.content.site import open_site
from govportal.editorial import openwork
from govportal.editorial.columns import DeskStore
from govportal.editorial.store import open_editorial
from govportal.outside.scanner import Verdict
from govportal.worker import Worker, catch_up
from tests.conftest import ITEM
from tests.content.desk import EDITOR, released

ROW = {"name-1": "死亡登记", "type-1": "行政确认", "main-1": "", "basis-1": "户口登记条例｜｜第八条", "reason": "条例修订", "effective": "", "count": "1", "do": "save"}


def editorial(desk, work):
    with desk.db.transaction() as connection:
        return work(open_site(connection), open_editorial(connection))


def form_of(page):
    """The form of the page; the first is the sign-out."""
    return page.forms[max(key for key in page.forms if isinstance(key, int))]


def write(desk, kind, items=(), fields=None, user="dir.a"):
    """A request as somebody writes it; its address."""
    made = desk.person(user).post("/desk/lists/request", [("kind", kind), *(("item", one) for one in items), *{**ROW, **(fields or {})}.items()], status=303)
    return made.location.replace("http://localhost", "")


def act(desk, address, user, do, status=303, **fields):
    base = desk.person(user).get(address).html.select_one("input[name=base]")
    return desk.person(user).post(address, {"do": do, "base": base["value"] if base else "0", **fields}, status=status)


def sign(desk, address):
    """The request through its review, each step at the page of who does it."""
    act(desk, address, "dir.a", "submit", secrecy_by="保密员", secrecy_on="2026-01-04")
    for user, do in (("rev.a", "approve"), ("law.a", "clear"), ("sign.a", "sign")):
        act(desk, address, user, do, note="同意")
    catch_up(desk.db)
    return address


def test_a_new_item_from_the_form_to_the_public_page(desk):
    form = form_of(desk.person("dir.a").get("/desk/lists/request?kind=add"))
    for name in ("name-1", "type-1", "basis-1", "reason"):
        form[name] = ROW[name]
    address = form.submit("do").location.replace("http://localhost", "")
    page = desk.person("rev.a").get(address)
    assert "死亡登记" in page and "第八条" in page and "审核通过" not in page
    sign(desk, address)
    code = editorial(desk, lambda site, editorial: editorial.requests.newest()[0].codes[0])
    uid = desk.at(f"/items/{code}")
    assert code in desk.person("edit.a").get(address) and f"/desk/new?directory={uid}" in desk.person("edit.a").get(f"/desk/lists/item/{uid}")
    desk.change(lambda site: released(publication.begin(site.at(f"items/{code}"), "gongan", "ImplementationItem", ITEM, EDITOR), ITEM) and None)
    assert "死亡登记" in desk.person("edit.a").get(f"/items/{code}/gongan")
    listed = desk.person("aud.a").app.get("/desk/lists", {"words": "死亡"})
    assert "死亡登记" in listed and code in listed and "出生登记" not in listed.html.find("table").text


def test_a_split_from_list_to_tasks_done(desk):
    uid = desk.at("/items/one")
    page = desk.person("dir.a").get(f"/desk/lists/item/{uid}")
    assert all(words in page for words in ("变更", "拆分", "暂停", "取消")) and "恢复" not in page.html.select_one(".btns").text
    more = desk.person("dir.a").post("/desk/lists/request", [("kind", "split"), ("item", uid), ("count", "2"), ("name-1", "甲"), ("do", "more")], status=200)
    assert form_of(more)["name-1"].value == "甲" and "name-3" in form_of(more).fields
    address = write(desk, "split", [uid], {"count": "2", "name-1": "出生登记甲", "name-2": "收养登记乙", "type-2": "行政确认", "basis-2": "民法典"})
    sign(desk, address)
    public = desk.stranger().get("/items/one/one")
    assert "已拆分为“出生登记甲”、“收养登记乙”" in public and len(public.html.select(".note a")) == 2
    home = desk.person("edit.a").get("/desk")
    assert "清单变动任务" in home and home.html.find("a", href="/desk/tasks").b.text == "1"
    tasks = desk.person("edit.a").get("/desk/tasks")
    assert "事项已拆分" in tasks and tasks.text.count("/desk/new?directory=") == 2 and "没有要办的任务" in desk.person("edit.b").get("/desk/tasks")
    task = tasks.html.select_one("input[name=task]")["value"]
    assert "别的部门" in desk.person("edit.b").post("/desk/tasks", {"task": task, "do": "close", "note": "代办"}, status=422)
    kept = desk.person("edit.a").post("/desk/tasks", {"task": task, "do": "close", "note": " "}, status=422)
    assert "怎么处理" in kept
    desk.person("edit.a").post("/desk/tasks", {"task": task, "do": "assign", "to": desk.uid("edit.a")}, status=303)
    assert "指定给我的任务" in desk.person("edit.a").get("/desk")
    desk.person("edit.a").post("/desk/tasks", {"task": task, "do": "close", "note": "已在两个新事项下编制"}, status=303)
    assert "已在两个新事项下编制" in desk.person("edit.a").get("/desk/tasks?show=closed") and "没有要办的任务" in desk.person("edit.a").get("/desk/tasks")
    assert "处理过" in desk.person("edit.a").post("/desk/tasks", {"task": task, "do": "close", "note": "再来"}, status=422)


def test_a_planned_day_is_shown_moved_and_kept(desk):
    day, later = "2999-01-01", (clock.now().replace(month=1, day=2, year=clock.now().year + 1)).strftime("%Y-%m-%d")
    address = write(desk, "suspend", [desk.at("/items/one")], {"count": "0", "effective": later})
    act(desk, address, "dir.a", "submit", secrecy_by="保密员", secrecy_on="2026-01-04")
    for user, do in (("rev.a", "approve"), ("law.a", "clear")):
        act(desk, address, user, do)
    assert f"将在 {later} 生效" in act(desk, address, "sign.a", "sign").follow()
    assert "太远" in act(desk, address, "sign.a", "postpone", 422, effective=day)
    again = (clock.parse(later).replace(day=3)).strftime("%Y-%m-%d")
    assert again in act(desk, address, "sign.a", "postpone", effective=again).follow()
    with clock.override(lambda: clock.parse(again)):
        Worker(desk.db, desk.var / "heads", desk.var / "beat").step()
        catch_up(desk.db)
    assert "暂停办理" in desk.stranger().get("/items/one/one")


def test_four_eyes_and_other_roles(desk):
    address = write(desk, "suspend", [desk.at("/items/one")], {"count": "0"})
    assert "权限" in act(desk, address, "rev.a", "submit", 422, secrecy_by="x", secrecy_on="2026-01-04")
    act(desk, address, "dir.a", "submit", secrecy_by="保密员", secrecy_on="2026-01-04")
    for user, do in (("dir.a", "approve"), ("sign.a", "sign"), ("edit.a", "approve"), ("site.a", "approve"), ("rev.a", "sign"), ("rev.a", "apply"), ("rev.a", "zzz")):
        act(desk, address, user, do, 422, note="试")
    desk.person("aud.a").post(address, {"do": "approve"}, status=403)
    assert "原因" in act(desk, address, "rev.a", "return", 422)
    act(desk, address, "rev.a", "return", note="理由写细一点")
    assert "理由写细一点" in desk.person("dir.a").get(address) and "目录清单申请" in desk.person("dir.a").get("/desk")
    assert desk.read(lambda site: site.at("items/one").live.number) == 1


def test_two_managers_see_both_texts(desk):
    uid = desk.at("/items/one")
    address = write(desk, "change", [uid], {"name-1": "第一稿"})
    first = form_of(desk.person("dir.a").get(address + "/edit"))
    second = form_of(desk.person("dir.a").get(address + "/edit"))
    first["name-1"] = "甲改的名称"
    first.submit("do", status=303)
    second["name-1"] = "乙改的名称"
    stale = second.submit("do", status=422)
    assert "有人改过" in stale and "甲改的名称" in stale.html.select_one(".theirs").text and form_of(stale)["name-1"].value == "乙改的名称"
    form_of(stale).submit("do", status=303)
    assert "乙改的名称" in desk.person("dir.a").get(address)


def test_wrong_input_keeps_what_was_typed(desk):
    uid = desk.at("/items/one")
    page = desk.person("dir.a").post("/desk/lists/request", [("kind", "change"), ("item", uid), *{**ROW, "main-1": "123", "basis-1": "甲｜乙｜丙｜丁｜戊", "effective": "明天"}.items()], status=422)
    assert "没有编码 123" in page and "最多 4 部分" in page and form_of(page)["name-1"].value == "死亡登记" and form_of(page)["effective"].value == "明天"
    page = desk.person("dir.a").post("/desk/lists/request", [("kind", "change"), ("item", uid), *{**ROW, "effective": "明天"}.items()], status=422)
    assert "不是日期" in page and page.html.find(id="effective")["aria-invalid"] == "true"
    for path in ("/desk/lists/item/none", "/desk/lists/item/" + desk.at("/items/one/one"), "/desk/lists/request/none", "/desk/lists/request/none/edit", "/desk/lists/request?kind=burn",
                 "/desk/lists/request?kind=change&item=none", "/desk/lists/compare?item=none", "/desk/lists/export?format=exe", "/desk/lists/export?table=staff", "/desk/lists/import/none",
                 "/desk/lists/rules/" + uid):
        desk.person("dir.a").get(path, status=404)
    desk.person("dir.a").get("/desk/lists/request?kind=merge&item=" + uid, status=303)
    address = write(desk, "add", fields={"name-1": "<script>alert(1)</script>", "reason": "<b>粗</b>"})
    assert "<script>alert" not in desk.person("dir.a").get(address) and "<b>粗" not in desk.person("dir.a").get("/desk/lists/requests")


def test_an_editor_proposes_for_the_own_item_alone(desk):
    uid = desk.at("/items/one")
    assert "建议变更" in desk.person("edit.a").get(f"/desk/lists/item/{uid}") and "建议变更" not in desk.person("edit.b").get(f"/desk/lists/item/{uid}")
    page = desk.person("edit.b").post("/desk/lists/request", [("kind", "change"), ("item", uid), *ROW.items()], status=422)
    assert "目录管理权限" in page
    address = write(desk, "change", [uid], {"name-1": "出生登记（建议）"}, user="edit.a")
    assert "部门建议" in desk.person("dir.a").get("/desk/lists/requests?show=mine")
    act(desk, address, "dir.a", "take")
    sign(desk, address)
    assert "出生登记（建议）" in desk.stranger().get("/items/one/one")


def test_the_list_as_a_file_out_changed_and_in(desk):
    sign(desk, write(desk, "add"))
    book = load_workbook(io.BytesIO(desk.person("dir.a").get("/desk/lists/export").body))
    rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert rows[0][:5] == ["基本编码", "事项名称", "事项类型", "所属主项", "设定依据"] and len(rows) == 3
    csv = desk.person("edit.a").get("/desk/lists/export?format=csv").body.decode("utf-8-sig")
    assert "死亡登记" in csv and "出生登记" in csv
    code, at = next((row[0], number) for number, row in enumerate(rows) if row[1] == "死亡登记")
    changed = Workbook()
    sheet = changed.active
    sheet.append(rows[0])
    sheet.append([code, "死亡登记和注销", *rows[at][2:5], "合并办理", None])          # 2 a change
    sheet.append([None, "新的事项", "行政许可", None, "某法｜｜第一条", None, "2999-01-31"])  # 3 new; the reason from the page
    sheet.append([code, "又一次", "行政确认", None, "某法", "再改"])                    # 4 the same code
    sheet.append(["990799999000", "没有的编码", "行政确认", None, "某法", "改"])         # 5
    sheet.append([None, "没有主项", "行政确认", "不存在的主项", "某法", "改"])            # 6
    sheet.append([None, "没有类型", "外星类型", None, "某法", "改"])                    # 7
    sheet.append([None, "出生登记", "行政确认", None, "某法", "改"])                    # 8 there is one of this name
    sheet.append([None, "没有依据", "行政确认", None, None, "改"])                      # 9
    stream = io.BytesIO()
    changed.save(stream)
    person = desk.person("dir.a")
    page = form_of(person.get("/desk/lists/import"))
    page["file"] = ("清单.xlsx", stream.getvalue())
    page["reason"] = "年度调整"
    check = page.submit().follow()
    found = [(cells[0].text, cells[2].text) for row in check.html.find("table").tbody.find_all("tr") if (cells := row.find_all(["th", "td"]))]
    assert [line for line, _ in found] == [f"第 {line} 行" for line in (4, 5, 6, 7, 8, 9)]
    assert [column for _, column in found] == ["基本编码", "基本编码", "所属主项", "事项类型", "事项名称", "设定依据"]
    address = check.request.path
    assert "有问题的行还在" in person.post(address, {}, status=422) and editorial(desk, lambda site, editorial: len(editorial.requests.newest())) == 1
    person.post(address, {"only_right": "yes"}, status=303)
    assert editorial(desk, lambda site, editorial: sorted((one.kind, one.title, one.reason, one.source) for one in editorial.requests.newest() if one.source)) == [
        ("add", "新增：新的事项", "年度调整", "清单.xlsx"), ("change", "变更：死亡登记", "合并办理", "清单.xlsx")]
    assert person.post(address, {"only_right": "yes"}, status=303).location.endswith("/desk/lists/requests") and editorial(desk, lambda site, editorial: len(editorial.requests.newest())) == 3
    desk.person("edit.a").get(address, status=403)
    page = form_of(person.get("/desk/lists/import"))
    page["file"] = ("坏.xlsx", b"not a list")
    assert "“事项名称、事项类型、设定依据”这几列" in page.submit().follow()
    page["file"] = ("坏.xls", bytes.fromhex("d0cf11e0a1b11ae1"))
    assert "另存为 .xlsx" in page.submit(status=422)


def test_figures_and_comparison(desk):
    def more(site):
        item = publish.create(site["items"]["one"], "two", "ImplementationItem", actor="t")
        publish.put(item, {**ITEM, "org": "minzheng", "region": "990102", "level": "县级", "promise_limit": {"days": 10, "unit": "工作日"}, "materials": ITEM["materials"][:1],
                           "online": {"supported": True, "depth": "互联网办理"}}, actor="t")
        first = site.at("items/one/one")
        publish.put(first, {**ITEM, "materials": ITEM["materials"][:1], "promise_limit": {"days": 3, "unit": "工作日"}, "steps": ITEM["steps"][:2]}, actor="t")
    desk.change(more)
    person, uid = desk.person("aud.a"), desk.at("/items/one")
    page = person.get(f"/desk/lists/compare?item={uid}")
    rows = {row.th.contents[0].strip() if isinstance(row.th.contents[0], str) else row.th.text: row for row in page.html.select(".side-by-side tbody tr")}
    assert "diff" in (rows["承诺时限"].get("class") or []) and not rows["申请材料"].get("class") and "3 工作日" in rows["承诺时限"].select_one(".ok").text
    assert len(page.html.select(".side-by-side thead th")) == 3
    statistics = person.get("/desk/lists/statistics")
    levels = statistics.html.find(id="h-level").find_parent("section")
    assert [row.th.text for row in levels.select("tbody tr")] == ["市级", "县级", "合计"] or [row.th.text for row in levels.select("tbody tr")] == ["县级", "市级", "合计"]
    total = [cell.text for cell in levels.select("tbody tr")[-1].select("td")]
    assert total == ["2", "1", "0", f"{round(100 * (1 - 18.2 / 56), 1):g}%"], total
    body = person.get("/desk/lists/export?table=level&format=csv").body.decode("utf-8-sig")
    assert "时限压缩率" in body and "县级" in body


def test_what_became_less_is_counted_over_time(desk):
    moment = clock.now()
    with clock.override(lambda: moment.replace(year=moment.year + 1)):
        desk.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "materials": ITEM["materials"][:1], "promise_limit": {"days": 3, "unit": "工作日"}, "steps": ITEM["steps"][:2]}, actor="t"))
    page = desk.person("aud.a").get("/desk/lists/compare?item=" + desk.at("/items/one"))
    assert [tag.text for tag in page.html.select(".tag-on")] == ["减材料", "减环节", "减时限"] and "5 → " in page.html.find(id="h-time").find_parent("section").text


def test_review_rules_begin_beside_the_item(desk):
    item = desk.at("/items/one/one")
    page = desk.person("edit.a").get(f"/desk/lists/rules/{item}")
    assert "还没有审查工作细则" in page and "示例市公安局" in page and "000-2" in page
    made = desk.person("edit.a").post(f"/desk/lists/rules/{item}", {"do": "begin"}, status=303)
    assert made.location.endswith(f"/desk/doc/{desk.at('/items/one/one/rules')}")
    desk.person("edit.b").post(f"/desk/lists/rules/{item}", {"do": "begin"}, status=403)
    assert "已有内容" in desk.person("edit.a").post(f"/desk/lists/rules/{item}", {"do": "begin"}, status=422)
    desk.change(lambda site: publish.save_draft(site.at("items/one/one/rules"), publish.clean_draft("ReviewRules", {
        "people": [{"name": "张某", "roles": ["受理人"], "until": "2020-01-01"}], "posts": [{"name": "受理岗", "role": "受理人", "days": 9, "persons": ["张某"]}],
        "review_methods": ["书面审查", "听证"]}), actor="t"))
    page = desk.person("rev.a").get(f"/desk/lists/rules/{item}")
    assert "审查人先签意见" in page and "已过期" in page and "超过了承诺办结时限" in page and "资格不符" in page


def test_open_work_is_handed_over(desk):
    sign(desk, write(desk, "suspend", [desk.at("/items/one")], {"count": "0"}))
    task = editorial(desk, lambda site, editorial: editorial.tasks.waiting()[0].uid)
    gone, heir = desk.uid("edit.a"), desk.uid("edit.b")
    desk.person("edit.a").post("/desk/tasks", {"task": task, "do": "assign", "to": gone}, status=303)
    desk.change(lambda site: publish.save_draft(site.at("items/one/one"), publish.clean("ImplementationItem", {**ITEM, "hot": 4}), actor=gone) and None)
    page = desk.person("sec.a").get(f"/desk/staff/{gone}")
    assert "任务：出生登记" in page and "稿件：出生登记" in page
    assert "先选一个人接手" in desk.person("sec.a").post(f"/desk/staff/{gone}", {"do": "end-account", "heir": ""}, status=422)
    assert "移交了 2 件" in desk.person("sec.a").post(f"/desk/staff/{gone}", {"do": "end-account", "heir": heir}, status=303).follow()
    def after(site, editorial):
        rooms = openwork.rooms(site, editorial, DeskStore().get(site, editorial))
        assert [len(room.of(gone)) for room in rooms] == [0, 0, 0] and [len(room.of(heir)) for room in rooms] == [1, 1, 0]
        return site.at("items/one/one").assignee
    assert editorial(desk, after) == heir


def test_an_infected_directory_list_is_not_kept(desk):
    before, kept = desk.wsgi.registry.scanner, editorial(desk, lambda site, editorial: len(editorial.imports))
    desk.wsgi.registry.scanner = type("Scanner", (), {"scan": lambda self, stream: Verdict("infected", "Eicar-Test")})()
    try:
        page = form_of(desk.person("dir.a").get("/desk/lists/import"))
        page["file"], page["reason"] = ("清单.csv", "事项名称\n甲".encode()), "年度调整"
        answer = page.submit(status=422)
    finally:
        desk.wsgi.registry.scanner = before
    assert "查出病毒（Eicar-Test）" in answer and form_of(answer)["reason"].value == "年度调整"
    assert editorial(desk, lambda site, editorial: len(editorial.imports)) == kept


@pytest.mark.parametrize("path", ["/desk/lists", "/desk/lists/statistics", "/desk/lists/requests", "/desk/tasks", "/desk/lists/request?kind=add", "/desk/lists/import"])
def test_pages_have_one_heading_and_one_filled_button(desk, path):
    page = desk.person("dir.a").get(path)
    assert len(page.html.find_all("h1")) == 1
    filled = [button for button in page.html.select("main .btn") if not {"btn-2", "btn-t", "btn-s"} & set(button["class"])]
    assert len(filled) <= 1
