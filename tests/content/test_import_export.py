"""Import of foreign lists, and export that gives the same site again (R5.9.6)."""
import csv
import json
import shutil
from datetime import timedelta

import openpyxl
import pytest
from webtest import TestApp

from govportal import main
from govportal.base import clock
from govportal.base.storage import open_database
from govportal.content import importer, publish, transfer
from govportal.content.adopt import former_codes
from govportal.content.integrity import faults
from govportal.content.rowreader import MappingError, read_mapping, write_rejects
from govportal.content.site import open_site
from govportal.content.topics import OTHER, load_topic_rules
from govportal.seed import fill
from govportal.settings import Settings
from govportal.shipped import shipped
from govportal.worker import Worker

MAPPING = shipped("content") / "imports" / "guangan.yaml"
ROW = {"id": "ga:1", "name": "甲事项", "main_item": "", "department": "区人社局", "type": "公共服务", "item_code": "511Z07001006-511602000000-000-11511301008778183N-1-00",
       "dept_code": "1", "area_code": "511602", "area": "四川省广安市广安区", "url": ""}


def mapping_text(format):
    """The shipped mapping for another format, to be written anywhere."""
    return MAPPING.read_text(encoding="utf-8").replace("format: csv", f"format: {format}").replace("../registers", str(MAPPING.parent.parent / "registers"))


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(ROW))
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(small, path, mapping=MAPPING, **options):
    return small.change(lambda site: importer.import_file(site, path, mapping, actor="t", **options))


def count(small):
    with small.db.transaction() as connection:
        return len(open_site(connection).documents)


def test_twice_changes_nothing(small, tmp_path):
    path = write(tmp_path / "a.csv", [ROW])
    first = run(small, path)
    assert (first.created, first.changed) == (1, 1)
    again = run(small, path)
    assert (again.created, again.changed) == (0, 0)
    run(small, write(tmp_path / "b.csv", [{**ROW, "department": "区公安分局"}]))
    with small.db.transaction() as connection:
        assert list(faults(open_site(connection))) == []


@pytest.mark.parametrize(("change", "word"), [
    ({"name": ""}, "必填"), ({"type": "不存在的类型"}, "代码表"), ({"item_code": "12-3"}, "编码"), ({"name": "甲" * 10_000_000}, "上限"), ({"name": "甲\x00乙"}, "控制字符"),
    ({"id": ""}, "必填"), ({"item_code": ""}, "必填")])
def test_a_bad_row_is_named_and_nothing_is_written(small, tmp_path, change, word):
    path = write(tmp_path / "a.csv", [{**ROW, "id": "ga:0", "item_code": ROW["item_code"].replace("1006", "1007")}, {**ROW, **change}])
    before = count(small)
    with pytest.raises(importer.ImportRefused, match=f"第 3 行.*{word}"):
        run(small, path)
    assert count(small) == before


def test_duplicates_and_skip_bad(small, tmp_path):
    path = write(tmp_path / "a.csv", [ROW, {**ROW, "id": "ga:2"}])
    with pytest.raises(importer.ImportRefused, match="与第 2 行重复"):
        run(small, path)
    report = run(small, path, skip_bad=True)
    assert report.written == 1 and [one.line for one in report.rejects] == [3]


