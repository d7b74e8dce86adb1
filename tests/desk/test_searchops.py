"""The search operators at their desk: from a query that found nothing to a row that acts, tried before it is saved; files; refusals; hostile text."""
from __future__ import annotations

import datetime as dt
import io
import zipfile
from urllib.parse import urlencode

import pytest
from webtest import Upload

from govportal.base import clock
from govportal.search.consumer import Keeper
from govportal.search.overlay import open_overlay

PAGES = ("/desk/search", "/desk/search/low", "/desk/search/rows", "/desk/search/history", "/desk/search/add", "/desk/search/add?table=synonym", "/desk/search/files", "/desk/search/export")
SYNONYM = {"table": "synonym", "said": "抱娃登册", "means": "出生登记", "weight": "0.9", "source": "来电"}


@pytest.fixture
def desk(desk):
    Keeper(desk.db, desk.var / "search").rebuild_here()
    return desk


def address(path, **query):
    return f"{path}?{urlencode(query)}"


def entries(desk):
    with desk.db.transaction() as connection:
        return open_overlay(connection).entries()


def ask(desk, *queries, askers=3, days=(0,)):
    """People at the portal: the query log is written by the portal itself."""
    for back in days:
        with clock.override(lambda at=clock.now() - dt.timedelta(days=back): at):
            for text in queries:
                for number in range(askers):
                    desk.stranger().app.get("/search", {"q": text}, extra_environ={"REMOTE_ADDR": f"10.0.0.{number}"})


def public(desk, text):
    return desk.stranger().app.get("/api/v1/search", {"q": text}).json


def test_from_a_query_that_found_nothing_to_a_row_that_acts(desk):
    ask(desk, "抱娃登册")
    op = desk.person("site.a")
    page = op.get("/desk/search")
    row = page.html.select("tbody tr")[0].get_text()
    assert "抱娃登册" in row and "查不到" in row and "刚出现" in row or "次" in row
    form = op.get(address("/desk/search/add", table="synonym", said="抱娃登册", sample="抱娃登册")).forms[1]
    assert form["said"].value == "抱娃登册" and form["samples"].value == "抱娃登册" and not [button for button in form.fields["do"] if button.value_if_submitted() == "save"]
    form["means"], form["weight"], form["source"] = "出生登记", "0.9", "11 月查不到的话"
    tried = form.submit("do", value="try")
    assert "试的结果" in tried and "还没有保存" in tried and entries(desk) == [] and public(desk, "抱娃登册")["total"] == 0
    sample = tried.html.select(".so-sample")[0]
    now, later = sample.select(".cols-2 > div")
    assert "共 0 条" in now.get_text() and "出生登记" in later.get_text() and "新" in later.select(".tag")[0].get_text() and "抱娃登册" in later.select("details")[0].get_text()
    assert "最常问的 1 句里，有 1 句的结果会变" in tried.text
    saved = tried.forms[1].submit("do", value="save", status=303)
    assert saved.location.endswith("/desk/search/rows")
    assert "已保存" in saved.follow() and public(desk, "抱娃登册")["hits"][0]["title"] == "出生登记"
    [entry] = entries(desk)
    assert (entry.by, entry.name, entry.source) == (desk.uid("site.a"), "示例site.a", "11 月查不到的话")
    assert "这段时间没有" in op.get("/desk/search")                  # it was asked again meanwhile, and found


