"""情形: a table of what is wrong with choices, what ticks make of a 情形, and that a citizen gets what ``effective`` says."""
import pytest

from govportal.content import cases
from govportal.content.cases import NO, OK, WAIT, Case
from govportal.content.effective import effective
from govportal.content.kinds import kind_of
from tests.conftest import ITEM

ITEM_VALUES = {**kind_of("ImplementationItem").validate(ITEM), "name": "出生登记", "type": "行政确认", "legal_basis": ({"law": "户口登记条例"},)}


def case(place="late", /, **values):
    return Case(place, kind_of("HandlingItem").validate({"name": "补登记", "hint": "过了一个月", **values}))


BOTH = (case("a", name="甲", use_materials=["id"]), case("b", name="乙"))
# what is changed -> (item, question, cases, state and a part of the message; None = nothing but what is right)
TABLE = {
    "sound": ({}, "哪种？", BOTH, None),
    "no question": ({}, "", BOTH, (NO, "没有问话")),
    "one only": ({}, "哪种？", BOTH[1:], (WAIT, "只有一种情形")),
    "question alone": ({}, "哪种？", (), (WAIT, "还没有情形")),
    "nothing": ({}, "", (), None),
    "same names": ({}, "哪种？", (BOTH[0], case("b", name="甲")), (NO, "都叫“甲”")),
    "no name": ({}, "哪种？", (BOTH[0], Case("b", {**BOTH[1].values, "name": ""})), (NO, "情形 b 没有名称")),
    "no hint": ({}, "哪种？", (BOTH[0], case("b", name="乙", hint="")), (WAIT, "没有写适用的情形")),
    "unreachable": ({}, "哪种？", (case("a", name="甲", use_materials=["id"]), case("b", name="乙", use_materials=["id"], changes=["conditions"], conditions=["x"])), (NO, "《申请表》”没有一种情形要交")),
    "lost material": ({}, "哪种？", (case("a", name="甲", use_materials=["id", "gone"]), BOTH[1]), (NO, "gone 事项里没有了")),
    "no key": ({"materials": ({"key": "", "name": "无标识"}, *ITEM_VALUES["materials"])}, "哪种？", BOTH, (WAIT, "“无标识”没有标识")),
    "alike": ({}, "哪种？", (case("a", name="甲"), BOTH[1]), (WAIT, "“甲”和“乙”办起来完全一样")),
    "no steps": ({"steps": ()}, "哪种？", BOTH, (NO, "选“甲”走不到头：没有办理流程")),
    "no result": ({"result": {}}, "哪种？", BOTH, (NO, "选“乙”走不到头：没有结果名称")),
    "steps taken away": ({}, "哪种？", (BOTH[0], case("b", name="乙", changes=["steps"])), (NO, "选“乙”走不到头：没有办理流程")),
    "empty change": ({}, "哪种？", (BOTH[0], case("b", name="乙", changes=["conditions"])), (WAIT, "说另有“受理条件”，但没有写")),
    "too long": ({}, "哪种？", (BOTH[0], case("b", name="乙", changes=["promise_limit"], promise_limit={"days": 90})), (NO, "“乙”：承诺时限长于法定时限")),
    "cancelled": ({}, "哪种？", (BOTH[0], case("b", name="乙", state="取消")), (WAIT, "“乙”已取消")),
}


@pytest.mark.parametrize("name", TABLE)
def test_troubles(name):
    change, question, given, wanted = TABLE[name]
    found = cases.troubles({**ITEM_VALUES, **change}, question, given)
    if wanted is None:
        assert all(one.state == OK for one in found) and len(found) == bool(given)
    else:
        assert [one for one in found if one.state == wanted[0] and wanted[1] in one.message], found
    assert (OK in {one.state for one in found}) == (bool(given) and NO not in {one.state for one in found})
    assert [one.state for one in found] == sorted((one.state for one in found), key=(NO, WAIT, OK).index)


@pytest.mark.parametrize("before, keys, use, changes", [
    ({}, ["id"], ("id",), ()), ({}, ["id", "form"], (), ()), ({"use_materials": ["id"]}, ["id", "form"], (), ()), ({}, [], (), ("materials",)),
    ({"use_materials": ["id"]}, ["form"], ("form",), ()), ({"changes": ["materials"]}, ["form"], ("form",), ()), ({"changes": ["materials", "steps"]}, [], (), ("materials", "steps")),
])
def test_ticks_become_a_case_that_takes_exactly_these(before, keys, use, changes):
    values = cases.take(ITEM_VALUES, case(**before).values, keys)
    assert (values["use_materials"], values["changes"]) == (use, changes)
    assert cases.taken(ITEM_VALUES, values) == set(keys)
    assert cases.take(ITEM_VALUES, values, keys) is values


def test_a_list_of_its_own_is_left_alone():
    values = case(changes=["materials"], materials=[{"key": "x", "name": "另一份"}]).values
    assert cases.has_own_materials(values) and cases.take(ITEM_VALUES, values, ["id"]) is values and cases.taken(ITEM_VALUES, values) == frozenset()


def test_an_element_is_set_and_given_back():
    values = cases.set_element(case().values, "promise_limit", {"days": 1, "unit": "工作日"})
    assert values["changes"] == ("promise_limit",) and cases.outcome(ITEM_VALUES, values)["promise_limit"]["days"] == 1 and cases.changed_titles(values) == ["承诺办结时限"]
    assert cases.set_element(values, "promise_limit", {"days": 2})["changes"] == ("promise_limit",)
    back = cases.set_element(values, "promise_limit", None)
    assert back["changes"] == () and cases.outcome(ITEM_VALUES, back)["promise_limit"]["days"] == 5


def test_a_citizen_gets_what_the_try_out_shows(small):
    def work(site):
        document = site.at("items/one/one/late")
        found = effective(document)
        item = {**effective(document.__parent__).values}
        assert cases.outcome(item, document.live.values) == found.values
        assert [row["key"] for row in found.values["materials"]] == ["id"]
    small.change(work)
