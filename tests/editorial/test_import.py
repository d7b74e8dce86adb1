"""The import wizard: what a file is read as, the dry run with every problem named, the entry, the undo; odd and hostile files."""
import csv
import io
import json
import time
import zipfile

import openpyxl
import pytest

from govportal.content import publish
from govportal.content.integrity import faults
from govportal.editorial import imports, jobs
from govportal.editorial.imports import ImportRefused
from tests.editorial.conftest import Person, questions

HEADER = ["标题", "主题", "对象", "问题", "答复", "答复单位", "提问日期"]
GOOD = ["怎样办户口", "户籍", "个人", "请问？", "到大厅。", "gongan", "2026-01-31"]


def xlsx(rows, **more):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for merged in more.get("merged", ()):
        book.active.merge_cells(merged)
    for name in more.get("sheets", ()):
        book.create_sheet(name)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(rows, encoding="utf-8-sig"):
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode(encoding)


def upload(desk, data, name="问答.xlsx"):
    return desk.do(lambda site, editorial: imports.receive(editorial, io.BytesIO(data), name, "p1").uid)


def see(desk, uid, look):
    return desk.do(lambda site, editorial: look(imports.of(editorial, uid, "p1"), editorial))


def choose(desk, uid, target="Question", columns=None, **options):
    def work(one, editorial):
        imports.choose(editorial, one, target, imports.propose(editorial, one, target) if columns is None else columns, options)
    see(desk, uid, work)


def check(desk, uid):
    """Run the dry run; (summary, problems as (line, column, value, reason))."""
    job = desk.run(lambda editorial: imports.start_check(editorial, imports.of(editorial, uid, "p1")))
    state, message, summary = desk.see(job, lambda job: (job.state, job.message, dict(job.summary)))
    assert state == "done", message
    return summary, see(desk, uid, lambda one, editorial: [(row.line, row.column, row.value, row.reason) for row in imports.problems(editorial, one, 0, 10_000)])


def enter(desk, uid, **options):
    return desk.run(lambda editorial: imports.start_enter(editorial, imports.of(editorial, uid, "p1"), **options))


