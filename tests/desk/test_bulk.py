"""Bulk actions, jobs, exports, find and replace through the pages: preview, one job a form, each failure named, undo, others' ids are 404."""
import csv
import io
import json
import re
from datetime import timedelta

import pytest

from govportal.base import clock
from govportal.content import publish
from govportal.content.model import Folder
from tests.desk.jobs import both, editorial, jobs_of, sheet, work
from tests.editorial.conftest import questions, signed

EVIL = '=cmd|"/c calc"!A1'
SCRIPT = "<script>alert(1)</script>"


def picked(person, uids, **more):
    """Tick documents in the list; the page of the actions."""
    return person.post("/desk/bulk", [("what", "picked"), *(("id", uid) for uid in uids), *more.items()], status=303).follow()


def preview(person, page, action, **values):
    """Go on to the preview of an action."""
    here = re.search(r"/desk/bulk/[0-9a-f-]{36}", page.text)[0]
    return person.post(here, {"do": "preview", "action": action, **values})


def begin(page):
    return next(form for form in page.forms.values() if "once" in form.fields).submit("do", value="begin", status=303)


def test_publish_many_with_one_refused_and_take_it_back(desk):
    good, early = desk.change(lambda site: (signed(site, questions(site, 3, draft=True)), questions_more(site)))
    sign = desk.person("sign.a")
    page = sign.get("/desk/content?kind=Question")
    form = page.forms[2]
    for box in form.fields["id"]:
        box.checked = True
    actions = form.submit("what", value="picked", status=303).follow()
    assert "批量办理 4 份" in actions and "发布" in actions and "送审" not in actions.html.find("ul", class_="deeds").text
    inputs = actions.click("发布")
    seen = inputs.forms[1].submit("do", value="preview")
    assert seen.html.find("ul", class_="sum").text == "3可以办1办不了" and "现在是“起草中、未公开”" in seen and "没送审的" in seen
    assert both(desk, lambda site, _: [site.document(uid).live for uid in good]) == [None] * 3, "a preview changes nothing"
    job = begin(seen).follow()
    assert "等待中" in job and "http-equiv" in job
    state = sign.get(job.request.path + "/state").json
    assert state == {"words": "等待中，很快开始", "counts": "", "done": 0, "total": 4, "over": False}
    work(desk)
    job = sign.get(job.request.path)
    assert "办成 3，没办成 1" in job and "没送审的" in job and f"/desk/doc/{early[0]}" in job and "http-equiv" not in job
    assert both(desk, lambda site, _: [site.document(uid).live is not None for uid in good]) == [True] * 3
    assert "没办成的" in sign.get("/desk") and "已完成，有没办成的" in sign.get("/desk/jobs")
    undone = job.forms[1].submit("do", value="undo", status=303).follow()
    again = sign.post(job.request.path, {"do": "undo"}, status=303)
    assert again.location.endswith(undone.request.path), "a second undo is the first one"
    work(desk)
    assert "恢复 3" in sign.get(undone.request.path) and "已撤销" in sign.get(job.request.path)
    assert both(desk, lambda site, _: [site.document(uid).withdrawal.mode for uid in good]) == ["gone"] * 3


def questions_more(site):
    document = publish.create(site["questions"], "early", "Question", actor="t")
    publish.save_draft(document, publish.clean("Question", {"topic": "户籍", "title": "没送审的", "org": "gongan"}), actor="t")
    return [document.uid]


def test_a_double_click_starts_one_job(desk):
    uids = desk.change(lambda site: questions(site, 2))
    ed = desk.person("edit.a")
    seen = preview(ed, picked(ed, uids), "set", field="audience", value="企业")
    first, second = begin(seen), begin(seen)
    assert first.location == second.location and [kind for kind, *_ in jobs_of(desk, "edit.a")] == ["bulk"]
    other = begin(preview(ed, picked(ed, uids), "set", field="audience", value="企业"))
    assert other.location != first.location, "another form is another job"
    work(desk)
    assert [counts for *_, counts in jobs_of(desk, "edit.a")] == [{"failed": 2}, {"ok": 2}]


def test_all_of_a_filter_and_only_what_one_sees(desk):
    """The selection is kept on the server: what is outside one's grants is neither counted nor done, whatever ids are sent."""
    ours = desk.change(lambda site: questions(site, 60))
    theirs = desk.change(lambda site: publish.put(publish.create(site["questions"], "minzheng", "Question", actor="t"),
                                                  {"topic": "婚姻", "title": "别的局的", "question": "？", "answer": "。", "org": "minzheng"}, actor="t") and site["questions"]["minzheng"].uid)
    ed = desk.person("edit.a")
    page = ed.post("/desk/bulk", {"what": "all", "query": "kind=Question&sort=title"}, status=303).follow()
    assert "批量办理 60 份" in page and "别的局的" not in page
    assert "没有选中任何内容" in ed.post("/desk/bulk", {"what": "picked", "id": theirs}, status=303).follow()
    assert "批量办理 1 份" in picked(ed, [theirs, ours[0], "nobody", SCRIPT])
    assert "没有选中" in ed.post("/desk/bulk", {"what": "all", "query": "words=nothing-like-it"}, status=303).follow()


