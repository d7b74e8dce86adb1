"""Lists as files without formulas, templates with drop-down lists, and the workbook that goes out and comes back."""
import csv
import io
import json

import openpyxl
import pytest

from govportal.content import publish
from govportal.editorial import exports, imports, workbooks
from govportal.editorial.exports import ExportRefused
from govportal.editorial.importrows import Seen, same
from govportal.editorial.tables import detect
from tests.editorial.conftest import Person, questions
from tests.editorial.test_import import check, choose, enter, see, upload

EVIL = '=cmd|"/c calc"!A1'
KEYS = ("@title", "@state", "org", "answer", "@uid")


def written(desk, uids, format, keys=KEYS):
    return desk.do(lambda site, editorial: exports.write(site, uids, keys, format, kind="Question"))


def test_a_list_in_three_formats_without_formulas(desk):
    uids = desk.do(lambda site, _: [*questions(site, 2, title=EVIL), "gone"])
    data, count = written(desk, uids, "csv")
    assert count == 2 and data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["标题", "公开状态", "答复单位", "答复", "内容编号"] and rows[1] == ["'" + EVIL, "已公开", "示例市公安局", "到大厅办理。", uids[0]]
    sheet = openpyxl.load_workbook(io.BytesIO(written(desk, uids, "xlsx")[0])).active
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].quotePrefix) == (EVIL, "s", True)
    assert json.loads(written(desk, uids, "json")[0])[0]["标题"] == EVIL
    with pytest.raises(ExportRefused, match="没有“secret”"):
        written(desk, uids, "csv", ("secret",))
    with pytest.raises(ExportRefused, match="格式请选"):
        written(desk, uids, "exe")


def test_a_long_list_is_a_job_with_the_file_as_result(desk):
    uids = desk.do(lambda site, _: questions(site, 130))
    job = desk.do(lambda site, editorial: exports.begin(editorial, "p1", [*uids, "gone"], ("@title", "@path"), "csv", kind="Question", name="问答").uid)
    desk.runner.step()
    desk.runner._memory.clear()       # a new process begins the file again
    desk.runner.run_all()
    state, counts, name = desk.see(job, lambda job: (job.state, dict(job.counts), job.result.facts.name))
    assert (state, counts, name) == ("done", {"ok": 130, "gone": 1}, "问答.csv")
    path = desk.see(job, lambda job: job.result.committed_path())
    with open(path, encoding="utf-8-sig") as stream:
        assert [row[1] for row in csv.reader(stream)][1:4] == ["/questions/q0", "/questions/q1", "/questions/q2"]


@pytest.mark.parametrize("kind", ["ImplementationItem", "Place", "Question", "registered-item"])
def test_a_template_has_headers_hints_and_lists_and_is_understood_by_the_import(desk, kind):
    data = workbooks.template(kind)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert len(titles) == len(set(titles)) and all(cell.comment.text for cell in sheet[1]) and "填写说明" in book.sheetnames
    if kind == "ImplementationItem":
        ranges = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
        column = titles.index("办件类型") + 1
        letter = openpyxl.utils.get_column_letter(column)
        source = ranges[f"{letter}2:{letter}1001"]
        assert source.startswith("'代码表'!$") or source.startswith("代码表!$")
        assert book["代码表"].sheet_state == "hidden"
    uid = upload(desk, data, "模板.xlsx")
    proposed, guess, warnings = see(desk, uid, lambda one, editorial: (imports.propose(editorial, one, kind), imports.guess(one), one.table.warnings))
    assert len(proposed) == len(titles) and guess == kind and warnings == ()


