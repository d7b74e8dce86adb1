"""The import wizard through the pages: a thousand rows with thirty bad ones, the marked copy, stale workbooks, hostile files and others' ids."""
import io

import openpyxl
import pytest
from webtest import Upload

from govportal.content import publish
from govportal.content.integrity import faults
from govportal.outside.scanner import Verdict
from tests.desk.jobs import GOOD, HEADER, both, choose, editorial, jobs_of, rows, sheet, text, upload, work, xlsx
from tests.editorial.conftest import questions

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=cmd|"/c calc"!A1'


def checked(desk, person, page):
    """The dry run's page when the worker has done it."""
    path = choose(page).follow().request.path
    work(desk)
    return person.get(path)


def test_a_thousand_rows_with_thirty_bad_ones(desk):
    ed = desk.person("edit.a")
    page = upload(ed, xlsx([HEADER, *rows(1000, 30)]))
    assert "认出了 7 列" in page and page.forms[2]["target"].value == "Question"
    running = choose(page).follow()
    assert "等待中" in running and "http-equiv" in running
    work(desk)
    found = ed.get(running.request.path)
    assert found.html.find("ul", class_="sum").text == "1000行30有问题970新的0要改的0没有变化"
    row = found.html.find("table").find("tbody").find_all("tr")[0]
    assert [cell.text for cell in row.find_all("td")][:2] == ["C 列 对象", "外星人"] and row.th.text.startswith("第 2 行") and "不在代码表里" in row.text
    assert len(found.html.find("tbody").find_all("tr")) == 30
    copy = sheet(found.click("下载标好问题的表"))
    assert copy["H1"].value == "问题" and copy["C2"].fill.fgColor.rgb == "00F9D0CC" and copy.max_row == 1001
    assert "导入有问题" in ed.get("/desk") and "30 行有问题" in ed.get("/desk/imports")
    form = next(form for form in found.forms.values() if "only_right" in form.fields)
    form.submit("do", value="enter", status=303)
    assert form.submit("do", value="enter", status=303).location.endswith(running.request.path), "a double click enters once"
    work(desk)
    assert [kind for kind, *_ in jobs_of(desk, "edit.a")] == ["import-enter", "import-check"]
    done = ed.get(running.request.path)
    assert "办成 970，跳过 30" in done and "导入有问题" not in ed.get("/desk")
    assert both(desk, lambda site, _: sum(one.draft is not None and one.live is None for one in site["questions"].values())) == 970
    assert desk.read(lambda site: list(faults(site))) == []
    job = done.click("看没办成的，或撤销")
    job.forms[1].submit("do", value="undo", status=303)
    work(desk)
    assert both(desk, lambda site, _: list(site["questions"].keys())) == []


def test_nothing_is_entered_before_the_check_and_as_submitted_it_asks_once(desk):
    ed = desk.person("edit.a")
    page = upload(ed, text([HEADER, GOOD, ["另一个", *GOOD[1:]]]))
    path = page.request.path
    assert "请先检查" in ed.post(path, {"do": "enter"}, status=303).follow()
    refused = choose(page, status=422, then="submit", secrecy_by="", openness="主动公开")
    assert "“保密审查人”必填" in refused and next(form for form in refused.forms.values() if "once" in form.fields)["openness"].value == "主动公开"
    ed_page = choose(refused, secrecy_by="保密员", secrecy_on="2026-01-04").follow()
    work(desk)
    found = ed.get(ed_page.request.path)
    assert "存为草稿并送审" in found and "写入 2 行" in found
    found.forms[1].submit("do", value="enter", status=303)
    work(desk)
    assert both(desk, lambda site, _: [(one.draft.stage, one.draft.secrecy.by) for one in site["questions"].values()]) == [("review", "保密员")] * 2
    assert "怎样办户口" in desk.person("rev.a").get("/desk?group=review")