def rows(number, bad=0):
    """``number`` rows, the first ``bad`` of every thirty-three wrong in one of three ways."""
    made = []
    for count in range(number):
        row = [f"问题 {count}", "户籍", "个人", "请问？", "到大厅。", "gongan", "2026-01-31"]
        if count % 33 == 0 and count // 33 < bad:
            kind = (count // 33) % 3
            row[(2, 5, 6)[kind]] = ("外星人", "没有这个局", "昨天")[kind]
        made.append(row)
    return made


def test_a_thousand_rows_with_thirty_bad_ones(desk):
    """The thirty are named with row and column; none goes in by default, 970 on wish; the copy is marked red."""
    uid = upload(desk, xlsx([HEADER, *rows(1000, 30)]))
    choose(desk, uid)
    summary, problems = check(desk, uid)
    assert (summary["rows"], summary["bad"], summary["new"]) == (1000, 30, 970)
    assert [line for line, *_ in problems] == [2 + 33 * count for count in range(30)]
    assert problems[0][:3] == (2, "C 列 对象", "外星人") and "不在代码表里" in problems[0][3]
    assert problems[1][:3] == (35, "F 列 答复单位", "没有这个局") and "没有标识为" in problems[1][3]
    assert problems[2] == (68, "G 列 提问日期", "昨天", "“昨天”不是日期，请写成 2026-01-31 或 2026-01-31 09:00")
    with pytest.raises(ImportRefused, match="1000 行里有 30 行有问题，没有写入任何内容"):
        enter(desk, uid)
    assert desk.do(lambda site, _: list(site["questions"].keys())) == []
    path = desk.do(lambda site, editorial: editorial.jobs.get(imports.of(editorial, uid, "p1").check).result.committed_path())
    sheet = openpyxl.load_workbook(open(path, "rb")).active
    assert sheet["H1"].value == "问题" and "C 列 对象" in sheet["H2"].value and sheet["H3"].value is None
    assert sheet["C2"].fill.fgColor.rgb == "00F9D0CC" and sheet["C3"].fill.fill_type is None and sheet.max_row == 1001
    job = enter(desk, uid, only_right=True)
    assert desk.see(job, lambda job: (job.state, dict(job.counts), job.total, job.done)) == ("done", {"ok": 970, "skipped": 30}, 1000, 1000)
    assert desk.do(lambda site, _: sum(document.draft is not None and document.live is None for document in site["questions"].values())) == 970
    assert desk.do(lambda site, _: list(faults(site))) == []
    with pytest.raises(ImportRefused, match="已经写入过"):
        enter(desk, uid, only_right=True)
    back = desk.run(lambda editorial: jobs.undo(editorial, job, "p1"))
    assert desk.outcome(back)[:2] == ("done", {"ok": 970}) and desk.do(lambda site, _: list(site["questions"].keys())) == []


@pytest.mark.parametrize(("data", "name", "encoding"), [
    (text([HEADER, GOOD]), "a.csv", "utf-8-sig"), (text([HEADER, GOOD], "gb18030"), "a.csv", "gb18030"), (text([HEADER, GOOD], "utf-16"), "a.txt", "utf-16"),
    ("\n".join(["\t".join(HEADER), "\t".join(GOOD)]).encode(), "a.tsv", "utf-8-sig"),
    (json.dumps(dict(zip(HEADER, GOOD, strict=True)), ensure_ascii=False).encode(), "a.jsonl", "utf-8-sig"), (xlsx([HEADER, GOOD]), "a.xlsx", "")])
def test_formats_and_encodings_are_found(desk, data, name, encoding):
    uid = upload(desk, data, name)
    layout, guess, titles, samples = see(desk, uid, lambda one, editorial: (one.table.layout, imports.guess(one), [column.title for column in one.table.columns],
                                                                           [column.samples for column in one.table.columns]))
    assert (layout.encoding, guess, titles) == (encoding, "Question", HEADER) and samples[0] == ("怎样办户口",)
    choose(desk, uid)
    assert check(desk, uid)[0]["bad"] == 0
    enter(desk, uid)
    values = desk.do(lambda site, _: next(iter(site["questions"].values())).draft.values)
    assert (values["title"], values["asked_on"], values["answer"]) == ("怎样办户口", "2026-01-31", (("p", "到大厅。"),))


def test_a_title_above_merged_headers_blank_rows_and_columns_twice_are_told(desk):
    uid = upload(desk, xlsx([["2026 年问答汇总"], [], [*HEADER[:5], "答复单位", "答复单位", None], GOOD[:6], [], [*GOOD[:5], "gongan", "", "多余"]], merged=["E3:F3"], sheets=["说明"]))
    layout, warnings = see(desk, uid, lambda one, editorial: (one.table.layout, one.table.warnings))
    assert layout.header == 3
    together = "\n".join(warnings)
    for part in ("2 个工作表", "上面的 1 行没有当作数据", "表头 E3:F3 是合并的单元格", "H 列有内容但没有列名"):
        assert part in together, together
    uid = upload(desk, text([[*HEADER, "标题"], [*GOOD, "又一个"]]), "a.csv")
    assert "列名“标题”出现了 2 次（A、H 列）" in "".join(see(desk, uid, lambda one, editorial: one.table.warnings))
    assert see(desk, uid, lambda one, editorial: sorted(imports.propose(editorial, one, "Question"))) == list(range(7))


def test_what_a_spreadsheet_has_spoilt_is_told_with_what_to_do(desk):
    import datetime
    spoilt = [["编码", "电话", "名称"], ["1.23E+30", "000-1", "甲"], [1.23e30, 110, "乙"], ["#REF!", "1", "丙"], [12345.0, datetime.date(2026, 3, 1), "丁"]]
    uid = upload(desk, xlsx(spoilt), "机构.xlsx")
    choose(desk, uid, "Organisation")
    _, problems = check(desk, uid)
    assert [(line, column) for line, column, *_ in problems] == [(2, "A 列 编码"), (3, "A 列 编码"), (4, "A 列 编码")]
    assert all("请把这一列的格式设为“文本”" in reason for *_, reason in problems[:2]) and "错误值 #REF!" in problems[2][3]
    enter(desk, uid, only_right=True)
    assert desk.do(lambda site, _: [document.draft.values["code"] for document in site["shared"]["organisations"].values() if document.draft]) == ["12345"]
    uid = upload(desk, xlsx([HEADER, [*GOOD[:6], 45321]]))
    choose(desk, uid)
    assert "像是表格里的日期序号（2024-01-30）" in check(desk, uid)[1][0][3]


def test_the_mapping_is_remembered_for_the_same_header(desk):
    strange = ["甲", "乙", "丙", "丁"]
    first = upload(desk, text([strange, ["题目一", "户籍", "x", "答"]]), "a.csv")
    assert see(desk, first, lambda one, editorial: imports.propose(editorial, one, "Question")) == {}
    choose(desk, first, columns={0: "title", 1: "topic", 3: "answer"})
    second = upload(desk, text([strange[::-1], ["答", "x", "户籍", "题目二"]]), "b.csv")
    assert see(desk, second, lambda one, editorial: imports.propose(editorial, one, "Question")) == {3: "title", 2: "topic", 0: "answer"}


@pytest.mark.parametrize(("columns", "options", "message"), [
    ({0: "title", 1: "title", 2: "topic"}, {}, "2 列都对应“标题”"), ({0: "title"}, {}, "“主题”必填"), ({0: "nonsense"}, {}, "没有要素"), ({99: "title"}, {}, "没有第 100 列"),
    ({0: "@uid", 1: "title"}, {}, "还要有“版本”"), ({0: "title", 1: "topic"}, {"then": "burn"}, "写入以后请选"), ({0: "title", 1: "topic"}, {"then": "publish"}, "不能直接发布")])
def test_a_mapping_that_cannot_work_is_refused(desk, columns, options, message):
    uid = upload(desk, xlsx([HEADER, GOOD]))
    with pytest.raises(ImportRefused, match=message):
        choose(desk, uid, columns=columns, **options)


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"<a>" + b" " * (90 << 20))
    return stream.getvalue()


