"""The desk's rows over the search tables: who may, what may stand, history and audit, files out and in, and that a second engine takes them at once."""
import datetime as dt
import threading

import pytest
from ZODB.POSException import ConflictError

import govportal.evolution  # noqa: F401 - registers the steps
from govportal.base import clock, evolve
from govportal.base.audit import seal
from govportal.base.storage import META, open_database
from govportal.content.columns import ColumnStore
from govportal.content.publish import Refused
from govportal.content.site import open_site
from govportal.search import edits
from govportal.search.consumer import Keeper
from govportal.search.engine import Engine, Query
from govportal.search.overlay import ROOT_KEY, export, open_overlay
from govportal.search.rowfiles import read_file, with_files, write_file
from govportal.search.rows import KINDS, Row, with_rows
from govportal.search.tables import SynonymError, shipped_tables
from govportal.workflow.actors import SYSTEM


class Person:
    """A site manager, or somebody without that role."""

    def __init__(self, id_="u1", name="王芳", *roles):
        self.id, self.name, self.roles = id_, name, roles or ("site",)

    def holds(self, role, scope):
        return role in self.roles


MANAGER = Person()
UNTIL = (clock.now().date() + dt.timedelta(days=30)).isoformat()


def synonym(said="抱娃登册", means="出生登记", weight="0.9", off=False):
    return Row("synonym", {"said": said, "means": means, "weight": weight}, off)


ROWS = {"synonym": synonym(), "elsewhere": Row("elsewhere", {"words": "井盖 丢", "matter": "井盖缺失报修", "where": "拨12345说清位置。"}),
        "best_bet": Row("best_bet", {"query": "孩子落户口", "path": "/items/one/one", "until": UNTIL}), "question": Row("question", {"word": "咋个弄哦"}),
        "word": Row("word", {"word": "瞅瞅", "kind": "动作", "weight": "0.3"})}


def act(small, verb, *arguments, actor=MANAGER, now=None, **options):
    """A verb in a transaction of its own."""
    with small.db.transaction() as connection:
        desk = edits.Desk.of(open_overlay(connection), open_site(connection), shipped_tables(), actor, now)
        return verb(desk, *arguments, **options)


def look(small, read):
    with small.db.transaction() as connection:
        return read(open_overlay(connection))


def refused(small, verb, *arguments, **options):
    with pytest.raises(Refused) as caught:
        act(small, verb, *arguments, **options)
    return {reason.field: reason.message for reason in caught.value.reasons}


@pytest.fixture
def indexed(small):
    Keeper(small.db, small.var / "search").rebuild_here()
    return small


# -- what acts ----------------------------------------------------------------------------------------------------------
def test_a_saved_row_reaches_every_engine_at_its_next_query(indexed):
    """Two engines over the same database, as in two processes; the page of the portal is one of them."""
    app, second = indexed.app(), Engine(indexed.var / "search")

    def ask(text):
        with indexed.db.transaction() as connection:
            second.take(open_overlay(connection))
            return second.search(Query(text, today=clock.now().strftime("%Y%m%d")), ColumnStore().get(open_site(connection)))
    assert app.get("/api/v1/search", {"q": "抱娃登册"}).json["total"] == 0 == ask("抱娃登册").total
    [id_] = act(indexed, edits.add, [synonym()], "来电")
    assert app.get("/api/v1/search", {"q": "抱娃登册"}).json["hits"][0]["title"] == "出生登记" and ask("抱娃登册").total
    act(indexed, edits.change, id_, synonym(weight="0.8"), "轻一点", base=1)
    assert any("轻一点" in line and "0.8" in line for line in (ask("抱娃登册"), second.explain("抱娃登册"))[1])
    act(indexed, edits.remove, id_, "不对", base=2)
    assert app.get("/api/v1/search", {"q": "抱娃登册"}).json["total"] == 0 == ask("抱娃登册").total


