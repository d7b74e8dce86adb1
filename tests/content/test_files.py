"""The library of files: what is taken, how it is named, who may see it, and that it goes out and comes in with its document."""
import io
import shutil
import struct
import zipfile
import zlib
from datetime import timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govportal.base import backup, clock
from govportal.base.blobs import BlobRefused
from govportal.base.images import pixels
from govportal.base.storage import open_database
from govportal.content import files, publish, transfer
from govportal.content.filerefs import references
from govportal.content.integrity import faults
from govportal.content.publish import Refused
from govportal.content.site import open_site
from govportal.outside.scanner import Verdict
from govportal.seed import fill

CLEAN = Verdict("clean")


def png(width=2, height=2, more=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * 14)) + chunk(b"IEND", b"") + more


def jpeg(width, height):
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9 + b"\xff\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9 + b"\xff\xd9"


def office(folder, first="[Content_Types].xml", payload=b"<x/>"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name in (first, "_rels/.rels", "docProps/app.xml", f"{folder}/document.xml"):
            book.writestr(name, payload)
    return made.getvalue()


def sheet():
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    return made.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def add(site, body, name="指南.pdf", verdict=CLEAN, actor="u1"):
    return files.add(site, io.BytesIO(body), name, verdict=verdict, actor=actor)


def notice(**more):
    return {"channel": "tongzhi", "title": "通知", "published_at": "2026-11-24 09:00", **more}


def article(site, name, **more):
    document = site.at(f"news/tongzhi/{name}") or publish.create(site.at("news/tongzhi"), name, "NewsArticle", actor="a")
    publish.put(document, notice(**more), actor="a")
    return document


# -- what is taken

@pytest.mark.parametrize(("head", "size"), [(png(640, 480), (640, 480)), (jpeg(300, 200), (300, 200)), (b"GIF89a" + struct.pack("<HH", 7, 9), (7, 9)), (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x0f\0\0\x1f\0\0", (16, 32)),
                                          (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 99 | 49 << 14), (100, 50)), (b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 20, 10), (20, 10)),
                                          (b"\xff\xd8\xff", None), (b"\x89PNG\r\n\x1a\n", None), (b"BM", None), (b"", None)])
def test_the_size_of_a_picture_is_read_from_its_head(head, size):
    assert pixels(head) == size


@given(st.binary(max_size=60))
def test_no_head_breaks_the_reader(body):
    for start in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBPVP8L", b"GIF89a"):
        pixels(start + body)


