"""A change is tried before it is saved: the running engine stays as it is, sums of the judged sets are right, the check set shows sums only; and the
lists of what was not found or not opened, with ways on."""
import datetime as dt
import time

import pytest

from govportal.base import clock
from govportal.search import evaluate, findings
from govportal.search.engine import Query
from govportal.search.findings import looked_into, low_clicks, trend, zero
from govportal.search.overlay import Overlay
from govportal.search.querylog import QueryLog
from govportal.search.ranking import Filters
from govportal.search.rows import Row, with_rows
from govportal.search.trial import Proposal, try_out

TODAY = dt.date(2026, 11, 24)


def synonym(said, means, weight="0.9", off=False):
    return Row("synonym", {"said": said, "means": means, "weight": weight}, off)


def proposal(*rows):
    return Proposal(tuple((row, "试") for row in rows))


HARM = proposal(*(Row("question", {"word": word}) for word in ("许可", "登记", "备案", "补贴", "身份证", "公积金", "社保", "医保", "退休")))


def test_the_running_engine_stays_as_it_is(engine, columns):
    texts = ["抱娃登册", "身份证", "路灯坏了"]
    before = [engine.search(Query(text), columns) for text in texts]
    seen = engine._tables, engine._desk, engine._lexicon, engine.generation(), list(engine._answers), engine.weights
    trial = try_out(engine, columns, Overlay(), proposal(synonym("抱娃登册", "出生登记")), samples=texts)
    assert not trial.samples[0].same
    assert (engine._tables, engine._desk, engine._lexicon, engine.generation(), list(engine._answers), engine.weights) == seen
    assert [engine.search(Query(text), columns) for text in texts] == before
    assert "抱娃登册" not in engine.planner.tables.synonyms


def test_sums_of_the_judged_sets_are_those_of_the_measure(engine, columns):
    trial = try_out(engine, columns, Overlay(), HARM)
    judge = evaluate.Judge(engine, columns)
    other = judge.changed(tables=with_rows(engine.beneath(), HARM.rows))
    for one in trial.sets:
        assert vars(one.before) == vars(judge.table(one.name)[0]) and vars(one.after) == vars(other.table(one.name)[0]) and one.known == 1
    look = next(one for one in trial.sets if one.name == "look")
    each = {judged.query: ndcg for judged, _, ndcg in judge.table("look")[1]}
    assert look.moved and all(row.before == each[row.query] != row.after for row in look.moved)
    assert look.after.ndcg - look.before.ndcg == pytest.approx(sum(row.after - row.before for row in look.moved) / look.before.queries)
    assert look.after.ndcg < look.before.ndcg and any(row.first_before for row in look.moved)


def test_the_check_set_is_shown_in_sums_only(engine, columns):
    trial = try_out(engine, columns, Overlay(), HARM)
    check = next(one for one in trial.sets if one.name == "check")
    assert check.before != check.after and check.moved == ()
    queries = {one.query for one in evaluate.read_items("check")} - {one.query for name in evaluate.OPEN for one in (evaluate.read_items(name) if name == "look" else evaluate.read_documents(name))}
    shown = repr(trial)
    assert queries and not [query for query in queries if f"'{query}'" in shown]


def test_a_row_that_touches_nothing_moves_nothing(engine, columns):
    trial = try_out(engine, columns, Overlay(), proposal(synonym("抱娃登册", "出生登记")), samples=["身份证"])
    assert all(one.before == one.after and not one.moved for one in trial.sets) and not trial.nothing and trial.samples[0].same