def fill(data, changes):
    """The workbook with cells changed by (row, title)."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    for (line, title), value in changes.items():
        sheet.cell(line, titles.index(title) + 1).value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def items(desk, number):
    """Some more items of the police beside the one of the small site."""
    def work(site):
        found = [site["items"]["one"]["one"].uid]
        for count in range(number):
            document = publish.create(site["items"]["one"], f"more{count}", "ImplementationItem", actor="t")
            publish.put(document, {**site["items"]["one"]["one"].live.values, "conditions": ["甲", "乙\n丙"], "plain_names": [EVIL]}, actor="t")
            found.append(document.uid)
        return found
    return desk.small.change(work)


def test_my_guides_go_out_and_come_back(desk):
    uids = items(desk, 3)
    data, count = desk.do(lambda site, _: workbooks.mine(site, "ImplementationItem", [*uids, "gone"]))
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    assert count == 4 and sheet.protection.sheet and sheet.column_dimensions["A"].hidden and sheet.column_dimensions["B"].hidden
    assert sheet["C2"].protection.locked and not sheet["F2"].protection.locked and sheet["C2"].value == "出生登记"
    before = desk.do(lambda site, _: site.document(uids[3]).live.values)
    desk.small.change(lambda site: publish.put(site.document(uids[2]), {**site.document(uids[2]).live.values, "consult_phone": "别人改的"}, actor="t"))
    back = fill(data, {(2, "承诺办结时限／期限"): 4, (2, "咨询电话"): "000-9", (2, "现有编码"): "伪造", (4, "咨询电话"): "000-8", (3, "办理形式"): "飞鸽传书"})
    uid = upload(desk, back, "我的指南.xlsx")
    choose(desk, uid, "ImplementationItem")
    summary, problems = check(desk, uid)
    assert (summary["rows"], summary["bad"], summary["changed"], summary["unchanged"], summary["new"]) == (4, 2, 1, 1, 0)
    assert [(line, "别人" in reason or "有人改过" in reason or "不在代码表里" in reason) for line, _, _, reason in problems] == [(3, True), (4, True)]
    assert "有人改过“出生登记”" in problems[1][3]
    assert desk.outcome(enter(desk, uid, only_right=True))[:2] == ("done", {"ok": 1, "skipped": 2, "unchanged": 1})
    live, draft = desk.do(lambda site, _: (site.document(uids[0]).live.values, site.document(uids[0]).draft.values))
    assert (live["promise_limit"]["days"], live["consult_phone"]) == (5, "000-1"), "what is public stays"
    assert (draft["promise_limit"]["days"], draft["consult_phone"], draft["code"], draft["materials"]) == (4, "000-9", live["code"], live["materials"])
    assert desk.do(lambda site, _: [site.document(uid).draft for uid in uids[1:]]) == [None] * 3
    assert desk.do(lambda site, _: site.document(uids[3]).live.values) == before, "an unchanged row changes nothing, whatever a cell cannot show"


def test_a_row_of_another_department_or_kind_and_a_forged_one_are_refused(desk):
    uids = items(desk, 0)
    data, _ = desk.do(lambda site, _: workbooks.mine(site, "ImplementationItem", uids))
    desk.people["p1"] = Person(org="other", roles=("editor",))
    uid = upload(desk, fill(data, {(2, "咨询电话"): "000-9"}), "a.xlsx")
    choose(desk, uid, "ImplementationItem")
    assert "没有“编辑”的权限" in check(desk, uid)[1][0][3]
    for forged in ("00000000-0000-0000-0000-000000000000", desk.do(lambda site, _: site.at("items/one/one/guide").uid)):
        uid = upload(desk, fill(data, {(2, "内容编号"): forged}), "a.xlsx")
        choose(desk, uid, "ImplementationItem")
        assert "没有这个编号的内容" in check(desk, uid)[1][0][3]


def test_every_element_that_fits_a_cell_comes_back_the_same(desk):
    """show → file → read is the same value for every kind of element of the small site and the guide."""
    uids = items(desk, 1)
    guide = desk.do(lambda site, _: site.at("items/one/one/guide").uid)
    from govportal.editorial import cells
    for kind, uid in (("ImplementationItem", uids[1]), ("Guide", guide)):
        keys = [one.key for one in cells.elements(kind)]
        data, _ = desk.do(lambda site, _, kind=kind, uid=uid, keys=keys: workbooks.mine(site, kind, [uid], keys))
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        row = [cell.value for cell in sheet[2]][5:]
        assert desk.do(lambda site, _, kind=kind, uid=uid, row=row: [one.key for one, cell in zip(cells.elements(kind), row, strict=True)
                                                                   if not same(site, one, site.document(uid).live.values, cell, Seen())]) == []


def test_a_csv_of_ours_is_read_back_without_the_apostrophes(desk, tmp_path):
    uids = desk.do(lambda site, _: questions(site, 1, title=EVIL))
    data, _ = written(desk, uids, "csv", ("title", "topic"))
    (tmp_path / "a.csv").write_bytes(data.replace(b"\xe6\x88\xb7", b"\xe5\xb7\xa5"))
    assert detect(tmp_path / "a.csv", "a.csv").format == "csv"
    uid = upload(desk, (tmp_path / "a.csv").read_bytes(), "a.csv")
    choose(desk, uid)
    assert check(desk, uid)[0]["bad"] == 0
    enter(desk, uid)
    assert desk.do(lambda site, _: [document.draft.values["title"] for document in site["questions"].values() if document.draft]) == [EVIL]


def test_a_formatted_body_is_not_flattened_by_a_workbook(desk):
    uids = desk.do(lambda site, _: [*questions(site, 1), *questions(site, 1, draft=True)])
    rich = [{"h": "怎么办"}, {"li": "带证件"}, {"p": "到大厅。"}]
    desk.small.change(lambda site: publish.put(site.document(uids[0]), {**site.document(uids[0]).live.values, "answer": rich}, actor="t"))
    data, _ = desk.do(lambda site, _: workbooks.mine(site, "Question", uids))
    for text, bad in (("怎么办\n带证件\n到大厅。", 0), ("都到大厅。", 1)):
        uid = upload(desk, fill(data, {(2, "答复"): text, (3, "答复"): "随到随办。"}), "a.xlsx")
        choose(desk, uid, "Question")
        summary, problems = check(desk, uid)
        assert (summary["bad"], summary["changed"]) == (bad, 1)
    assert "请在网页里改" in problems[0][3]