def test_too_many_are_refused_with_what_to_do(desk, monkeypatch):
    from govportal.editorial import selections
    monkeypatch.setattr(selections, "MAX_ITEMS", 5)
    desk.change(lambda site: questions(site, 6))
    assert "一次最多办 5 份，现在有 6 份" in desk.person("edit.a").post("/desk/bulk", {"what": "all", "query": "kind=Question"}, status=303).follow()


def test_ids_of_others_are_not_there(desk):
    uids = desk.change(lambda site: questions(site, 1))
    ed, other = desk.person("edit.a"), desk.person("edit.b")
    page = picked(ed, uids)
    here = page.request.path
    assert other.get(here, status=404) and other.post(here, {"do": "preview", "action": "delete"}, status=404)
    job = begin(preview(ed, page, "set", field="audience", value="企业")).location.removeprefix("http://localhost")
    for path in (job, job + "/state", job + "/file", "/desk/jobs/none", "/desk/jobs/%3Cscript%3E"):
        other.get(path, status=404)
    other.post(job, {"do": "cancel"}, status=404)
    assert "批量设置要素" in desk.person("site.a").get(job) and "批量设置要素" in desk.person("site.a").get("/desk/jobs?all=yes")
    assert "批量设置要素" not in other.get("/desk/jobs?all=yes")
    other.get(f"/desk/export?selection={here.rpartition('/')[2]}", status=404)


def test_cancel_before_it_begins(desk):
    uids = desk.change(lambda site: questions(site, 2))
    ed = desk.person("edit.a")
    job = begin(preview(ed, picked(ed, uids), "set", field="audience", value="企业")).follow()
    after = job.forms[1].submit("do", value="cancel", status=303).follow()
    assert "停下" in after
    work(desk)
    assert "已取消" in ed.get(job.request.path) and "已经结束" in ed.post(job.request.path, {"do": "cancel"}, status=303).follow()
    assert both(desk, lambda site, _: [site.document(uid).draft for uid in uids]) == [None, None]


@pytest.mark.parametrize(("action", "values", "words"), [
    ("submit", {"openness": "主动公开", "secrecy_on": "2026-01-04", "note": SCRIPT}, "“保密审查人”必填"), ("set", {"field": "asked_on", "value": "昨天"}, "不是日期"),
    ("set", {"field": "audience", "value": "外星人"}, "不在代码表里"), ("assign", {"to": "nobody"}, "请选一个在用的账号"), ("move", {"to": ""}, "必填")])
def test_wrong_inputs(desk, action, values, words):
    uids = desk.change(lambda site: questions(site, 1, draft=True))
    ed = desk.person("edit.a")
    answer = ed.app.post(picked(ed, uids).request.path, {"csrf": ed.token(), "do": "preview", "action": action, **values}, status=422)
    assert words in answer and SCRIPT not in answer and "有 1 处要改" in answer
    assert all(answer.forms[1][name].value == value for name, value in values.items() if value not in ("", "外星人", "nobody")), "what was typed is kept"
    assert jobs_of(desk, "edit.a") == []


def test_withdraw_move_and_delete_say_what_they_will_do(desk):
    uids, fresh = desk.change(lambda site: (questions(site, 1), questions(site, 1, draft=True), site["questions"].attach("huji", Folder("户籍")))[:2])
    sign, ed = desk.person("sign.a"), desk.person("edit.a")
    wrong = sign.app.post(picked(sign, uids).request.path, {"csrf": sign.token(), "do": "preview", "action": "withdraw", "mode": "redirect", "reason": "过时"}, status=422)
    assert "请写转到哪个站内地址" in wrong and wrong.forms[1]["reason"].value == "过时"
    seen = preview(sign, picked(sign, uids), "withdraw", mode="gone", reason=SCRIPT)
    assert SCRIPT not in seen and "不再提供" in seen and "btn-bad" in seen
    begin(seen)
    page = picked(ed, uids)
    assert "户籍（/questions/huji）" in page.click("移动")
    begin(preview(ed, picked(ed, fresh), "delete"))
    work(desk)
    assert both(desk, lambda site, _: (site.document(uids[0]).withdrawal.mode, site.document(fresh[0]))) == ("gone", None)


def test_an_element_is_set_by_its_name_not_only_its_address(desk):
    uids = desk.change(lambda site: questions(site, 1))
    ed = desk.person("edit.a")
    page = picked(ed, uids).click("设置要素")
    assert "设置哪个要素" in page
    form = page.forms[1]
    form["field"] = "org"
    seen = preview(ed, form.submit(), "set", field="org", value="示例市公安局")
    assert "已经是这个值" in seen and "gongan" in seen