def test_before_and_after_are_marked(engine, columns):
    [sample] = try_out(engine, columns, Overlay(), proposal(synonym("抱娃登册", "出生登记")), samples=["抱娃登册", "抱娃登册", " "], judged=False).samples
    assert sample.after.places[0].title == "出生登记" and sample.after.places[0].mark == "new"
    assert any("出生登记" in line for line in sample.after.plan) and not any("出生登记" in line for line in sample.before.plan)
    first, second = engine.search(Query("身份证", Filters(kind="item")), columns).hits[:2]
    path = columns.item(second.uid).path
    bet = Row("best_bet", {"query": "身份证", "path": path, "until": "2027-01-01"})
    [sample] = try_out(engine, columns, Overlay(), proposal(bet), samples=["身份证"], today=TODAY, judged=False).samples
    assert [(place.mark, place.by) for place in sample.after.places[:3]] == [("up", 1), ("down", 1), ("same", 0)] and sample.after.places[0].path == path
    [sample] = try_out(engine, columns, Overlay(), proposal(bet), samples=["身份证"], today=dt.date(2027, 1, 2), judged=False).samples
    assert sample.same                                        # its time is over
    [sample] = try_out(engine, columns, Overlay(), proposal(synonym("身份证", "居民身份证", "0.9", off=True)), samples=["身份证"], judged=False).samples
    assert not sample.same or sample.before.plan != sample.after.plan


def test_what_is_no_item_is_said_so(engine, columns):
    row = Row("elsewhere", {"words": "火星 签证", "matter": "去火星", "where": "本站办不了。"})
    [sample] = try_out(engine, columns, Overlay(), proposal(row), samples=["火星签证"], judged=False).samples
    assert "去火星" in sample.after.honest and "本站办不了" in sample.after.honest and "去火星" not in sample.before.honest


def test_it_answers_in_a_few_seconds(engine, columns, tmp_path):
    log = asked(tmp_path, {f"第{number}句": (3, 0) for number in range(60)} | {"身份证": (5, 9)})
    began = time.process_time()
    trial = try_out(engine, columns, Overlay(), proposal(synonym("抱娃登册", "出生登记")), samples=["抱娃登册"], log=log, today=TODAY)
    assert trial.looked == 50 and time.process_time() - began < 6, trial.seconds


def asked(folder, queries, days=(0,), open_=()):
    """A log: {query: (askers a day, hits)}."""
    log = QueryLog(folder / "log", 90)
    for back in days:
        now = dt.datetime(2026, 11, 24, 9, tzinfo=clock.SHANGHAI) - dt.timedelta(days=back)
        for text, (askers, hits) in queries.items():
            for number in range(askers):
                log.searched(text, hits, not hits, f"10.0.0.{number}", now=now)
                for uid in open_:
                    log.clicked(text, uid, 1, f"10.0.0.{number}", now=now)
    return log


def test_frequent_queries_that_change_are_named(engine, columns, tmp_path):
    log = asked(tmp_path, {"抱娃登册": (4, 0), "身份证": (9, 400), "只有两人问": (2, 0), "电话13800138000 抱娃登册": (5, 0)})
    trial = try_out(engine, columns, Overlay(), proposal(synonym("抱娃登册", "出生登记"), synonym("只有两人问", "出生登记")), log=log, today=TODAY, judged=False)
    assert [(one.query, one.askers) for one in trial.logged] == [("抱娃登册", 4)] and trial.looked == 2


# -- the lists ----------------------------------------------------------------------------------------------------------
def test_what_found_nothing_the_last_time_and_what_nobody_opened(tmp_path, engine, columns):
    log = asked(tmp_path, {"㐀㐁": (4, 0), "两人问": (2, 0), "后来有了": (3, 0), "没人点": (5, 7)}, days=(0, 3))
    later = dt.datetime(2026, 11, 24, 20, tzinfo=clock.SHANGHAI)
    log.searched("后来有了", 4, False, "10.0.0.1", now=later)
    uid = engine.search(Query("身份证"), columns).hits[0].uid
    for number in range(5):
        log.searched("身份证", 9, False, f"10.0.0.{number}", now=later)
        log.clicked("身份证", uid, 1, f"10.0.0.{number}", now=later)
    assert [row.text for row in zero(log, TODAY)] == ["㐀㐁"]
    assert [row.text for row in low_clicks(log, TODAY)] == ["没人点", "后来有了"]
    row = zero(log, TODAY)[0]
    assert (row.askers, row.visits, row.times, row.by_day) == (4, 8, 8, {"2026-11-21": 4, "2026-11-24": 4})
    [found] = looked_into([row], log, engine, columns, TODAY, 7)
    assert [times for _, times in found.days] == [0, 0, 0, 4, 0, 0, 4] and found.now == 0


