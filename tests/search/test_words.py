"""Suggestions, pinyin, initials, and one wrong character, on the demo site."""
import pytest

from govportal.search.engine import Query


@pytest.mark.parametrize(("typed", "within"), [("身份", "身份证"), ("shenfenzheng", "身份证"), ("sfz", "身份证"), ("juzhuz", "居住证"), ("公积", "公积金"), ("營業執", "营业执照"), ("丢了", "丢"), ("gjj", "公积金")])
def test_while_typing(engine, columns, typed, within):
    found = [entry.text for entry in engine.suggest(typed, columns)]
    assert found and any(within in text for text in found), found
    assert len(found) == len(set(found)) <= 8


@pytest.mark.parametrize(("typed", "right"), [("身份正补办", "身份证"), ("居主证", "居住证"), ("公机金提取", "公积金"), ("港澳通行证鉴注", "签注"), ("营业执造", "营业执照"), ("shebaoka", "社保卡")])
def test_one_wrong_character_is_put_right_and_said(engine, columns, typed, right):
    answer = engine.search(Query(typed), columns)
    assert answer.corrected and right in answer.corrected, answer.corrected
    assert answer.total
    assert engine.search(Query(typed, verbatim=True), columns).corrected is None


def test_offices_and_questions_are_suggested_beside_services(engine, columns):
    assert {entry.kind for entry in engine.suggest("民政", columns)} >= {"organisation"}
    assert {entry.kind for entry in engine.suggest("居住证", columns)} >= {"item", "question"}


@pytest.mark.parametrize("typed", ["老年证", "专利申请", "救护车收费", "房产证加名字", "今天天气", "细路仔", "驾照到期咯", "身份证", "补办身份证", "老年人", "公积金", "结婚登记", "营业执照", "护照", "生育津贴", "低保", "驾驶证"])
def test_what_is_right_is_not_corrected(engine, columns, typed):
    assert engine.search(Query(typed), columns).corrected is None


@pytest.mark.parametrize("typed", ["", "。。。", "？", "  ", "\x00", "*" * 200, "(" * 300, "𠀀𠀀", "🙂🙂", "a" * 100_000, "身" * 100_000, "' OR 1=1 --", "<script>", "\ud800", "ﷺ" * 50])
def test_nothing_typed_breaks_it(engine, columns, typed):
    assert len(engine.suggest(typed, columns)) <= 8
    answer = engine.search(Query(typed), columns)
    assert answer.total >= 0