def corrected(path, change):
    """Rejected rows after an official has put them right in the file itself."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with open(path.with_name("corrected.csv"), "w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, **change} for row in rows])
    return rows, path.with_name("corrected.csv")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_rejected_rows_can_be_corrected_and_imported(small, tmp_path, format):
    mapping, rows = tmp_path / "m.yaml", [ROW, {**ROW, "id": "ga:2", "type": "不存在", "name": ""}]
    mapping.write_text(mapping_text(format), encoding="utf-8")
    source = write(tmp_path / "a.csv", rows)
    if format == "xlsx":
        book, source = openpyxl.Workbook(), tmp_path / "a.xlsx"
        for cells in (ROW, *(row.values() for row in rows)):
            book.active.append(list(cells))
        book.save(source)
    report = run(small, source, mapping, skip_bad=True)
    write_rejects(tmp_path / "rejects.csv", read_mapping(mapping), report.rejects)
    lines, again = corrected(tmp_path / "rejects.csv", {"type": ROW["type"], "name": "乙事项", "item_code": ROW["item_code"].replace("1006", "1007")})
    assert len(lines) == 1 and list(lines[0]) == [*ROW, "行号", "字段", "原因"] and lines[0]["行号"] == "3" and lines[0]["字段"] == "name；type" and "必填" in lines[0]["原因"] and lines[0]["id"] == "ga:2"
    assert run(small, again, mapping).created == 1


def test_rejected_lines_keep_what_fits_no_column(small, tmp_path):
    (tmp_path / "a.csv").write_text(",".join(ROW) + "\na,b,c,d,e,f,g,h,i,j,extra,more\nshort\n", encoding="utf-8")
    report = run(small, tmp_path / "a.csv", skip_bad=True)
    write_rejects(tmp_path / "rejects.csv", read_mapping(MAPPING), report.rejects)
    lines, _ = corrected(tmp_path / "rejects.csv", {})
    assert lines[0]["id"] == "a" and lines[0]["原文"] == "extra,more" and lines[1]["id"] == "short" and lines[1]["原文"] == ""
    again = run(small, tmp_path / "rejects.csv", skip_bad=True)     # not corrected: rejected again, with their new lines, nothing added
    write_rejects(tmp_path / "twice.csv", read_mapping(MAPPING), again.rejects)
    assert list(corrected(tmp_path / "twice.csv", {})[0][0]) == list(lines[0])


def test_rejected_objects_stay_objects(small, tmp_path):
    mapping = tmp_path / "j.yaml"
    mapping.write_text(mapping_text("jsonl").replace("[url]", "[url, 原因]"), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({**ROW, "name": "", "原因": "来源自己的"}, ensure_ascii=False) + '\n{"id": 1\n', encoding="utf-8")
    report = run(small, tmp_path / "a.jsonl", mapping, skip_bad=True)
    write_rejects(tmp_path / "r.jsonl", read_mapping(mapping), report.rejects)
    first, second = map(json.loads, (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines())
    assert first == {**ROW, "name": "", "原因": "来源自己的", "行号": 1, "字段": "name", "导入原因": "必填，现在是空的"} and second["原文"] == '{"id": 1' and second["行号"] == 2
    (tmp_path / "c.jsonl").write_text(json.dumps({**first, "name": "甲"}, ensure_ascii=False), encoding="utf-8")
    assert run(small, tmp_path / "c.jsonl", mapping).created == 1


@pytest.mark.parametrize(("name", "body", "word"), [
    ("a.csv", "id,name\n甲".encode("gbk"), "UTF-8"), ("a.csv", b"", "空的"), ("a.csv", b'id,name\n"x', "CSV|列数"), ("a.csv", b"id,extra\n1,2\n", "没有这一列")])
def test_files_that_cannot_be_read(small, tmp_path, name, body, word):
    (tmp_path / name).write_bytes(body)
    with pytest.raises((MappingError, importer.ImportRefused), match=word):
        run(small, tmp_path / name)


@pytest.mark.parametrize(("text", "word"), [("format: csv", "写得不对"), ("[", "写得不对"), ("format: doc\nkind: registered-item\nfields: {}", "format"),
                                            ("format: csv\nkind: registered-item\nfields: {a: {from: b, tpye: int}}", "不认识的设置")])
def test_mappings_that_are_wrong(small, tmp_path, text, word):
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=word):
        run(small, write(tmp_path / "a.csv", [ROW]), tmp_path / "m.yaml")
    with pytest.raises(MappingError, match="找不到"):
        run(small, tmp_path / "none.csv")


def test_xlsx_and_broken_jsonl(small, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(list(ROW))
    book.active.append(list(ROW.values()))
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "x.yaml").write_text(mapping_text("xlsx"), encoding="utf-8")
    assert run(small, tmp_path / "a.xlsx", tmp_path / "x.yaml").created == 1
    (tmp_path / "j.yaml").write_text(mapping_text("jsonl"), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"id": 1\n[1]\n', encoding="utf-8")
    with pytest.raises(importer.ImportRefused, match="第 1 行.*JSON"):
        run(small, tmp_path / "a.jsonl", tmp_path / "j.yaml")
    (tmp_path / "bad.xlsx").write_bytes(b"PK nonsense")
    with pytest.raises(MappingError, match="XLSX"):
        run(small, tmp_path / "bad.xlsx", tmp_path / "x.yaml")


def test_the_whole_registers_are_in_with_their_titles(site):
    base = shipped("content") / "registers"
    names = {}
    with open(base / "items_guangdong.jsonl", encoding="utf-8") as stream:
        names |= {json.loads(line)["item_code"]: json.loads(line)["name"] for line in stream}
    with open(base / "items_guangan.csv", encoding="utf-8", newline="") as stream:
        names |= {row["item_code"]: row["name"] for row in csv.DictReader(stream)}
    assert len(names) == 2225
    from govportal.content.columns import ColumnStore
    by_code = {row.code: row for row in ColumnStore().get(site).items}
    assert all(by_code[code].name == name and by_code[code].state == "整理中" for code, name in names.items())
    topicless = [row for row in by_code.values() if not set(row.person_topics + row.legal_topics) - {OTHER}]
    assert len(topicless) / len(by_code) < 0.05


def test_a_33_digit_row_is_a_handling_item_below_a_derived_parent(site):
    document = site.by_code("1144000000694016742440109001001") or site.by_code(next(code for code, _ in site.codes.items() if len(code) == 33 and not code.startswith("1199") and not code.startswith("9199")))
    if document.kind == "HandlingItem":
        assert document.__parent__.live.values["register"]["derived"] is True and document.__parent__.live.values["unlisted"] is True


def test_topic_rules_hit_rows(site):
    rules = load_topic_rules()
    assert rules.assign({"name": "结婚登记", "service_objects": ("自然人",)})[0] == ("婚姻登记",)
    assert rules.assign({"name": "qqq", "service_objects": ("自然人",)})[:2] == ((OTHER,), ())


NOW = clock.now()
GUIDE, NOTICE = "items/id-card/id-card/guide", {"channel": "tongzhi", "title": "通知", "published_at": "2026-11-24 09:00"}


def with_every_state(site):
    """What editors leave behind beside live editions: scheduled, drafts, withdrawn in three ways, ended, moved, recoded; settings."""
    def article(name, **options):
        document = publish.create(site.at("news/tongzhi"), name, "NewsArticle", actor="a")
        if options:
            publish.save_draft(document, publish.clean("NewsArticle", {**NOTICE, "title": name}), actor="a", note="等领导看")
            publish.publish(document, actor="a", **options)
        return document
    for path, values in ((GUIDE, {"summary": "将来的说明"}), ("pages/about", {**site.at("pages/about").live.values, "title": "草稿的标题"})):
        publish.save_draft(site.at(path), publish.clean(site.at(path).kind, values), actor="a")
    publish.publish(site.at(GUIDE), actor="a", at=NOW + timedelta(days=30), ends=NOW + timedelta(days=60))
    article("later", at=NOW + timedelta(days=1))
    publish.save_draft(article("never"), publish.clean("NewsArticle", NOTICE), actor="a")
    article("short", ends=NOW + timedelta(hours=1))
    article("ended", ends=NOW + timedelta(minutes=5))
    for name, mode, to in (("banner", "banner", ""), ("gone", "gone", ""), ("away", "redirect", "questions")):
        publish.put(article(name), NOTICE, actor="a")
        publish.withdraw(site.at(f"news/tongzhi/{name}"), reason=f"原因 {name}", mode=mode, to=to, actor="a")
    with clock.override(lambda: NOW + timedelta(minutes=6)):
        publish.take_effect(site)
    publish.move(site.at("items/id-card"), site["items"], "identity-card", actor="a")
    publish.move(site.at("items/identity-card"), site["items"], "resident-card", actor="a")
    site.codes["11990100OLDCODE"] = site.at("items/resident-card/id-card").uid
    publish.configure(site, {"name": "另一个市政务服务网"}, [site.at("items/resident-card/id-card").uid], actor="a")


def picture(site):
    """Everything that an export carries, comparable."""
    codes = former_codes(site)
    documents = {document.uid: transfer.to_file(document, codes.get(document.uid, ())) for document in transfer.documents_of(site)}
    return documents, dict(site.redirects.items()), set(site.due.items()), dict(site.codes.items()), site.settings, list(site.pins), dict(site.leads)


def test_export_and_import_give_the_same_site(demo_var, demo_db, tmp_path):
    """The whole demo site and every state a document can be in, out and in again: all equal, and it goes on the same."""
    shutil.copy(demo_var / "data.fs", _folder(tmp_path / "first") / "data.fs")
    first, other = open_database(str(tmp_path / "first" / "data.fs")), open_database(str(_folder(tmp_path / "again") / "data.fs"))
    with first.transaction() as connection:
        with_every_state(open_site(connection))
    with first.transaction() as connection:
        before = picture(open_site(connection))
        assert transfer.dump(open_site(connection), tmp_path / "out") == len(before[0])
    fill(other, content=tmp_path / "out", registers=False)
    with other.transaction() as connection:
        site = open_site(connection)
        for ours, theirs in zip(before, picture(site), strict=True):
            assert ours == theirs
        assert list(faults(site)) == []
        again = transfer.load(site, tmp_path / "out", actor="t")
        assert (again.created, again.changed, again.unchanged) == (0, 0, len(before[0]))
    app = TestApp(main({"govportal.db": other}, settings=Settings(var=tmp_path / "again", worker=False)))
    assert app.get("/items/id-card/id-card", status=301).location.endswith("/items/resident-card/id-card") and "另一个市政务服务网" in app.get("/sitemap").text
    assert "原因 gone" in app.get("/news/tongzhi/gone", status=410).text and "到期下线" in app.get("/news/tongzhi/ended", status=410).text
    assert app.get("/news/tongzhi/away", status=301).location.endswith("/questions") and "原因 banner" in app.get("/news/tongzhi/banner").text
    app.get("/news/tongzhi/never", status=404), app.get("/news/tongzhi/later", status=404)
    worker = Worker(other, tmp_path / "again" / "heads", tmp_path / "again" / "beat")
    with clock.override(lambda: NOW + timedelta(days=31)):
        worker.step(), worker.step()
    assert "将来的说明" in app.get("/items/resident-card/id-card").text and app.get("/news/tongzhi/later").status_int == 200
    app.get("/news/tongzhi/short", status=410)
    first.close(), other.close()


def test_an_export_that_waited_is_taken_over_with_what_was_due_meanwhile(small, tmp_path):
    """Scheduled starts and ends that passed between export and import happen at the import or in the worker's next round."""
    def work(site):
        for name, options in (("started", {"at": NOW + timedelta(days=1)}), ("over", {"ends": NOW + timedelta(days=1)})):
            document = publish.create(site.at("news/tongzhi"), name, "NewsArticle", actor="a")
            publish.save_draft(document, publish.clean("NewsArticle", NOTICE), actor="a")
            publish.publish(document, actor="a", **options)
        transfer.dump(site, tmp_path / "out")
    small.change(work)
    other = open_database(str(_folder(tmp_path / "again") / "data.fs"))
    with clock.override(lambda: NOW + timedelta(days=9)):
        fill(other, content=tmp_path / "out", registers=False)
        Worker(other, tmp_path / "again" / "heads", tmp_path / "again" / "beat").step()
        with other.transaction() as connection:
            site = open_site(connection)
            assert site.at("news/tongzhi/started").live.starts == NOW + timedelta(days=1)
            assert site.at("news/tongzhi/over").live is None and site.at("news/tongzhi/over").withdrawal.reason == "到期下线"
    other.close()