@pytest.mark.parametrize(("body", "name", "kept", "media_type"), [
    (PDF, "指南.pdf", "指南.pdf", "application/pdf"), (png(), "C:\\用户\\照片.PNG", "照片.PNG", "image/png"), (office("word"), "表.docx", "表.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (office("word", "word/media.xml") + office("word"), "乱序.docx", "乱序.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (sheet(), "数.xlsx", "数.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("姓名,电话\n".encode(), "名单.csv", "名单.csv", "text/plain"), (PDF, "发票.pdf.exe", "发票.pdf.exe.pdf", "application/pdf"), (b"hello", "a.html", "a.html.txt", "text/plain"), (PDF, "../../etc/passwd", "passwd.pdf", "application/pdf"),
    (PDF, "fdp\u202e.exe", "fdp.exe.pdf", "application/pdf"), (PDF, "a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf", "application/pdf"), (PDF, "...", "文件.pdf", "application/pdf"), (png(more=b"<script>alert(1)</script>"), "x.html", "x.html.png", "image/png")])
def test_a_file_is_what_it_holds_and_its_name_says_so(small, body, name, kept, media_type):
    def work(site):
        record = add(site, body, name)
        return record.name, record.media_type, record.size
    assert small.change(work) == (kept, media_type, len(body))


@pytest.mark.parametrize(("body", "name", "word"), [
    (b"", "a.pdf", "空文件"), (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.svg", "不是可以接收"), (b"\xef\xbb\xbf<html>", "a.txt", "不是可以接收"), (b"<?xml version='1.0'?><svg/>", "a.png", "不是可以接收"),
    (b"MZ\x90\0", "a.pdf", "不是可以接收"), (office("nothing"), "a.docx", "不是可以接收"), (office("word", "x.xml"), "a.docx", "不是可以接收"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧.doc", "另存为 .docx"),
    (png(50_000, 50_000), "大.png", "太大了"), (png(16_001, 10), "长.png", "太大了"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "坏.png", "坏的图片"), (b"\xff\xd8\xff\xe0" + b"\0" * 300, "坏.jpg", "坏的图片"), (b"a" * 2_200_000, "长.txt", "超过 2 MB"),
    (b"%PDF-1.7" + b"x" * (20 << 20), "长.pdf", "超过 20 MB")])
def test_what_is_refused_says_why(small, body, name, word):
    with pytest.raises(BlobRefused, match=word):
        small.change(lambda site: add(site, body, name))
    with small.db.transaction() as connection:
        assert not open_site(connection).files or len(open_site(connection).files) == 0


def test_a_bomb_in_a_zip_is_not_opened(small):
    bomb = office("word", payload=b"\0" * 50_000_000)
    assert len(bomb) < 400_000 and small.change(lambda site: add(site, bomb, "炸弹.docx").size) == len(bomb)


def test_scripts_and_macros_are_told(small):
    assert small.change(lambda site: add(site, PDF + b"<</OpenAction<</S/JavaScript/JS (app.alert(1))>>>>").notes) == ("PDF 里有脚本",)
    across = b"%PDF-1.7\n" + b"x" * ((1 << 18) - 9 - 6) + b"/JavaScript"
    assert small.change(lambda site: add(site, across, "跨界.pdf").notes) == ("PDF 里有脚本",)
    assert small.change(lambda site: add(site, office("word", "[Content_Types].xml") + b"vbaProject.bin", "宏.docx").notes) == ("里面有宏",)


def test_infected_is_refused_and_unscanned_is_shown(small):
    with pytest.raises(Refused, match="发现病毒（Eicar）"):
        small.change(lambda site: add(site, PDF, verdict=Verdict("infected", "Eicar")))
    assert small.change(lambda site: add(site, PDF, verdict=Verdict("unscanned")).scan_words) == "未扫描"
    assert small.change(lambda site: add(site, PDF, "换个名字.pdf").scan_words) == "已查毒"                  # the same content, scanned this time
    with small.db.transaction() as connection:
        site = open_site(connection)
        assert len(site.files) == 1 and site.files.newest()[0].name == "指南.pdf" and [row["action"] for row in site.audit.newest(1)] == ["file.add"]


def test_newest_first(small):
    for number in range(5):
        with clock.override(lambda number=number: clock.parse("2026-11-20") + timedelta(hours=number)):
            small.change(lambda site, number=number: add(site, PDF + b"%d" % number, f"{number}.pdf"))
    with small.db.transaction() as connection:
        assert [record.name for record in open_site(connection).files.newest(3)] == ["4.pdf", "3.pdf", "2.pdf"]


# -- references

def test_references_are_found_however_deep():
    uid = "a" * 32
    assert references({"a": [("img", {"file": f"file:{uid}"})], "b": f"file:{'b' * 32}", "c": f"见 file:{'c' * 32}"}) == {uid, "b" * 32}


def test_public_only_while_a_live_edition_refers_to_it(small):
    uid = small.change(lambda site: add(site, PDF).uid)

    def state(site):
        record = files.find(site, uid)
        return files.is_public(site, record), [live for _, live in files.used_by(site, record)]
    rows = [{"title": "表", "file": f"file:{uid}"}]
    assert small.change(state) == (False, [])
    small.change(lambda site: publish.save_draft(publish.create(site.at("news/tongzhi"), "n", "NewsArticle", actor="a"), publish.clean("NewsArticle", notice(attachments=rows)), actor="a"))
    assert small.change(state) == (False, [False])
    small.change(lambda site: publish.publish(site.at("news/tongzhi/n"), actor="a"))
    assert small.change(state) == (True, [True])
    small.change(lambda site: publish.withdraw(site.at("news/tongzhi/n"), reason="错", mode="gone", actor="a"))
    assert small.change(state) == (False, [True])
    small.change(lambda site: publish.restore(site.at("news/tongzhi/n"), actor="a"))
    assert small.change(state)[0]
    small.change(lambda site: publish.withdraw(site.at("news/tongzhi/n"), reason="旧", mode="banner", actor="a"))
    assert small.change(state)[0]
    small.change(lambda site: article(site, "n"))
    assert small.change(state) == (False, [])
    small.change(lambda site: article(site, "m", body=[{"p": "见图"}, {"img": {"file": f"file:{uid}", "alt": "图"}}]))
    assert small.change(state) == (True, [True])


def test_a_reference_to_nothing_cannot_be_published(small):
    with pytest.raises(Refused, match="没有编号为 a+ 的文件"):
        small.change(lambda site: article(site, "n", attachments=[{"title": "表", "file": f"file:{'a' * 32}"}]))
    with pytest.raises(Refused, match="不是文件编号"):
        small.change(lambda site: article(site, "n", attachments=[{"title": "表", "file": "http://x.cn/a.pdf"}]))


def test_check_names_a_file_that_is_lost(small):
    uid = small.change(lambda site: add(site, PDF).uid)
    small.change(lambda site: article(site, "n", attachments=[{"title": "表", "file": f"file:{uid}"}]))
    small.change(lambda site: site.files.records.pop(uid))
    with small.db.transaction() as connection:
        assert [line for line in faults(open_site(connection)) if "附件" in line] == [f"/news/tongzhi/n：附件 {uid} 不在文件库里"]


# -- out and in

def with_files(site):
    picture, form, draft = add(site, png(40, 30), "图.png"), add(site, PDF, "申请 表.pdf", Verdict("unscanned")), add(site, PDF + b"2", "草稿.pdf")
    add(site, PDF + b"3", "没人用.pdf")
    document = article(site, "n", body=[{"p": ["见", {"strong": "图"}]}, {"img": {"file": picture.ref, "alt": "大厅"}}], attachments=[{"title": "表", "file": form.ref}])
    publish.save_draft(document, publish.clean("NewsArticle", notice(attachments=[{"title": "新表", "file": draft.ref}])), actor="a")
    return picture.uid, form.uid, draft.uid


def test_files_go_out_beside_their_document_and_come_back(small, tmp_path):
    uids = small.change(with_files)
    with small.db.transaction() as connection:
        site = open_site(connection)
        transfer.dump(site, tmp_path / "out")
        before = transfer.to_file(site.at("news/tongzhi/n"))
    folder = tmp_path / "out" / "news" / "news__tongzhi__n.files"
    assert sorted(path.name for path in folder.iterdir()) == sorted((f"{uids[0]}.png", f"{uids[1]}.pdf", f"{uids[2]}.pdf"))
    assert "\n- - p\n  - - 见\n    - strong: 图\n" in (tmp_path / "out" / "news" / "news__tongzhi__n.yaml").read_text(encoding="utf-8")
    (tmp_path / "again").mkdir()
    other = open_database(str(tmp_path / "again" / "data.fs"))
    fill(other, content=tmp_path / "out", registers=False)
    with other.transaction() as connection:
        site = open_site(connection)
        record = files.find(site, uids[1])
        assert transfer.to_file(site.at("news/tongzhi/n")) == before and list(faults(site)) == []
        assert (record.name, record.by, record.scan_words) == ("申请 表.pdf", "u1", "未扫描") and record.stored.blob.open("r").read() == PDF and files.is_public(site, record)
        assert files.find(site, uids[0]).pixels == (40, 30) and not files.is_public(site, files.find(site, uids[2]))
        again = transfer.load(site, tmp_path / "out", actor="t")
        assert (again.created, again.changed) == (0, 0)
        transfer.dump(site, tmp_path / "twice")
    other.close()
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "twice" / path.relative_to(tmp_path / "out")).read_bytes(), path


@pytest.mark.parametrize(("harm", "word"), [(lambda folder: shutil.rmtree(folder), "缺少附件"), (lambda folder: [path.write_bytes(PDF + b"changed") for path in folder.iterdir()], "与编号不符"),
                                            (lambda folder: [path.write_bytes(b"MZ\x90\0") for path in folder.iterdir()], "不是可以接收")])
def test_a_missing_or_changed_file_stops_the_import_in_words(small, tmp_path, harm, word):
    small.change(with_files)
    with small.db.transaction() as connection:
        transfer.dump(open_site(connection), tmp_path / "out")
    harm(tmp_path / "out" / "news" / "news__tongzhi__n.files")
    (tmp_path / "again").mkdir()
    other = open_database(str(tmp_path / "again" / "data.fs"))
    with pytest.raises(transfer.TransferError, match=word):
        fill(other, content=tmp_path / "out", registers=False)
    other.close()


@pytest.mark.parametrize("rows", ["x", [1], [{"id": "../../etc/passwd"}], [{"name": "x"}], {"id": "a" * 32}])
def test_forged_lists_of_files_are_refused(small, tmp_path, rows):
    import yaml
    folder = tmp_path / "in" / "pages"
    folder.mkdir(parents=True)
    (folder / "p.yaml").write_text(yaml.safe_dump({"id": "p1", "path": "pages/p", "title": "页", "files": rows}), encoding="utf-8")
    with pytest.raises(transfer.TransferError, match="files"):
        small.change(lambda site: transfer.load(site, tmp_path / "in", actor="t"))


def test_a_backup_brings_the_library_along(small, tmp_path):
    uids = small.change(with_files)
    small.db.close()
    assert backup.backup(small.var / "data.fs", small.var / "blobs", tmp_path / "set", at=clock.now())["blobs"] == 4
    backup.restore(tmp_path / "set", tmp_path / "back")
    db = open_database(str(tmp_path / "back" / "data.fs"))
    with db.transaction() as connection:
        assert files.find(open_site(connection), uids[1]).stored.blob.open("r").read() == PDF
    db.close()