def test_the_choice_of_columns_is_remembered_and_a_wrong_one_is_kept(desk):
    ed = desk.person("edit.a")
    strange = ["甲", "乙", "丙"]
    page = upload(ed, text([strange, ["题目一", "户籍", "答"]]))
    assert "选定，去对列" in page and "检查每一行" not in page
    page = ed.get(page.request.path + "?step=columns&target=Question")
    assert "认出了 0 列" in page and "必填、还没有列" in page
    wrong = choose(page, status=422, c_0="title", c_1="title")
    assert "2 列都对应“标题”" in wrong and "“主题”必填" in wrong and next(form for form in wrong.forms.values() if "once" in form.fields)["c-1"].value == "title"
    choose(wrong, c_1="topic", c_2="answer")
    again = ed.get(upload(ed, text([strange[::-1], ["答", "户籍", "题目二"]], "b.csv")).request.path + "?step=columns&target=Question")
    form = next(form for form in again.forms.values() if "once" in form.fields)
    assert (form["c-0"].value, form["c-1"].value, form["c-2"].value) == ("answer", "topic", "title")


def test_a_double_click_on_check_starts_one(desk):
    ed = desk.person("edit.a")
    page = upload(ed, text([HEADER, GOOD]))
    choose(page)
    choose(page)
    assert [kind for kind, *_ in jobs_of(desk, "edit.a")] == ["import-check"]


def test_my_workbook_goes_out_and_comes_back_and_stale_rows_are_not_overwritten(desk):
    uids = desk.change(lambda site: questions(site, 3))
    ed = desk.person("edit.a")
    form = next(form for form in ed.get("/desk/imports").forms.values() if "kind" in form.fields)
    form["kind"] = "Question"
    answer = form.submit()
    assert "attachment" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.body))
    lines = book.worksheets[0]
    titles = [cell.value for cell in lines[1]]
    assert lines.protection.sheet and lines.max_row == 4
    for line in (2, 3):
        lines.cell(line, titles.index("标题") + 1).value = "改过的题目"
    stream = io.BytesIO()
    book.save(stream)
    stale = lines.cell(3, 1).value
    desk.change(lambda site: publish.put(site.document(stale), {**site.document(stale).live.values, "title": "别人改的"}, actor="t"))
    found = checked(desk, ed, upload(ed, Upload("带回.xlsx", stream.getvalue())))
    assert found.html.find("ul", class_="sum").text == "3行1有问题0新的1要改的1没有变化" and "下载以后有人改过“别人改的”，没有覆盖" in found
    next(form for form in found.forms.values() if "only_right" in form.fields).submit("do", value="enter", status=303)
    work(desk)
    drafts = both(desk, lambda site, _: [site.document(uid).draft.values["title"] if site.document(uid).draft else None for uid in uids])
    assert drafts.count("改过的题目") == 1 and both(desk, lambda site, _: site.document(stale).live.values["title"]) == "别人改的"
    assert [record["reason"] for record in desk.read(lambda site: site.audit.newest(100)) if record["action"] == "list.export"] == ["填报表 问答 3 行"]


def test_only_what_one_writes_is_in_the_workbook(desk):
    desk.change(lambda site: questions(site, 1))
    other = desk.person("edit.b")
    assert "您没有可以编写的问答" in other.get("/desk/imports/workbook?kind=Question", status=303).follow()
    for kind in ("Nothing", "DirectoryItem", ""):
        assert "请选一种您编写的内容" in other.get(f"/desk/imports/workbook?kind={kind}", status=303).follow()


def test_templates_are_understood_when_they_come_back(desk):
    ed = desk.person("edit.a")
    page = ed.get("/desk/imports")
    answer = page.click("问答", href="template")
    titles = [cell.value for cell in sheet(answer)[1]]
    assert "标题" in "".join(map(str, titles))
    back = upload(ed, Upload("模板.xlsx", answer.body))
    assert f"认出了 {len(titles)} 列" in back
    ed.get("/desk/imports/template/Nothing", status=404)


