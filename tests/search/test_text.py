"""How text is compared: width, case, traditional characters, document numbers, codes, question words, places."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govportal.search.analysis import Analyzer, analyzer
from govportal.search.plan import Planner
from govportal.search.tables import SynonymError, Tables, read_best_bets, read_kinds, read_synonyms, shipped_tables
from govportal.search.text import bigrams, codes, normalise, squeeze


@pytest.mark.parametrize(("typed", "same"), [("營業執照", "营业执照"), ("ＡＢＣ　１２３", "abc 123"), ("補辦身份證", "补办身份证"), ("医保 ", "医保"), ("居住證到期", "居住证到期"),
                                              ("KTV", "ktv"), ("㈱", "(株)"), ("戶口遷移", "户口迁移"), ("臺灣通行證", "台湾通行证")])
def test_one_spelling(typed, same):
    assert normalise(typed) == normalise(same)


@pytest.mark.parametrize("typed", ["国办函〔2016〕108号", "国办函[2016]108号", "国办函（2016）108号", "国办函【2016】108 号", "国办函2016年第108号", "国办函 ﹝2016﹞ 108号", "国办函《2016》108号"])
def test_document_numbers_typed_with_any_brackets(typed):
    assert "2016#108" in codes(normalise(typed))


@pytest.mark.parametrize(("typed", "term"), [("11440000006939756B2440101007000", "11440000006939756b2440101007000"), ("0755-12345678", "075512345678"), ("12345", "12345")])
def test_codes_and_phones(typed, term):
    assert term in codes(normalise(typed))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_normalised_and_planned(text):
    assert normalise(normalise(text)) == normalise(text)
    assert squeeze(squeeze(text)) == squeeze(text)
    plan = planner().plan(text)
    assert len(plan.groups) <= 10 and len(bigrams(plan.text)) <= 200


def planner() -> Planner:
    return Planner(shipped_tables(), analyzer())


@pytest.mark.parametrize(("typed", "left"), [("请问身份证丢了怎么补办", "身份证丢了补办"), ("办理居住证需要什么材料", "居住证"), ("公积金多久能办好", "公积金"), ("怎么办", "怎么办"), ("结婚登记要带什么", "结婚登记")])
def test_question_words_and_politeness_are_dropped_unless_nothing_else_is_said(typed, left):
    text = planner().plan(typed).text
    assert left in text or text in left


@pytest.mark.parametrize(("typed", "region"), [("天河区 身份证", "440106"), ("广州市公积金", "440100"), ("广安区社保卡", "511602")])
def test_a_place_is_heard_as_a_place(typed, region):
    plan = planner().plan(typed)
    assert region in plan.regions and "区" not in plan.text


@pytest.mark.parametrize("typed", ["广州市民卡", "深圳市民中心", "中山装", "朝阳区", "北京烤鸭店"])
def test_a_place_never_cuts_a_word(typed):
    plan = planner().plan(typed)
    assert "民卡" not in [group.said for group in plan.groups] and (not plan.regions or all(len(group.said) > 1 for group in plan.groups)), plan


def test_words_have_kinds_and_things_count_most():
    groups = {group.said: group for group in planner().plan("学生补办社保卡").groups}
    assert groups["学生"].kind == "人群" and groups["补办"].kind == "动作" and groups["社保卡"].weight == 1
    assert {"补领", "补发"} <= {other.text for other in groups["补办"].alternatives}


def test_the_tables_say_where_a_row_is_wrong(tmp_path):
    path = tmp_path / "synonyms.csv"
    path.write_text("said,means,weight,source,note\n驾照,机动车驾驶证,1,编写,\n老人卡,老年优待证,二,编写,\n", encoding="utf-8")
    with pytest.raises(SynonymError, match="synonyms.csv 第 3 行"):
        read_synonyms(path)
    path.write_text("word,kind,weight\n办,泛词,很小\n", encoding="utf-8")
    with pytest.raises(SynonymError, match="第 2 行"):
        read_kinds(path)
    path.write_text("query,path,reason,until\n身份证,/x,r,\n", encoding="utf-8")
    with pytest.raises(SynonymError, match="第 2 行"):
        read_best_bets(path)


def test_synonyms_are_directed():
    tables = Tables.of(read_synonyms_from([("驾照", "机动车驾驶证")]), (), {})
    plan = Planner(tables, analyzer())
    assert [other.text for other in plan.plan("驾照").groups[0].alternatives] == ["驾照", "机动车驾驶证"]
    assert all(other.text != "驾照" for group in plan.plan("机动车驾驶证").groups for other in group.alternatives)


def read_synonyms_from(pairs):
    from govportal.search.tables import Synonym
    return [Synonym(said, means, 1.0, "测试") for said, means in pairs]


def test_the_stamp_moves_with_the_dictionary(tmp_path):
    other = tmp_path / "words"
    other.write_text("网约车\n", encoding="utf-8")
    made = Analyzer(other)
    assert made.stamp != analyzer().stamp and "网约车" in made.words("网约车驾驶员证")


def test_jieba_is_never_used_by_its_module_global():
    import jieba
    assert not jieba.dt.initialized
    analyzer().words("身份证")
    assert not jieba.dt.initialized


def test_rjieba_gives_the_same_words_where_it_is_used(columns):
    pytest.importorskip("rjieba")
    fast = Analyzer(fast=True)
    names = [name for row in columns.items[:1200] for name in (row.name, *row.plain_names[:2])]
    different = [name for name in names if fast.words(name) != analyzer().words(name)]
    assert not different, different[:5]