@pytest.mark.parametrize(("course", "words"), [([0, 0, 0, 0, 3, 1, 0], "刚出现"), ([2, 2, 2, 2, 2, 2, 2], "差不多"), ([1, 1, 1, 0, 4, 4, 4], "在增多"), ([9, 9, 9, 0, 1, 1, 1], "在减少"), ([3], ""), ([0, 0], "")])
def test_the_trend_in_words(course, words):
    assert trend(course) == words


def test_ways_come_from_the_log_from_sound_and_from_characters(tmp_path, engine, columns):
    item = next(row for row in columns.items if row.name == "出生登记" and row.state == "完整")
    log = QueryLog(tmp_path / "log", 90)
    now = dt.datetime(2026, 11, 24, 9, tzinfo=clock.SHANGHAI)
    for number in range(3):
        for text, hits in (("抱娃登册", 0), ("居主证", 0), ("出生登记", 5)):
            log.searched(text, hits, not hits, f"10.0.0.{number}", now=now)
        log.clicked("出生登记", item.uid, 1, f"10.0.0.{number}", now=now)
        log.searched("抱娃登册", 0, True, f"10.0.1.{number}", now=now)
        log.searched("出生登记", 5, False, f"10.0.1.{number}", now=now)
        log.clicked("出生登记", item.uid, 1, f"10.0.1.{number}", now=now)
    found = {one.asked.text: one for one in looked_into(zero(log, TODAY), log, engine, columns, TODAY, 7)}
    ways = found["抱娃登册"].ways
    assert ways[0].kind == "synonym" and ways[0].values["means"] == "出生登记" and "3 人当天改问“出生登记”" in ways[0].why and "打开了“出生登记”" in ways[0].why
    assert any(way.kind == "best_bet" and way.values["path"] == item.path for way in ways) and any(way.kind == "elsewhere" for way in ways)
    assert any("读音" in way.why and "居住证" in way.values["means"] for way in found["居主证"].ways)


def test_what_few_did_alike_is_not_told(tmp_path, engine, columns):
    """Two askers went on in the same way, and three on three different days who may be one person."""
    log, item = QueryLog(tmp_path / "log", 90), columns.items[0]
    for back, askers in ((0, 2), (1, 1), (2, 1)):
        now = dt.datetime(2026, 11, 24, 9, tzinfo=clock.SHANGHAI) - dt.timedelta(days=back)
        for number in range(askers):
            log.searched("抱娃登册", 0, True, f"10.0.0.{number}", now=now)
            log.searched("出生登记", 5, False, f"10.0.0.{number}", now=now)
            log.clicked("出生登记", item.uid, 1, f"10.0.0.{number}", now=now)
    assert log.asked_again(TODAY) == {} and log.asked_again(TODAY, least=2) and zero(log, TODAY) == []


def test_somebody_who_opened_the_first_answer_did_not_ask_again(tmp_path):
    log = QueryLog(tmp_path / "log", 90)
    now = dt.datetime(2026, 11, 24, 9, tzinfo=clock.SHANGHAI)
    for number in range(4):
        for text, uid in (("公积金", "a"), ("公积金提取", "b")):
            log.searched(text, 5, False, f"10.0.0.{number}", now=now)
            log.clicked(text, uid, 1, f"10.0.0.{number}", now=now)
    assert log.asked_again(TODAY) == {}


def test_masked_queries_have_no_ways(tmp_path, engine, columns):
    log = asked(tmp_path, {"13800138000 抱娃登册": (3, 0)})
    [found] = looked_into(zero(log, TODAY), log, engine, columns, TODAY, 7)
    assert "〔数字〕" in found.asked.text and found.ways == ()


def test_cells_of_ways_fit_their_columns(tmp_path, engine, columns):
    log = asked(tmp_path, {"居主证" * 20: (3, 0), "低保" + "啊" * 40: (3, 0), "公积金提取怎么弄": (4, 9)})
    for one in looked_into([*zero(log, TODAY), *low_clicks(log, TODAY)], log, engine, columns, TODAY, 7):
        assert all(findings._fits(way.kind, **{name: value for name, value in way.values.items() if name != "weight"}) for way in one.ways), one.ways