def test_an_export_has_no_formulas_is_audited_and_holds_what_one_sees(desk):
    desk.change(lambda site: questions(site, 2, title=EVIL))
    ed = desk.person("edit.a")
    page = ed.get("/desk/content?kind=Question").click(href="/desk/export")
    form = page.forms[1]
    form["format"] = "csv"
    data = form.submit()
    rows = list(csv.reader(io.StringIO(data.body.decode("utf-8-sig"))))
    assert rows[0] == ["标题", "种类", "地址", "公开状态", "最近改动"] and [row[0] for row in rows[1:]] == ["'" + EVIL] * 2
    assert data.headers["Content-Disposition"].startswith("attachment") and data.headers["Cache-Control"] == "private, no-store"
    form["format"] = "xlsx"
    cell = sheet(form.submit())["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (EVIL, "s", True)
    form["format"] = "json"
    assert json.loads(form.submit().body)[0]["标题"] == EVIL
    assert [record["reason"] for record in desk.read(lambda site: site.audit.newest(50)) if record["action"] == "list.export"] == ["问答列表 2 行 json", "问答列表 2 行 xlsx", "问答列表 2 行 csv"]
    wrong = ed.app.post("/desk/export", {"csrf": ed.token(), "query": "kind=Question", "key": "secret", "format": "csv"}, status=422)
    assert "没有“secret”这一列" in wrong
    assert "没有可以导出的内容" in desk.person("edit.b").app.post("/desk/export", {"csrf": desk.person("edit.b").token(), "query": "kind=Question", "key": "@title", "format": "csv"}, status=422)


def test_a_long_export_is_one_job_with_a_file_of_its_own_person(desk, monkeypatch):
    from govportal.editorial import exports
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    desk.change(lambda site: questions(site, 5))
    ed = desk.person("edit.a")
    form = ed.get("/desk/export?kind=Question").forms[1]
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    work(desk)
    path = first.location.removeprefix("http://localhost")
    assert sheet(ed.get(path + "/file")).max_row == 6
    assert "下载 问答列表.xlsx" in ed.get(path)
    desk.person("site.a").get(path + "/file", status=404)


def test_find_and_replace_with_chosen_hits(desk):
    uids = desk.change(lambda site: questions(site, 2, title="旧窗口 1 号", answer="请到旧窗口 12 号办理。"))
    ed = desk.person("edit.a")
    page = ed.get("/desk/replace", params={"find": "旧窗口", "replace": "新窗口", "kind": "Question"})
    boxes = page.html.find_all("input", {"name": "hit"})
    assert len(boxes) == 4 and both(desk, lambda site, _: site.document(uids[0]).draft) is None, "finding writes nothing"
    form = page.forms[2]
    for box in form.fields["hit"]:
        box.checked = uids[0] in box._value
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    work(desk)
    draft, other = both(desk, lambda site, _: (site.document(uids[0]).draft.values, site.document(uids[1]).draft))
    assert draft["title"] == "新窗口 1 号" and draft["answer"] == (("p", "请到新窗口 12 号办理。"),) and other is None
    job = ed.get(first.location)
    job.forms[1].submit("do", value="undo", status=303)
    work(desk)
    assert both(desk, lambda site, _: site.document(uids[0]).draft) is None


def test_find_whole_words_and_hostile_ones(desk):
    desk.change(lambda site: questions(site, 1, title="电话 12345", answer="不是 123456，是 12345。"))
    ed = desk.person("edit.a")

    def hits(**given):
        return len(ed.get("/desk/replace", params={"kind": "Question", **given}).html.find_all("input", {"name": "hit"}))
    assert (hits(find="12345"), hits(find="12345", how="word"), hits(find="12345", how="all"), hits(find="电话 12345", how="all")) == (3, 2, 0, 1)
    assert hits(find="12345", field="title") == 1
    hostile = ed.get("/desk/replace", params={"find": SCRIPT, "replace": "x"})
    assert SCRIPT not in hostile and "没有找到" in hostile
    assert "一样" in ed.app.get("/desk/replace", {"find": "a", "replace": "a"}, status=422)
    forged = ed.app.post("/desk/replace", [("csrf", ed.token()), ("find", "12345"), ("replace", "x"), ("hit", "nobody|x|title@0"), ("hit", "||"), ("hit", "x")], status=422)
    assert "没有选中任何一处" in forged and forged.forms[1]["find"].value == "12345"
    assert not desk.person("edit.b").get("/desk/replace?find=12345").html.find_all("input", {"name": "hit"}), "another department's texts are not looked through"


def test_old_selections_are_forgotten(desk):
    from govportal.editorial.jobkinds import KINDS
    from govportal.editorial.jobs import Runner
    uids = desk.change(lambda site: questions(site, 1))
    picked(desk.person("edit.a"), uids)
    assert editorial(desk, lambda one: len(one.selections)) == 2
    Runner(desk.db, KINDS, lambda connection, uid, address: None).purge(clock.now() + timedelta(days=3))
    assert editorial(desk, lambda one: list(one.selections.keys())) == [""]