def with_part(name, data):
    stream = io.BytesIO(xlsx([HEADER, GOOD]))
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            target.writestr(part, data(source.read(part)) if part == name else source.read(part))
    return out.getvalue()


def with_extra(name, data):
    stream = io.BytesIO(xlsx([HEADER, GOOD]))
    with zipfile.ZipFile(stream, "a") as target:
        target.writestr(name, data)
    return stream.getvalue()


def big_strings(name, kind="sharedStrings", *more):
    """A small workbook with more texts than are read, in a part of this name."""
    stream, out = io.BytesIO(xlsx([HEADER, GOOD])), io.BytesIO()
    says = "".join(f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{one}+xml"/>' for one in (kind, *more))
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part).replace(b"</Types>", says.encode() + b"</Types>") if part == "[Content_Types].xml" else source.read(part))
        target.writestr(name, b"<sst>" + b"<si><t>xx</t></si>" * 500_000 + b"</sst>")
    return out.getvalue()


@pytest.mark.parametrize("data", [big_strings("xl/sharedStrings.xml"), big_strings("xl/strings.dat"), big_strings("xl/worksheets/s.xml"), big_strings("xl/worksheets/s.xml", "worksheet", "sharedStrings"),
                                  big_strings("xl/styles.xml", "worksheet")])
def test_a_workbook_with_too_many_texts_is_refused_at_once(desk, data):
    began = time.monotonic()
    with pytest.raises(ImportRefused, match="文字或格式超过 8 MB"):
        upload(desk, data, "x.xlsx")
    assert time.monotonic() - began < 2


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(("data", "message"), [
    (b"", "空文件"), (b"PK nonsense", "不是能读的 XLSX"), (b"\xd0\xcf\x11\xe0" + b"x" * 600, "旧格式的 .xls"), (b"<html><table><tr><td>x</td></tr></table></html>", "其实是网页"),
    (b"\x00\x01\x02" * 300, "请上传 XLSX"), (b"\xff\xfe\x00\xd8\x00\xd8", "编码"), (bomb(), "解开后超过"),
    (with_part("xl/worksheets/sheet1.xml", lambda data: data.replace(b"<worksheet", ENTITIES + b"<worksheet", 1)), "DOCTYPE"),
    (with_part("docProps/app.xml", lambda data: ENTITIES + b"<a/>"), "DOCTYPE"), (with_extra("xl/any.dat", ENTITIES + b"<a/>"), "DOCTYPE"),
    (with_part("xl/worksheets/sheet1.xml", lambda data: data[:300]), "损坏|不是能读的"), (text([["x"] * 300, ["y"]]), "超过 200 列"), (text([[]]), "没有内容"),
    (b'a,"b\n' * 3, "CSV 写法不对|没有内容")])
def test_files_that_are_no_list_are_refused_with_a_line_for_people(desk, data, message):
    with pytest.raises(ImportRefused, match=message):
        upload(desk, data, "x.xlsx")
    assert desk.do(lambda site, editorial: imports.by_person(editorial, "p1")) == []