def test_a_row_is_changed_and_taken_out_with_its_history(desk):
    desk.person("site.a").post("/desk/search/add", {**SYNONYM, "do": "save"}, status=303)
    [entry] = entries(desk)
    op, path = desk.person("site.b"), f"/desk/search/rows/{entry.id}"
    assert "抱娃登册 → 出生登记（0.9）" in op.get(address("/desk/search/rows", q="抱娃")) and "没有符合" in op.get("/desk/search/rows?table=question")
    form = op.get(path).forms[1]
    form["weight"], form["source"] = "0.7", "试过"
    tried = form.submit("do", value="try")
    assert "试的结果" in tried and tried.forms[1]["weight"].value == "0.7" and entries(desk)[0].version == 1
    tried.forms[1].submit("do", value="save", status=303)
    page = op.get(path)
    assert entries(desk)[0].row.values["weight"] == "0.7" and "示例site.a" in page and "示例site.b" in page and "试过" in page
    gone = op.post(path, {"do": "try-remove", "base": "2", "reason": "事项改名"})
    later = gone.html.select(".so-sample .cols-2 > div")[1]
    assert "没有合适的事项" in later.get_text() and "不再列出" in gone.html.select(".so-sample .cols-2 > div")[0].get_text() and gone.forms[2]["reason"].value == "事项改名" and entries(desk)
    assert "请写来源或理由" in op.post(path, {"do": "remove", "base": "2", "reason": ""}, status=422)
    op.post(path, {"do": "remove", "base": "2", "reason": "事项改名"}, status=303)
    assert entries(desk) == [] and public(desk, "抱娃登册")["total"] == 0
    history = op.get("/desk/search/history")
    assert [row.select("td")[1].get_text() for row in history.html.select("tbody tr")] == ["删", "改", "加"] and "照这条再加" in history
    assert "示例site.b" in op.get(path) and op.get(history.html.select("tbody tr a")[0].get("href")).forms[1]["said"].value == "抱娃登册"
    with desk.db.transaction() as connection:
        records = [(record["action"], record["actor"]) for record in connection.root()["site"].audit.newest(20) if record["action"].startswith("search.")]
    assert records == [("search.remove", desk.uid("site.b")), ("search.change", desk.uid("site.b")), ("search.add", desk.uid("site.a"))]


def test_two_operators_on_one_row_and_neither_text_is_lost(desk):
    first, second = desk.person("site.a"), desk.person("site.b")
    first.post("/desk/search/add", {**SYNONYM, "do": "save"}, status=303)
    path = f"/desk/search/rows/{entries(desk)[0].id}"
    mine, theirs = first.get(path).forms[1], second.get(path).forms[1]
    assert mine["base"].value == theirs["base"].value == "1"
    theirs["weight"], theirs["source"] = "0.5", "乙"
    theirs.submit("do", value="try").forms[1].submit("do", value="save", status=303)
    mine["weight"], mine["source"] = "0.6", "甲的话"
    page = mine.submit("do", value="try").forms[1].submit("do", value="save", status=422)
    assert "示例site.b" in page and "0.5" in page.html.select(".errs")[0].get_text() and page.forms[1]["weight"].value == "0.6" and page.forms[1]["source"].value == "甲的话"
    page.forms[1].submit("do", value="try").forms[1].submit("do", value="save", status=303)
    assert entries(desk)[0].row.values["weight"] == "0.6" and entries(desk)[0].version == 3
    second.post(path, {"do": "remove", "base": "3", "reason": "不要"}, status=303)
    late = first.post(path, {**SYNONYM, "do": "save", "base": "3"}, status=409)
    assert "刚被别人删去" in late and "示例site.b" in late


@pytest.mark.parametrize(("fields", "name", "words"), [({"said": ""}, "said", "请填写"), ({"weight": "九"}, "weight", "0 到 1"), ({"means": "抱娃登册"}, "means", "一样"), ({"said": "字" * 30}, "said", "最多 20"), ({"source": ""}, "source", "来源")])
def test_what_cannot_stand_is_said_at_its_field_and_nothing_typed_is_lost(desk, fields, name, words):
    typed = {**SYNONYM, "samples": "一句\n另一句", **fields}
    page = desk.person("site.a").post("/desk/search/add", {**typed, "do": "save"}, status=422)
    field = page.html.select(f"#{name}")[0]
    assert words in page.html.select(f"#{name}-e")[0].get_text() and field.get("aria-invalid") == "true" and f"{name}-e" in field.get("aria-describedby")
    assert page.html.select(f".errs a[href='#{name}']") and page.html.title.get_text().startswith("错误：")
    form = page.forms[1]
    assert all(form[key].value.replace("\r\n", "\n") == value for key, value in typed.items() if key in form.fields) and entries(desk) == []


