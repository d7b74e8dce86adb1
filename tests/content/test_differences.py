"""Field by field: what differs between two sets of values, and what was counted less."""
from govportal.content import publish
from govportal.content.differences import ADDED, CHANGED, MOVED, REMOVED, counts, differences
from tests.conftest import ITEM


def item(**changes):
    return publish.clean("ImplementationItem", {**ITEM, **changes})


def told(before, after, kind="ImplementationItem"):
    return [(row.title, row.before, row.after, row.kind) for row in differences(kind, before, after)]


def test_nothing_differs_from_itself_and_empty_is_empty():
    assert told(item(), item()) == []
    assert told({**item(), "power_source": ""}, {**item(), "power_source": None}) == []
    assert told({}, publish.clean_draft("ImplementationItem", {})) == [("事项状态", None, "在用", ADDED)]


def test_groups_are_told_by_their_fields():
    assert told(item(), item(promise_limit={"days": 3, "unit": "工作日"})) == [("承诺办结时限／期限", 5, 3, CHANGED)]
    assert told(item(), item(consult_phone="")) == [("咨询电话", "000-1", "", REMOVED)]


def test_rows_are_matched_by_name_then_key():
    one, form = ITEM["materials"]
    assert told(item(), item(materials=[form])) == [("申请材料／居民身份证", item()["materials"][0], None, REMOVED)]
    assert told(item(), item(materials=[form, one])) == [("申请材料", ("居民身份证", "《申请表》"), ("《申请表》", "居民身份证"), MOVED)]
    assert told(item(), item(materials=[one, {**form, "originals": 2}])) == [("申请材料／《申请表》／原件份数", 1, 2, CHANGED)]
    assert told(item(), item(materials=[one, {**form, "name": "《登记表》"}])) == [("申请材料／《登记表》／材料名称", "《申请表》", "《登记表》", CHANGED)]
    numbered = [{"key": f"m{number}", "name": name} for number, name in enumerate("甲乙丙", 1)]
    fewer = [{"key": f"m{number}", "name": name} for number, name in enumerate("甲丙", 1)]      # an import numbers its rows anew
    assert [row for row in told(item(materials=numbered), item(materials=fewer)) if row[3] == REMOVED] == [
        ("申请材料／乙", item(materials=numbered)["materials"][1], None, REMOVED)]


def test_lists_and_bodies_are_told_line_by_line():
    assert told(item(conditions=["甲", "乙"]), item(conditions=["甲", "丙", "丁"])) == [
        ("受理条件／第 2 条", "乙", "丙", CHANGED), ("受理条件／第 3 条", None, "丁", ADDED)]
    before, after = ({"channel": "a", "title": "t", "published_at": "2026-01-01", "body": text} for text in ("一\n二", "一\n二改\n三"))
    found = told(publish.clean("NewsArticle", before), publish.clean("NewsArticle", after), "NewsArticle")
    assert found == [("正文／第 2 条", ("p", "二"), ("p", "二改"), CHANGED), ("正文／第 3 条", None, ("p", "三"), ADDED)]


def test_questions_are_matched_by_the_question():
    before, after = ({"faq": [{"q": "多久？", "a": answer}]} for answer in ("当场", "三天"))
    assert told(publish.clean("Guide", before), publish.clean("Guide", after), "Guide") == [("常见问题／多久？／答案", "当场", "三天", CHANGED)]


def test_less_materials_steps_and_days_are_counted():
    found = {row.name: row for row in counts(item(), item(materials=ITEM["materials"][:1], steps=ITEM["steps"][:2], promise_limit={"days": 3}))}
    assert (found["materials"].before, found["materials"].after, found["materials"].less) == (2, 1, True)
    assert (found["steps"].before, found["steps"].after, found["promise_limit"].before, found["promise_limit"].after) == (3, 2, 5, 3)
    assert not found["conditions"].less
    days = {row.name: row for row in counts(item(promise_limit={"days": 5, "unit": "工作日"}), item(promise_limit={"days": 7, "unit": "自然日"}))}["promise_limit"]
    assert days.before == days.after == 7 and counts({}, {})[-1].before is None