def test_every_kind_acts(indexed):
    app = indexed.app()
    act(indexed, edits.add, list(ROWS.values()), "来电")
    best = app.get("/api/v1/search", {"q": "孩子落户口"}).json["hits"][0]
    assert best["url"].endswith("/items/one/one")
    assert "井盖缺失报修" in app.get("/search", {"q": "井盖丢了"}).text
    plan = app.app.registry.search.planner.plan("咋个弄哦抱娃登册瞅瞅")
    assert "咋个弄哦" in plan.dropped and app.app.registry.search.planner.tables.words["瞅瞅"] == ("动作", 0.3)


def test_a_row_that_ships_can_be_switched_off_and_comes_back(indexed):
    said, rows = next((said, rows) for said, rows in shipped_tables().synonyms.items() if len(rows) == 1)
    engine = Engine(indexed.var / "search")
    [id_] = act(indexed, edits.add, [synonym(said, rows[0].means, "1", off=True)], "认错了")
    look(indexed, engine.take)
    assert said not in engine.planner.tables.synonyms and said in shipped_tables().synonyms
    act(indexed, edits.remove, id_, "还是要用", base=1)
    look(indexed, engine.take)
    assert engine.planner.tables.synonyms[said] == rows


def test_shipped_then_files_then_desk(indexed):
    folder = indexed.var / "overrides" / "search"
    folder.mkdir(parents=True)
    (folder / "synonyms.csv").write_text("said,means,weight,source,note\n抱娃登册,出生登记,0.5,运维,\n抱娃,生育,0.4,运维,\n", encoding="utf-8")
    (folder / "question-words.txt").write_text("咋整哦\n", encoding="utf-8")
    (folder / "words.csv").write_text("word,kind,weight\n坏行,动作,九\n", encoding="utf-8")        # broken: named in the log, left out
    (folder / "best-bets.csv").write_text("query,path,reason,until\n身份证,/items/one/one,常问,\n", encoding="utf-8")
    engine = Engine(indexed.var / "search")
    tables = engine.planner.tables
    assert tables.synonyms["抱娃登册"][0].weight == 0.5 and "咋整哦" in tables.question_words and "坏行" not in tables.words and tables.best_bets["身份证"]
    with indexed.db.transaction() as connection:
        desk = edits.Desk.of(open_overlay(connection), open_site(connection), engine.beneath(), MANAGER)
        assert any("盖过" in line and "0.5" in line for line in edits.conflicts(desk.under, desk.overlay, synonym()))
        edits.add(desk, [synonym()], "来电")
    look(indexed, engine.take)
    rows = engine.planner.tables.synonyms["抱娃登册"]
    assert [(row.weight, row.source) for row in rows] == [(0.9, "来电（王芳）")] and engine.planner.tables.synonyms["抱娃"]


def test_an_older_view_of_the_database_takes_nothing_back(indexed):
    engine = Engine(indexed.var / "search")
    act(indexed, edits.add, [synonym()], "来电")
    with indexed.db.transaction() as older:
        overlay = open_overlay(older)
        assert overlay.number() == 1
        act(indexed, edits.add, [ROWS["question"]], "来电")
        look(indexed, engine.take)
        engine.take(overlay)                                   # a request that began before the second change
    assert "咋个弄哦" in engine.planner.tables.question_words


# -- who and why --------------------------------------------------------------------------------------------------------
def test_author_history_and_audit_of_each_change(small):
    monday, friday = (dt.datetime(2026, 11, day, 9, tzinfo=clock.SHANGHAI) for day in (23, 27))
    [id_] = act(small, edits.add, [synonym()], "11 月查不到", now=monday)
    act(small, edits.change, id_, synonym(weight="0.7"), "试过，0.7 够", base=1, actor=Person("u2", "李明"), now=friday)
    entry = look(small, lambda overlay: overlay.get(id_))
    assert (entry.by, entry.name, entry.at[:10], entry.source, entry.version) == ("u2", "李明", "2026-11-27", "试过，0.7 够", 2)
    assert entry.first[:2] == ("u1", "王芳") and entry.row.values["weight"] == "0.7"
    act(small, edits.remove, id_, "事项改名了", base=2, now=friday + dt.timedelta(hours=1))
    past = look(small, lambda overlay: overlay.history(id_))
    assert [(one.what, one.name, one.source) for one in past] == [("remove", "王芳", "事项改名了"), ("change", "李明", "试过，0.7 够"), ("add", "王芳", "11 月查不到")]
    assert past[2].row == synonym() and look(small, lambda overlay: (overlay.entries(), overlay.number())) == ([], 3)
    with small.db.transaction() as connection:
        records = {record["action"]: record for record in open_site(connection).audit.newest(20) if record["action"].startswith("search.")}
    assert set(records) == {"search.add", "search.change", "search.remove"} and records["search.change"]["actor"] == "u2" and records["search.change"]["target"].endswith(id_)
    assert records["search.add"]["after"] == records["search.change"]["before"] != records["search.change"]["after"] == records["search.remove"]["before"]