def test_every_table_has_its_form_and_what_it_meets_is_named(desk):
    op = desk.person("site.a")
    page = op.get("/desk/search/add")
    assert len(page.html.select(".so-kinds a")) == 5
    until = (clock.now().date() + dt.timedelta(days=9)).isoformat()
    cells = {"elsewhere": {"words": "井盖 丢", "matter": "井盖缺失报修", "where": "拨12345说清位置。"}, "best_bet": {"query": "孩子落户口", "path": "http://localhost/items/one/one?x=1", "until": until},
             "question": {"word": "咋个弄哦"}, "word": {"word": "瞅瞅", "kind": "动作", "weight": "0.3"}}
    for table, values in cells.items():
        assert all(name in op.get(f"/desk/search/add?table={table}").forms[1].fields for name in values)
        assert "试的结果" in op.post("/desk/search/add", {"table": table, **values, "do": "try"}), table
        op.post("/desk/search/add", {"table": table, **values, "source": "来电", "do": "save"}, status=303)
    assert len(entries(desk)) == 4 and public(desk, "孩子落户口")["hits"][0]["url"].endswith("/items/one/one")
    assert "井盖缺失报修" in desk.stranger().app.get("/search", {"q": "井盖丢了"}) and "出生登记" in op.get("/desk/search/rows?table=best_bet")
    assert "盖过" in op.post("/desk/search/add", {"table": "synonym", "said": "驾照", "means": "机动车驾驶证", "weight": "0.11", "do": "try"})
    assert "停用" in op.get(address("/desk/search/rows", q="驾照")) and "机动车驾驶证" in op.get(address("/desk/search/rows", q="驾照"))
    op.post("/desk/search/add", {**SYNONYM, "both": "1", "do": "save"}, status=303)
    assert {entry.row.values["said"] for entry in entries(desk) if entry.row.kind == "synonym"} == {"抱娃登册", "出生登记"}


# -- who, and what is forged --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("user", ["edit.a", "rev.a", "law.a", "sign.a", "dir.a", "sec.a", "aud.a"])
def test_nobody_else_gets_in_or_writes(desk, user):
    somebody = desk.person(user)
    for path in PAGES:
        assert somebody.get(path, status=403)
    for path in ("/desk/search/add", "/desk/search/rows/x", "/desk/search/files"):
        somebody.post(path, {**SYNONYM, "do": "save"}, status=403)
    assert entries(desk) == []


def test_forged_tables_entries_and_actions(desk):
    op = desk.person("site.a")
    op.get("/desk/search/add?table=root", status=404)
    op.post("/desk/search/add", {**SYNONYM, "table": "__class__", "do": "save"}, status=404)
    op.get("/desk/search/rows/forged", status=404)
    op.post("/desk/search/rows/forged", {**SYNONYM, "do": "save", "base": "1"}, status=404)
    op.get("/desk/search/export?table=../../secret", status=404)
    op.post("/desk/search/files", {"table": "x", "do": "look"}, status=404)
    for path in ("/desk/search/add", "/desk/search/files"):
        assert "没有这个操作" in op.post(path, {**SYNONYM, "do": "drop"}, status=422)
    op.app.post("/desk/search/add", {**SYNONYM, "do": "save"}, status=403)                # without a token
    for path in ("/desk/search?days=-1&page=99", "/desk/search?days=x", "/desk/search/rows?table=zz&page=0&q=%00", "/desk/search/history?page=9999999999"):
        assert op.get(path).status_int == 200
    assert entries(desk) == []


HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "${7*7}", "javascript:alert(1)", "\x00\x1b[31m坏", "‮gnp.exe坏", "a\r\nSet-Cookie: x=1坏"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text_everywhere(desk, text):
    op = desk.person("site.a")
    fields = {"table": "elsewhere", "words": f"井盖 {text}"[:40], "matter": text, "where": f"请看 {text}", "source": f"来电 {text}", "samples": text, "do": "try"}
    page = op.post("/desk/search/add", fields)
    assert "<script>alert" not in page.text and "<img src=x" not in page.text and "49" not in page.forms[1]["matter"].value
    op.post("/desk/search/add", {**fields, "do": "save"}, status=303)
    [entry] = entries(desk)
    ask(desk, text)
    for path in (*PAGES[:-1], f"/desk/search/rows/{entry.id}", address("/desk/search/rows", q="井盖")):
        shown = op.get(path)
        assert "<script>alert" not in shown.text and "<img src=x" not in shown.text and "\x1b" not in shown.text and "Set-Cookie: x" not in str(shown.headers)
    assert not [link for link in op.get("/desk/search/rows").html.select("a") if (link.get("href") or "").startswith("javascript")]


# -- files --------------------------------------------------------------------------------------------------------------
def look(op, table, text, name="synonyms.csv", **more):
    raw = text if isinstance(text, bytes) else text.encode()
    form = op.get("/desk/search/files").forms[1]
    form["table"], form["file"], form["samples"] = table, Upload(name, raw, "text/csv"), more.pop("samples", "")
    return form.submit("do", value="look", **more)