def _folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(("text", "word"), [("id: [", "YAML 写法"), ("id: a\npath: items/none/x\nname: a\ntype: 行政许可\n", "上级|不存在|没有"), ("id: a\npath: items/x\nname: ''\ntype: 行政许可\n", "必填"),
                                            ("id: a\npath: items/x\nname: a\ntype: 行政许可\nbad: 1\n", "不认识的字段"),
                                            *((f"id: a\npath: items/x\nname: a\ntype: 行政许可\nlegal_basis: [{{law: 甲}}]\n{extra}\n", word) for extra, word in (
                                                ("publication: {since: 2026-01-31}", "带时区的时间"), ("publication: {since: '2999-01-31T09:00:00+08:00'}", "不能晚于现在"), ("publication: {sinse: 1}", "不认识“sinse”"),
                                                ("publication: {scheduled: [{values: {}}]}", "上线时间"), ("publication: {draft: 1}", "要有 values"), ("publication: {edition: -1}", "版本号"),
                                                ("withdrawal: {mode: gone}", "要有 reason"), ("withdrawal: {reason: x, mode: redirect, to: nowhere}", "站内没有")))])
def test_content_files_that_are_wrong(small, tmp_path, text, word):
    folder = _folder(tmp_path / "c") / "directory-items"
    folder.mkdir()
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(transfer.TransferError, match=word):
        small.change(lambda site: transfer.load(site, tmp_path / "c", actor="t"))