@pytest.mark.parametrize("role", ["editor", "reviewer", "security", "auditor"])
def test_only_the_site_role_may(small, role):
    somebody = Person("u9", "别人", role)
    assert "站点管理" in refused(small, edits.add, [synonym()], "来电", actor=somebody)[""]
    [id_] = act(small, edits.add, [synonym()], "来电")
    assert "站点管理" in refused(small, edits.change, id_, synonym(weight="1"), "来电", base=1, actor=somebody)[""]
    assert "站点管理" in refused(small, edits.remove, id_, "来电", base=1, actor=somebody)[""]
    assert "站点管理" in refused(small, edits.take_in, [], actor=somebody)[""]
    assert look(small, lambda overlay: overlay.number()) == 1


WRONG = [(synonym(said=""), "said", "请填写"), (synonym(said="。。。"), "said", "汉字"), (synonym(said="出生登记"), "means", "一样"), (synonym(weight="0"), "weight", "0 到 1"),
         (synonym(weight="nan"), "weight", "0 到 1"), (synonym(weight="1.5"), "weight", "0 到 1"), (synonym(weight="九"), "weight", "0 到 1"), (synonym(said="字" * 21), "said", "最多 20"),
         (synonym(said="=HYPERLINK(1)"), "said", "不能以"), (Row("question", {"word": "咋"}), "word", "两个字"), (Row("word", {"word": "瞅", "kind": "root", "weight": "1"}), "kind", "请选"),
         (Row("elsewhere", {"words": "坏", "matter": "报修", "where": "拨12345。"}), "words", "一个字"), (Row("elsewhere", {"words": "井盖", "matter": "", "where": ""}), "where", "请填写"),
         (Row("best_bet", {"query": "证", "path": "/items/none", "until": UNTIL}), "path", "没有公开的事项"), (Row("best_bet", {"query": "证", "path": "/shared/places/hall", "until": UNTIL}), "path", "/items/"),
         (Row("best_bet", {"query": "证", "path": "/items/../shared/places/hall", "until": UNTIL}), "path", "没有公开的事项"),
         (Row("best_bet", {"query": "证", "path": "/items/one/one", "until": "2020-01-01"}), "until", "最长一年"), (Row("best_bet", {"query": "证", "path": "/items/one/one", "until": "2999-01-01"}), "until", "最长一年"),
         (Row("best_bet", {"query": "证", "path": "/items/one/one", "until": "明天"}), "until", "日期"), (Row("root", {"word": "x"}), "kind", "没有这种词表"),
         (synonym("没有的话", "没有的词", "1", off=True), "said", "没有可停用的")]


@pytest.mark.parametrize(("row", "field", "words"), WRONG)
def test_what_cannot_stand_is_refused_at_its_field(small, row, field, words):
    assert words in refused(small, edits.add, [row], "来电")[field]
    assert look(small, lambda overlay: overlay.number()) == 0


def test_a_source_is_asked_for(small):
    assert "来源" in refused(small, edits.add, [synonym()], "  \u200b ")["source"]
    assert "最多" in refused(small, edits.add, [synonym()], "长" * 201)["source"]
    assert "不能以" in refused(small, edits.add, [synonym()], "=1+1")["source"]