def test_a_file_is_looked_at_tried_and_saved(desk):
    op = desk.person("site.a")
    page = look(op, "synonym", "said,means,weight,source\n抱娃登册,出生登记,0.9,\"来电,<b>\"\n娃儿登册,出生登记,0.8,来电\n".encode("gb18030"), samples="抱娃登册")
    assert "新加 2 行" in page and "试的结果" in page and "&lt;b&gt;" in page.text and entries(desk) == []
    saved = page.forms[2].submit("do", value="save", status=303).follow()
    assert "新加 2 条，改 0 条" in saved and len(entries(desk)) == 2 and public(desk, "娃儿登册")["total"]
    again = look(op, "synonym", "said,means,weight,source\n抱娃登册,出生登记,0.5,来电\n娃儿登册,出生登记,0.8,来电\n")
    assert "改 1 行" in again and "一样，不动 1 行" in again
    again.forms[2].submit("do", value="save", status=303)
    assert sorted((entry.row.values["weight"], entry.version) for entry in entries(desk)) == [("0.5", 2), ("0.8", 1)]


def test_a_file_with_a_wrong_line_saves_nothing(desk):
    op = desk.person("site.a")
    page = look(op, "synonym", "said,means,weight,source\n抱娃登册,出生登记,0.9,来电\n坏行,,0.9,来电\n", status=422)
    assert "第 3 行" in page and "有误 1 行" in page and len(page.forms) == 2                # no way to save it
    text = "said,means,weight,source\n抱娃登册,出生登记,0.9,来电\n坏行,,0.9,来电\n"
    assert "第 3 行" in op.post("/desk/search/files", {"table": "synonym", "text": text, "do": "save"}, status=422)
    assert entries(desk) == []


@pytest.mark.parametrize(("raw", "words"), [(b"", "请选一个文件"), (b"\xff\xfe\x00\x81\x30", "读不出文字"), (b"a,b\n1,2\n", "列名"), (b"said,means,weight\n", "没有一行"), (b"x" * 1_000_001, "最大 1 MB"),
                                            (("said,means,weight,source\n" + "甲,乙,1,x\n" * 2001).encode(), "最多 2000 行")])
def test_files_that_cannot_be_read_are_named(desk, raw, words):
    page = look(desk.person("site.a"), "synonym", raw, status=422)
    assert words in page.html.select(".errs")[0].get_text() and entries(desk) == []


def test_what_goes_out_comes_in_again(desk):
    op = desk.person("site.a")
    op.post("/desk/search/add", {**SYNONYM, "do": "save"}, status=303)
    op.post("/desk/search/add", {"table": "question", "word": "咋个弄哦", "source": "来电", "do": "save"}, status=303)
    archive = zipfile.ZipFile(io.BytesIO(op.get("/desk/search/export").body))
    assert sorted(archive.namelist()) == ["best-bets.csv", "elsewhere.csv", "question-words.txt", "synonyms.csv", "words.csv"]
    single = op.get("/desk/search/export?table=synonym")
    assert single.body == archive.read("synonyms.csv") and "attachment" in single.headers["Content-Disposition"] and single.headers["Cache-Control"] == "no-store"
    before = {entry.row.text for entry in entries(desk)}
    for entry in entries(desk):
        op.post(f"/desk/search/rows/{entry.id}", {"do": "remove", "base": "1", "reason": "腾空"}, status=303)
    for table, name in (("synonym", "synonyms.csv"), ("question", "question-words.txt")):
        look(op, table, archive.read(name), name).forms[2].submit("do", value="save", status=303)
    assert {entry.row.text for entry in entries(desk)} == before and "文件里的作者：示例site.a" in op.get("/desk/search/rows")


# -- without an index, without a log ------------------------------------------------------------------------------------
def test_while_search_is_being_rebuilt(desk):
    ask(desk, "抱娃登册")
    (desk.var / "search" / "current").unlink()
    op = desk.person("site.a")
    assert "检索正在重建" in op.get("/desk/search") or "这段时间没有" in op.get("/desk/search")
    assert "看不到影响" in op.post("/desk/search/add", {**SYNONYM, "do": "try"})
    op.post("/desk/search/add", {**SYNONYM, "do": "save"}, status=303)
    assert entries(desk)


def test_the_list_says_what_it_does_not_know(desk):
    ask(desk, "只有两人问", askers=2)
    op = desk.person("site.a")
    page = op.get("/desk/search")
    assert "只有两人问" not in page and "少于 3 位" in page
    ask(desk, "出生登记", askers=5, days=(0, 1))
    low = op.get("/desk/search/low").html.select("tbody tr")[0].get_text()
    assert "出生登记" in low and "0 / 10" in low