def test_a_sheet_that_claims_or_has_far_too_many_rows(desk):
    far = with_part("xl/worksheets/sheet1.xml", lambda data: data.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'))
    uid = upload(desk, far)
    choose(desk, uid)
    job = desk.run(lambda editorial: imports.start_check(editorial, imports.of(editorial, uid, "p1")))
    assert desk.see(job, lambda job: (job.state, "超过 100001 行" in job.message)) == ("failed", True)
    with pytest.raises(ImportRefused, match="请先检查"):
        enter(desk, uid)


def test_rights_count_in_the_dry_run_and_at_the_entry(desk):
    uid = upload(desk, xlsx([HEADER, GOOD, ["另一个", *GOOD[1:5], "", ""]]))
    choose(desk, uid)
    desk.people["p1"] = Person(roles=("editor",))
    _, problems = check(desk, uid)
    assert [(line, column) for line, column, *_ in problems] == [(3, "F 列 答复单位")] and "没有“编辑”的权限" in problems[0][3]
    desk.people["p1"] = Person(roles=())
    job = enter(desk, uid, only_right=True)
    assert desk.see(job, lambda job: (dict(job.counts), job.report.slice(0, 1).__next__().line)) == ({"failed": 1, "skipped": 1}, 2)
    with pytest.raises(ImportRefused, match="没有这次导入"):
        desk.do(lambda site, editorial: imports.of(editorial, uid, "somebody"))


def test_codes_twice_parents_missing_and_circles_are_refused(desk):
    """R5.9.6 for the directory list."""
    table = [["事项名称", "基本编码", "事项类型", "所属主项"], ["甲", "0100001000", "行政许可", ""], ["乙", "0100001000", "行政许可", ""], ["丙", "0100002000", "行政许可", "没有的"],
             ["丁", "0100003000", "行政许可", "戊"], ["戊", "0100004000", "行政许可", "丁"], ["己", "0100005000", "行政许可", "出生登记"], ["庚", "1", "行政许可", ""]]
    uid = upload(desk, xlsx(table))
    choose(desk, uid, "DirectoryItem")
    _, problems = check(desk, uid)
    assert [(line, column) for line, column, *_ in problems] == [(3, "B 列 基本编码"), (4, "D 列 所属主项"), (5, "D 列 所属主项"), (6, "D 列 所属主项"), (8, "B 列 基本编码")]
    assert [part in reason for part, (*_, reason) in zip(("与第 2 行重复", "不存在", "绕成一圈", "绕成一圈", "10 位"), problems, strict=True)] == [True] * 5


def test_items_go_below_their_directory_item_and_the_register_is_published(desk):
    desk.small.change(lambda site: publish.put(site["items"]["one"], {**site["items"]["one"].live.values, "basic_code": "0700001000"}, actor="t"))
    table = [["上级", "部门", "行政区划", "承诺办结时限／期限", "服务对象"], ["0700001000", "示例市公安局", "990100", 5, "自然人、企业法人"], ["没有", "gongan", "990100", 5, ""], ["", "gongan", "", 3, ""]]
    uid = upload(desk, xlsx(table))
    choose(desk, uid, "ImplementationItem", source="他处清单", then="publish")
    _, problems = check(desk, uid)
    assert [(line, column) for line, column, *_ in problems] == [(3, "A 列 上级"), (4, "A 列 上级")]
    assert desk.outcome(enter(desk, uid, only_right=True))[1] == {"ok": 1, "skipped": 2}
    found = desk.do(lambda site, _: [(child.live.values["org"], child.live.values["register"]["source"], child.live.values["promise_limit"]["days"])
                                     for child in site["items"]["one"].values() if child.live is not None and child.__name__ != "one"])
    assert found == [("gongan", "他处清单", 5)]
    listed = [["编码", "事项名称", "主项名称", "事项类型", "部门", "区划代码"], ["11990100000000000A4000715001000", "登记事项", "", "行政确认", "某局", "990100"],
              ["bad code", "x", "", "行政确认", "某局", "990100"], ["11990100000000000A4000715001001", "y", "", "没有的类型", "某局", "990100"]]
    uid = upload(desk, xlsx(listed))
    choose(desk, uid, "registered-item", source="他处清单")
    _, problems = check(desk, uid)
    assert [(line, column) for line, column, *_ in problems] == [(3, "A 列 编码"), (4, "D 列 事项类型")]
    assert desk.outcome(enter(desk, uid, only_right=True))[1] == {"ok": 1, "skipped": 2}
    assert desk.do(lambda site, _: site.by_code("11990100000000000A4000715001000").live.values["register"]["source"]) == "他处清单"
    assert desk.do(lambda site, _: list(faults(site))) == []


def test_an_import_goes_on_after_a_kill_between_batches(desk):
    """A new process has no open reader: it reads on from the position, nothing twice."""
    uid = upload(desk, text([HEADER, *rows(120)]), "a.csv")
    choose(desk, uid)
    check(desk, uid)
    job = desk.do(lambda site, editorial: imports.start_enter(editorial, imports.of(editorial, uid, "p1")).uid)
    for _ in range(20):
        desk.runner._memory.clear()
        desk.runner.step()
    assert desk.see(job, lambda job: (job.state, dict(job.counts))) == ("done", {"ok": 120})
    assert desk.do(lambda site, _: (len(list(site["questions"].keys())), list(faults(site)))) == (120, [])


def test_a_list_entered_twice_is_told_as_present(desk):
    for expected in (0, 2):
        uid = upload(desk, text([HEADER, *rows(2)]), "a.csv")
        choose(desk, uid)
        summary, problems = check(desk, uid)
        assert summary["bad"] == expected
        if not expected:
            enter(desk, uid)
    assert "已有相同的内容（/questions/" in problems[0][3]
    assert desk.do(lambda site, _: questions(site, 1))