def test_twice_the_same_is_refused_with_the_name_of_who_was_first(small):
    act(small, edits.add, [synonym()], "来电")
    assert "王芳" in refused(small, edits.add, [synonym("抱娃 登册", "出生登记", "0.2")], "来电", actor=Person("u2", "李明"))["said"]
    assert "两次" in refused(small, edits.add, [ROWS["question"], ROWS["question"]], "来电")["word"]
    said, rows = next(iter(shipped_tables().synonyms.items()))
    assert "一模一样" in refused(small, edits.add, [synonym(said, rows[0].means, f"{rows[0].weight:g}")], "来电")["said"]
    assert look(small, lambda overlay: len(overlay.entries())) == 1


def test_a_stale_change_loses_nothing_and_names_the_other(small):
    [id_] = act(small, edits.add, [synonym()], "来电")
    act(small, edits.change, id_, synonym(weight="0.7"), "甲", base=1, actor=Person("u2", "李明"))
    message = refused(small, edits.change, id_, synonym(weight="0.5"), "乙", base=1)[""]
    assert "李明" in message and "0.7" in message and "还在下面" in message
    assert "李明" in refused(small, edits.remove, id_, "乙", base=1)[""]
    assert "没有了" in refused(small, edits.change, "forged", synonym(), "乙", base=1)[""]
    assert "另一种词表" in refused(small, edits.change, id_, ROWS["question"], "乙", base=2)["kind"]
    assert look(small, lambda overlay: overlay.get(id_)).row.values["weight"] == "0.7"


def test_two_people_at_once_meet_only_on_the_same_row(small):
    """Different rows: both are kept without a conflict; the same row: one conflicts, and its second try names the other."""
    def rivals(first, second):
        barrier, failed = threading.Barrier(2), []

        def one(row, actor):
            try:
                with small.db.transaction() as connection:
                    edits.add(edits.Desk.of(open_overlay(connection), open_site(connection), shipped_tables(), actor), [row], "来电")
                    barrier.wait(10)
            except ConflictError as exc:
                failed.append(exc)
        threads = [threading.Thread(target=one, args=pair) for pair in ((first, MANAGER), (second, Person("u2", "李明")))]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        return failed
    act(small, edits.add, [ROWS["word"]], "来电")
    with small.db.transaction() as connection:                 # open records of the audit could conflict too; sealed ones cannot
        assert seal(open_site(connection).audit)
    assert not rivals(synonym(), ROWS["question"]) and look(small, lambda overlay: overlay.number()) == 3
    assert len(rivals(synonym("抱仔登册"), synonym("抱仔登册"))) == 1
    assert look(small, lambda overlay: overlay.number()) == 4