def test_hostile_cells_are_only_text(desk):
    ed = desk.person("edit.a")
    page = upload(ed, text([[*HEADER, SCRIPT], [FORMULA, GOOD[1], SCRIPT, *GOOD[3:], SCRIPT], [SCRIPT, *GOOD[1:], FORMULA]], f"{SCRIPT}.csv"))
    assert SCRIPT not in page and "&lt;script&gt;" in page
    found = checked(desk, ed, page)
    assert SCRIPT not in found and "1有问题" in found.html.find("ul", class_="sum").text
    copy = sheet(found.click("下载标好问题的表"))
    assert (copy["A2"].value, copy["A2"].data_type) == (FORMULA, "s")
    next(form for form in found.forms.values() if "only_right" in form.fields).submit("do", value="enter", status=303)
    work(desk)
    assert both(desk, lambda site, _: [one.draft.values["title"] for one in site["questions"].values()]) == [SCRIPT]
    for path in ("/desk/imports", "/desk/jobs", "/desk/content", found.request.path):
        assert SCRIPT not in ed.get(path)


@pytest.mark.parametrize(("file", "words"), [
    (Upload("a.csv", b""), "空文件"), (Upload("a.xlsx", b"PK nonsense"), "不是"), (Upload("a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600), "旧格式"), (Upload("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 99), "不是"),
    (Upload("a.html", b"<html><script>x</script></html>"), "网页"), (None, "没有收到文件")])
def test_files_that_are_no_list_are_refused_at_the_field(desk, file, words):
    ed = desk.person("edit.a")
    form = ed.get("/desk/imports").forms[1]
    if file is not None:
        form["file"] = file
    answer = form.submit(status=422)
    assert words in answer.html.find(id="file-e").text and 'href="#file"' in answer
    assert editorial(desk, lambda one: len(one.imports)) == 1


def test_an_infected_list_is_not_kept(desk):
    desk.wsgi.registry.scanner = type("Scanner", (), {"scan": lambda self, stream: Verdict("infected", "Eicar-Test")})()
    form = desk.person("edit.a").get("/desk/imports").forms[1]
    form["file"] = text([HEADER, GOOD])
    assert "查出病毒（Eicar-Test）" in form.submit(status=422)
    assert editorial(desk, lambda one: len(one.imports)) == 1 and "file.infected" in [record["action"] for record in desk.read(lambda site: site.audit.newest(20))]


def test_imports_of_others_are_not_there(desk):
    ed, other = desk.person("edit.a"), desk.person("edit.b")
    page = upload(ed, text([HEADER, GOOD]))
    path = page.request.path
    found = checked(desk, ed, page)
    other.get(path, status=404)
    desk.person("site.a").get(path, status=404)
    for wish in ("look", "choose", "enter", "forget"):
        other.post(path, {"do": wish}, status=404)
    other.get("/desk/imports/%3Cscript%3E", status=404)
    assert "问答.csv" not in other.get("/desk/imports")
    desk.person("aud.a").get("/desk/imports", status=403)
    assert found.forms[1].submit("do", value="enter", status=303)


def test_another_sheet_row_and_giving_up(desk):
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    second = book.create_sheet("数据")
    for row in (["2026 年问答"], HEADER, GOOD):
        second.append(row)
    stream = io.BytesIO()
    book.save(stream)
    ed = desk.person("edit.a")
    page = upload(ed, Upload("两张表.xlsx", stream.getvalue()))
    assert "2 个工作表" in page
    form = page.forms[1]
    form["sheet"] = "数据"
    form["header"] = "2"
    page = form.submit("do", value="look").follow()
    assert "认出了 7 列" in page
    path = page.request.path
    assert "第 900 行" in ed.post(path, {"do": "look", "sheet": "数据", "header": "900"}, status=303).follow()
    assert "已放弃“两张表.xlsx”" in ed.post(path, {"do": "forget"}, status=303).follow()
    ed.get(path, status=404)