HOSTILE = ["<script>alert(1)</script>", "'; DROP TABLE x; --", "\x00\x1b[31m", "‮gnp.exe", "${7*7}", "a\r\nSet-Cookie: x", "\ud800坏", "😀😀", "\"quoted\",cell"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_or_only_text(indexed, text):
    app = indexed.app()
    try:
        act(indexed, edits.add, [Row("elsewhere", {"words": f"井盖 {text}", "matter": text, "where": f"拨12345。{text}"}), synonym(said=f"怪{text}"[:20])], f"来电 {text}")
    except Refused as exc:
        assert all(reason.field and reason.message for reason in exc.reasons)
        return
    page = app.get("/search", {"q": f"井盖 {text}".encode("utf-8", "replace").decode()})
    assert page.status_int == 200 and "<script>alert" not in page.text
    for kind in ("elsewhere", "synonym"):
        written = write_file(KINDS[kind], look(indexed, lambda overlay, kind=kind: export(overlay, kind)))
        assert len(read_file(KINDS[kind], written)) == 1 and not [char for char in written if not char.isprintable() and char != "\n"]


# -- files --------------------------------------------------------------------------------------------------------------
def test_out_and_in_again(small, tmp_path):
    act(small, edits.add, list(ROWS.values()), '来电，"引号"，逗号')
    said, rows = next((said, rows) for said, rows in shipped_tables().synonyms.items() if len(rows) == 1)
    act(small, edits.add, [synonym(said, rows[0].means, "1", off=True)], "认错了")
    before = {(entry.row.kind, entry.row.key): (entry.row, entry.source) for entry in look(small, lambda overlay: overlay.entries())}
    files = {name: write_file(kind, look(small, lambda overlay, name=name: export(overlay, name))) for name, kind in KINDS.items()}
    for entry in look(small, lambda overlay: overlay.entries()):
        act(small, edits.remove, entry.id, "腾空", base=entry.version)
    for name, text in files.items():
        found = act(small, edits.arrivals, read_file(KINDS[name], text))
        assert {arrival.what for arrival in found} == {"new"}
        act(small, edits.take_in, found, actor=Person("u2", "李明"))
        assert {arrival.what for arrival in act(small, edits.arrivals, read_file(KINDS[name], text))} == {"same"}
    after = look(small, lambda overlay: overlay.entries())
    assert {(entry.row.kind, entry.row.key): (entry.row, entry.source) for entry in after} == before
    assert all(entry.name == "李明" and entry.origin.startswith("王芳 u1") for entry in after)              # who brought it in, and what the file said
    folder = tmp_path / "files"                                                                          # and as operator's files elsewhere
    folder.mkdir()
    for name, text in files.items():
        (folder / KINDS[name].file).write_text(text, encoding="utf-8")
    other = with_files(shipped_tables(), folder)
    own = with_rows(shipped_tables(), [(entry.row, "") for entry in after])
    assert set(other.synonyms) == set(own.synonyms) and said not in other.synonyms and other.question_words == own.question_words and other.words == own.words
    assert {row.matter for row in other.elsewhere} == {row.matter for row in own.elsewhere} and other.best_bets.keys() == own.best_bets.keys()


def test_shipped_files_can_be_read_as_they_are():
    from govportal.shipped import shipped
    for kind in KINDS.values():
        lines = read_file(kind, (shipped("search") / kind.file).read_text(encoding="utf-8"))
        assert all(line.row.kind == kind.name for line in lines) and (len(lines) > 50 or kind.name == "best_bet")


def test_a_file_is_all_or_nothing_and_each_fault_has_its_line(small):
    text = "said,means,weight,source\n抱娃登册,出生登记,0.9,来电\n坏行,,0.9,来电\n抱娃登册,出生登记,0.5,来电\n分量,出生登记,九,来电\n"
    found = act(small, edits.arrivals, read_file(KINDS["synonym"], text))
    assert [(arrival.line.number, arrival.what) for arrival in found] == [(2, "new"), (3, "fault"), (4, "fault"), (5, "fault")]
    assert "第 2 行" in found[2].message and "请填写" in found[1].message
    assert refused(small, edits.take_in, found)["file"].startswith("第 ")
    assert look(small, lambda overlay: overlay.number()) == 0


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "said,means\n甲,乙\n", 'said,means,weight\n"没有收尾,乙,1\n'])
def test_a_file_without_its_columns_is_named(text):
    with pytest.raises(SynonymError, match="synonyms.csv"):
        read_file(KINDS["synonym"], text)


# -- an older database --------------------------------------------------------------------------------------------------
def test_an_older_database_gets_the_root_and_serves_before(small):
    with small.db.transaction() as connection:
        del connection.root()[ROOT_KEY]
        connection.root()[META] = {**connection.root()[META], "generation": 1}
    Keeper(small.db, small.var / "search").rebuild_here()
    assert small.app().get("/api/v1/search", {"q": "出生登记"}).json["total"] == 1
    assert evolve.pending(small.db)
    evolve.run(small.db)
    assert look(small, lambda overlay: overlay.number()) == 0
    act(small, edits.add, [synonym()], "来电", actor=SYSTEM)
    small.db.close()
    small.db = open_database(str(small.var / "data.fs"))
    assert look(small, lambda overlay: [entry.name for entry in overlay.entries()]) == ["系统"]
